"""The same photo again, whatever became of it before, and what may be spent on all of them."""

import shutil
from collections.abc import Callable

import pytest
from answers import cutting_after_the_body, good, good_reply, refusal_reply, result
from gate import Gate
from invariants import check_all, check_asked_once
from workshop import OpenShop, Workshop, picture

from retouchd.core.records import Verb
from servers import ScriptedServer
from waiting import eventually


def url(server: ScriptedServer) -> str:
    """Give the base URL of a scripted server."""
    return f"{server.url}/api/v1"


# --- the same photo again


def test_same_photo_while_the_first_is_under_way_waits(open_shop: OpenShop) -> None:
    """The same photo and prompt under another name waits, and is delivered without a second call (I5)."""
    gate = Gate(good_reply())
    with ScriptedServer(gate.script, good()) as server:
        shop = open_shop(url(server))
        shop.drop("beach.jpg", picture(1), "make it evening")
        with shop.running() as daemon:
            assert eventually(lambda: server.requests)
            shop.drop("again.jpg", picture(1), "make it evening")
            daemon.wait_for("job.waiting")
            gate.open()
            assert eventually(lambda: shop.states() == ["done", "done"])

    first, second = shop.jobs()
    assert len(server.requests) == 1
    assert shop.metadata("again.jpg")["reused_from"] == first["id"]
    assert shop.metadata("again.jpg")["cost"]["estimated_usd"] == 0
    assert second["reused_from"] == first["id"]
    check_all(shop)


def test_waiting_job_goes_when_the_first_fails(open_shop: OpenShop) -> None:
    """When the first of two same photos fails unpaid the second is sent, under the same key (I5)."""
    gate = Gate(refusal_reply(400, "invalid_size"))
    with ScriptedServer(gate.script, good()) as server:
        shop = open_shop(url(server))
        shop.drop("beach.jpg", picture(1), "make it evening")
        with shop.running() as daemon:
            assert eventually(lambda: server.requests)
            shop.drop("again.jpg", picture(1), "make it evening")
            daemon.wait_for("job.waiting")
            gate.open()
            daemon.wait_for("job.done")

    assert shop.states() == ["failed", "done"]
    assert shop.outputs() == ["again.jpg"]
    check_all(shop)
    check_asked_once(server.requests, {0: True})


def _keep_all(_shop: Workshop) -> None:
    pass


def _delete_output(shop: Workshop) -> None:
    (shop.outbox / "beach.jpg").unlink()


def _delete_answer(shop: Workshop) -> None:
    shutil.rmtree(shop.state / "spool")
    (shop.state / "spool").mkdir()


@pytest.mark.parametrize("loss", [_keep_all, _delete_output, _delete_answer])
def test_same_photo_after_it_was_done_is_free(open_shop: OpenShop, loss: Callable[[Workshop], None]) -> None:
    """What was paid for is given again from the outbox, or from the kept answer, without a call (I7)."""
    with ScriptedServer(good()) as server:
        shop = open_shop(url(server))
        shop.drop("beach.jpg", picture(1), "make it evening")
        shop.until_idle()
        loss(shop)
        shop.drop("again.jpg", picture(1), "make it evening")

        ended = shop.until_idle(15)

    assert ended.code == 0, ended.text
    assert (shop.outbox / "again.jpg").read_bytes() == result()
    assert shop.metadata("again.jpg")["reused_from"] == shop.jobs()[0]["id"]
    assert len(server.requests) == 1


def test_same_photo_of_which_nothing_is_left_is_held(open_shop: OpenShop) -> None:
    """When picture and answer are both gone the job is held; a retry is permission to pay again (I5, I7)."""
    with ScriptedServer(good()) as server:
        shop = open_shop(url(server))
        shop.drop("beach.jpg", picture(1), "make it evening")
        shop.until_idle()
        _delete_output(shop)
        _delete_answer(shop)
        shop.drop("again.jpg", picture(1), "make it evening")

        held = shop.until_idle(15)

        assert held.code == 1, held.text
        assert shop.states() == ["done", "output_gone"]
        assert len(server.requests) == 1
        shop.command(Verb.RETRY, shop.jobs()[1]["id"])
        assert shop.until_idle().code == 0
    assert shop.outputs() == ["again.jpg"]
    assert len(server.requests) == 2
    check_asked_once(server.requests)


def test_same_photo_while_its_answer_is_lost_needs_you(open_shop: OpenShop) -> None:
    """A copy of a photo whose answer was lost is not paid for; retrying the first delivers both (I5)."""
    with ScriptedServer(cutting_after_the_body(), good()) as server:
        shop = open_shop(url(server))
        shop.drop("beach.jpg", picture(1), "make it evening")
        shop.until_idle()
        shop.drop("again.jpg", picture(1), "make it evening")

        held = shop.until_idle()

        assert held.code == 1
        assert shop.states() == ["unknown_outcome", "same_edit_held"]
        assert len(server.requests) == 1
        shop.command(Verb.RETRY, shop.jobs()[0]["id"])
        assert shop.until_idle().code == 0
    assert shop.outputs() == ["again.jpg", "beach.jpg"]
    assert len(server.requests) == 2
    check_all(shop)
    check_asked_once(server.requests)


