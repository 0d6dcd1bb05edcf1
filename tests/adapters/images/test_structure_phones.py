"""What phones, cameras and programs append to pictures, or put into them beside the one that is seen."""

import struct

import pytest
from photo_corpus import HEICS, TIFFS
from structure_samples import JPEGS, PNGS, examined, jpeg_segment, noise, oriented, saved

from retouchd.core.pictures import Incomplete, Picture

SECOND = saved(noise(size=(40, 30)), "JPEG")
FILM = struct.pack(">I", 16) + b"ftypmp42" + bytes(4) + struct.pack(">I", 5000) + b"moov" + b"film" * 1248
# As Android's Ultra HDR names the second picture that only brightens the first.
GAIN_MAP = jpeg_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>hdrgm:Version='1.0'</x:xmpmeta>")
SAMSUNG = b"\0\0\x01\x0a\x0e\0\0\0Image_UTC_Data1700000000000SEFH" + bytes(20) + b"\x24\0\0\0SEFT"


def with_gain_map() -> bytes:
    """A photo for bright screens: its gain map is a second JPEG behind the first."""
    photo = saved(noise(), "JPEG", exif=oriented(6))
    return photo[:2] + GAIN_MAP + photo[2:] + SECOND


@pytest.mark.parametrize(
    "content",
    [
        saved(noise(), "MPO", save_all=True, append_images=[noise(size=(40, 30))]),
        with_gain_map(),
        JPEGS["jpeg baseline"] + SECOND,
        JPEGS["jpeg baseline"] + FILM,
        JPEGS["jpeg baseline"] + SAMSUNG,
        JPEGS["jpeg baseline"] + bytes(5000),
        JPEGS["jpeg progressive"] + b"\xff" * 100,
        PNGS["png grey"] + b"<!-- cached -->",
        PNGS["png grey"] + bytes(5000),
        TIFFS["tiff in tiff_lzw"] + bytes(5000),
        HEICS["heic"] + FILM,
        HEICS["heic"] + struct.pack(">I4s", 8 + len(FILM), b"mpvd") + FILM,
        HEICS["heic"] + bytes(5000),
    ],
    ids=[
        "two views of a camera",
        "Ultra HDR",
        "two JPEGs",
        "motion photo",
        "Samsung's trailer",
        "JPEG and zeros",
        "JPEG and rubbish",
        "PNG and text",
        "PNG and zeros",
        "TIFF and zeros",
        "HEIC and film",
        "motion photo in HEIC",
        "HEIC and zeros",
    ],
)
def test_what_is_appended_leaves_one_whole_photo(content: bytes) -> None:
    """Whatever follows the picture, it is whole, and one photo of its own size."""
    examination = examined(content)

    assert isinstance(examination, Picture)
    assert (examination.width, examination.height, examination.animated) == (97, 61, False)


def test_two_views_are_incomplete_before_the_first_ends() -> None:
    """A camera's file of two views that is cut in the first one is still arriving.

    Cut in the second one it is whole: only the first is seen. The lists of views in such files go wrong as
    soon as a program edits them, so that they prove nothing.
    """
    views = saved(noise(), "MPO", save_all=True, append_images=[noise(size=(40, 30))])
    end = views.index(b"\xff\xd9")

    assert isinstance(examined(views[: end + 1]), Incomplete)
    assert isinstance(examined(views[: end + 100]), Picture)


@pytest.mark.parametrize("mode", ["CMYK", "RGB", "L"])
def test_only_inks_are_inks(mode: str) -> None:
    """A JPEG for printing is told by its four components, however Adobe's programs have packed them."""
    examination = examined(saved(noise(mode), "JPEG"))

    assert isinstance(examination, Picture)
    assert examination.is_cmyk is (mode == "CMYK")
