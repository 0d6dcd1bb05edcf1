"""The engine thread's offices over a real journal, with time, chance and the outside in the test's hands."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path, PurePosixPath
from typing import Any, Final

from notebook import Notebook
from retouchd.adapters.durable import Durable
from retouchd.adapters.identity import Identity
from retouchd.adapters.journal.journal import SqliteJournal
from retouchd.adapters.marks import MARK_NAME, Mark, write_mark
from retouchd.adapters.spool.store import AnswerSpool
from retouchd.core.bundles import Bundle, Member, Role, Standing
from retouchd.core.classification import CODES
from retouchd.core.edits import DuplicatePolicy, SourcePicture, Wish
from retouchd.core.history import HistoryPolicy
from retouchd.core.jobs import HoldReason, Job, JobEvent, JobState
from retouchd.core.limits import Limits
from retouchd.core.money import Caps, Money
from retouchd.core.naming import OnConflict
from retouchd.core.options import Layer, Options
from retouchd.core.outcomes import Answered, Envelope, NoAnswer
from retouchd.core.periods import Calendar
from retouchd.core.pictures import PhotoFormat
from retouchd.core.pruning import KeepPolicy
from retouchd.core.records import Accepted, BundleRecord, Moments
from retouchd.core.reloading import Change
from retouchd.core.retries import RetryPolicy
from retouchd.core.sightings import News
from retouchd.core.values import BundleId, Cabinet, JobId, Sha256, Signature, fold_name
from retouchd.engine.calls import Calls, Reply
from retouchd.engine.cashier import Cashier
from retouchd.engine.conflicts import Conflicts
from retouchd.engine.crew import File, Task, UnderWay
from retouchd.engine.deliveries import Deliveries
from retouchd.engine.dispatch import Dispatch
from retouchd.engine.herald import Herald
from retouchd.engine.intake import Intake
from retouchd.engine.moves import Moves
from retouchd.engine.office import Office
from retouchd.engine.operator import Operator
from retouchd.engine.pauseboard import PauseBoard
from retouchd.engine.policy import Policy
from retouchd.engine.recovery import recover
from retouchd.engine.reloading import Reloading, Reread
from retouchd.engine.requestlimits import RequestLimits
from retouchd.engine.resolving import answer_missing
from retouchd.engine.returning import Returns
from retouchd.engine.sightings import Sightings
from retouchd.engine.throttle import Throttle
from retouchd.engine.verdicts import Accept
from strategies import ARRIVING, NOW, REQUEST

TOP: Final = PurePosixPath()
IDENTITY: Final = Identity(journal_id="owner", inbox_id="inbox")
QUIET_SECONDS: Final = 2.0
POLICY: Final = Policy(
    caps=Caps(per_job=Money(3_000_000), per_day=Money(10_000_000), per_month=Money(100_000_000)),
    calendar=Calendar(day_starts=time(), zone=UTC),
    retry=RetryPolicy(),
    limits=Limits(),
    defaults=Layer(origin="default", options=Options()),
    duplicates=DuplicatePolicy.REUSE,
    incomplete_after=timedelta(minutes=30),
    folder_prompt_wait=timedelta(seconds=15),
    max_input_bytes=50_000_000,
    max_pixels=100_000_000,
    max_request_bytes=20_000_000,
    output_name="{stem}",
    on_conflict=OnConflict.NUMBER,
    save_folder="/retouchd",
    keep_signed_url=False,
    concurrency=2,
    codes=CODES,
    max_concurrency=8,
    requests_per_minute=0,
    key_advice="put a new one into /key and it goes on within a minute",
    keep=KeepPolicy(age=timedelta(days=30), room=2_000_000_000),
    history=HistoryPolicy(),
    longest_call=timedelta(minutes=15),
    heartbeat=timedelta(hours=1),
    configuration="",
)


class ToldTime:
    """A clock that a test sets; chance is always one half."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        # By how much somebody set the wall clock.
        self.turned = timedelta()
        self._ids = 0

    def now(self) -> datetime:
        """Give the wall time."""
        return NOW + timedelta(seconds=self.seconds - 1000.0) + self.turned

    def moments(self) -> Moments:
        """Give both clocks."""
        return Moments(now=self.now(), monotonic=self.seconds)

    def fraction(self) -> float:
        """Give one half."""
        return 0.5

    def new_job_id(self) -> JobId:
        """Give the next number."""
        self._ids += 1
        return JobId(f"{self._ids:08d}")

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbourhood:
    """What the intake asks of the inbox; notes the folders that are to be told again."""

    told_again: list[PurePosixPath]

    def quiet_seconds(self, folder: PurePosixPath) -> float:
        """Give the same for each folder."""
        return QUIET_SECONDS

    def tell_again(self, folder: PurePosixPath) -> None:
        """Note it."""
        self.told_again.append(folder)


class NoUpkeep:
    """Nobody who looks after the spool: what is kept is another test's business."""

    def note_filing(self) -> None:
        """Forget it."""

    def choose(self) -> Iterator[Task]:
        """Give nothing."""
        return iter(())


