"""The walk over a JPEG: segments by their lengths, scans to their next marker, up to EOI. Nothing is decoded.

A JPEG has no checksums, and most decoders do not mind a hole of zeros in the middle of a scan: it is told of.
"""

import re
from collections.abc import Iterator
from typing import Final

from retouchd.adapters.images.exif import EXIF_PREFIX, UPRIGHT, find_orientation, is_adobe_rgb
from retouchd.adapters.images.icc import classify_profile
from retouchd.adapters.images.window import NotWholeError, Part, Window, damaged, first_of_each
from retouchd.core.pictures import ColourProfile, PhotoFormat, Picture

MAGIC: Final = re.compile(rb"\xff\xd8\xff")

# Any number of FF may stand before a marker, so a marker is the last FF and what follows it.
_MARKER: Final = re.compile(rb"\xff[^\xff]")
# Within a scan FF 00 is a byte of data and FF D0..D7 are restart marks; everything else ends it.
_SCAN_END: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")

_EOI: Final = 0xD9
_APP1, _APP2 = 0xE1, 0xE2
# A profile may be cut into several segments; only the first of them is read.
_PROFILE_PREFIX: Final = b"ICC_PROFILE\0\1"
_PREFIXES: Final = {_APP1: (EXIF_PREFIX, b"Exif"), _APP2: (_PROFILE_PREFIX, b"ICC")}
_RESTARTS: Final = range(0xD0, 0xD8)
_WITHOUT_LENGTH: Final = frozenset({0x01, _EOI, *_RESTARTS})
_WITH_LENGTH: Final = frozenset({*range(0xC0, 0xD0), *range(0xDA, 0xFF)})
# All of C0..CF begin a frame, except for DHT, JPG and DAC.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_NAMES: Final = {**dict.fromkeys(_FRAMES, b"SOF"), 0xDA: b"SOS", 0xDC: b"DNL", _EOI: b"EOI"}
# A picture of four components is one of inks; Adobe's own segment only says how they are packed.
_INKS: Final = 4
_TELLING: Final = frozenset({b"SOF", b"SOS", b"DNL", b"Exif", b"ICC"})


def walk(window: Window) -> Picture:
    """What a JPEG is; raises NotWholeError if something up to its end mark is missing or wrong.

    What follows the end mark is nobody's business: phones and cameras append films, depths and more pictures.
    """
    firsts = first_of_each(_segments(window), _TELLING)
    depth_bits, height, width, components = _read_frame(window, firsts)
    exif = firsts.get(b"Exif")
    return Picture(
        format=PhotoFormat.JPEG,
        width=width,
        height=height,
        orientation=find_orientation(window.beginning(exif)) if exif else UPRIGHT,
        depth_bits=depth_bits,
        is_cmyk=components == _INKS,
        has_empty_space=window.has_empty_space,
        profile=_read_profile(window, firsts),
    )


def _segments(window: Window) -> Iterator[Part]:
    """The segments between SOI and EOI; the data of a scan belongs to none."""
    offset = 2
    while (segment := _read_segment(window, offset)).kind != b"EOI":
        yield segment
        offset = segment.end
        if segment.kind == b"SOS":
            offset = window.find_pair(_SCAN_END, offset)


def _read_segment(window: Window, offset: int) -> Part:
    """The segment whose marker, or the fill bytes before it, stands at an offset."""
    if window.read(offset, 1) != b"\xff":
        raise damaged(offset)
    start = window.find_pair(_MARKER, offset) + 2
    code = window.read(start - 1, 1)[0]
    if code in _WITHOUT_LENGTH:
        return Part(kind=_NAMES.get(code, b""), start=start, end=start)
    if code not in _WITH_LENGTH:
        raise damaged(start)
    return _read_body(window, code, start)


def _read_body(window: Window, code: int, start: int) -> Part:
    """The segment after a marker that has a length; two bytes for EOI must fit behind it."""
    length = int.from_bytes(window.read(start, 2), "big")
    body, end = start + 2, start + length
    if end < body:
        raise damaged(start)
    window.require(end + 2)
    prefix, name = _PREFIXES.get(code, (b"", _NAMES.get(code, b"")))
    is_telling = window.read(body, min(length - 2, len(prefix))) == prefix
    return Part(kind=name if is_telling else b"", start=body, end=end)


def _read_frame(window: Window, firsts: dict[bytes, Part]) -> tuple[int, int, int, int]:
    """Bits of a component, height, width and number of components.

    A height that the frame leaves open stands in DNL, after the first scan.
    """
    kinds = [kind for kind in firsts if kind in {b"SOF", b"SOS"}]
    if kinds != [b"SOF", b"SOS"]:
        reason = "there is no picture in it"
        raise NotWholeError(reason)
    depth_bits, height, width, components = window.unpack(">BHHB", firsts[b"SOF"])
    if height == 0 and b"DNL" in firsts:
        (height,) = window.unpack(">H", firsts[b"DNL"])
    if height == 0 or width == 0:
        reason = "it does not say how large it is"
        raise NotWholeError(reason)
    return depth_bits, height, width, components


def _read_profile(window: Window, firsts: dict[bytes, Part]) -> ColourProfile:
    """What an embedded profile says, or EXIF where there is none."""
    if b"ICC" in firsts:
        # Behind the prefix stands how many segments there are.
        return classify_profile(window.beginning(firsts[b"ICC"])[len(_PROFILE_PREFIX) + 1 :])
    if b"Exif" in firsts and is_adobe_rgb(window.beginning(firsts[b"Exif"])):
        return ColourProfile.ADOBE_RGB
    return ColourProfile.NONE
