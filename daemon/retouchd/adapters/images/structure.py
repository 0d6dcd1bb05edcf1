"""Whether a PNG, JPEG or WebP file is whole, and what it is, without decoding it: the evidence for "arrived".

Kinds are told apart here; the walks themselves are in png.py, jpeg.py and webp.py, over window.py. No Pillow.
A walk over a baseline JPEG of 10.4 MB took 1/28 of Pillow's full decode (4.2 and 118 ms; a progressive one of
9.1 MB 1/92), the best of seven turns each in one run of tests/bench/structure.py, the file in the page cache.
"""

import re
from collections.abc import Callable
from typing import Final

from retouchd.adapters.images import jpeg, png, webp
from retouchd.adapters.images.window import NotWholeError, Window, amount
from retouchd.core.pictures import Examination, Incomplete, Picture

# The magic of a WebP is the longest: four letters, a length, four letters.
_SHORTEST_BYTES: Final = 12
_HEAD_BYTES: Final = 64

# 100 million pixels of 64 bits are less. A walk takes half a second for so much, eight if someone means harm.
_MOST_BYTES: Final = 2**30

_WALKS: Final[tuple[tuple[re.Pattern[bytes], Callable[[Window], Picture]], ...]] = (
    (png.MAGIC, png.walk),
    (jpeg.MAGIC, jpeg.walk),
    (webp.MAGIC, webp.walk),
)

# The first that matches names the file. XML and HTML are text too, and text is the last guess.
_STRANGERS: Final = tuple(
    (re.compile(magic, re.DOTALL | re.IGNORECASE), name)
    for magic, name in (
        (rb"\0+\Z", "space that a copier has reserved"),
        (rb"GIF8[79]a", "GIF"),
        (rb".{4}ftyp(hei|hev|mif1|msf1)", "HEIC"),
        (rb".{4}ftypavi[fs]", "AVIF"),
        (rb".{4}ftypcrx |II\*\0|MM\0\*|IIRO|IIU\0|FUJIFILM", "TIFF or camera RAW"),
        (rb".{4}ftyp|RIFF.{4}AVI |\x1a\x45\xdf\xa3", "a film"),
        (rb"BM.{4}\0{4}", "BMP"),
        (rb"\xff\x0a|\0{3}\x0cJXL ", "JPEG XL"),
        (rb"\0{3}\x0cjP {2}", "JPEG 2000"),
        (rb"8BPS", "Photoshop"),
        (rb"%PDF", "PDF"),
        (rb"PK\x03\x04", "ZIP"),
        (rb"\0\x05\x16\x07", "a Mac's companion file"),
        (rb"\x89PNG", "a PNG spoilt by a transfer in text mode"),
        (rb"(\xef\xbb\xbf)?\s*(<svg|<\?xml)", "SVG or other XML"),
        (rb"(\xef\xbb\xbf)?\s*<(!doctype html|html)", "HTML"),
        (rb"\xff\xfe|\xfe\xff|[\t\n\r\x20-\x7e\x80-\xff]+\Z", "text"),
    )
)


def examine(descriptor: int) -> Examination:
    """What the file behind a descriptor is, or why it is not, or not yet, a whole picture.

    The descriptor's position is neither used nor changed. One block of 64 KiB is in memory, whatever the file
    holds, and only OSError is raised. A WebP of one colour may end in zeros, as does one whose space a
    copier has only reserved: other evidence tells them apart.
    """
    window = Window(descriptor)
    try:
        return _choose_walk(window)(window)
    except NotWholeError as fault:
        return Incomplete(reason=fault.reason)


def _choose_walk(window: Window) -> Callable[[Window], Picture]:
    """The walk for what the first bytes promise; raises NotWholeError where none is worth while."""
    if window.size < _SHORTEST_BYTES:
        reason = f"it is only {window.size} bytes long" if window.size else "it is empty"
        raise NotWholeError(reason)
    head = window.read(0, min(window.size, _HEAD_BYTES))
    walk = next((walk for magic, walk in _WALKS if magic.match(head)), None)
    if walk is None:
        raise NotWholeError(_describe_stranger(head))
    if window.size > _MOST_BYTES:
        reason = f"it is {amount(window.size)} large, which no photo is"
        raise NotWholeError(reason)
    return walk


def _describe_stranger(head: bytes) -> str:
    """Why a file of another kind is refused, with its kind if it is a common one."""
    name = next((name for magic, name in _STRANGERS if magic.match(head)), None)
    reason = "it is not a PNG, JPEG or WebP picture"
    return f"{reason} (it looks like {name})" if name else reason
