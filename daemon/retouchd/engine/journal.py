"""The journal as the engine needs it, as Protocols.

Every method reads or writes inside the transaction that the engine has open; nothing is durable before
that transaction's end.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import PurePosixPath
from typing import Protocol

from retouchd.core.bundles import Bundle
from retouchd.core.edits import Edit
from retouchd.core.jobs import Job, JobState
from retouchd.core.money import Money, Spent
from retouchd.core.pauses import Pause, PauseReason
from retouchd.core.periods import Period
from retouchd.core.prices import Price
from retouchd.core.records import (
    Attempt,
    BundleRecord,
    BundleState,
    Command,
    Moments,
    PermissionReason,
    ReturnAsked,
    Sight,
)
from retouchd.core.request import EditRequest
from retouchd.core.turns import Turns
from retouchd.core.values import AttemptId, BundleId, EditId, Fingerprint, JobId, Sha256
from retouchd.engine.journal_ends import Ends
from retouchd.engine.journal_history import History
from retouchd.engine.journal_names import Names


class Bundles(Protocol):
    """The bundles' part of the journal."""

    def record_seen(
        self, bundle: Bundle, digest: str, state: BundleState, now: datetime, quiet_from: float
    ) -> BundleId:
        """Note a bundle that is new at its place, or of which something changed.

        Args:
            quiet_from: When it is quiet, on the monotonic clock of this boot.
        """
        ...

    def record_new(self, sights: Sequence[Sight], now: datetime) -> None:
        """Note bundles at places where none is live, in this order, and which files they share."""
        ...

    def live_at(self, folder: PurePosixPath, keys: Collection[str]) -> Mapping[str, BundleRecord]:
        """Give the live bundles at some places of a folder by their keys."""
        ...

    def find_live(self, folder: PurePosixPath, key: str) -> BundleRecord | None:
        """Give the live bundle at a place."""
        ...

    def get_bundle(self, bundle: BundleId) -> BundleRecord:
        """Give one bundle."""
        ...

    def update_bundle(self, record: BundleRecord) -> None:
        """Store what changed of a bundle; its place and quiet stay."""
        ...

    def plan_filing(self, bundle: BundleId, number: int) -> None:
        """Store the number with which a bundle's files are filed."""
        ...

    def forget_bundle(self, bundle: BundleId) -> None:
        """Remove a bundle that vanished before it became a job."""
        ...

    def bundles_to_look_at(self, moments: Moments, turns: Turns) -> list[BundleRecord]:
        """Give bundles that are quiet and due: in turn over the top folders, the oldest of each first."""
        ...

    def mark_urgent(self, bundle: BundleId) -> None:
        """Note that a person waits for a bundle."""
        ...

    def urgent_bundles(self) -> list[BundleRecord]:
        """Give the live bundles that a person waits for, oldest first."""
        ...

    def urgent_to_look_at(self, moments: Moments) -> list[BundleRecord]:
        """Give those of them that are quiet and due."""
        ...

    def is_look_due(self, bundle: BundleId, moments: Moments) -> bool:
        """Say whether a bundle is quiet and due to be looked at."""
        ...

    def bundles_to_file(self, now: datetime, limit: int) -> list[BundleRecord]:
        """Give bundles all of whose jobs have ended, due ones only."""
        ...

    def bundles_in(self, state: BundleState) -> list[BundleRecord]:
        """Give all bundles of a state; only for states that hold few."""
        ...


class Jobs(Protocol):
    """The jobs' part of the journal."""

    def add_job(self, job: Job) -> None:
        """Add a new job."""
        ...

    def get_job(self, job: JobId) -> Job:
        """Give one job."""
        ...

    def update_job(self, job: Job) -> None:
        """Store a job after it moved."""
        ...

    def was_delivered(self, sha256: Sha256) -> bool:
        """Say whether a picture of this content was delivered once."""
        ...

    def jobs_of_bundle(self, bundle: BundleId) -> list[Job]:
        """Give the jobs of a bundle."""
        ...

    def jobs_in(self, states: Iterable[JobState], limit: int = 1000) -> list[Job]:
        """Give the oldest jobs in these states."""
        ...

    def jobs_due(self, states: Iterable[JobState], now: datetime, limit: int) -> list[Job]:
        """Give jobs in these states whose next try, if any, has come; oldest first."""
        ...

    def jobs_due_in_turn(self, states: Iterable[JobState], now: datetime, turns: Turns) -> list[Job]:
        """Give the same in turn over the inbox's top folders, the oldest of each first."""
        ...

    def jobs_due_untried_first(self, states: Iterable[JobState], now: datetime, limit: int) -> list[Job]:
        """Give the same, but who was never tried first, then who waits for longest since its last try."""
        ...

    def sharers_of(self, edit: EditId, owner: JobId) -> list[Job]:
        """Give the jobs that wait, or are held, for an edit that another job owns; oldest first.

        None where it is not this job that owns it.
        """
        ...

    def count_jobs(self) -> Mapping[JobState, int]:
        """Count the jobs by state."""
        ...


