"""The note beside a photo that was filed without a result."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from retouchd.core.bundles import Role, is_job_folder
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
    return (
        f"{printable(record.path.name)} was not edited.\n\n"
        f"What happened: {printable(detail)}\n"
        f"Money: {money_sentence(attempts)}\n"
        f"What to do: {way_back(record, attempts, is_given_up=is_given_up)} This note can be deleted.\n"
    )


def way_back(record: BundleRecord, attempts: Sequence[Attempt], *, is_given_up: bool) -> str:
    """Say how a photo that lies in failed/ is tried again by dragging files; the arguments as above."""
    is_faultless = is_given_up or _is_passing(attempts)
    change = "" if is_faultless else "change the photo or its prompt if the reason above is about them, then "
    again = " That may pay once more." if may_be_paid(attempts) else ""
    is_whole = is_job_folder(record.folder)
    what = f"the folder {printable(record.folder.name)}" if is_whole else _filed_with(record)
    place = _shown(record.folder.parent) if is_whole else inbox_place(record)
    return f"{change}drag {what} back to {place} to try again.{again}"


def inbox_place(record: BundleRecord) -> str:
    """Give the folder in which a photo lies or lay, as people see it on the share."""
    return _shown(record.folder)


def _shown(folder: PurePosixPath) -> str:
    return "inbox/" if folder == PurePosixPath() else f"inbox/{printable(folder)}/"


def _filed_with(record: BundleRecord) -> str:
    """Name what was filed: the photo and what is its own; its folder's prompt stayed where it was."""
    roles = {one.role for one in record.filed}
    if roles and not roles & {Role.PROMPT, Role.OPTIONS}:
        return "the photo and its mask" if Role.MASK in roles else "the photo"
    return (
        "the photo, its prompt file and its mask" if Role.MASK in roles else "the photo and its prompt file"
    )


def _is_passing(attempts: Sequence[Attempt]) -> bool:
    """Say whether the last call failed for a reason that lies neither in the photo nor in its prompt."""
    outcome = attempts[-1].outcome if attempts else None
    return outcome is not None and RULES[OutcomeKind(outcome)].effect is Effect.RETRY
