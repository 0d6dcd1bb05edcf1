"""The structure walk as a whole: what it says of every kind of file, and that no file can upset it."""

import io
import os
import time
import tracemalloc
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from photo_corpus import CORPUS, bmp
from PIL import Image
from structure_samples import (
    ORIENTATION_TAG,
    WEBPS,
    WHOLE,
    examined,
    jpeg,
    noise,
    oriented,
    png,
    png_chunk,
    saved,
    webp,
    webp_chunk,
)

from retouchd.adapters.images.structure import examine
from retouchd.adapters.images.window import NotWholeError, Window, amount, cut_short
from retouchd.core.pictures import ColourProfile, Incomplete, PhotoFormat, Picture

MIB = 2**20
# Of each of Pillow's modes that has not eight bits a channel.
DEPTHS = {"1": 1, "I;16": 16, "I;16B": 16, "F": 32}
# Pillow tells one kind by the name of its family.
KINDS = {"HEIF": PhotoFormat.HEIC}
EVERY = {**WHOLE, **CORPUS}
names = st.sampled_from(sorted(EVERY))


@pytest.mark.parametrize("name", EVERY)
def test_agrees_with_pillow(name: str) -> None:
    """A whole picture of any kind has the format, size, orientation, alpha and frames that Pillow sees."""
    with Image.open(io.BytesIO(EVERY[name])) as image:
        bit_depth = image.info.get("bit_depth", 8)
        image.load()
        palette_bits = 8 if image.format == "BMP" else None
        seen_by_pillow = Picture(
            format=KINDS.get(image.format or "") or PhotoFormat((image.format or "").lower()),
            width=image.width,
            height=image.height,
            orientation=image.getexif().get(ORIENTATION_TAG, 1),
            has_alpha=image.has_transparency_data,
            animated=getattr(image, "is_animated", False),
            depth_bits=palette_bits or DEPTHS.get(image.mode, bit_depth),
            is_cmyk=image.mode == "CMYK",
        )
    examination = examined(EVERY[name])

    assert isinstance(examination, Picture)
    assert replace(examination, profile=ColourProfile.NONE) == seen_by_pillow


@given(name=names, data=st.data())
def test_no_beginning_is_whole(name: str, data: st.DataObject) -> None:
    """A picture that is still arriving, cut at any byte, is incomplete."""
    cut = data.draw(st.integers(0, len(EVERY[name]) - 1))

    assert isinstance(examined(EVERY[name][:cut]), Incomplete)


@pytest.mark.parametrize(
    "whole",
    [
        png(png_chunk(b"IDAT", zlib.compress(b"\0\x7f"))),
        jpeg(b"\xff\xff\xff\xfe\0\x04hi"),
        saved(noise(size=(3, 2)), "JPEG", progressive=True, exif=b"Exif\0\0"),
        saved(noise(size=(3, 2)), "WEBP"),
        saved(noise("RGBA", size=(3, 2)), "WEBP", exif=b"Exif\0\0II*\0"),
        saved(noise("RGBA", size=(3, 2)), "HEIF", exif=oriented(6)),
        saved(noise("RGBA", size=(3, 2)), "AVIF", exif=oriented(6)),
        saved(noise(size=(3, 2)), "TIFF", exif=oriented(6), compression="tiff_lzw"),
        CORPUS["tiff of pages"],
        CORPUS["tiff of tiles"],
        CORPUS["bmp in runs"],
        CORPUS["bmp of the newest kind"],
    ],
    ids=[
        "png",
        "jpeg",
        "jpeg progressive",
        "webp",
        "webp extended",
        "heic",
        "avif",
        "tiff",
        "tiff of pages",
        "tiff of tiles",
        "bmp in runs",
        "bmp",
    ],
)
def test_no_beginning_of_a_small_picture_is_whole(whole: bytes) -> None:
    """Every single beginning of a small picture is incomplete, and the picture is not."""
    beginnings = [examined(whole[:cut]) for cut in range(len(whole))]

    assert all(isinstance(beginning, Incomplete) for beginning in beginnings)
    assert isinstance(examined(whole), Picture)


@given(name=st.sampled_from(sorted(set(WHOLE) - set(WEBPS))), data=st.data())
def test_no_zeroed_tail_is_whole(name: str, data: st.DataObject) -> None:
    """A file that has its full length from the start is incomplete while its end is zeros.

    WebP has no end mark and no checksum, so that only the inbox's own evidence tells it there.
    """
    whole = WHOLE[name]
    zeros = data.draw(st.integers(1, len(whole)))

    assert isinstance(examined(whole[:-zeros] + bytes(zeros)), Incomplete)


