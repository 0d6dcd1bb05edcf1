"""Checks all that lies on the disk against the history, beside a daemon that may run; nothing is changed.

What is found wrong is looked at once more before it is told: it may have been on its way. Memory does not
grow with the number of files.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Final

from retouchd.adapters.identity import read_identity
from retouchd.adapters.journal.audit import AuditView
from retouchd.adapters.journal.journal import INBOX_NOTE
from retouchd.adapters.marks import MARK_NAME, read_mark
from retouchd.adapters.outbox.inspection import Inspection
from retouchd.adapters.spool.shelf import Shelf
from retouchd.core.errors import FileTroubleError
from retouchd.core.invariants import (
    REBUILD,
    Fault,
    changed_picture,
    judge_delivery,
    left_over,
    not_readable,
    read_description,
    set_aside,
    source_gone,
    unreadable,
)
from retouchd.core.jobs import Job, JobState
from retouchd.core.naming import filed_path, metadata_path
from retouchd.core.records import Accepted, BundleRecord, BundleState
from retouchd.core.values import AttemptId, BundleId, printable, shown_path
from retouchd.settings import Places

# Ours are a few kB; what a service puts beside its picture is at most a megabyte, and is indented.
_MAX_METADATA_BYTES: Final = 4 * 1024 * 1024
_TEMPORARY: Final = (".~", ".tmp")
_SET_ASIDE: Final = ".aside.tmp"
# A large picture on its way to a slow NAS.
_WORK_SECONDS: Final = 3600
# From a picture's name to its row there are milliseconds; a busy disk makes seconds of them.
_BEFORE_SECOND_LOOK: Final = 3.0
# What is wrong is told after so many, and no more than these are kept in memory.
_AT_ONCE: Final = 200

Check = Callable[[], Fault | None]


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was looked at.

    Attributes:
        pictures: Pictures whose every byte was read.
        moved: Of those, pictures that people have put elsewhere together with their metadata.
        away: Pictures that people have taken away, as they may.
        without_metadata: Pictures whose metadata they have taken away.
        sources: Photos and prompts of jobs that are not over.
        strangers: Other files below the outbox, which are nobody's business.
    """

    pictures: int = 0
    moved: int = 0
    away: int = 0
    without_metadata: int = 0
    sources: int = 0
    strangers: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """Where everything lies.

    Attributes:
        filed: The cabinets: done and failed.
    """

    places: Places
    view: AuditView
    outbox: Inspection
    inbox: Inspection
    filed: tuple[Inspection, ...]
    spool: Shelf


