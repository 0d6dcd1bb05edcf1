"""What goes out of real files: untouched bytes wherever they will do, else the very same picture."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from engine_house import POLICY, wish_of
from PIL import Image

from retouchd.adapters.identity import Identity
from retouchd.adapters.images import structure
from retouchd.adapters.images.darkroom import Darkroom
from retouchd.adapters.inbox.files import InboxFolder
from retouchd.core.bundles import FormingRules
from retouchd.core.edits import SourcePicture, Wish
from retouchd.core.errors import SourceChangedError, UnsendableError
from retouchd.core.pictures import Picture
from retouchd.core.requestsize import Room
from retouchd.core.values import Sha256
from retouchd.engine.fitting import Fitted, Fitting
from retouchd.engine.tools import Tools

RED, BLUE = (230, 30, 30), (40, 60, 220)
ORIENTATION = 0x0112


@dataclass
class Studio:
    """An inbox with photos, and what fits them into a request.

    Attributes:
        room: How large the request may be.
    """

    place: Path
    opened: ExitStack
    room: Room = field(default_factory=lambda: Room(own_limit=20_000_000))

    def put(self, name: str, image: Image.Image, orientation: int = 1, **options: Any) -> SourcePicture:
        """Put a picture into the inbox, and give what a look finds there."""
        exif = Image.Exif()
        exif[ORIENTATION] = orientation
        path = self.place / name
        image.save(path, **({"exif": exif} if orientation > 1 else {}), **options)
        with path.open("rb") as file:
            picture = structure.examine(file.fileno())
        assert isinstance(picture, Picture)
        return SourcePicture(
            path=PurePosixPath(name),
            sha256=Sha256(hashlib.sha256(path.read_bytes()).hexdigest()),
            bytes=path.stat().st_size,
            width=picture.width,
            height=picture.height,
            format=picture.format,
        )

    def fit(self, *pictures: SourcePicture, mask: SourcePicture | None = None) -> Fitted:
        """Give what would be sent."""
        unused: Any = None
        inbox = InboxFolder(self.place, Identity(journal_id="owner", inbox_id="inbox"), FormingRules(), 1.0)
        tools = Tools(
            inbox=inbox,
            outbox=unused,
            filing=unused,
            returns=unused,
            spool=unused,
            endpoint=unused,
            pictures=structure,
            darkroom=Darkroom(self.place, POLICY.max_pixels),
        )
        wish: Wish = replace(wish_of(), pictures=pictures, mask=mask)
        return Fitting(tools).fit(wish, self.room, self.opened)


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    """Give an empty inbox."""
    place = tmp_path / "inbox"
    place.mkdir()
    with ExitStack() as opened:
        yield Studio(place, opened)


def half_red(size: tuple[int, int] = (96, 64)) -> Image.Image:
    """Give a blue picture whose left half is red."""
    image = Image.new("RGB", size, BLUE)
    image.paste(RED, (0, 0, size[0] // 2, size[1]))
    return image


def content(image: Any) -> bytes:
    """Give the bytes that go out."""
    return b"".join(image.pieces(1000))


def decoded(image: Any) -> Image.Image:
    """Give the picture that goes out."""
    return Image.open(BytesIO(content(image)))


@pytest.mark.parametrize("name", ["beach.jpg", "beach.png", "beach.webp"])
def test_what_can_be_sent_goes_out_untouched(studio: Studio, name: str) -> None:
    """The bytes of a picture that the service takes are its own, to the last one, and nothing is noted."""
    fitted = studio.fit(studio.put(name, half_red()))

    assert [content(image) for image in fitted.images] == [(studio.place / name).read_bytes()]
    assert (fitted.mask, fitted.sent) == (None, ())


@pytest.mark.parametrize(
    ("name", "orientation", "why"),
    [
        ("beach.jpg", 6, "it is stored turned"),
        ("beach.tif", 1, "it is TIFF, which the service does not take"),
        ("beach.bmp", 1, "it is BMP, which the service does not take"),
        ("beach.avif", 1, "it is AVIF, which the service does not take"),
    ],
)
def test_what_must_be_converted_says_why(studio: Studio, name: str, orientation: int, why: str) -> None:
    """What goes out in place of a photo is noted with its hash, its size and the reason."""
    source = studio.put(name, half_red(), orientation)

    fitted = studio.fit(source)

    (sent,), (image,) = fitted.sent, fitted.images
    made = decoded(image)
    assert (sent.why, sent.is_mask) == (why, False)
    assert sent.sha256 == hashlib.sha256(content(image)).hexdigest() != source.sha256
    assert (sent.bytes, sent.width, sent.height) == (image.size, *made.size)
    assert made.size == ((64, 96) if orientation == 6 else (96, 64))
    assert sent.format.value.upper() == made.format


def test_each_picture_is_converted_for_itself(studio: Studio) -> None:
    """Of several pictures only the ones that must be are converted; all are noted then, in their order."""
    photo = studio.put("beach.jpg", half_red())
    reference = studio.put("_logo.bmp", half_red((32, 32)))

    fitted = studio.fit(photo, reference)

    assert content(fitted.images[0]) == (studio.place / "beach.jpg").read_bytes()
    assert decoded(fitted.images[1]).format == "PNG"
    assert [one.why for one in fitted.sent] == ["", "it is BMP, which the service does not take"]
    assert fitted.sent[0].sha256 == photo.sha256


def test_converted_photo_that_is_too_large_is_made_smaller(studio: Studio) -> None:
    """A photo of another kind is made smaller by the learned limit as any other is."""
    studio.room = Room(own_limit=20_000_000, refused_before=3_500_000)
    noise = Image.frombytes("RGB", (1000, 900), os.urandom(2_700_000))

    fitted = studio.fit(studio.put("beach.tif", noise))

    (sent,) = fitted.sent
    assert sent.why == "it was too large to be sent"
    assert (sent.format.value, sent.width, sent.height) == ("jpeg", 1000, 900)
    assert sent.bytes < 2_200_000


def half_white(size: tuple[int, int] = (96, 64)) -> Image.Image:
    """Give a mask whose left half is to be edited."""
    image = Image.new("L", size)
    image.paste(255, (0, 0, size[0] // 2, size[1]))
    return image


def test_mask_in_black_and_white(studio: Studio) -> None:
    """White becomes transparent in the mask that goes out; the photo itself stays untouched."""
    photo, mask = studio.put("beach.jpg", half_red()), studio.put("beach.mask.png", half_white())

    fitted = studio.fit(photo, mask=mask)

    assert content(fitted.images[0]) == (studio.place / "beach.jpg").read_bytes()
    alpha = decoded(fitted.mask).getchannel("A")
    assert (alpha.size, alpha.getpixel((10, 30)), alpha.getpixel((80, 30))) == ((96, 64), 0, 255)
    assert [(one.is_mask, bool(one.why)) for one in fitted.sent] == [(False, False), (True, True)]


def test_mask_that_will_do_goes_out_untouched(studio: Studio) -> None:
    """A mask with transparency of its own in the photo's size goes out as it is, and nothing is noted."""
    image = half_red().convert("RGBA")
    image.putalpha(half_white().point(lambda level: 255 - level))
    photo, mask = studio.put("beach.jpg", half_red()), studio.put("beach.mask.png", image)

    fitted = studio.fit(photo, mask=mask)

    assert content(fitted.mask) == (studio.place / "beach.mask.png").read_bytes()
    assert fitted.sent == ()


