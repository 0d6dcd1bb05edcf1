"""The begin of a spool file: whose call it is, so that calls can be told apart when the journal is lost.

A mark, the label's length in 8 bytes, the label as JSON; then one byte once the call may be made, and the
body. Files of the first format have none of it: their body stands at offset 0.
"""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final

from retouchd.core.money import Money
from retouchd.core.periods import Period
from retouchd.core.records import Label
from retouchd.core.values import Fingerprint, JobId

_MAGIC: Final = b"rtchd/2\n"
_LENGTH_BYTES: Final = 8
_HEAD_BYTES: Final = len(_MAGIC) + _LENGTH_BYTES
# Paths of 4096 bytes, each of which may become six in JSON, are the longest of it.
_MAX_BYTES: Final = 64 * 1024
BEGUN: Final = b"\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How a spool file begins.

    Attributes:
        label: None in files of the first format, and where it is damaged.
        body: The offset at which the body begins.
    """

    label: Label | None
    body: int


def pack_label(label: Label) -> bytes:
    """Give the bytes that a spool file begins with."""
    fields = {
        "fingerprint": label.fingerprint,
        "take": label.take,
        "permission": label.permission,
        "job": label.job,
        "number": label.number,
        "reserved_micro": label.reserved.micro,
        "day": label.period.day,
        "month": label.period.month,
        "save_path": label.save_path,
        "started": label.started.isoformat(),
        "source": str(label.source),
    }
    packed = json.dumps(fields).encode("ascii")
    return _MAGIC + len(packed).to_bytes(_LENGTH_BYTES, "big") + packed


def read_opening(descriptor: int) -> Opening:
    """Say how an open spool file begins."""
    head = os.pread(descriptor, _HEAD_BYTES, 0)
    length = int.from_bytes(head[len(_MAGIC) :], "big")
    if not head.startswith(_MAGIC) or length > _MAX_BYTES:
        return Opening(label=None, body=0)
    label = _unpack(os.pread(descriptor, length, _HEAD_BYTES))
    return Opening(label=label, body=_HEAD_BYTES + length + len(BEGUN))


def may_have_been_sent(descriptor: int) -> bool:
    """Say whether the call of an open spool file may have been made, or anything of an answer came.

    Not where nothing but the label stands, or less: the process died before the attempt was in the journal.
    """
    head = os.pread(descriptor, _HEAD_BYTES, 0)
    if not head.strip(b"\0"):
        # Empty, or what a power cut left unwritten.
        return False
    if len(head) < _HEAD_BYTES:
        return not _MAGIC.startswith(head[: len(_MAGIC)])
    return os.fstat(descriptor).st_size >= read_opening(descriptor).body


def _unpack(packed: bytes) -> Label | None:
    try:
        fields = json.loads(packed)
        return Label(
            fingerprint=Fingerprint(fields["fingerprint"]),
            take=int(fields["take"]),
            permission=int(fields["permission"]),
            job=JobId(fields["job"]),
            number=int(fields["number"]),
            reserved=Money(int(fields["reserved_micro"])),
            period=Period(day=fields["day"], month=fields["month"]),
            save_path=fields["save_path"],
            started=datetime.fromisoformat(fields["started"]),
            source=PurePosixPath(fields["source"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
