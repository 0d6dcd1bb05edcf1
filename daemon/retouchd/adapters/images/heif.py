"""The walk over a HEIC or AVIF: boxes by their lengths, and the data of every item by its place in the file.

There are no checksums and no end mark: a hole of zeros inside the data is told of, but not that a box is
missing whole which no picture needs. A burst or a stereo pair is one picture, the primary one, and so is a
picture of many tiles. Nothing is decoded.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from retouchd.adapters.images.boxes import Boxes, Cursor
from retouchd.adapters.images.exif import UPRIGHT
from retouchd.adapters.images.icc import classify_profile
from retouchd.adapters.images.window import ONE_FRAME, NotWholeError, Part, Window, damaged
from retouchd.core.pictures import ColourProfile, PhotoFormat, Picture

MAGIC: Final = re.compile(rb".{4}ftyp(hei[cmsx]|hev[cmsx]|mi[af][12f]|msf1|avi[fs])", re.DOTALL)

_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})
# In others a film may follow that was taken along with the picture.
_SEQUENCE_BRANDS: Final = frozenset({b"avis", b"msf1", b"hevc", b"hevm", b"hevs", b"hevx"})
_BRAND_BYTES: Final = 4
# The version and the flags, with which a box begins whose layout has changed over the years.
_VERSION_BYTES: Final = 4
_IN_FILE, _IN_ITEM_DATA = 0, 1
_ALPHA: Final = re.compile(rb"urn:mpeg:(hevc:2015:auxid:1|mpegB:cicp:systems:auxiliary:alpha)\0")
# Colour primaries and transfer function by ITU-T H.273: of Rec. 709 and of sRGB, or not told.
_PRIMARIES_OF_SRGB: Final = frozenset({1, 2})
_TRANSFERS_OF_SRGB: Final = frozenset({1, 2, 6, 13})
# EXIF's orientation for a turn by so many quarters against the clock, without a mirror, then with one that
# swaps top and bottom, then with one that swaps left and right.
_ORIENTATIONS: Final = {None: (1, 8, 3, 6), 0: (4, 5, 2, 7), 1: (2, 7, 4, 5)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Extent:
    """A piece of an item's data.

    Attributes:
        method: How its place is to be read.
        length: 0 for all that is there.
    """

    item: int
    method: int
    offset: int
    length: int


def walk(window: Window) -> Picture:
    """What a HEIC or AVIF is; raises NotWholeError if something of it is missing or wrong."""
    boxes = Boxes(window)
    firsts, end = _walk_over_all(boxes)
    meta = firsts.get(b"meta")
    if meta is None:
        raise _no_picture(firsts)
    parts = boxes.first_of_each(meta.start + _VERSION_BYTES, meta.end)
    if not {b"pitm", b"iloc", b"iprp"} <= parts.keys():
        raise _no_picture(firsts)
    primary = _read_primary(window, parts[b"pitm"])
    _check_data(boxes, parts, primary, end)
    if b"mdat" in firsts:
        window.sweep(firsts[b"mdat"])
    brands = set(_brands(window, firsts))
    kind = PhotoFormat.AVIF if brands & _AVIF_BRANDS else PhotoFormat.HEIC
    animated = bool(brands & _SEQUENCE_BRANDS) and _has_sequence(boxes, firsts)
    return _describe(boxes, parts, primary, kind, animated=animated)


def _walk_over_all(boxes: Boxes) -> tuple[dict[bytes, Part], int]:
    """The first of each of the outermost boxes, and where they end.

    What phones append behind the last of them without making it a box is nobody's business.
    """
    firsts: dict[bytes, Part] = {}
    end = 0
    try:
        for box in boxes.within(0, boxes.window.size):
            firsts.setdefault(box.kind, box)
            end = box.end
    except NotWholeError:
        if _may_be_a_box(boxes.window, end):
            raise
    return firsts, end


def _may_be_a_box(window: Window, start: int) -> bool:
    """Whether what follows, cut as it may be, can be the beginning of a box."""
    name = window.read(start, min(8, window.size - start))[4:]
    return name.isalnum() or not name


def _no_picture(firsts: Mapping[bytes, Part]) -> NotWholeError:
    if b"moov" in firsts:
        return NotWholeError("it is an animation and no single picture", ONE_FRAME)
    return NotWholeError("there is no picture in it")


def _brands(window: Window, firsts: Mapping[bytes, Part]) -> Iterator[bytes]:
    """What the file says it can be read as; between the first word and the others stands a version."""
    content = window.beginning(firsts[b"ftyp"])
    return (content[at : at + _BRAND_BYTES] for at in range(0, len(content), _BRAND_BYTES))


def _read_primary(window: Window, box: Part) -> int:
    """The number of the item that is the picture."""
    cursor = Cursor(window, box)
    return cursor.take(2 if cursor.take(_VERSION_BYTES) >> 24 == 0 else 4)


def _check_data(boxes: Boxes, parts: Mapping[bytes, Part], primary: int, end: int) -> None:
    """Raise NotWholeError unless all data of all items is there, and the primary one has some."""
    inner = parts.get(b"idat", Part(kind=b"idat", start=0, end=0))
    has_picture = False
    for extent in _extents(boxes, parts[b"iloc"]):
        last = extent.offset + extent.length
        has_picture = has_picture or extent.item == primary
        if extent.method == _IN_FILE:
            boxes.window.require(last)
        if last > {_IN_FILE: end, _IN_ITEM_DATA: inner.end - inner.start}.get(extent.method, last):
            raise damaged(end)
    if not has_picture:
        reason = "there is no picture in it"
        raise NotWholeError(reason)


def _extents(boxes: Boxes, box: Part) -> Iterator[_Extent]:
    """The pieces of all items' data, in the file's order."""
    cursor = Cursor(boxes.window, box)
    version = cursor.take(_VERSION_BYTES) >> 24
    widths = cursor.take(2)
    offset_bytes, length_bytes, base_bytes, index_bytes = (widths >> shift & 15 for shift in (12, 8, 4, 0))
    item_bytes = 2 if version <= 1 else 4
    for _ in range(cursor.take(item_bytes)):
        item = cursor.take(item_bytes)
        method = cursor.take(2) & 15 if version else _IN_FILE
        cursor.take(2)
        base = cursor.take(base_bytes)
        for _ in range(cursor.take(2)):
            boxes.spend()
            cursor.take(index_bytes if version else 0)
            offset, length = cursor.take(offset_bytes), cursor.take(length_bytes)
            yield _Extent(item=item, method=method, offset=base + offset, length=length)


def _describe(
    boxes: Boxes, parts: Mapping[bytes, Part], primary: int, kind: PhotoFormat, *, animated: bool
) -> Picture:
    described = _properties(boxes, parts[b"iprp"])
    own = described.get(primary, [])
    firsts = {box.kind: box for box in reversed(own)}
    if b"ispe" not in firsts:
        reason = "it does not say how large it is"
        raise NotWholeError(reason)
    read_shape = _read_upright if kind is PhotoFormat.HEIC else _read_turned
    width, height, orientation = read_shape(boxes.window, firsts)
    alphas = [described.get(item, []) for item in _helpers(boxes, parts, primary)]
    return Picture(
        format=kind,
        width=width,
        height=height,
        orientation=orientation,
        has_alpha=any(_is_alpha(boxes.window, properties) for properties in alphas),
        animated=animated,
        depth_bits=_read_depth(boxes.window, firsts),
        profile=_read_profile(boxes.window, own),
        has_empty_space=boxes.window.has_empty_space,
    )


def _properties(boxes: Boxes, box: Part) -> dict[int, list[Part]]:
    """What is said of each item, in the order in which it counts."""
    parts = list(boxes.within(box.start, box.end))
    known = [one for part in parts if part.kind == b"ipco" for one in boxes.within(part.start, part.end)]
    said: dict[int, list[Part]] = {}
    for part in parts:
        if part.kind == b"ipma":
            for item, number in _associations(boxes, part):
                said.setdefault(item, []).extend(known[number - 1 : number] if number else [])
    return said


def _associations(boxes: Boxes, box: Part) -> Iterator[tuple[int, int]]:
    """Each item with the numbers, from 1, of what is said of it."""
    cursor = Cursor(boxes.window, box)
    version_and_flags = cursor.take(_VERSION_BYTES)
    item_bytes = 2 if version_and_flags >> 24 == 0 else 4
    number_bytes, number_mask = (2, 0x7FFF) if version_and_flags & 1 else (1, 0x7F)
    for _ in range(cursor.take(4)):
        item = cursor.take(item_bytes)
        for _ in range(cursor.take(1)):
            boxes.spend()
            yield item, cursor.take(number_bytes) & number_mask


def _read_turned(window: Window, firsts: Mapping[bytes, Part]) -> tuple[int, int, int]:
    """Width and height as stored, and EXIF's orientation for turn and mirror, left by decoders of AVIF."""
    _, width, height = window.unpack(">III", firsts[b"ispe"])
    quarters = _read_quarters(window, firsts)
    axis = window.unpack(">B", firsts[b"imir"])[0] & 1 if b"imir" in firsts else None
    return width, height, _ORIENTATIONS[axis][quarters]


