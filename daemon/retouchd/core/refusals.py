"""Requests that the service refuses alike: a wrong default must not empty the inbox into failed/.

Three photos running that are refused with the same words are not refused for what they show. The other
photos with the same options are held then, and those with other options go on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from retouchd.core.outcomes import Envelope, OutcomeKind
from retouchd.core.request import EditRequest
from retouchd.core.values import JobId, printable

# The service has looked at what was asked: only these say anything about options.
JUDGED: Final = frozenset(
    {
        OutcomeKind.ANSWERED,
        OutcomeKind.UNREADABLE,
        OutcomeKind.BLOCKED,
        OutcomeKind.REFUSED,
        OutcomeKind.INVALID,
    }
)
_TOO_MANY: Final = 3
# Whoever answers with more has not said anything that would be said again.
_MOST_CHARACTERS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A call that the service judged.

    Attributes:
        refusal: What it said, as `refusal_of` gives it; None for what it did not refuse so.
        options: What was asked for, as `options_of` gives it.
    """

    job: JobId
    refusal: str | None
    options: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedOptions:
    """Options that were refused for several photos running.

    Attributes:
        detail: What the service said how often, for people.
        job: The job that may try them all the same.
    """

    options: str
    detail: str
    job: JobId


def options_of(request: EditRequest) -> str:
    """Give the options by which requests are alike, also for people."""
    told = {
        "size": request.size,
        "quality": request.quality,
        "format": request.format,
        "background": request.background,
        "output_compression": request.output_compression,
    }
    return ", ".join(f"{name} {value}" for name, value in told.items() if value is not None)


def refusal_of(status: int | None, envelope: Envelope | None) -> str:
    """Give the words of a refusal for comparing: what has the same ones is refused alike."""
    code, message = (envelope.code, envelope.message) if envelope else ("", "")
    return printable(f"{status} {code} {message}")[:_MOST_CHARACTERS]


def find_alike(refusal: str, judged: Sequence[Judged]) -> tuple[int, frozenset[str]]:
    """Give how many jobs running were refused in these words, and with which options, if too many were.

    What was judged in between with other options says nothing about these; what was with one of them ends
    the run.

    Args:
        judged: The newest first.
    """
    jobs: set[JobId] = set()
    options: set[str] = set()
    for one in judged:
        if one.refusal == refusal:
            jobs.add(one.job)
            options.add(one.options)
        elif one.options in options:
            break
    return (len(jobs), frozenset(options)) if len(jobs) >= _TOO_MANY else (0, frozenset())
