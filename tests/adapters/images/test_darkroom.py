"""Pictures made smaller look the same: upright, in their colours, with their transparency."""

import hashlib
import os
import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import Self

import pytest
from PIL import Image
from structure_samples import noise, oriented, png, png_chunk, saved

from retouchd.adapters.images.darkroom import Darkroom, MadePicture
from retouchd.core.errors import FileTroubleError, SourceChangedError, UnsendableError
from retouchd.core.pictures import PictureFormat


@contextmanager
def developed(
    folder: Path, content: bytes, longest_edge: int | None = None, max_pixels: int = 10**8
) -> Iterator[MadePicture]:
    """Give what becomes of a file with this content."""
    room = Darkroom(folder, max_pixels)
    with opened(content) as descriptor, room.shrink(descriptor, longest_edge) as smaller:
        yield smaller


@contextmanager
def opened(content: bytes) -> Iterator[int]:
    """Give a descriptor of a file with this content."""
    descriptor = os.memfd_create("picture")
    try:
        os.write(descriptor, content)
        yield descriptor
    finally:
        os.close(descriptor)


def shrunk(folder: Path, content: bytes, longest_edge: int | None = None) -> Image.Image:
    """Give what becomes of a file with this content, decoded."""
    with developed(folder, content, longest_edge) as smaller:
        image = Image.open(BytesIO(b"".join(smaller.pieces(1000))))
        image.load()
        return image


def corners(image: Image.Image) -> list[str]:
    """Say which of a picture's corners are red, from the upper left one on, clockwise."""
    right, bottom = image.width - 3, image.height - 3
    places = [(2, 2), (right, 2), (right, bottom), (2, bottom)]
    colours = [image.convert("RGB").getpixel(place) for place in places]
    return ["red" if isinstance(one, tuple) and one[0] > one[2] else "blue" for one in colours]


def with_red_corner(size: tuple[int, int] = (64, 32)) -> Image.Image:
    """Give a blue picture whose upper left quarter is red."""
    image = Image.new("RGB", size, (0, 0, 255))
    image.paste((255, 0, 0), (0, 0, size[0] // 2, size[1] // 2))
    return image


def test_facts_are_those_of_the_bytes(tmp_path: Path) -> None:
    """Size, hash, sides and kind are those of the bytes that are given, each time they are asked for."""
    with developed(tmp_path, saved(noise(size=(300, 200)), "PNG"), 150) as smaller:
        pieces, again = list(smaller.pieces(1000)), b"".join(smaller.pieces(7))
        content = b"".join(pieces)

    assert content == again
    assert {len(piece) for piece in pieces[:-1]} == {1000}
    assert (smaller.size, smaller.facts.bytes) == (len(content), len(content))
    assert smaller.facts.sha256 == hashlib.sha256(content).hexdigest()
    assert (smaller.facts.width, smaller.facts.height) == (150, 100)
    assert smaller.facts.format is PictureFormat.JPEG
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("edge", "size"), [(None, (300, 200)), (150, (150, 100)), (2048, (300, 200))])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_sides(tmp_path: Path, kind: str, edge: int | None, size: tuple[int, int]) -> None:
    """The longest side is at most what was asked for, the shape stays, and nothing is made larger."""
    image = shrunk(tmp_path, saved(noise(size=(300, 200)), kind), edge)

    assert (image.size, image.format) == (size, "JPEG")


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA", "P"])
@pytest.mark.parametrize("edge", [None, 30])
def test_transparency_stays(tmp_path: Path, mode: str, edge: int | None) -> None:
    """What is transparent stays so, exactly, in a format that has transparency."""
    image = with_red_corner((60, 60)).convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize((60, 60)).point(lambda level: 255 * (level > 100)))
    converted = image.quantize() if mode == "P" else image.convert("LA") if mode == "LA" else image
    content = saved(converted, "WEBP" if mode == "PA" else "PNG")

    made = shrunk(tmp_path, content, edge)

    assert (made.format, made.mode) == ("WEBP", "RGBA")
    assert made.getchannel("A").getextrema() == (0, 255)


