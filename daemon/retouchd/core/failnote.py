"""The note beside a photo that was filed without a result."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from retouchd.core.duplicates import may_be_paid
from retouchd.core.outcomes import RULES, Effect, OutcomeKind
from retouchd.core.records import Attempt, BundleRecord
from retouchd.core.story import money_sentence
from retouchd.core.values import printable


def error_note(record: BundleRecord, detail: str, attempts: Sequence[Attempt], *, is_given_up: bool) -> str:
    """Give the text of `<photo>.error.txt`: what happened, whether money moved, what to do.

    Args:
        attempts: All calls for the photo.
        is_given_up: A person decided it, so that the photo has no fault.
    """
    photo, folder = record.path, record.folder
    place = "inbox" if folder == PurePosixPath() else f"inbox/{printable(folder)}"
    is_faultless = is_given_up or _is_passing(attempts)
    change = "" if is_faultless else "change the photo or its prompt if the reason above is about them, then "
    again = " That may pay once more." if may_be_paid(attempts) else ""
    return (
        f"{printable(photo.name)} was not edited.\n\n"
        f"What happened: {printable(detail)}\n"
        f"Money: {money_sentence(attempts)}\n"
        f"What to do: {change}drag the photo and its prompt file back to {place}/ to try again.{again}"
        " This note can be deleted.\n"
    )


def _is_passing(attempts: Sequence[Attempt]) -> bool:
    """Say whether the last call failed for a reason that lies neither in the photo nor in its prompt."""
    outcome = attempts[-1].outcome if attempts else None
    return outcome is not None and RULES[OutcomeKind(outcome)].effect is Effect.RETRY