def conflicts_of(house: "House", desk: Any, outbox: Any) -> Conflicts:
    """Give what sees to names that are taken, as the house's policy says."""
    return Conflicts(house.office, desk, house.moves, house.deliveries, outbox)


class House:
    """All offices of the engine thread over one journal; `act` is one turn of it."""

    def __init__(
        self,
        place: Path,
        policy: Policy = POLICY,
        clock: ToldTime | None = None,
        durable: Durable | None = None,
    ) -> None:
        durable = durable or Durable()
        self.clock = clock or ToldTime()
        self.log = Notebook()
        self.journal = SqliteJournal.open(place / "journal.sqlite3", durable)
        self.spool = AnswerSpool(place / "spool", durable)
        self.office = Office(journal=self.journal, clock=self.clock, policy=policy, herald=Herald(self.log))
        self.told_again: list[PurePosixPath] = []
        self.under_way = UnderWay(self.office)
        neighbourhood = Neighbourhood(told_again=self.told_again)
        self.moves = Moves(self.office, neighbourhood.tell_again)
        self.board = PauseBoard(self.office)
        self.throttle = Throttle(self.office, self.board)
        self.cashier = Cashier(self.office, self.moves, self.board, self.throttle, self.spool)
        self.limits = RequestLimits(self.office)
        self.calls = Calls(self.office, self.cashier, self.spool, self.limits)
        self.intake = Intake(self.office, self.moves, neighbourhood, self.under_way)
        self.dispatch = Dispatch(
            self.office, self.board, self.throttle, self.intake, self.under_way, NoUpkeep()
        )
        self.returns = Returns(self.office)
        self.deliveries = Deliveries(self.office, self.moves, self.board, self.cashier, self.intake)
        self.operator = Operator(self.office, self.moves, self.board, self.spool)
        self.reloading = Reloading(self.office, self.board, self.throttle, self.intake)
        # For how long the scanner has been looking.
        self.busy_seconds = 0.0
        self.sightings = Sightings(self.office, self.board, self.intake, lambda: self.busy_seconds)

    @contextmanager
    def act(self) -> Iterator[None]:
        """Do something in the engine's transaction, and tell what happened."""
        with self.journal.transaction():
            yield
        self.office.herald.flush()

    def reload(self, *commands: int, changed: Sequence[Change] = (), **changes: Any) -> None:
        """Have another policy count, as when the configuration was read again."""
        reread = Reread(
            policy=replace(self.office.policy, **changes),
            file="/config.toml",
            running="[]",
            changes=changed,
            has_new_key=False,
            switch=lambda: None,
        )
        with self.act():
            self.reloading.take(reread, commands)

    def recover(self) -> None:
        """Do what a start does."""
        with self.act():
            recover(self.office, self.board, self.calls, self.intake)

    def choose(self) -> list[Task]:
        """Choose what is to be done next."""
        with self.act():
            return self.dispatch.choose(may_begin=True)

    def see(self, bundle: Bundle) -> BundleRecord:
        """Take in a bundle as the scanner tells it."""
        with self.act():
            self.intake.take_news(News(folder=bundle.folder, seen=(bundle,)))
            record = self.journal.find_live(bundle.folder, bundle.key)
        assert record is not None
        return record

    def accept(self, name: str, *wishes: Wish, **photo: Any) -> list[Job]:
        """Take in a photo that a look has found complete, and give its jobs."""
        record = self.see(bundle_of(name, **photo))
        accepted = (
            Accepted(
                path=PurePosixPath(name), role=Role.PHOTO, sha256=Sha256("a" * 64), signature=signature_of(1)
            ),
        )
        with self.act():
            self.intake.finish_look(record.id, Accept(wishes=wishes or (wish_of(),), accepted=accepted))
            return self.journal.jobs_of_bundle(record.id)

    def returned(self) -> list[BundleId]:
        """Give the bundles that are to be brought back and are due."""
        return [asked.bundle for asked in self.journal.returns_due(self.clock.now(), 100)]

    def job(self, job: Job) -> Job:
        """Give a job as it is now."""
        return self.journal.get_job(job.id)

    def bundle(self, job: Job) -> BundleRecord:
        """Give a job's bundle as it is now."""
        return self.journal.get_bundle(job.bundle)

    def submit(self, job: Job) -> Job:
        """Begin a job's call."""
        with self.act():
            begun = self.cashier.begin_submission(job.id)
        assert begun is not None
        return begun.job

    def lose(self, job: Job) -> Job:
        """Have a call's answer lost."""
        return self._book(self.submit(job), Reply(end=NoAnswer(detail="cut", elapsed_seconds=1.0)))

    def hand_in(self, job: Job, body: bytes = b'{"ok": true, "b64_json": "aGFuZGVk"}') -> None:
        """Have a person put what was found beside what came for a job, as the command does."""
        attempt = answer_missing(self.journal, job)
        self.spool.hand_in(attempt.id, None, Answered(status=200, elapsed_seconds=0.0), iter([body]))

    def answer(self, job: Job, status: int = 200) -> Job:
        """Have a call answered without the service's envelope."""
        return self._book(self.submit(job), Reply(end=Answered(status=status, elapsed_seconds=1.0)))

    def book(self, job: Job, reply: Reply) -> Job:
        """Have a call end in some way."""
        return self._book(self.submit(job), reply)

    def _book(self, job: Job, reply: Reply) -> Job:
        assert job.answer is not None
        with self.act():
            return self.calls.book(job.id, job.answer, reply)

    def deliver(self, job: Job) -> Job:
        """Have a received job delivered."""
        with self.act():
            self.deliveries.plan_output(job.id, PurePosixPath(f"{job.stem}.png"), Sha256("e" * 64), 0.01)
            self.deliveries.finish(job.id, {})
        return self.job(job)

    def file(self, job: Job, *, stayed: bool = False) -> Job:
        """Have the sources of a job's bundle filed."""
        with self.act():
            self.deliveries.plan_filing(job.bundle, 1)
            self.deliveries.finish_filing(job.bundle, stayed=stayed)
        return self.job(job)

    def fail(self, name: str) -> Job:
        """Give the job of a photo that was refused unpaid and lies in failed/."""
        (job,) = self.accept(name, wish_of(name))
        end = Answered(status=400, elapsed_seconds=1.0)
        self.book(job, Reply(end=end, envelope=Envelope(code="invalid_size", message=name)))
        return self.file(job)

    def hold(self, job: Job, reason: HoldReason) -> Job:
        """Bring a new job to a hold, the way it comes there."""
        match reason:
            case HoldReason.UNKNOWN_OUTCOME:
                return self.lose(job)
            case HoldReason.UNREADABLE_ANSWER:
                received = self.answer(job)
                with self.act():
                    self.deliveries.hold_unreadable(received.id, "it is broken")
            case HoldReason.OVER_JOB_CAP:
                with self.act():
                    self.moves.apply(job, JobEvent.OVER_JOB_CAP, hold=reason)
            case _:
                message = f"a new job does not come to {reason}"
                raise ValueError(message)
        return self.job(job)

    def permission(self, job: Job) -> int:
        """Give how often a job's edit may be paid for."""
        assert job.edit is not None
        return self.journal.get_edit(job.edit).permission

    def reserved(self, job: Job) -> list[int]:
        """Give what is set aside for each attempt at a job's edit."""
        assert job.edit is not None
        return [attempt.reserved.micro for attempt in self.journal.attempts_of(job.edit)]

    def close(self) -> None:
        """Close the journal."""
        self.journal.close()