def _read_upright(window: Window, firsts: Mapping[bytes, Part]) -> tuple[int, int, int]:
    """Width, height and orientation after cut, turn and mirror, all of which decoders of HEIC do."""
    _, width, height = window.unpack(">III", firsts[b"ispe"])
    if b"clap" in firsts:
        # Sides are fractions, but of whole pixels.
        wide, wide_parts, high, high_parts = window.unpack(">IIII", firsts[b"clap"])
        width, height = wide // (wide_parts or 1), high // (high_parts or 1)
    turned = _read_quarters(window, firsts) % 2 == 1
    return (height, width, UPRIGHT) if turned else (width, height, UPRIGHT)


def _read_quarters(window: Window, firsts: Mapping[bytes, Part]) -> int:
    """How many quarters the picture is turned against the clock."""
    return window.unpack(">B", firsts[b"irot"])[0] & 3 if b"irot" in firsts else 0


def _helpers(boxes: Boxes, parts: Mapping[bytes, Part], primary: int) -> Iterator[int]:
    """The items that add something to the primary one: transparency, depth, a gain map."""
    box = parts.get(b"iref")
    if box is None:
        return
    item_bytes = 2 if Cursor(boxes.window, box).take(_VERSION_BYTES) >> 24 == 0 else 4
    for reference in boxes.within(box.start + _VERSION_BYTES, box.end):
        cursor = Cursor(boxes.window, reference)
        helper = cursor.take(item_bytes)
        helped = [cursor.take(item_bytes) for _ in range(cursor.take(2))]
        if reference.kind == b"auxl" and primary in helped:
            yield helper