class Ledger(Protocol):
    """Edits, attempts and money."""

    def recall_edit(self, fingerprint: Fingerprint, take: int) -> Edit | None:
        """Give the edit, or None; one that was let go comes back with its owner and its calls."""
        ...

    def last_take(self, fingerprint: Fingerprint) -> int:
        """Give the highest take of an edit, 0 when there is none."""
        ...

    def get_edit(self, edit: EditId) -> Edit:
        """Give one edit."""
        ...

    def add_edit(self, fingerprint: Fingerprint, take: int, owner: JobId) -> Edit:
        """Add an edit with its first permission."""
        ...

    def set_owner(self, edit: EditId, owner: JobId) -> None:
        """Make another job the one that pays for an edit."""
        ...

    def grow_permission(self, edit: EditId, job: JobId, why: PermissionReason, now: datetime) -> None:
        """Allow that an edit is paid for once more, and note for which job and why."""
        ...

    def begin_attempt(
        self, job: Job, edit: Edit, period: Period, reservation: Money, save_path: str, started: datetime
    ) -> Attempt:
        """Add an attempt with its reservation."""
        ...

    def get_attempt(self, attempt: AttemptId) -> Attempt:
        """Give one attempt."""
        ...

    def update_attempt(self, attempt: Attempt) -> None:
        """Store how an attempt ended and what became of its reservation."""
        ...

    def newest_attempt(self) -> AttemptId:
        """Give a number that only attempts after this moment are above."""
        ...

    def newest_attempts(self, limit: int) -> list[Attempt]:
        """Give the attempts that began last, the newest first."""
        ...

    def attempts_of(self, edit: EditId) -> list[Attempt]:
        """Give an edit's attempts in order."""
        ...

    def known_attempts(self, attempts: Sequence[AttemptId]) -> set[AttemptId]:
        """Give those of these attempts that are known."""
        ...

    def spare_attempts(self, attempts: Sequence[AttemptId]) -> Mapping[AttemptId, datetime]:
        """Give those of these attempts whose answers nobody needs any more, and since when.

        What cost nothing was never needed.
        """
        ...

    def spent(self, edit: EditId, period: Period) -> Spent:
        """Add up what is charged and set aside."""
        ...


class Limits(Protocol):
    """What is known beside the attempts of how much may be spent."""

    def price_of(self, request: EditRequest) -> Price | None:
        """Give what answers of a request's quality and size cost, or None when there was none."""
        ...

    def store_price(self, request: EditRequest, price: Price) -> None:
        """Store what answers of a request's quality and size cost."""
        ...

    def allowance_of(self, day: str) -> Money | None:
        """Give the limit that a person gave for a day, or None."""
        ...

    def allow(self, day: str, limit: Money, now: datetime) -> None:
        """Store the limit that a person gives for a day; the latest word counts."""
        ...

    def last_period(self) -> Period | None:
        """Give the latest day and month reserved in: a clock that goes back reopens none."""
        ...

    def forget_last_period(self) -> None:
        """Have what was reserved so far hold no earlier day back: the clock was ahead."""
        ...


class Returns(Protocol):
    """Which bundles are to be brought back to the inbox, and which take is wanted of what lies there."""

    def ask_for_return(self, bundle: BundleId, take: int | None, now: datetime) -> None:
        """Note that a filed bundle's sources are to be brought back, and the take that is then wanted."""
        ...

    def find_return(self, bundle: BundleId) -> ReturnAsked | None:
        """Give what was asked for a bundle, or None."""
        ...

    def returns_due(self, now: datetime, limit: int) -> list[ReturnAsked]:
        """Give what was asked and is due, oldest first."""
        ...

    def postpone_return(self, bundle: BundleId, until: datetime) -> None:
        """Try a return again at a later time."""
        ...

    def hurry_returns(self) -> None:
        """Have all returns tried at once."""
        ...

    def end_return(self, bundle: BundleId) -> None:
        """Forget what was asked for a bundle."""
        ...

    def want_take(self, folder: PurePosixPath, key: str, sha256: Sha256, take: int) -> None:
        """Note which take is wanted of this very photo at a place."""
        ...

    def wanted_take(self, folder: PurePosixPath, key: str, sha256: Sha256) -> int | None:
        """Give the take that is wanted of this very photo at a place, or None."""
        ...

    def forget_wanted_take(self, folder: PurePosixPath, key: str) -> None:
        """Forget which take is wanted of what lies at a place."""
        ...


class Orders(Protocol):
    """Pauses and commands."""

    def pauses(self) -> list[Pause]:
        """Give the pauses, oldest first."""
        ...

    def begin_pause(self, pause: Pause) -> None:
        """Add a pause, or renew the one with its reason; the first begin stays."""
        ...

    def end_pause(self, reason: PauseReason) -> None:
        """Remove a pause."""
        ...

    def commands(self) -> list[Command]:
        """Give the commands that are not obeyed yet."""
        ...

    def answer_command(self, command: int, answer: str, now: datetime) -> None:
        """Note that a command was obeyed, and what came of it."""
        ...

    def set_note(self, name: str, value: str) -> None:
        """Keep one small fact."""
        ...

    def note(self, name: str) -> str | None:
        """Give a fact that was kept, or None."""
        ...


class Journal(Bundles, Names, Returns, Jobs, Ledger, Ends, History, Limits, Orders, Protocol):
    """The whole journal, owned by the engine thread."""

    @property
    def id(self) -> str:
        """The journal's own id: the owner in the folders' marks."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """Open a transaction; its end is the moment from which on everything in it survives a power cut."""
        ...

    def passing_transaction(self) -> AbstractContextManager[None]:
        """Open one that a power cut may undo until the next other one ends: for what is found out again."""
        ...

    def part(self) -> AbstractContextManager[None]:
        """Open a part of the transaction that is undone alone when it raises."""
        ...

    def pull_back(self, now: datetime, latest: datetime) -> None:
        """Have nothing stored become due later than `latest`, or count from later than now."""
        ...

    def next_due(self, moments: Moments) -> float | None:
        """Give the seconds until something stored becomes due by itself, or None."""
        ...

    def count_bundles(self, moments: Moments) -> Mapping[str, int]:
        """Count "arriving", "queued", "waiting_for_prompt" and "needs_you"."""
        ...
