"""The walk over a TIFF: its directories, and from them where every piece of data lies. Nothing is decoded.

A TIFF has no checksums and no end mark, and may be written in any order: whole means that everything is there
to which something in it points. A hole of zeros can't be seen this way, nor that bytes are missing behind the
last piece to which something points.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from retouchd.adapters.images.directories import Directories, Field, Fields
from retouchd.adapters.images.exif import UPRIGHT
from retouchd.adapters.images.icc import classify_profile
from retouchd.adapters.images.window import NotWholeError, Part, Window
from retouchd.core.pictures import ColourProfile, PhotoFormat, Picture

MAGIC: Final = re.compile(rb"II\*\0|MM\0\*|II\+\0\x08\0\0\0|MM\0\+\0\x08\0\0")

RAW: Final = ("it is a camera RAW file and no picture yet", "develop it and save it as JPEG")

_KIND_OF_PAGE, _OLD_KIND_OF_PAGE = 0x00FE, 0x00FF
_WIDTH, _HEIGHT, _ORIENTATION = 0x0100, 0x0101, 0x0112
_DEPTH, _PHOTOMETRIC, _EXTRA_SAMPLES = 0x0102, 0x0106, 0x0152
_PROFILE, _DNG_VERSION = 0x8773, 0xC612
# Where data lies and how long its pieces are: rows, tiles, and a whole JPEG, as it was once done.
_DATA: Final = ((0x0111, 0x0117), (0x0144, 0x0145), (0x0201, 0x0202))
_WANTED: Final = frozenset(
    {
        *(_KIND_OF_PAGE, _OLD_KIND_OF_PAGE, _WIDTH, _HEIGHT, _ORIENTATION),
        *(_DEPTH, _PHOTOMETRIC, _EXTRA_SAMPLES, _PROFILE, _DNG_VERSION),
        *(tag for pair in _DATA for tag in pair),
    }
)
_INKS: Final = 5
_OF_RAW: Final = frozenset({32803, 34892})
_CANON_RAW: Final = b"CR"
_ALPHAS: Final = frozenset({1, 2})
_TRANSPOSED: Final = range(5, 9)
# A copy in small and a mask, as bits; a copy in small, as a number.
_NO_PAGE_BITS: Final = 0b101
_OLD_COPY: Final = 2
_THUMBNAILS_SHARE: Final = 4


def walk(window: Window) -> Picture:
    """What a TIFF is, by its first page; raises NotWholeError if something of it is missing or wrong.

    Further pages make it animated. What is marked as a copy in small or as a mask is no page, nor is what
    has a quarter of the first page's pixels or fewer: a thumbnail.
    """
    directories = Directories(window, _WANTED)
    pages = list(directories.main())
    every = [*pages, *directories.inner(pages)]
    if _is_raw(window, directories, every):
        raise NotWholeError(*RAW)
    for fields in every:
        _check_data(window, directories, fields)
    if not pages or not any(where in pages[0] for where, _ in _DATA):
        reason = "there is no picture in it"
        raise NotWholeError(reason)
    return _describe(window, directories, pages)


def _is_raw(window: Window, directories: Directories, every: Iterable[Fields]) -> bool:
    """Whether somewhere in it lie a sensor's own numbers; the first page is but a small copy then."""
    return window.read(8, 2) == _CANON_RAW or any(
        _DNG_VERSION in fields or directories.number(fields.get(_PHOTOMETRIC), 0) in _OF_RAW
        for fields in every
    )


def _check_data(window: Window, directories: Directories, fields: Fields) -> None:
    """Raise NotWholeError unless all data of a directory is there."""
    for where, how_long in _DATA:
        if where in fields:
            # Very old programs left the lengths out; then the data's beginning must do.
            lengths = fields.get(how_long, fields[where])
            pairs = directories.pairs(fields[where], lengths)
            known = how_long in fields
            window.require(max((start + (length if known else 1) for start, length in pairs), default=0))


def _describe(window: Window, directories: Directories, pages: Sequence[Fields]) -> Picture:
    first = pages[0]
    width, height = _size(directories, first)
    if not width or not height:
        reason = "it does not say how large it is"
        raise NotWholeError(reason)
    # Decoders turn it by themselves.
    if directories.number(first.get(_ORIENTATION), UPRIGHT) in _TRANSPOSED:
        width, height = height, width
    return Picture(
        format=PhotoFormat.TIFF,
        width=width,
        height=height,
        has_alpha=bool(_ALPHAS.intersection(directories.numbers(first.get(_EXTRA_SAMPLES), 4))),
        animated=any(_is_page(directories, fields, width * height) for fields in pages[1:]),
        depth_bits=directories.number(first.get(_DEPTH), 1),
        is_cmyk=directories.number(first.get(_PHOTOMETRIC), 0) == _INKS,
        profile=_profile(window, first.get(_PROFILE)),
    )


def _size(directories: Directories, fields: Fields) -> tuple[int, int]:
    return directories.number(fields.get(_WIDTH), 0), directories.number(fields.get(_HEIGHT), 0)


def _is_page(directories: Directories, fields: Fields, pixels: int) -> bool:
    width, height = _size(directories, fields)
    is_marked = (
        directories.number(fields.get(_KIND_OF_PAGE), 0) & _NO_PAGE_BITS
        or directories.number(fields.get(_OLD_KIND_OF_PAGE), 0) == _OLD_COPY
    )
    return not is_marked and width * height * _THUMBNAILS_SHARE > pixels


def _profile(window: Window, field: Field | None) -> ColourProfile:
    if field is None:
        return ColourProfile.NONE
    return classify_profile(window.beginning(Part(kind=b"ICC", start=field.start, end=field.end)))
