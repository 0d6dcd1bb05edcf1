"""What a worker's look at a bundle came to; what follows from it is for the intake."""

from dataclasses import dataclass

from retouchd.core.bundles import Bundle
from retouchd.core.edits import Wish
from retouchd.core.records import Accepted
from retouchd.core.settling import LookAgain


@dataclass(frozen=True, slots=True, kw_only=True)
class Vanished:
    """The photo is not there any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Something of the bundle is not as it was seen: quiet starts anew with what is there now."""

    bundle: Bundle


@dataclass(frozen=True, slots=True, kw_only=True)
class WantsPrompt:
    """There is no prompt yet, or an empty one."""

    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsYou:
    """A person must change something; free again by itself when that is done."""

    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The photo can never be sent."""

    detail: str
    accepted: tuple[Accepted, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept:
    """The bundle becomes jobs, one for each wish.

    Attributes:
        accepted: The first photo first.
        borrows_prompt: It has no prompt of its own.
    """

    wishes: tuple[Wish, ...]
    accepted: tuple[Accepted, ...]
    borrows_prompt: bool = False


Verdict = Vanished | Moved | WantsPrompt | NeedsYou | LookAgain | Refused | Accept