def test_transparency_in_name_only_is_none(tmp_path: Path) -> None:
    """A screenshot has a channel for transparency and none in it; as a JPEG it is much smaller."""
    made = shrunk(tmp_path, saved(noise(size=(60, 40)).convert("RGBA"), "PNG"))

    assert (made.format, made.mode) == ("JPEG", "RGB")


@pytest.mark.parametrize(
    ("mode", "made"), [("L", "L"), ("1", "RGB"), ("P", "RGB"), ("CMYK", "RGB"), ("I;16", "L")]
)
def test_other_modes(tmp_path: Path, mode: str, made: str) -> None:
    """Grey, black and white, palettes, printing colours and 16 bits become what a JPEG can have."""
    image = with_red_corner()
    if mode == "I;16":
        image = image.convert("L").convert("I").point(lambda level: level * 256).convert("I;16")
    content = saved(image.convert(mode), "JPEG" if mode == "CMYK" else "PNG")

    smaller = shrunk(tmp_path, content)

    assert smaller.mode == made
    if mode in {"CMYK", "P"}:
        assert corners(smaller) == ["red", "blue", "blue", "blue"]
    if mode == "I;16":
        level = smaller.getpixel((2, 2))
        assert isinstance(level, int | float)
        assert abs(level - 76) <= 2


def test_a_side_that_the_format_cannot_have(tmp_path: Path) -> None:
    """What is longer than the format allows is made as long as it allows."""
    image = Image.new("RGBA", (17_000, 4), (1, 2, 3, 4))

    assert shrunk(tmp_path, saved(image, "PNG")).width == 4_096


BROKEN_PNG = png(png_chunk(b"IDAT", b"no pixels"), width=50, height=50)


def test_what_cannot_be_decoded(tmp_path: Path) -> None:
    """A picture whose structure is whole and whose content is none is refused with a sentence."""
    with pytest.raises(UnsendableError, match="cannot be decoded"), developed(tmp_path, BROKEN_PNG):
        pass

    assert list(tmp_path.iterdir()) == []


def test_too_many_pixels_are_not_decoded(tmp_path: Path) -> None:
    """A picture above the owner's limit is not decoded."""
    content = saved(noise(size=(60, 40)), "PNG")

    with pytest.raises(UnsendableError, match="megapixels"), developed(tmp_path, content, max_pixels=2399):
        pass


def test_more_pixels_than_pillow_likes(tmp_path: Path) -> None:
    """Only the owner's limit counts: Pillow's own refuses from 179 million pixels on."""
    content = saved(Image.new("1", (18_000, 10_000)), "PNG")

    with developed(tmp_path, content, 90, max_pixels=10**9) as smaller:
        assert (smaller.facts.width, smaller.facts.height) == (90, 50)


def test_what_is_no_whole_picture_any_more(tmp_path: Path) -> None:
    """A photo that was cut short since it was looked at is another one."""
    content = saved(noise(size=(60, 40)), "PNG")

    with pytest.raises(SourceChangedError), developed(tmp_path, content[:-20]):
        pass


def test_no_folder_is_a_trouble(tmp_path: Path) -> None:
    """Where nothing can be put the photo is not to blame."""
    content = saved(noise(size=(60, 40)), "PNG")

    with pytest.raises(FileTroubleError), developed(tmp_path / "gone", content):
        pass


