"""Photos as cameras, phones, scanners and programs write them, of the kinds that are converted here.

Made by Pillow and libheif, or put together by hand where those write no such file.
"""

import io
import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pillow_heif
from PIL import Image
from structure_samples import noise, oriented, saved

BYTE, SHORT, LONG, LONG8 = 1, 3, 4, 16
LETTERS: Final = {BYTE: "B", SHORT: "H", LONG: "I", LONG8: "Q"}
WIDTH, HEIGHT, DEPTH, COMPRESSION, PHOTOMETRIC = 0x100, 0x101, 0x102, 0x103, 0x106
OFFSETS, SAMPLES, ROWS, LENGTHS, PLANAR = 0x111, 0x115, 0x116, 0x117, 0x11C
TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_LENGTHS = 0x142, 0x143, 0x144, 0x145
KIND_OF_PAGE, OLD_KIND_OF_PAGE, INNER, DNG_VERSION = 0xFE, 0xFF, 0x14A, 0xC612

Tags = Mapping[int, tuple[int, Sequence[int]]]


def tiff(*pages: tuple[Tags, Sequence[bytes]], order: str = "<", large: bool = False) -> bytes:
    """A TIFF of pages, each of tags with type and values, and of the pieces of data that come before them.

    The pieces are tiles where a page says how wide those are, else strips.
    """
    sign = {"<": b"II", ">": b"MM"}[order]
    content = bytearray(
        sign + struct.pack(order + ("HHHQ" if large else "HI"), *((43, 8, 0, 0) if large else (42, 0)))
    )
    pointer = 8 if large else 4
    for tags, pieces in pages:
        places = []
        for piece in pieces:
            places.append(len(content))
            content += piece
        directory, rows = directory_of(
            {**where(places, pieces, tiled=TILE_WIDTH in tags), **tags}, len(content), order, large=large
        )
        offset = struct.pack(order + ("Q" if large else "I"), len(content) + len(rows))
        content[pointer : pointer + len(offset)] = offset
        content += rows + directory
        pointer = len(content) - len(offset)
    return bytes(content)


def where(places: Sequence[int], pieces: Sequence[bytes], *, tiled: bool = False) -> Tags:
    """The tags that tell where pieces lie."""
    if not pieces:
        return {}
    first, second = (TILE_OFFSETS, TILE_LENGTHS) if tiled else (OFFSETS, LENGTHS)
    return {first: (LONG, places), second: (LONG, [len(piece) for piece in pieces])}


def directory_of(tags: Tags, place: int, order: str = "<", *, large: bool = False) -> tuple[bytes, bytes]:
    """A directory that ends in no further one, and the values, from a place on, that do not fit into it."""
    inline = 8 if large else 4
    rows, values = b"", b""
    for tag in sorted(tags):
        kind, numbers = tags[tag]
        packed = struct.pack(f"{order}{len(numbers)}{LETTERS[kind]}", *numbers)
        row = struct.pack(order + ("HHQ" if large else "HHI"), tag, kind, len(numbers))
        if len(packed) > inline:
            values, packed = (
                values + packed,
                struct.pack(order + ("Q" if large else "I"), place + len(values)),
            )
        rows += row + packed.ljust(inline, b"\0")
    return struct.pack(order + ("Q" if large else "H"), len(tags)) + rows + bytes(inline), values


def grey(width: int = 8, height: int = 4) -> dict[int, tuple[int, Sequence[int]]]:
    """The tags of a plain grey page."""
    return {
        WIDTH: (SHORT, [width]),
        HEIGHT: (SHORT, [height]),
        DEPTH: (SHORT, [8]),
        COMPRESSION: (SHORT, [1]),
        PHOTOMETRIC: (SHORT, [1]),
        SAMPLES: (SHORT, [1]),
        ROWS: (SHORT, [height]),
    }


def bmp(  # noqa: PLR0913 - a header has many fields
    *,
    width: int = 5,
    height: int = 3,
    depth: int = 24,
    compression: int = 0,
    data: bytes | None = None,
    header_bytes: int = 40,
    data_bytes: int = 0,
    masks: Sequence[int] = (),
    file_bytes: int | None = None,
) -> bytes:
    """A BMP with any of its headers; rows of a colour each unless other data is given."""
    stride = (width * depth + 31) // 32 * 4
    rows = data if data is not None else b"\x55" * (abs(height) * stride)
    if header_bytes == 12:
        header = struct.pack("<IHHHH", 12, width, height, 1, depth)
    else:
        fields = (header_bytes, width, height, 1, depth, compression, data_bytes, 2835, 2835, 0, 0)
        header = (struct.pack("<IiiHHIIiiII", *fields) + struct.pack(f"<{len(masks)}I", *masks))[
            :header_bytes
        ]
        header = header.ljust(header_bytes, b"\0")
    if header_bytes == 40:
        header += struct.pack(f"<{len(masks)}I", *masks)
    palette = bytes(range(256)) * (3 if header_bytes == 12 else 4)
    colours = palette[: (2**depth) * (3 if header_bytes == 12 else 4)] if depth <= 8 else b""
    start = 14 + len(header) + len(colours)
    size = start + len(rows) if file_bytes is None else file_bytes
    return struct.pack("<2sIII", b"BM", size, 0, start) + header + colours + rows