@given(name=names, data=st.data())
def test_damage_never_raises(name: str, data: st.DataObject) -> None:
    """Whatever is overwritten in a picture, the walk ends and says something."""
    content = bytearray(EVERY[name])
    for place, junk in data.draw(
        st.lists(st.tuples(st.integers(0, len(content)), st.binary(max_size=8)), max_size=5)
    ):
        content[place : place + len(junk)] = junk

    assert isinstance(examined(bytes(content)), Picture | Incomplete)


@given(
    head=st.sampled_from([b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"RIFF\xff\0\0\0WEBP"])
    | st.sampled_from([b"\0\0\0\x10ftypheic\0\0\0\0", b"II*\0\x08\0\0\0", b"MM\0+\0\x08\0\0", bmp()[:54]]),
    pieces=st.lists(
        st.binary(max_size=40)
        | st.binary(max_size=40).map(lambda body: png_chunk(b"IDAT", body))
        | st.sampled_from([b"VP8X", b"VP8L", b"VP8 ", b"ANMF", b"\x0a\0\0\0", b"Exif\0\0MM\0*"])
        | st.sampled_from([b"\0\0\0\x20meta\0\0\0\0", b"\0\0\0\x10iloc", b"\1\x11\1\0\4\0\1\0\0\0\x10"])
        | st.sampled_from([b"\xff\xd9", b"\xff\xda\0\2", b"\xff\xc2\0\x08", b"\xff\xe1\0\x20", b"\xff\xff"]),
        max_size=30,
    ),
)
def test_rubbish_never_raises(head: bytes, pieces: list[bytes]) -> None:
    """Whatever bytes follow a right beginning, the walk ends and says something."""
    content = head + b"".join(pieces)

    assert isinstance(examined(content), Picture | Incomplete)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (saved(noise(), "GIF"), "a GIF"),
        (saved(noise(), "JPEG2000"), "JPEG 2000"),
        (saved(noise(), "PDF"), "a PDF"),
        pytest.param(b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom", "a camera RAW file", id="-CR3"),
        pytest.param(b"FUJIFILMCCD-RAW 0201", "a camera RAW file", id="-RAF"),
        pytest.param(b"IIRO\x08\0\0\0" + bytes(12), "a camera RAW file", id="-ORF"),
        pytest.param(b"IIU\0\x18\0\0\0" + bytes(12), "a camera RAW file", id="-RW2"),
        (b"\0\0\0\x18ftypisom\0\0\0\x01isom", "a film"),
        (b"\xff\x0a\xfa\x0b" + bytes(12), "JPEG XL"),
        (b"8BPS\0\x01" + bytes(12), "a Photoshop file"),
        (b"PK\x03\x04" + bytes(12), "a ZIP archive"),
        (b"\0\x05\x16\x07\0\x02\0\0Mac OS X", "a Mac's companion file"),
        (WHOLE["png grey"].replace(b"\r\n", b"\n"), "a PNG spoilt by a transfer in text mode"),
        (b"\n<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG or other XML"),
        (b"\xef\xbb\xbf<!DOCTYPE html><title>404</title>", "a web page (HTML) and no picture"),
        ("Retirez les gens à gauche".encode(), "text and no picture"),
        pytest.param("remove the people".encode("utf-16"), "text and no picture", id="-UTF-16"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_names_the_common_strangers(content: bytes, word: str) -> None:
    """A file of another common kind is refused in words that name that kind."""
    examination = examined(content)

    assert isinstance(examination, Incomplete)
    assert examination.reason.startswith(f"it is {word}")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"\x89PN", "it is only 3 bytes long"),
        (bytes(1000), "nothing is in it yet but space that a copier has reserved"),
        (
            b"\x01\x02\x03\x04" * 30,
            "it is none of the pictures known here: PNG, JPEG, WebP, HEIC, AVIF, TIFF and BMP",
        ),
    ],
)
def test_says_why_it_did_not_walk(content: bytes, reason: str) -> None:
    """A file that is not worth a walk is refused with its reason."""
    assert examined(content) == Incomplete(reason=reason)