def _is_alpha(window: Window, properties: list[Part]) -> bool:
    return any(
        box.kind == b"auxC" and _ALPHA.match(window.beginning(box), _VERSION_BYTES) for box in properties
    )


def _read_depth(window: Window, firsts: Mapping[bytes, Part]) -> int:
    """Bits of the first channel, 8 where nothing is said."""
    if b"pixi" not in firsts:
        return 8
    _, _, depth_bits = window.unpack(">IBB", firsts[b"pixi"])
    return depth_bits


def _read_profile(window: Window, properties: list[Part]) -> ColourProfile:
    """The meaning of the colours: an embedded profile counts before numbers that name one."""
    found = {window.beginning(box)[:4]: box for box in properties if box.kind == b"colr"}
    for kind in (b"prof", b"rICC"):
        if kind in found:
            return classify_profile(window.beginning(found[kind])[4:])
    if b"nclx" not in found:
        return ColourProfile.NONE
    _, primaries, transfer = window.unpack(">IHH", found[b"nclx"])
    is_srgb = primaries in _PRIMARIES_OF_SRGB and transfer in _TRANSFERS_OF_SRGB
    return ColourProfile.SRGB if is_srgb else ColourProfile.OTHER


def _has_sequence(boxes: Boxes, firsts: Mapping[bytes, Part]) -> bool:
    """Whether a track has more than one picture."""
    moov = firsts.get(b"moov")
    if moov is None:
        return False
    tracks = [box for box in boxes.within(moov.start, moov.end) if box.kind == b"trak"]
    return any(_count_samples(boxes, track) > 1 for track in tracks)


def _count_samples(boxes: Boxes, track: Part) -> int:
    box = track
    for name in (b"mdia", b"minf", b"stbl", b"stsz"):
        inner = boxes.first_of_each(box.start, box.end).get(name)
        if inner is None:
            return 0
        box = inner
    return boxes.window.unpack(">III", box)[2]
