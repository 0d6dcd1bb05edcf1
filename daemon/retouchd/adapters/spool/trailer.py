"""The end of a spooled answer: what came beside the body, and the proof that the body is all there.

Behind the body, which is read as it came, stand JSON, its length in 8 bytes, and a mark.
"""

import json
import os
import zlib
from dataclasses import dataclass
from typing import Final

from retouchd.adapters.blocks import read_blocks
from retouchd.core.outcomes import Answered

_MAGIC: Final = b"rtchd/1\n"
_LENGTH_BYTES: Final = 8
_TAIL_BYTES: Final = _LENGTH_BYTES + len(_MAGIC)
# httpcore takes at most 100 KiB of headers, and no byte of them becomes more than six in JSON.
_MAX_PACKED_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Trailer:
    """What stands behind the body of a whole answer.

    Attributes:
        checksum: CRC-32 of the body: after a power cut the trailer may be on the disk and the body not.
    """

    head: Answered
    body_bytes: int
    checksum: int

    def pack(self) -> bytes:
        """Give the bytes that make a body an answer."""
        fields = {
            "status": self.head.status,
            "headers": dict(self.head.headers),
            "elapsed_seconds": self.head.elapsed_seconds,
            "body_sent": self.head.body_sent,
            "cut": self.head.cut,
            "body_bytes": self.body_bytes,
            "checksum": self.checksum,
        }
        packed = json.dumps(fields).encode("ascii")
        return packed + len(packed).to_bytes(_LENGTH_BYTES, "big") + _MAGIC

    def fits(self, descriptor: int, body: int) -> bool:
        """Read the whole body, from its offset on, and say whether it is this trailer's."""
        checksum = 0
        for block in read_blocks(descriptor, body, body + self.body_bytes):
            checksum = zlib.crc32(block, checksum)
        return checksum == self.checksum


def read_trailer(descriptor: int, body: int) -> Trailer | None:
    """Give the trailer at the end of an open file, or None when there is none.

    Args:
        body: The offset at which the body begins.
    """
    size = os.fstat(descriptor).st_size
    tail = os.pread(descriptor, _TAIL_BYTES, max(size - _TAIL_BYTES, 0))
    if not tail.endswith(_MAGIC) or len(tail) < _TAIL_BYTES:
        return None
    length = int.from_bytes(tail[:_LENGTH_BYTES], "big")
    body_bytes = size - _TAIL_BYTES - length - body
    if length > _MAX_PACKED_BYTES or body_bytes < 0:
        return None
    trailer = _unpack(os.pread(descriptor, length, body + body_bytes))
    return trailer if trailer and trailer.body_bytes == body_bytes else None


def _unpack(packed: bytes) -> Trailer | None:
    try:
        fields = json.loads(packed)
        head = Answered(
            status=fields["status"],
            headers=fields["headers"],
            elapsed_seconds=fields["elapsed_seconds"],
            body_sent=fields["body_sent"],
            cut=fields["cut"],
        )
        return Trailer(head=head, body_bytes=fields["body_bytes"], checksum=fields["checksum"])
    except (ValueError, KeyError, TypeError, RecursionError):
        # Not ours: the end of a body that happens to look like a trailer.
        return None