class Verifier:
    """Looks at everything once, and at what seems wrong twice.

    Args:
        progress: Is told after each step how far it has come.
        pause: Waits for so many seconds before the second look.
    """

    def __init__(
        self,
        grounds: Grounds,
        progress: Callable[[Tally], None],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._grounds = grounds
        self._view = grounds.view
        self._outbox = grounds.outbox
        self._progress = progress
        self._pause = pause
        self.tally = Tally()

    def faults(self) -> Iterator[Fault]:
        """Give what does not hold, as it is found.

        Raises:
            JournalError: The journal cannot be read.
            FileTroubleError: A folder cannot be looked through.
        """
        doubtful: list[Check] = []
        for check in self._checks():
            fault = _carry_out(check)
            self._progress(self.tally)
            if fault is None:
                continue
            doubtful.append(check)
            if len(doubtful) == _AT_ONCE:
                yield from self._look_again(doubtful)
                doubtful.clear()
        yield from self._look_again(doubtful)

    def _look_again(self, doubtful: Iterable[Check]) -> Iterator[Fault]:
        if doubtful:
            self._pause(_BEFORE_SECOND_LOOK)
        counted = replace(self.tally)
        yield from (fault for check in doubtful if (fault := _carry_out(check)))
        self.tally = counted  # What is looked at twice counts once.

    def _checks(self) -> Iterator[Check]:
        yield from (partial(self._check_history, told) for told in self._view.oddities())
        places = self._grounds.places
        marks = {
            name: partial(self._check_mark, name, folder)
            for name, folder in (("inbox", places.inbox), ("outbox", places.outbox))
        }
        yield from marks.values()
        yield self._check_identity
        if marks["outbox"]() is None:
            yield from self._outbox_checks()
        if marks["inbox"]() is None:
            yield from self._source_checks()
        yield from self._spool_checks()

    def _outbox_checks(self) -> Iterator[Check]:
        for path in self._outbox.files():
            if path.name.startswith(_TEMPORARY[0]) and path.name.endswith(_TEMPORARY[1]):
                yield partial(self._check_temporary, path)
            elif path.suffix == ".json" and not path.name.startswith("."):
                yield partial(self._check_metadata, path)
        for path in self._view.output_names():
            yield partial(self._check_output, path)

    def _source_checks(self) -> Iterator[Check]:
        for record in self._view.bundles_at_work():
            for member in record.filed:
                self.tally.sources += 1
                yield partial(self._check_source, record.id, member)

    def _spool_checks(self) -> Iterator[Check]:
        for job in self._view.jobs_with_answers():
            if job.answer is not None and job.reused_from is None:
                yield partial(self._check_answer, job)
        for attempt in self._grounds.spool.attempts():
            yield partial(self._check_call, attempt)

    def _check_history(self, told: str) -> Fault | None:
        # Asked for a second time as a whole: what is odd is rare.
        is_odd = told in set(self._view.oddities())
        return Fault(place="the history", wrong=told, remedy=REBUILD) if is_odd else None

    def _check_mark(self, name: str, folder: Path) -> Fault | None:
        try:
            mark = read_mark(folder)
        except FileTroubleError as exc:
            return Fault(place=name, wrong=str(exc), remedy="mount it, or bring it back")
        place = f"{name}/{MARK_NAME}"
        if mark is None:
            remedy = 'if it is the right folder, run "retouchd init"'
            return Fault(place=place, wrong="it is not there", remedy=remedy)
        if (mark.owner, mark.inbox_id) != (self._view.id, self._view.note(INBOX_NOTE)):
            wrong = f"it names another retouchd, on {printable(mark.host)}"
            return Fault(
                place=place, wrong=wrong, remedy='see to it that only one works here: "retouchd init"'
            )
        return None

    def _check_identity(self) -> Fault | None:
        identity = read_identity(self._grounds.places.state)
        if identity and (identity.journal_id, identity.inbox_id) == (
            self._view.id,
            self._view.note(INBOX_NOTE),
        ):
            return None
        wrong = "it is not there, or names another history"
        return Fault(place="identity, in the state folder", wrong=wrong, remedy="start retouchd once")

    def _check_temporary(self, path: PurePosixPath) -> Fault | None:
        changed = self._outbox.changed(path)
        is_old = changed is not None and changed < time.time() - _WORK_SECONDS
        if not is_old:
            return None
        place = _shown("outbox", path)
        return set_aside(place) if path.name.endswith(_SET_ASIDE) else left_over(place)

    def _check_metadata(self, path: PurePosixPath) -> Fault | None:
        content = self._outbox.read(path, _MAX_METADATA_BYTES)
        if content is None:
            return None  # It was taken away just now.
        place, picture = _shown("outbox", path), path.parent / path.stem
        try:
            recorded = read_description(content)
        except ValueError:
            return unreadable(place)
        if recorded is None and self._view.newest_output(picture) is not None:
            return unreadable(place)
        if recorded is None:
            self.tally.strangers += 1
            return None
        known, found = self._view.known(recorded.job), self._outbox.look_at(picture)
        self.tally.pictures += found is not None
        judged = judge_delivery(path, content, recorded, found, known)
        if judged:
            return Fault(place=place, wrong=judged[0], remedy=judged[1])
        self.tally.moved += known is not None and known.output is not None and known.output.path != picture
        return None

    def _check_output(self, path: PurePosixPath) -> Fault | None:
        """Check a picture that has no metadata beside it; those that have are checked with it."""
        expected = self._view.newest_output(path)
        if expected is None:
            return None
        if not self._outbox.is_there(path):
            self.tally.away += 1
            return None
        if self._outbox.is_there(metadata_path(path)):
            return None
        self.tally.without_metadata += 1
        self.tally.pictures += 1
        is_alike = self._outbox.hash_of(path) in {expected, None}
        return None if is_alike else changed_picture(_shown("outbox", path))

    def _check_source(self, bundle: BundleId, member: Accepted) -> Fault | None:
        record = self._view.find_bundle(bundle)
        if record is None or record.state not in {BundleState.AT_WORK, BundleState.ENDING}:
            return None
        if self._grounds.inbox.hash_of(member.path) == member.sha256 or self._is_filed(record, member):
            return None
        jobs = self._view.jobs_of_bundle(bundle)
        return source_gone(_shown("inbox", member.path), jobs[0].id)

    def _is_filed(self, record: BundleRecord, member: Accepted) -> bool:
        if record.state is not BundleState.ENDING:
            return False
        place = filed_path(member.path, record.path, record.filing or 1)
        return any(one.hash_of(place) == member.sha256 for one in self._grounds.filed)

    def _check_answer(self, job: Job) -> Fault | None:
        """Check that an answer which is not delivered yet is kept, or has room to come."""
        now = self._view.known(job.id)
        if now is None or now.job is None or now.job.answer is None or now.job.state is not job.state:
            return None
        attempt, spool = now.job.answer, self._grounds.spool
        is_there = (
            attempt in spool.attempts() if job.state is JobState.SUBMITTING else spool.is_whole(attempt)
        )
        if is_there or spool.is_whole(attempt):
            return None
        wrong = (
            f"the answer that job {job.id} was paid for, and that is not delivered yet, is not there whole"
        )
        remedy = f'start retouchd, then "retouchd show {job.id}" says where else the picture may be'
        return Fault(place=f"spool/{attempt}", wrong=wrong, remedy=remedy)

    def _check_call(self, attempt: AttemptId) -> Fault | None:
        if self._view.known_attempts([attempt]) or not self._grounds.spool.may_have_been_sent(attempt):
            return None
        wrong = "the history does not know this call, which may have been paid"
        return Fault(place=f"spool/{attempt}", wrong=wrong, remedy=f"{REBUILD}, which reads it back")


def _carry_out(check: Check) -> Fault | None:
    """Make one check; one file that cannot be read must not keep the others from being looked at (I11)."""
    try:
        return check()
    except FileTroubleError as exc:
        return not_readable(shown_path(exc.path), exc.reason)


def _shown(folder: str, path: PurePosixPath) -> str:
    return f"{folder}/{shown_path(path)}"