def test_photo_of_a_lost_answer_taken_away_and_put_back(open_shop: OpenShop) -> None:
    """A held photo that is taken away and put back is delivered once its job is retried (I5)."""
    with ScriptedServer(cutting_after_the_body(), good()) as server:
        shop = open_shop(url(server))
        path = shop.drop("beach.jpg", picture(1), "make it evening")
        with shop.running() as daemon:
            daemon.wait_for("job.held")
            path.rename(shop.place / "aside.jpg")
            assert eventually(lambda: shop.bundles()[0]["state"] == "detached")
            (shop.place / "aside.jpg").rename(path)
            daemon.wait_for("job.held", detail=shop.jobs()[0]["detail"])
            assert eventually(lambda: shop.states() == ["unknown_outcome", "same_edit_held"])
            shop.command(Verb.RETRY, shop.jobs()[0]["id"])
            assert eventually(lambda: shop.states() == ["done", "done"])

        assert shop.until_idle().code == 0
    assert len(server.requests) == 2
    check_all(shop)
    check_asked_once(server.requests)


def test_copy_of_a_lost_answer_can_be_taken_away(open_shop: OpenShop) -> None:
    """A photo that is held for something unpaid is forgotten when its owner takes it away."""
    with ScriptedServer(good()) as server:
        shop = open_shop(url(server), budget__per_job_usd=0.01)
        path = shop.drop("beach.jpg", picture(1), "make it evening")
        assert shop.until_idle().code == 1
        path.unlink()

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert shop.states() == ["cancelled"]
    assert server.requests == []


def test_submit_policy_pays_for_each(open_shop: OpenShop) -> None:
    """With duplicates.policy = "submit" the same photo again is the next take, under its own key."""
    with ScriptedServer(good()) as server:
        shop = open_shop(url(server), duplicates__policy="submit")
        shop.drop("beach.jpg", picture(1), "make it evening")
        shop.until_idle()
        shop.drop("again.jpg", picture(1), "make it evening")

        assert shop.until_idle().code == 0

    assert len(server.requests) == 2
    assert shop.metadata("again.jpg")["take"] == 2
    check_all(shop)
    check_asked_once(server.requests)


# --- money


def test_daily_limit_pauses_before_it_is_exceeded(open_shop: OpenShop) -> None:
    """The call that would exceed the day's limit is not made: pause, exit 4, resume does not lift it (I6)."""
    with ScriptedServer(good()) as server:
        shop = open_shop(url(server), budget__per_day_usd=0.05)
        for number in range(6):
            shop.drop(f"{number}.jpg", picture(number), f"make it {number}")

        first = shop.until_idle()
        shop.command(Verb.RESUME, "budget")
        second = shop.until_idle()

    assert (first.code, second.code) == (4, 4), first.text
    assert shop.pauses() == ["budget"]
    assert 0 < len(server.requests) < 6
    assert len(shop.outputs()) == len(server.requests)
    check_all(shop)


def test_raised_limit_counts_after_a_restart(open_shop: OpenShop) -> None:
    """A limit that the owner has raised is used at the next start, not only on the next day."""
    with ScriptedServer(good()) as server:
        shop = open_shop(url(server), budget__per_day_usd=0.02)
        shop.drop("beach.jpg", picture(1), "make it evening")
        assert shop.until_idle().code == 4

        shop.configure(budget__per_day_usd=1.0)
        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert len(server.requests) == 1
    check_all(shop)


def test_picture_beyond_its_limit_is_held_before_it_is_paid(open_shop: OpenShop) -> None:
    """A picture that may cost more than one may is held; a raised limit and a retry free it (I6)."""
    with ScriptedServer(good()) as server:
        shop = open_shop(url(server), budget__per_job_usd=0.01)
        shop.drop("beach.jpg", picture(1), "make it evening")

        held = shop.until_idle()

        assert held.code == 1
        assert shop.states() == ["over_job_cap"]
        assert server.requests == []
        check_all(shop)
        shop.configure(budget__per_job_usd=1.0)
        shop.command(Verb.RETRY, shop.jobs()[0]["id"])
        assert shop.until_idle().code == 0
    assert "-1:1" in server.requests[0].headers["idempotency-key"], "no permission was needed"
    check_all(shop)


def test_monthly_limit_counts_what_is_unclear(open_shop: OpenShop) -> None:
    """What was set aside for a lost answer counts against the month until a person decides (I6)."""
    with ScriptedServer(cutting_after_the_body(), good()) as server:
        shop = open_shop(url(server), budget__per_month_usd=0.03)
        shop.drop("beach.jpg", picture(1), "make it evening")
        shop.until_idle()
        shop.drop("other.jpg", picture(2), "make it morning")

        ended = shop.until_idle()

    assert ended.code == 4, ended.text
    assert shop.pauses() == ["budget"]
    assert len(server.requests) == 1
    check_all(shop)
