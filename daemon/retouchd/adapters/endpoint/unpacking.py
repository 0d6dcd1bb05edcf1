"""Undoes a compression that was not asked for, in little memory however much comes out of it."""

import zlib
from collections.abc import Iterator
from itertools import chain
from typing import Final

_GZIP: Final = b"\x1f\x8b"
_GZIP_BITS: Final = 16 + zlib.MAX_WBITS
# A bomb of 64 KiB holds 64 MiB; so much of it at once.
_BLOCK_BYTES: Final = 64 * 1024


class BrokenCompressionError(Exception):
    """Raised when a compressed body is damaged or cut; what came before was given."""


def unpack(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Give a body's bytes as they were before gzip; anything else as it came.

    Told by its first bytes, which no JSON has: servers name a compression that is none, and use one that
    they do not name.

    Raises:
        BrokenCompressionError: The compression is damaged or cut.
    """
    begin = b""
    while len(begin) < len(_GZIP) and (piece := next(pieces, b"")):
        begin += piece
    whole = chain((begin,), pieces)
    return _inflate(whole) if begin.startswith(_GZIP) else whole


def _inflate(pieces: Iterator[bytes]) -> Iterator[bytes]:
    inflater = zlib.decompressobj(_GZIP_BITS)
    try:
        for piece in pieces:
            rest = piece
            while block := inflater.decompress(rest, _BLOCK_BYTES):
                yield block
                rest = inflater.unconsumed_tail
    except zlib.error as exc:
        message = "its compression is broken"
        raise BrokenCompressionError(message) from exc
    if not inflater.eof:
        message = "its compression is cut"
        raise BrokenCompressionError(message)
