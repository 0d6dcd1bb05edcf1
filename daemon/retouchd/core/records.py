"""What is remembered of bundles, calls and commands: the values that the journal stores and gives back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from retouchd.core.bundles import COMMON_ROLES, Bundle, Role, named_after
from retouchd.core.money import NOTHING, Money
from retouchd.core.periods import Period
from retouchd.core.values import (
    AttemptId,
    BundleId,
    EditId,
    Fingerprint,
    JobId,
    Sha256,
    Signature,
    quick_value,
)


class BundleState(StrEnum):
    """Where a bundle is.

    ARRIVING: not yet looked at since its last change, or to be looked at again. LOOKED_AT: a worker has it.
    AT_WORK: it became jobs. ENDING: all its jobs have ended, its sources are to be filed. FILED and
    DETACHED (its place was taken by newer sources) are history.
    """

    ARRIVING = "arriving"
    LACKS_PROMPT = "lacks_prompt"
    NEEDS_YOU = "needs_you"
    LOOKED_AT = "looked_at"
    AT_WORK = "at_work"
    ENDING = "ending"
    FILED = "filed"
    DETACHED = "detached"


# The states that keep a bundle's place: nothing else can be there.
LIVE_BUNDLES: Final = frozenset(BundleState) - {BundleState.FILED, BundleState.DETACHED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """One file of a bundle as it was hashed when the bundle became jobs.

    Attributes:
        path: Below the inbox; presets and references may lie in other folders than the photo.
    """

    path: PurePosixPath
    role: Role
    sha256: Sha256
    signature: Signature

    @property
    def folder(self) -> PurePosixPath:
        """Where it lay, below the inbox."""
        return self.path.parent

    @property
    def name(self) -> str:
        """The file's name on disk."""
        return self.path.name


@quick_value
class Sight:
    """A bundle as it was seen, and what follows for it.

    Attributes:
        quiet_from: When it is quiet, on the monotonic clock of this boot.
        shared: Paths of those of its files that other photos may use, too.
    """

    bundle: Bundle
    state: BundleState
    quiet_from: float
    shared: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoPlace:
    """Where a photo lies: unique among live bundles.

    Attributes:
        folder: Below the inbox.
        key: The folded name.
    """

    folder: PurePosixPath
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleRecord:
    """A bundle as the journal knows it.

    Attributes:
        digest: Of names and signatures as they were last seen.
        detail: Why it is where it is, one sentence for people.
        looks: How many looks at this very content did not pass.
        first_look: When the first of them was.
        claims: How often a worker began to look and never came back.
        look_at: Not looked at before this time.
        accepted: Its files as they were hashed; empty before.
        filing: The number with which its files are filed, once that is planned.
    """

    id: BundleId
    folder: PurePosixPath
    key: str
    photo: str
    digest: str
    state: BundleState
    detail: str
    seen: datetime
    settled: datetime | None = None
    looks: int = 0
    first_look: datetime | None = None
    claims: int = 0
    look_at: datetime | None = None
    accepted: Sequence[Accepted] = ()
    filing: int | None = None

    @property
    def path(self) -> PurePosixPath:
        """The photo's path below the inbox; of several the first's."""
        return self.folder / self.photo

    @property
    def filed(self) -> Sequence[Accepted]:
        """The files that are moved when all is over; what many bundles use stays where it is."""
        return tuple(one for one in self.accepted if one.role not in COMMON_ROLES)

    @property
    def named_after(self) -> PurePosixPath:
        """What results are named after, below the inbox: the photo, or the folder that is one bundle."""
        return named_after(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call and its money.

    Attributes:
        number: Of this edit, from 1.
        outcome: None while it is under way.
        reserved: Still set aside for it.
        charged: Booked for it.
        refusal: What the service said of a request that it refused, see core/refusals.py.
        cut_by_us: We ended it ourselves, or our process ended: that says nothing about the line.
    """

    id: AttemptId
    edit: EditId
    job: JobId
    number: int
    permission: int
    period: Period
    save_path: str
    started: datetime
    reserved: Money
    charged: Money = NOTHING
    first_reserved: Money = NOTHING
    ended: datetime | None = None
    outcome: str | None = None
    status: int | None = None
    elapsed_seconds: float | None = None
    request_ids: Mapping[str, str] = field(default_factory=dict)
    refusal: str | None = None
    cut_by_us: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What each file of the spool says of its call: enough to know edit and money without the journal.

    Attributes:
        number: The attempt's number, as in Attempt.
        reserved: What was set aside for the call before it was made.
        source: The photo, below the inbox.
    """

    fingerprint: Fingerprint
    take: int
    permission: int
    job: JobId
    number: int
    reserved: Money
    period: Period
    save_path: str
    started: datetime
    source: PurePosixPath


class PermissionReason(StrEnum):
    """Why an edit may be paid for once more."""

    RETRIED = "retried"
    DROPPED_AGAIN = "dropped_again"
    CONFIGURED = "configured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """A person's word, or the owner's configuration, that an edit may be paid for once more.

    Attributes:
        number: The edit's permission from then on, at least 2.
        job: The job that pays.
    """

    number: int
    job: JobId
    given: datetime
    why: PermissionReason


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnAsked:
    """A filed bundle whose sources are to be brought back to the inbox.

    Attributes:
        take: Which take is then wanted of them; None for what they ask for themselves.
    """

    bundle: BundleId
    take: int | None


class Verb(StrEnum):
    """A command that a person gives to the daemon."""

    PAUSE = "pause"
    RESUME = "resume"
    RETRY = "retry"
    ALLOW = "allow"
    REDO = "redo"
    CANCEL = "cancel"
    DISCARD = "discard"
    ACCEPT = "accept"
    HURRY = "hurry"
    RELOAD = "reload"
    PRUNE = "prune"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command as it stands in the journal until it is obeyed."""

    id: int
    verb: Verb
    argument: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """The two clocks at one moment: wall time for due times, the monotonic one for quiet."""

    now: datetime
    monotonic: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendReport:
    """Money by now, for the status."""

    today: Money
    month: Money
    reserved: Money
    unknown: Money