def test_mask_lies_on_the_photo_as_it_is_sent(studio: Studio) -> None:
    """The mask of a turned photo that is made smaller is turned and made smaller with it."""
    studio.room = Room(own_limit=3_500_000)
    noise = Image.effect_noise((2600, 1900), 250).convert("RGB")
    photo = studio.put("beach.jpg", noise, 6, quality=100)
    mask = studio.put("beach.mask.png", half_white((2600, 1900)))

    fitted = studio.fit(photo, mask=mask)

    sent = fitted.sent[0]
    alpha = decoded(fitted.mask).getchannel("A")
    assert (sent.why, sent.height) == ("it was too large to be sent", 2048)
    assert alpha.size == (sent.width, sent.height)
    # Turned by a quarter: what was left is above.
    assert (alpha.getpixel((700, 100)), alpha.getpixel((700, 1900))) == (0, 255)


def test_only_the_first_photo_decides_the_mask(studio: Studio) -> None:
    """References have sizes of their own, which no mask must have."""
    photo, logo = studio.put("beach.jpg", half_red()), studio.put("_logo.png", half_red((10, 20)))

    fitted = studio.fit(photo, logo, mask=studio.put("beach.mask.png", half_white()))

    assert decoded(fitted.mask).size == (96, 64)
    assert len(fitted.images) == 2


def test_mask_of_another_photo_is_named(studio: Studio) -> None:
    """A mask that does not fit is named, with both sizes and what to do."""
    photo, mask = studio.put("beach.jpg", half_red()), studio.put("beach.mask.png", half_white((50, 50)))

    with pytest.raises(UnsendableError) as caught:
        studio.fit(photo, mask=mask)

    assert str(caught.value) == (
        "beach.mask.png: it has 50x50 pixels and the photo 96x64: export it in the photo's size"
    )


@pytest.mark.parametrize("changed", ["beach.bmp", "beach.mask.png"])
def test_what_changed_meanwhile_is_not_sent(studio: Studio, changed: str) -> None:
    """What goes out is made of the very bytes that were hashed, or not at all."""
    photo, mask = studio.put("beach.bmp", half_red()), studio.put("beach.mask.png", half_white())
    half_red().convert("L").convert("1").save(studio.place / changed)

    with pytest.raises(SourceChangedError, match="changed meanwhile"):
        studio.fit(photo, mask=mask)


def test_what_is_no_picture_any_more_is_not_sent(studio: Studio) -> None:
    """A photo that was cut short since it was looked at is another one."""
    photo = studio.put("beach.jpg", half_red())
    (studio.place / "beach.jpg").write_bytes(b"short")

    with pytest.raises(SourceChangedError):
        studio.fit(photo)