def test_keeps_the_position(tmp_path: Path) -> None:
    """The descriptor's own position is the same before and after, for whoever reads the file next."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(WHOLE["jpeg of several blocks"])
    with path.open("rb", buffering=0) as file:
        file.seek(17)

        assert isinstance(examine(file.fileno()), Picture)
        assert file.tell() == 17


def test_passes_on_what_the_system_says(tmp_path: Path) -> None:
    """What can't be read raises OSError, which is no judgement on a picture."""
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        with pytest.raises(OSError, match="directory"):
            examine(folder)
    finally:
        os.close(folder)


@pytest.mark.parametrize("name", ["png grey", "jpeg baseline", "webp lossy"])
@pytest.mark.parametrize("end", [b"", b"\xff\xd9"], ids=["ends in zeros", "ends in a mark"])
def test_a_huge_file_is_refused_at_once(tmp_path: Path, name: str, end: bytes) -> None:
    """A sparse file of 20 GB with a picture's beginning is refused without being read through."""
    path = tmp_path / "photo"
    path.write_bytes(WHOLE[name][:-20])
    os.truncate(path, 20_000_000_000 - len(end))
    with path.open("ab") as file:
        file.write(end)
    begun = time.process_time()
    with path.open("rb") as file:
        examination = examine(file.fileno())

    assert examination == Incomplete(reason="it is 20.0 GB large, which no photo is")
    assert time.process_time() - begun < 0.5


@pytest.mark.parametrize(
    "content",
    [
        png(png_chunk(b"teXt", bytes(50 * MIB)), png_chunk(b"IDAT")),
        png(png_chunk(b"eXIf", b"II*\0" + bytes(10 * MIB)), png_chunk(b"IDAT")),
        jpeg()[:-2] + bytes(10 * MIB) + b"\xff\xd9",
        webp(webp_chunk(b"VP8L", b"\x2f" + bytes(10 * MIB) + b"end" * 64)),
        png(*[png_chunk(b"IDAT")] * 20_000),
        png(png_chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(20 * MIB))), png_chunk(b"IDAT")),
        bmp(width=2000, height=2000),
    ],
    ids=["png chunk", "png exif", "jpeg scan", "webp chunk", "png of many chunks", "png profile", "bmp"],
)
def test_memory_stays_small(tmp_path: Path, content: bytes) -> None:
    """However large a part of a picture is, or however many parts there are, a few hundred kB are enough."""
    path = tmp_path / "photo"
    path.write_bytes(content)
    with path.open("rb") as file:
        tracemalloc.start()
        examination = examine(file.fileno())
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert isinstance(examination, Picture)
    assert peak < 800_000


def test_too_many_parts_are_refused() -> None:
    """A file of nothing but empty parts does not keep a worker busy to its end."""
    content = webp(webp_chunk(b"JUNK") * 300_000)

    assert examined(content) == Incomplete(reason="it has more than 250000 parts, which no picture has")


def test_a_file_that_shrinks_is_incomplete(tmp_path: Path) -> None:
    """A file that becomes shorter between two reads is not taken for whole."""
    path = tmp_path / "photo.png"
    path.write_bytes(WHOLE["png grey"])
    with path.open("r+b") as file:
        window = Window(file.fileno())
        file.truncate(30)

        with pytest.raises(NotWholeError, match="it became shorter while it was read"):
            window.read(0, 64)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 bytes"),
        (812, "812 bytes"),
        (81_300, "81 kB"),
        (1_240_000, "1.2 MB"),
        (20_000_000_000, "20.0 GB"),
    ],
)
def test_amounts_are_written_for_people(size: int, words: str) -> None:
    """A number of bytes is written in the unit that a person would choose."""
    assert amount(size) == words


@pytest.mark.parametrize(
    ("here", "needed", "words"),
    [
        (1_200_000, 3_400_000, "1.2 of at least 3.4 MB"),
        (3_390_000, 3_400_000, "3390.0 of at least 3400.0 kB"),
        (3_399_990, 3_400_000, "3399990 of at least 3400000 bytes"),
        (12, 40, "12 of at least 40 bytes"),
        (700_000, 990_000, "700.0 of at least 990.0 kB"),
    ],
)
def test_says_how_much_is_there(here: int, needed: int, words: str) -> None:
    """How much is there and how much is needed are given in a unit in which they differ."""
    assert cut_short(here, needed).reason == f"it ends before its end mark ({words} are there)"
