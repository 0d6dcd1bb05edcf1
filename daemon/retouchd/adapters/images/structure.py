"""Whether the file of a picture is whole, and what it is, without decoding it: the evidence for "arrived".

Kinds are told apart here; the walks have modules of their own (png, jpeg, webp, heif, tiff, bmp). No Pillow.
A walk over a baseline JPEG of 10.4 MB took 1/28 of Pillow's full decode (4.2 and 118 ms; a progressive one of
9.1 MB 1/92), the best of seven turns each in one run of tests/bench/structure.py, the file in the page cache.
"""

import re
from collections.abc import Callable
from typing import Final

from retouchd.adapters.images import bmp, heif, jpeg, png, tiff, webp
from retouchd.adapters.images.window import AS_PICTURE, ONE_FRAME, NotWholeError, Window, amount
from retouchd.core.pictures import MOST_PHOTO_BYTES, Examination, Incomplete, Picture

# The magic of a WebP is the longest: four letters, a length, four letters.
_SHORTEST_BYTES: Final = 12
_HEAD_BYTES: Final = 64

_WALKS: Final[tuple[tuple[re.Pattern[bytes], Callable[[Window], Picture]], ...]] = (
    (png.MAGIC, png.walk),
    (jpeg.MAGIC, jpeg.walk),
    (webp.MAGIC, webp.walk),
    (heif.MAGIC, heif.walk),
    (tiff.MAGIC, tiff.walk),
    (bmp.MAGIC, bmp.walk),
)

# The first that matches says what the file is, and what can be done about it. XML and HTML are text too, and
# text is the last guess.
_STRANGERS: Final = tuple(
    (re.compile(magic, re.DOTALL | re.IGNORECASE), (reason, advice))
    for magic, reason, advice in (
        (rb"\0+\Z", "nothing is in it yet but space that a copier has reserved", ""),
        (rb"GIF8[79]a", "it is a GIF", AS_PICTURE),
        (rb".{4}ftypcrx |IIRO|IIRS|MMOR|IIU\0|FUJIFILM|FOVb|\0MRM", *tiff.RAW),
        (rb".{4}ftyp|RIFF.{4}AVI |\x1a\x45\xdf\xa3", "it is a film", ONE_FRAME),
        (rb"\xff\x0a|\0{3}\x0cJXL ", "it is JPEG XL", AS_PICTURE),
        (rb"\0{3}\x0cjP {2}", "it is JPEG 2000", AS_PICTURE),
        (rb"8BPS", "it is a Photoshop file", AS_PICTURE),
        (rb"%PDF", "it is a PDF", AS_PICTURE),
        (rb"PK\x03\x04", "it is a ZIP archive and no picture", "unpack it"),
        (rb"\0\x05\x16\x07", "it is a Mac's companion file and no picture", ""),
        (rb"\x89PNG", "it is a PNG spoilt by a transfer in text mode", "copy it anew in binary mode"),
        (rb"(\xef\xbb\xbf)?\s*<(!doctype html|html)", "it is a web page (HTML) and no picture", ""),
        (rb"(\xef\xbb\xbf)?\s*(<svg|<\?xml)", "it is SVG or other XML", AS_PICTURE),
        (rb"\xff\xfe|\xfe\xff|[\t\n\r\x20-\x7e\x80-\xff]+\Z", "it is text and no picture", ""),
    )
)


def examine(descriptor: int) -> Examination:
    """What the file behind a descriptor is, or why it is not, or not yet, a whole picture.

    The descriptor's position is neither used nor changed. A block of 256 KiB is in memory, whatever the file
    holds, and only OSError is raised. Kinds without an end mark may end in zeros as they are, and so does
    one whose space a copier has only reserved: other evidence tells them apart.
    """
    window = Window(descriptor)
    try:
        return _choose_walk(window)(window)
    except NotWholeError as fault:
        return Incomplete(reason=fault.reason, advice=fault.advice)


def _choose_walk(window: Window) -> Callable[[Window], Picture]:
    """The walk for what the first bytes promise; raises NotWholeError where none is worth while."""
    if window.size < _SHORTEST_BYTES:
        reason = f"it is only {window.size} bytes long" if window.size else "it is empty"
        raise NotWholeError(reason)
    head = window.read(0, min(window.size, _HEAD_BYTES))
    walk = next((walk for magic, walk in _WALKS if magic.match(head)), None)
    if walk is None:
        raise NotWholeError(*_describe_stranger(head))
    # A walk takes half a second for as much as is allowed, eight if someone means harm.
    if window.size > MOST_PHOTO_BYTES:
        reason = f"it is {amount(window.size)} large, which no photo is"
        raise NotWholeError(reason)
    return walk


def _describe_stranger(head: bytes) -> tuple[str, str]:
    """Why a file of another kind is refused, with its kind if it is a common one, and what to do."""
    unknown = ("it is none of the pictures known here: PNG, JPEG, WebP, HEIC, AVIF, TIFF and BMP", "")
    return next((told for magic, told in _STRANGERS if magic.match(head)), unknown)
