"""What people decide with their hands and by commands: versions, dragging back, trying again."""

from answers import cutting_after_the_body, good, refusal
from invariants import check_all, check_asked_once
from workshop import OpenShop, Workshop, picture

from retouchd.core.records import Verb
from servers import ScriptedServer


def url(server: ScriptedServer) -> str:
    """Give the base URL of a scripted server."""
    return f"{server.url}/api/v1"


def drag_back(shop: Workshop, *names: str) -> None:
    """Move files from failed/ to the inbox, as a person does."""
    for name in names:
        (shop.failed / name).rename(shop.inbox / name)


def permissions(shop: Workshop) -> list[tuple[int, str]]:
    """Give each permission to pay once more, with its reason."""
    rows = shop.rows("SELECT permission, why FROM permissions ORDER BY edit, permission")
    return [(row["permission"], row["why"]) for row in rows]


def test_three_versions_are_three_payments(open_shop: OpenShop) -> None:
    """`variants = 3` gives three pictures for three payments, each its own edit (I5)."""
    with ScriptedServer(good()) as server:
        shop = open_shop(url(server))
        shop.put(shop.inbox / "beach.toml", b'prompt = "warmer"\nvariants = 3\n')
        shop.drop("beach.jpg", picture(1))

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert shop.outputs() == ["beach-2.jpg", "beach-3.jpg", "beach.jpg"]
    assert sorted(shop.metadata(name)["take"] for name in shop.outputs()) == [1, 2, 3]
    assert len(server.requests) == 3
    check_all(shop)
    check_asked_once(server.requests)


def test_another_version_of_a_photo_that_is_done(open_shop: OpenShop) -> None:
    """The same photo and prompt with `take = 2` is paid for and becomes a second picture (I5)."""
    with ScriptedServer(good()) as server:
        shop = open_shop(url(server))
        shop.drop("beach.jpg", picture(1), "warmer")
        shop.until_idle()
        shop.put(shop.inbox / "beach.toml", b"take = 2\n")
        shop.drop("beach.jpg", picture(1), "warmer")

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert shop.metadata("beach-2.jpg")["take"] == 2
    assert len(server.requests) == 2
    check_asked_once(server.requests)
    check_all(shop)


def test_a_refused_photo_dragged_back_is_sent_again(open_shop: OpenShop) -> None:
    """A refusal that cost nothing needs no permission: dragged back, the photo is simply sent again (I5)."""
    with ScriptedServer(refusal(400, "invalid_size"), good()) as server:
        shop = open_shop(url(server))
        shop.drop("beach.jpg", picture(1), "warmer")
        shop.until_idle()
        drag_back(shop, "beach.txt", "beach.jpg")

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert shop.states() == ["failed", "done"]
    assert permissions(shop) == []
    check_asked_once(server.requests, {0: True})
    check_all(shop)


def test_a_lost_answer_is_paid_for_once_more_at_most(open_shop: OpenShop) -> None:
    """However often a lost answer is retried, each payment has a person's word of its own (I5)."""
    with ScriptedServer(cutting_after_the_body(), cutting_after_the_body(), good()) as server:
        shop = open_shop(url(server))
        shop.drop("beach.jpg", picture(1), "warmer")
        shop.until_idle()
        (job,) = shop.jobs()
        shop.command(Verb.RETRY, job["id"])
        shop.until_idle()
        assert len(server.requests) == 2
        assert shop.states() == ["unknown_outcome"]
        shop.command(Verb.RETRY, job["id"])

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert permissions(shop) == [(2, "retried"), (3, "retried")]
    assert len(server.requests) == 3
    check_asked_once(server.requests)
    check_all(shop)


def test_a_return_that_a_crash_cut_is_made_at_the_next_start(open_shop: OpenShop) -> None:
    """What a person asked for is in the journal before a file moves: the next start brings it back (I8)."""
    with ScriptedServer(refusal(400, "invalid_size"), good()) as server:
        shop = open_shop(url(server))
        shop.drop("beach.jpg", picture(1), "warmer")
        shop.until_idle()
        (bundle,) = shop.bundles()
        shop.change("INSERT INTO returns (bundle, asked) VALUES (?, 0)", bundle["id"])

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert shop.outputs() == ["beach.jpg"]
    assert ended.told("bundle.returned")
    assert shop.rows("SELECT * FROM returns") == []
    check_all(shop)
