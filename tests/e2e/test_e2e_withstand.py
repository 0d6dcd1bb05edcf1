"""What people, sync programs and disks do to folders while a real daemon works in them."""

from collections.abc import Callable

import pytest
from answers import cutting_after_the_body, good, good_reply, refusal, result
from gate import Gate
from invariants import check_all, check_asked_once, check_sources
from workshop import OpenShop, Workshop, picture, place_file

from retouchd.core.records import Verb
from servers import ScriptedServer
from waiting import eventually


def url(server: ScriptedServer) -> str:
    """Give the base URL of a scripted server."""
    return f"{server.url}/api/v1"


# --- names and pairs


def test_two_photos_of_one_stem_are_held_until_one_is_renamed(open_shop: OpenShop) -> None:
    """A prompt that fits two photos is not guessed: both ways out are named, and renaming frees it."""
    with ScriptedServer(good()) as server:
        shop = open_shop(url(server))
        shop.drop("beach.jpg", picture(1), "make it evening")
        shop.drop("beach.png", picture(2, "PNG"))

        held = shop.until_idle()
        details = [bundle["detail"] for bundle in shop.bundles()]
        (shop.inbox / "beach.txt").rename(shop.inbox / "beach.jpg.txt")
        freed = shop.until_idle()

    assert held.code == 1
    assert all("beach.jpg.txt" in detail and "beach.png.txt" in detail for detail in details)
    assert len(details) == 2
    assert freed.code == 1, "the other photo still has no prompt"
    assert shop.outputs() == ["beach.jpg"]
    assert shop.in_folder(shop.inbox) == ["beach.png"]
    check_all(shop)


@pytest.mark.parametrize("stranger", ["beach.jpg", "beach.jpg.json", "BEACH.JPG", "beach.jpg.JSON"])
def test_strangers_file_in_the_outbox_is_never_touched(open_shop: OpenShop, stranger: str) -> None:
    """A name that is taken in the outbox, for the picture or its metadata, leads to the next number (I2)."""
    with ScriptedServer(good()) as server:
        shop = open_shop(url(server))
        (shop.outbox / stranger).write_bytes(b"not ours")
        shop.drop("beach.jpg", picture(1), "make it evening")

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert (shop.outbox / stranger).read_bytes() == b"not ours"
    assert (shop.outbox / "beach-2.jpg").read_bytes() == result()
    assert shop.metadata("beach-2.jpg")["output"]["path"] == "beach-2.jpg"
    assert shop.in_folder(shop.outbox) == sorted([stranger, "beach-2.jpg", "beach-2.jpg.json"])


def test_two_photos_that_want_one_name_get_two(open_shop: OpenShop) -> None:
    """Two photos whose outputs would have one name are both delivered, under two names."""
    with ScriptedServer(good()) as server:
        shop = open_shop(url(server))
        shop.drop("beach.jpg", picture(1), "evening", sidecar="beach.jpg.txt")
        shop.drop("beach.png", picture(2, "PNG"), "morning", sidecar="beach.png.txt")

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert shop.outputs() == ["beach-2.jpg", "beach.jpg"]
    check_all(shop)


# --- sources that change


CHANGES = [
    pytest.param(lambda shop: shop.drop("beach.jpg", picture(7)), 2, id="photo replaced"),
    pytest.param(lambda shop: shop.put(shop.inbox / "beach.txt", b"make it noon"), 2, id="prompt replaced"),
    pytest.param(lambda shop: (shop.inbox / "beach.jpg").unlink(), 1, id="photo deleted"),
    pytest.param(lambda shop: (shop.inbox / "beach.txt").unlink(), 1, id="prompt deleted"),
]


@pytest.mark.parametrize(("change", "wanted"), CHANGES)
def test_change_while_the_call_is_under_way(
    open_shop: OpenShop, change: Callable[[Workshop], object], wanted: int
) -> None:
    """What changes during a call costs the result nothing; new content is a second job (I1, I2, I5)."""
    gate = Gate(good_reply())
    with ScriptedServer(gate.script, good()) as server:
        shop = open_shop(url(server))
        shop.drop("beach.jpg", picture(1), "make it evening")
        with shop.running() as daemon:
            assert eventually(lambda: server.requests and server.requests[0].complete)
            change(shop)
            gate.open()
            daemon.wait_for("job.done")
            assert eventually(lambda: shop.states().count("done") == wanted)
        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert len(shop.outputs()) == len(server.requests) == wanted
    assert [one["charged"] > 0 for one in shop.attempts()] == [True] * wanted
    assert shop.in_folder(shop.inbox) == []
    check_asked_once(server.requests)
    there = [content for name, content in shop.dropped.items() if (shop.done / name[6:]).exists()]
    check_sources(shop, there)


def test_replaced_photo_is_filed_beside_the_first(open_shop: OpenShop) -> None:
    """A photo that replaces one whose call is under way is a second job; its bytes are kept (I1, I2)."""
    gate = Gate(good_reply())
    with ScriptedServer(gate.script, good()) as server:
        shop = open_shop(url(server))
        shop.drop("beach.jpg", picture(1), "make it evening")
        with shop.running():
            assert eventually(lambda: server.requests and server.requests[0].complete)
            shop.drop("beach.jpg", picture(7))
            gate.open()
            assert eventually(lambda: shop.states() == ["done", "done"])

    assert shop.outputs() == ["beach-2.jpg", "beach.jpg"]
    check_sources(shop, [picture(7)])
    check_all(shop)