def test_disk_that_takes_no_more_is_no_fault_of_the_photo(tmp_path: Path) -> None:
    """A picture that cannot be written is tried again, and not taken for one that cannot be decoded."""
    content = saved(noise(size=(300, 300)), "PNG")

    with opened(content) as descriptor, no_file_above(1000), pytest.raises(FileTroubleError):
        Darkroom(tmp_path, 10**8).shrink(descriptor, None).__enter__()


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """Let the system refuse to let any file grow beyond a size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_one_at_a_time(tmp_path: Path) -> None:
    """Several workers get their pictures one after the other, and all of them right."""
    content = saved(noise(size=(300, 200)), "PNG")
    room, made = Darkroom(tmp_path, 10**8), []

    def develop() -> None:
        with opened(content) as descriptor, room.shrink(descriptor, 100) as smaller:
            made.append(smaller.facts)

    threads = [threading.Thread(target=develop) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert len(made) == 4
    assert len(set(made)) == 1


def test_conversion(tmp_path: Path) -> None:
    """A photo that must be converted keeps all its pixels and stands upright; nothing of it stays behind."""
    content = saved(with_red_corner(), "JPEG", quality=95, exif=oriented(6))

    with opened(content) as descriptor, Darkroom(tmp_path, 10**8).convert(descriptor, 10**6) as made:
        image = Image.open(BytesIO(b"".join(made.pieces(1000))))
        assert (made.facts.width, made.facts.height, made.facts.format) == (32, 64, PictureFormat.JPEG)
        assert corners(image) == ["blue", "red", "blue", "blue"]

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("alpha", "told"), [(255, False), (254, True), (0, True)], ids=["opaque", "nearly", "clear"]
)
@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_whether_anything_is_seen_through(tmp_path: Path, kind: str, alpha: int, told: bool) -> None:  # noqa: FBT001 - what is told
    """One pixel that is not opaque makes a picture one that is seen through; a channel for it does not."""
    image = with_red_corner().convert("RGBA")
    image.putpixel((5, 5), (1, 2, 3, alpha))

    with opened(saved(image, kind, lossless=True)) as descriptor:
        assert Darkroom(tmp_path, 10**8).sees_through(descriptor) is told


@pytest.mark.parametrize("max_pixels", [2500, 2499], ids=["broken", "large"])
def test_what_cannot_be_seen_is_not_told(tmp_path: Path, max_pixels: int) -> None:
    """Of a picture that cannot be decoded, or not within the owner's limit, nothing is claimed."""
    content = png(png_chunk(b"IDAT", b"no pixels"), width=50, height=50, colour_type=6)

    with opened(content) as descriptor:
        assert Darkroom(tmp_path, max_pixels).sees_through(descriptor) is None


class Watched:
    """Notes the processes that this one starts, and sends each a signal."""

    def __init__(self, number: int = 0) -> None:
        self.environs: set[bytes] = set()
        self._number = number
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join(20)

    def _watch(self) -> None:
        while not self._over.wait(0.002):
            for child in self._children():
                with suppress(OSError):
                    if b"images.developer" in Path(f"/proc/{child}/cmdline").read_bytes():
                        self.environs.add(Path(f"/proc/{child}/environ").read_bytes())
                    os.kill(child, self._number)

    def _children(self) -> list[int]:
        found = []
        for task in Path("/proc/self/task").iterdir():
            with suppress(OSError):
                found += [int(one) for one in (task / "children").read_text().split()]
        return found


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL])
def test_developer_that_breaks_down_ends_alone(tmp_path: Path, number: int) -> None:
    """A photo that crashes its decoder, or takes all memory, has failed; the daemon goes on (I11)."""
    content = saved(noise(size=(600, 600)), "PNG")

    with Watched(number), pytest.raises(UnsendableError, match="broke down"), developed(tmp_path, content):
        pass

    assert list(tmp_path.iterdir()) == []


def test_developer_that_is_told_to_end_is_no_fault_of_the_photo(tmp_path: Path) -> None:
    """A stop of the whole service ends the developer too; the photo is tried again and has not failed."""
    content = saved(noise(size=(600, 600)), "PNG")

    with (
        Watched(signal.SIGTERM),
        pytest.raises(FileTroubleError, match="interrupted"),
        developed(tmp_path, content),
    ):
        pass


def test_developer_does_not_know_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is in no environment but the daemon's own (I9)."""
    monkeypatch.setenv("DENCH_API_KEY", "a-secret")

    with Watched() as watched, developed(tmp_path, saved(noise(size=(600, 600)), "PNG")):
        pass

    assert [b"PATH=" in one for one in watched.environs] == [True]
    assert [one for one in watched.environs if b"a-secret" in one] == []


def test_another_limit_of_pixels_counts_at_once(tmp_path: Path) -> None:
    """A photo with more pixels than are allowed by now is not decoded."""
    room = Darkroom(tmp_path, 10**8)
    content = saved(noise(), "PNG")
    with opened(content) as descriptor, room.shrink(descriptor, None):
        pass

    room.adopt(100)

    with opened(content) as descriptor, pytest.raises(UnsendableError), room.shrink(descriptor, None):
        pass
