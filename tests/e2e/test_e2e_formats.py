"""Photos of every kind with a real daemon: found by suffix, known by content, sent as people see them."""

import base64
import json
from io import BytesIO

import pillow_heif
import pytest
from answers import good
from invariants import check_all
from PIL import Image
from workshop import OpenShop

from servers import Recorded, ScriptedServer

pillow_heif.register_heif_opener()

RED, BLUE = (230, 20, 20), (20, 20, 230)
# As a phone stores what it has seen upright: the left side belongs to the top.
LYING = 6


def photo(kind: str, orientation: int) -> bytes:
    """Give a photo whose left half, as stored, is red and whose right half is blue."""
    image = Image.new("RGB", (96, 64), BLUE)
    image.paste(RED, (0, 0, 48, 64))
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = BytesIO()
    image.save(buffer, kind, **({} if kind == "BMP" else {"exif": exif.tobytes()}))
    return buffer.getvalue()


def what_was_sent(request: Recorded) -> Image.Image:
    """Give the only picture of a call."""
    (one,) = json.loads(request.body)["input_images_base64"]
    return Image.open(BytesIO(base64.b64decode(one))).convert("RGB")


def looks_like(image: Image.Image, place: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    """Say whether a colour is about the one that was painted."""
    found = image.getpixel(place)
    return isinstance(found, tuple) and all(
        abs(one - other) < 30 for one, other in zip(found, colour, strict=True)
    )


@pytest.mark.parametrize(
    ("name", "kind", "format_told"),
    [
        ("IMG_1.HEIC", "HEIF", "heic"),
        ("beach.heif", "HEIF", "heic"),
        ("beach.avif", "AVIF", "avif"),
        ("scan.TIF", "TIFF", "tiff"),
        ("scan.tiff", "TIFF", "tiff"),
        ("sent by a messenger.jpg", "HEIF", "heic"),
        ("beach.jpg", "JPEG", "jpeg"),
    ],
)
def test_photos_are_sent_as_people_see_them(
    open_shop: OpenShop, name: str, kind: str, format_told: str
) -> None:
    """Whatever its kind and however it lies in its file, a photo goes out upright and is filed (I1-I5)."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1")
        shop.drop(name, photo(kind, LYING), "make it evening")

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    (request,) = server.requests
    sent = what_was_sent(request)
    assert sent.size == (64, 96)
    assert looks_like(sent, (32, 12), RED)
    assert looks_like(sent, (32, 84), BLUE)
    (output,) = shop.outputs()
    told = shop.metadata(output)
    assert [one["format"] for one in told["source"]] == [format_told]
    assert name in shop.in_folder(shop.done)
    check_all(shop)


def test_a_bmp_is_sent_with_all_its_pixels(open_shop: OpenShop) -> None:
    """What must be converted for its kind alone loses nothing on the way."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1")
        shop.drop("beach.bmp", photo("BMP", 1), "make it evening")

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    with Image.open(BytesIO(photo("BMP", 1))) as original:
        assert what_was_sent(server.requests[0]).tobytes() == original.convert("RGB").tobytes()
    check_all(shop)


def test_what_cannot_be_edited_is_refused_in_its_own_words(open_shop: OpenShop) -> None:
    """Pages and animations end in failed/ with what to do about them; nothing is sent."""
    buffer = BytesIO()
    page = Image.new("RGB", (64, 64), RED)
    page.save(buffer, "TIFF", save_all=True, append_images=[page])
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1")
        shop.drop("scan.tif", buffer.getvalue(), "make it evening")

        ended = shop.until_idle()

    assert ended.code == 1, ended.text
    assert server.requests == []
    note = (shop.failed / "scan.tif.error.txt").read_text("utf-8")
    assert "it has several pages: save the one that is to be edited as a file of its own" in note
    check_all(shop)
