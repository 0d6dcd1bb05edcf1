"""The main job with a real daemon process, real files and a real server."""

import base64
import json
from io import BytesIO
from pathlib import Path

from answers import COST_USD, answer_body, good, result
from invariants import check_all, check_asked_once, check_charged_once
from PIL import Image
from workshop import OpenShop, picture

from retouchd.simulator.server import Simulator
from servers import ScriptedServer, answering
from waiting import eventually


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


def test_oddities_of_an_answer_are_told_and_fail_nothing(open_shop: OpenShop) -> None:
    """An answer that says other than it holds is delivered as it is, under its true suffix."""
    png = picture(9, "PNG")
    odd = answer_body(b64_json=base64.b64encode(png).decode(), sizeBytes=1, contentHash="0" * 64)
    with ScriptedServer(answering(200, odd)) as server:
        shop = open_shop(f"{server.url}/api/v1")
        shop.drop("beach.jpg", picture(1), "make it evening")

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert (shop.outbox / "beach.png").read_bytes() == png
    metadata = shop.metadata("beach.png")
    assert len(metadata["oddities"]) == 5
    assert metadata["output"]["hash_verified"] is False
    check_all(shop)


def test_what_cannot_be_sent_says_why(open_shop: OpenShop) -> None:
    """Photos and options that cannot be sent cost nothing, and each says why; the others go on (I11)."""
    animation = BytesIO()
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue")]
    frames[0].save(animation, "WEBP", save_all=True, append_images=frames[1:])
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1", limits__max_pixels=10_000)
        shop.drop("animated.webp", animation.getvalue(), "make it evening")
        shop.drop("wide.jpg", picture(1, size=(200, 100)), "make it evening")
        shop.drop("empty.jpg", picture(2), "  ")
        shop.put(shop.inbox / "odd.toml", b'prompt = "x"\nnonsense = 1\n')
        shop.drop("odd.jpg", picture(3))
        shop.drop("good.jpg", picture(4), "make it evening")

        ended = shop.until_idle()

        notes = {path.name: path.read_text() for path in shop.failed.glob("*.error.txt")}
        assert ended.code == 1
        assert "animation" in notes["animated.webp.error.txt"]
        assert "megapixels, allowed are 0.0: export it smaller" in notes["wide.jpg.error.txt"]
        assert all("nothing was paid" in note for note in notes.values())
        details = {bundle["photo"].decode(): bundle["detail"] for bundle in shop.bundles()}
        assert "nonsense" in details["odd.jpg"]
        assert "empty.txt" in details["empty.jpg"]
        assert len(server.requests) == 1
        shop.put(shop.inbox / "empty.txt", b"make it noon")
        shop.put(shop.inbox / "odd.toml", b'prompt = "make it noon"\n')

        assert shop.until_idle().code == 0
    assert shop.outputs() == ["empty.jpg", "good.jpg", "odd.jpg"]


def test_photo_that_is_too_heavy_fails_unpaid(open_shop: OpenShop) -> None:
    """A photo of more bytes than are allowed lies in failed with both figures."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1", limits__max_input_bytes=100)
        shop.drop("beach.jpg", picture(1), "make it evening")

        assert shop.until_idle().code == 1

    assert "MB" in (shop.failed / "beach.jpg.error.txt").read_text()
    assert server.requests == []
    check_all(shop)


def test_prompt_that_is_still_written_to_is_waited_for(open_shop: OpenShop) -> None:
    """Half a prompt is not paid for while a program has it open, however long that makes a pause (I5)."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1")
        shop.drop("beach.jpg", picture(1))
        with shop.running(), (shop.inbox / "beach.txt").open("w") as prompt:
            prompt.write("make it ")
            prompt.flush()
            assert eventually(
                lambda: "beach.txt: another program still writes" in shop.type("explain", "beach.jpg")
            )
            assert server.requests == []
            prompt.write("evening")
            prompt.close()
            assert eventually((shop.done / "beach.txt").exists, 20)

    assert [json.loads(request.body)["prompt"] for request in server.requests] == ["make it evening"]
