"""The main job with a real daemon process, real files and a real server."""

import json

from conftest import OpenShop
from invariants import check_all, check_asked_once, check_charged_once
from pathlib import Path
from workshop import picture

from answers import COST_USD, good, result
from retouchd.simulator.server import Simulator
from servers import ScriptedServer


def test_photo_is_delivered_and_its_source_filed(open_shop: OpenShop) -> None:
    """A photo with its prompt becomes a picture with its metadata, and the sources lie in done (I1-I5)."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1")
        shop.drop("trip/beach.jpg", picture(1), "make it evening")

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert (shop.outbox / "trip/beach.jpg").read_bytes() == result()
    assert shop.metadata("trip/beach.jpg")["cost"]["estimated_usd"] == COST_USD
    assert shop.in_folder(shop.done) == ["trip/beach.jpg", "trip/beach.txt"]
    assert shop.in_folder(shop.inbox) == []
    assert len(server.requests) == 1
    check_all(shop)
    check_asked_once(server.requests)


def test_simulator_and_daemon_agree(
    open_shop: OpenShop, simulator: Simulator, simulator_ledger: Path
) -> None:
    """Against the documented endpoint a photo is delivered and charged once (I5)."""
    shop = open_shop(simulator.base_url)
    shop.drop("a.jpg", picture(2), "grayscale, agreed")

    ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert shop.outputs() == ["a.jpg"]
    charged = [json.loads(line) for line in simulator_ledger.read_text().splitlines()]
    assert [one["prompt"] for one in charged].count("grayscale, agreed") == 1
    check_all(shop)
    check_charged_once(simulator_ledger)