@pytest.mark.parametrize(("change", "wanted"), CHANGES)
def test_change_while_nothing_is_sent_yet(
    open_shop: OpenShop, change: Callable[[Workshop], object], wanted: int
) -> None:
    """A photo that waits for a retry is sent as it is by then, or not at all; nothing is paid twice (I5)."""
    busy = refusal(503, "overloaded", {"Retry-After": "1"})
    with ScriptedServer(busy, good()) as server:
        shop = open_shop(url(server))
        shop.drop("beach.jpg", picture(1), "make it evening")
        with shop.running() as daemon:
            daemon.wait_for("job.deferred")
            change(shop)
            assert eventually(lambda: shop.states()[0] == "cancelled")
            assert wanted == 1 or eventually(lambda: "done" in shop.states())
        shop.until_idle()

    assert shop.states() == ["cancelled", "done"][:wanted]
    assert [one["reserved"] for one in shop.attempts()] == [0] * len(shop.attempts())
    check_asked_once(server.requests, {0: True})


def test_change_after_delivery_is_a_new_job(open_shop: OpenShop) -> None:
    """A photo dropped at a place that was filed is new; the first one stays in done untouched (I1, I2)."""
    with ScriptedServer(good()) as server:
        shop = open_shop(url(server))
        shop.drop("beach.jpg", picture(1), "make it evening")
        first = dict(shop.dropped)
        shop.until_idle()
        shop.drop("beach.jpg", picture(7), "make it evening")

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert shop.outputs() == ["beach-2.jpg", "beach.jpg"]
    assert len(server.requests) == 2
    check_all(shop)
    check_sources(shop, [*first.values(), *shop.dropped.values()])


def test_held_sibling_does_not_block_the_place(open_shop: OpenShop) -> None:
    """Of two variants one is delivered and one held: a new photo at the place is edited all the same."""
    with ScriptedServer(good(), cutting_after_the_body(), good()) as server:
        shop = open_shop(url(server), limits__concurrency=1)
        shop.put(shop.inbox / "beach.toml", b'prompt = "make it evening"\nvariants = 2\n')
        shop.drop("beach.jpg", picture(1))
        assert shop.until_idle().code == 1, "a person must decide: nothing more happens by itself"
        assert sorted(shop.states()) == ["delivered", "unknown_outcome"]
        shop.put(shop.inbox / "beach.toml", b'prompt = "make it noon"\n')
        shop.drop("beach.jpg", picture(7))

        ended = shop.until_idle()

    assert ended.code == 1, ended.text
    assert sorted(shop.states()) == ["done", "done", "unknown_outcome"]
    assert len(shop.outputs()) == 2
    check_asked_once(server.requests)


# --- back from failed/


def test_bundle_dragged_back_is_tried_again_as_the_same_edit(open_shop: OpenShop) -> None:
    """A failed photo that a person drags back is sent again under the same key: nothing was paid (I5)."""
    with ScriptedServer(refusal(400, "invalid_size"), good()) as server:
        shop = open_shop(url(server))
        shop.drop("trip/beach.jpg", picture(1), "make it evening")
        assert shop.until_idle().code == 1

        for name in ("beach.txt", "beach.jpg"):
            (shop.failed / "trip" / name).rename(shop.inbox / "trip" / name)
        ended = shop.until_idle()

    keys = {request.headers["idempotency-key"] for request in server.requests}
    assert ended.code == 0, ended.text
    assert len(keys) == 1
    assert shop.outputs() == ["trip/beach.jpg"]
    check_all(shop)
    check_asked_once(server.requests, {0: True})


def test_retry_of_a_failed_job_brings_the_photo_back(open_shop: OpenShop) -> None:
    """`retry` of a failed job does what dragging does."""
    with ScriptedServer(refusal(400, "invalid_size"), good()) as server:
        shop = open_shop(url(server))
        shop.drop("trip/beach.jpg", picture(1), "make it evening")
        assert shop.until_idle().code == 1

        with shop.running() as daemon:
            shop.command(Verb.RETRY, shop.jobs()[0]["id"])
            daemon.wait_for("job.done")

    assert shop.outputs() == ["trip/beach.jpg"]
    check_all(shop)
    check_asked_once(server.requests, {0: True})


def test_place_file_is_atomic(open_shop: OpenShop) -> None:
    """A photo that is renamed over an earlier one in the inbox is never seen half."""
    with ScriptedServer(good()) as server:
        shop = open_shop(url(server))
        path = shop.drop("beach.jpg", picture(1), "make it evening")
        for seed in range(2, 6):
            shop.dropped["inbox/beach.jpg"] = picture(seed)
            place_file(path, picture(seed))

        assert shop.until_idle().code == 0

    assert len(server.requests) == 1
    check_all(shop)