def _deep_heic() -> bytes:
    """A HEIC of 10 bits, as phones write them for high contrast."""
    file = io.BytesIO()
    levels = noise("RGB").tobytes()
    pillow_heif.encode("RGB;16", (97, 61), b"".join(bytes((level, level)) for level in levels), file)
    return file.getvalue()


_MANY: Final[dict[str, Any]] = {"save_all": True, "append_images": [noise().rotate(90)]}
RGB_TILES: Final = [bytes([level] * 16 * 16 * 3) for level in (10, 200)]
RUNS: Final = b"\x05\x01\x00\x00" * 3 + b"\x00\x01"

HEICS: Final = {
    "heic": saved(noise(), "HEIF"),
    "heic of several blocks": saved(noise(size=(400, 300)), "HEIF", quality=95),
    "heic grey": saved(noise("L"), "HEIF"),
    "heic with alpha": saved(noise("RGBA").rotate(20), "HEIF"),
    "heic of 10 bits": _deep_heic(),
    "heic with a thumbnail": saved(noise(size=(320, 200)), "HEIF", thumbnails=[64]),
    **{f"heic turned by {turn}": saved(noise(), "HEIF", exif=oriented(turn)) for turn in range(2, 9)},
}
AVIFS: Final = {
    "avif": saved(noise(), "AVIF"),
    "avif of several blocks": saved(noise(size=(400, 300)), "AVIF", quality=95),
    "avif grey": saved(noise("L"), "AVIF"),
    "avif with alpha": saved(noise("RGBA").rotate(20), "AVIF"),
    "avif animated": saved(noise(), "AVIF", **_MANY),
    **{f"avif turned by {turn}": saved(noise(), "AVIF", exif=oriented(turn)) for turn in range(2, 9)},
}
TIFFS: Final = {
    **{
        f"tiff in {kind}": saved(noise(), "TIFF", compression=kind)
        for kind in ("tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits", "zstd")
    },
    **{
        f"tiff of mode {mode}": saved(noise(mode), "TIFF")
        for mode in ("1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "F")
    },
    "tiff of fax": saved(noise("1"), "TIFF", compression="group4"),
    "tiff of the other byte order": saved(Image.new("I;16B", (9, 7), 999), "TIFF"),
    "tiff large": saved(noise(), "TIFF", big_tiff=True),
    "tiff large in lzw": saved(noise(), "TIFF", big_tiff=True, compression="tiff_lzw"),
    "tiff of many strips": saved(noise(size=(300, 200)), "TIFF", compression="tiff_lzw", strip_size=900),
    "tiff with profile": saved(noise(), "TIFF", icc_profile=bytes(5000)),
    "tiff of pages": tiff((grey(), [bytes(range(32))]), (grey(), [bytes(range(32, 64))])),
    "tiff of tiles": tiff(
        (
            {
                **grey(32, 16),
                DEPTH: (SHORT, [8, 8, 8]),
                PHOTOMETRIC: (SHORT, [2]),
                SAMPLES: (SHORT, [3]),
                TILE_WIDTH: (SHORT, [16]),
                TILE_HEIGHT: (SHORT, [16]),
            },
            RGB_TILES,
        )
    ),
    "tiff of planes": tiff(
        (
            {
                **grey(),
                DEPTH: (SHORT, [8, 8, 8]),
                PHOTOMETRIC: (SHORT, [2]),
                SAMPLES: (SHORT, [3]),
                PLANAR: (SHORT, [2]),
            },
            [bytes([level] * 32) for level in (1, 2, 3)],
        ),
        order=">",
    ),
    **{f"tiff turned by {turn}": saved(noise(), "TIFF", exif=oriented(turn)) for turn in range(2, 9)},
}
BMPS: Final = {
    **{f"bmp of mode {mode}": saved(noise(mode), "BMP") for mode in ("1", "L", "P", "RGB", "RGBA")},
    "bmp of 4 bits": bmp(depth=4),
    "bmp of 16 bits": bmp(depth=16),
    "bmp of 16 bits with masks": bmp(depth=16, compression=3, masks=(0xF800, 0x7E0, 0x1F)),
    "bmp of 32 bits": bmp(depth=32),
    "bmp with alpha": bmp(
        depth=32,
        compression=3,
        header_bytes=108,
        masks=(0xFF0000, 0xFF00, 0xFF, 0xFF000000),
        data=b"\1\2\3\4" * 15,
    ),
    "bmp from the top": bmp(height=-3),
    "bmp in runs": bmp(depth=8, compression=1, data=RUNS, data_bytes=len(RUNS)),
    "bmp of OS/2": bmp(header_bytes=12),
    "bmp of the newest kind": bmp(header_bytes=124),
}
CORPUS: Final = {**HEICS, **AVIFS, **TIFFS, **BMPS}
