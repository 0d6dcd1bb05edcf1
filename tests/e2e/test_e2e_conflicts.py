"""Names that are taken in the outbox, with a real daemon: what is not paid for, and what is replaced."""

from answers import good, result
from invariants import check_all
from workshop import OpenShop, picture

from servers import ScriptedServer


def test_a_folder_that_runs_again_costs_nothing(open_shop: OpenShop) -> None:
    """With "skip" what has its result is not sent, says so, ends well, and goes to done/ beside the first."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1", output__on_conflict="skip")
        shop.drop("trip/beach.jpg", picture(1), "make it evening")
        assert shop.until_idle().code == 0
        shop.drop("trip/beach.jpg", picture(1), "make it morning")
        shop.drop("trip/lake.jpg", picture(2), "make it morning")

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert len(server.requests) == 2
    assert shop.outputs() == ["trip/beach.jpg", "trip/lake.jpg"]
    (told,) = ended.told("job.cancelled")
    assert told["detail"].startswith("outbox/trip/beach.jpg is there already, so nothing was sent")
    assert {"trip/beach-2.jpg", "trip/beach-2.txt"} < set(shop.in_folder(shop.done))
    assert shop.in_folder(shop.inbox) == shop.in_folder(shop.failed) == []
    assert "Skipped: outbox/trip/beach.jpg is there already" in shop.type("show", told["job"])
    check_all(shop)


def test_a_result_is_replaced(open_shop: OpenShop) -> None:
    """With "overwrite" a new prompt for the same photo gives a new picture under the same name."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1", output__on_conflict="overwrite")
        shop.drop("beach.jpg", picture(1), "make it evening")
        assert shop.until_idle().code == 0
        first = shop.metadata("beach.jpg")["job"]
        shop.drop("beach.jpg", picture(1), "make it morning")

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert shop.outputs() == ["beach.jpg"]
    assert (shop.outbox / "beach.jpg").read_bytes() == result()
    assert shop.metadata("beach.jpg")["job"] != first
    assert sorted(shop.in_folder(shop.outbox)) == ["beach.jpg", "beach.jpg.json"]
    check_all(shop)