def signature_of(mtime: int) -> Signature:
    """Give a file's signature; another time is another content."""
    return Signature(size=10, mtime_ns=mtime, ctime_ns=mtime, inode=7)


def bundle_of(
    name: str,
    mtime: int = 1,
    folder: PurePosixPath = TOP,
    standing: Standing = Standing.COMPLETE,
) -> Bundle:
    """Give a photo's bundle with its prompt."""
    photo = Member.at(PurePosixPath(name), Role.PHOTO, signature_of(mtime))
    prompt = Member.at(PurePosixPath(f"{name}.txt"), Role.PROMPT, signature_of(1))
    members = (photo,) if standing is Standing.LACKS_PROMPT else (photo, prompt)
    return Bundle(folder=folder, key=fold_name(name), members=members, standing=standing, detail="")


def wish_of(prompt: str = "make it evening", take: int = 1) -> Wish:
    """Give what a job wants."""
    source = SourcePicture(
        path=PurePosixPath("beach.jpg"),
        sha256=Sha256("a" * 64),
        bytes=10,
        width=8,
        height=8,
        format=PhotoFormat.JPEG,
    )
    return Wish(request=replace(REQUEST, prompt=prompt), take=take, pictures=(source,))


def filing_of(number: int) -> File:
    """Give the task of filing some bundle."""
    return File(
        record=replace(ARRIVING, id=BundleId(number)),
        moving=(),
        cabinet=Cabinet.DONE,
        detail="",
        is_given_up=False,
        attempts=(),
    )


def kinds(tasks: list[Task]) -> list[str]:
    """Give the names of tasks."""
    return [type(task).__name__ for task in tasks]


def states(house: House, *jobs: Job) -> list[JobState]:
    """Give the jobs' states as they are now."""
    return [house.job(job).state for job in jobs]


def make_outbox(root: Path) -> Path:
    """Make an outbox that is ours."""
    root.mkdir()
    mark = Mark(inbox_id=IDENTITY.inbox_id, owner=IDENTITY.journal_id, host="nas", since=NOW)
    write_mark(root, mark, Durable())
    return root


def outputs_in(outbox: Path) -> list[str]:
    """Give the names in an outbox beside its mark."""
    return sorted(path.name for path in outbox.iterdir() if path.name != MARK_NAME)
