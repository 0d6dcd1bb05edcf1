"""Photos of every kind through a real daemon: the service gets what a viewer shows, and masks lie on it."""

import base64
import hashlib
import json
from io import BytesIO
from typing import Any

import pillow_heif
import pytest
from answers import good
from invariants import check_all
from PIL import Image
from workshop import KEY, OpenShop

from retouchd.simulator.server import Simulator
from servers import ScriptedServer

ORIENTATION = 0x0112
RED, GREEN, BLUE, YELLOW = (220, 40, 40), (50, 190, 60), (40, 60, 210), (230, 210, 50)
INK = (0, 255, 255, 0)
pillow_heif.register_heif_opener()


def quartered(size: tuple[int, int] = (960, 720)) -> Image.Image:
    """Give a picture of four colours, from the upper left quarter on, clockwise."""
    image = Image.new("RGB", size)
    middle, centre = size[0] // 2, size[1] // 2
    for place, colour in zip(
        ((0, 0), (middle, 0), (middle, centre), (0, centre)), (RED, GREEN, BLUE, YELLOW), strict=True
    ):
        image.paste(colour, (*place, place[0] + middle, place[1] + centre))
    return image


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    """Give a file."""
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def turned(kind: str) -> bytes:
    """Give a file whose pixels lie on their side, with the word that sets them upright."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    sideways = quartered().transpose(Image.Transpose.ROTATE_90)
    return saved(sideways, kind, exif=exif.tobytes(), quality=95)


def sixteen_bits() -> bytes:
    """Give a PNG of grey with 16 bits whose levels are those of the colours' brightness."""
    return saved(
        quartered().convert("L").convert("I").point(lambda level: level * 257).convert("I;16"), "PNG"
    )


def is_quartered(image: Image.Image) -> bool:
    """Say whether a picture shows the four colours where they belong, or their brightness."""
    width, height = image.size
    found = [
        image.convert("RGB").getpixel((width * x // 4, height * y // 4))
        for x, y in ((1, 1), (3, 1), (3, 3), (1, 3))
    ]
    grey = image.mode == "L"
    wanted = [
        Image.new("RGB", (1, 1), one).convert("L" if grey else "RGB").convert("RGB").getpixel((0, 0))
        for one in (RED, GREEN, BLUE, YELLOW)
    ]
    return all(
        abs(a - b) <= 20
        for one, other in zip(found, wanted, strict=True)
        for a, b in zip(one, other, strict=True)  # type: ignore[arg-type] # colours
    )


PHOTOS = {
    "plain.jpg": (saved(quartered(), "JPEG", quality=90), None),
    "turned.jpg": (turned("JPEG"), "it is stored turned"),
    "turned.webp": (turned("WEBP"), "it is stored turned"),
    "deep.png": (sixteen_bits(), "it has 16 bits a colour"),
    "scan.tif": (saved(quartered(), "TIFF"), "it is TIFF, which the service does not take"),
    "old.bmp": (saved(quartered(), "BMP"), "it is BMP, which the service does not take"),
    "phone.heic": (turned("HEIF"), "it is HEIC, which the service does not take"),
    "web.avif": (turned("AVIF"), "it is AVIF, which the service does not take"),
    "ink.jpg": (
        saved(quartered().convert("CMYK"), "JPEG", quality=95),
        "its colours are for printing (CMYK)",
    ),
}


def test_photos_of_every_kind(open_shop: OpenShop) -> None:
    """Each photo reaches the service as a viewer shows it, and its metadata tells what went out and why."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1", defaults__size="match")
        for name, (content, _) in PHOTOS.items():
            shop.drop(name, content, f"a wish for {name}", sidecar=f"{name}.txt")

        ended = shop.until_idle(60)

    assert ended.code == 0, ended.text
    received = {}
    for request in server.requests:
        fields = json.loads(request.body)
        (picture,) = fields["input_images_base64"]
        received[fields["prompt"].removeprefix("a wish for ")] = (base64.b64decode(picture), fields["size"])
    assert received.keys() == PHOTOS.keys()
    told = {one["source"][0]["path"]: one for one in map(shop.metadata, shop.outputs())}
    for name, (content, why) in PHOTOS.items():
        sent, size = received[name]
        image, facts = Image.open(BytesIO(sent)), told[name]["sent"][0]
        assert image.size == (960, 720), name
        assert is_quartered(image), name
        assert size == "1472x1104", name
        assert (sent == content) is (why is None), name
        assert (facts["sha256"], facts["why"]) == (hashlib.sha256(sent).hexdigest(), why), name
        assert (facts["width"], facts["height"]) == image.size, name
        assert told[name]["source"][0]["sha256"] == hashlib.sha256(content).hexdigest(), name
    check_all(shop)


def test_mask_lets_through_where_it_is_white(open_shop: OpenShop) -> None:
    """A black-and-white mask of a turned photo: what was white is edited, the rest stays."""
    mask = Image.new("L", (960, 720))
    mask.paste(255, (0, 0, 480, 720))
    with Simulator(api_key=KEY) as simulator:
        shop = open_shop(simulator.base_url, defaults__format="png")
        shop.put(shop.inbox / "beach.mask.png", saved(mask, "PNG"))
        shop.drop("beach.jpg", turned("JPEG"), "grayscale")

        ended = shop.until_idle(60)

    assert ended.code == 0, ended.text
    image = Image.open(shop.outbox / "beach.png").convert("RGB")
    width, height = image.size
    left, right = image.getpixel((width // 4, height // 4)), image.getpixel((width * 3 // 4, height // 4))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert max(left) - min(left) <= 6
    assert all(abs(a - b) <= 20 for a, b in zip(right, GREEN, strict=True))
    facts = shop.metadata("beach.png")["mask"]
    assert facts["source"]["path"] == "beach.mask.png"
    assert (facts["sent"]["width"], facts["sent"]["height"]) == (960, 720)
    check_all(shop)


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (Image.new("L", (960, 720)), "it marks nothing"),
        (Image.new("L", (500, 500), 255), "it has 500x500 pixels and the photo 960x720"),
    ],
)
def test_mask_that_fits_nothing_needs_you(open_shop: OpenShop, mask: Image.Image, words: str) -> None:
    """A mask that the service would refuse is told before anything is sent; exchanging it is enough."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1")
        shop.put(shop.inbox / "beach.mask.png", saved(mask, "PNG"))
        shop.drop("beach.jpg", turned("JPEG"), "grayscale")

        ended = shop.until_idle(60)

    assert ended.code == 1
    assert server.requests == []
    assert words in shop.type("explain", str(shop.inbox / "beach.jpg")).replace("\n", " ")
    check_all(shop)
