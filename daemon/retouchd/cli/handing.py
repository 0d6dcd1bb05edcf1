"""A picture that a person hands in for a lost answer: examined, and kept beside what came of the call."""

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from retouchd.adapters.clock import SystemClock
from retouchd.adapters.durable import Durable
from retouchd.adapters.journal.views import JournalView
from retouchd.adapters.spool.store import AnswerSpool
from retouchd.cli.dropping import opened_photo
from retouchd.core.answer import HANDED_IN
from retouchd.core.errors import CommandRefusedError
from retouchd.core.jobs import Job
from retouchd.core.outcomes import Answered
from retouchd.core.pictures import PhotoFormat
from retouchd.core.records import Attempt, Label
from retouchd.core.values import printable
from retouchd.engine.cashier import label_of
from retouchd.engine.resolving import answer_missing
from retouchd.settings import Settings

# Three bytes become four characters: a piece of this size leaves nothing over for the next.
_PIECE_BYTES: Final = 3 * 16 * 1024
_GROWS_BY: Final = 4 / 3


def hand_in(settings: Settings, view: JournalView, job: Job, picture: Path) -> None:
    """Keep a picture in the spool as the answer that a job waits for, durably; the file stays as it is.

    Raises:
        CommandRefusedError: The job waits for no picture, or the file is not a whole one.
        NoRoomError: The disk is full.
    """
    attempt = answer_missing(view, job)
    spool = AnswerSpool(settings.places().spool, Durable())
    with opened_photo(picture) as (descriptor, examined):
        _refuse_other_kinds(picture, examined.format)
        before = os.fstat(descriptor)
        _refuse_too_large(picture, before.st_size, settings.endpoint.max_answer_bytes)
        body = _body(job, attempt, descriptor)
        spool.hand_in(attempt.id, _label(view, job, attempt), _head(), body)
        now = os.fstat(descriptor)
        if (before.st_size, before.st_mtime_ns) != (now.st_size, now.st_mtime_ns):
            message = f"{printable(picture)} was changed while it was read: try again when it is finished"
            raise CommandRefusedError(message)


def _refuse_other_kinds(picture: Path, kind: PhotoFormat) -> None:
    if kind.taken_as is None:
        message = f"{printable(picture)} cannot be taken: it is {kind.value.upper()}, save it as PNG or JPEG"
        raise CommandRefusedError(message)


def _refuse_too_large(picture: Path, size: int, limit: int) -> None:
    if size * _GROWS_BY > limit:
        message = (
            f"{printable(picture)} cannot be taken: it has {size / 1e6:.1f} MB, more than"
            " endpoint.max_answer_bytes allows"
        )
        raise CommandRefusedError(message)


def _head() -> Answered:
    now = SystemClock().now().isoformat(timespec="seconds")
    return Answered(status=200, headers={HANDED_IN: now}, elapsed_seconds=0.0)


def _body(job: Job, attempt: Attempt, descriptor: int) -> Iterator[bytes]:
    """Give what the service would have answered, as far as it is known, piece by piece."""
    fields = {
        "ok": True,
        "model": "unknown",
        "endpoint": "images/edits",
        "prompt": job.wish.request.prompt if job.wish else "",
        "path": attempt.save_path,
        "signedUrl": None,
    }
    known = json.dumps(fields)
    yield f'{known[:-1]}, "b64_json": "'.encode("ascii")
    offset = 0
    while piece := os.pread(descriptor, _PIECE_BYTES, offset):
        yield base64.b64encode(piece)
        offset += len(piece)
    yield b'"}'


def _label(view: JournalView, job: Job, attempt: Attempt) -> Label | None:
    return None if job.wish is None else label_of(attempt, view.get_edit(attempt.edit), job.wish)
