"""What a person can do who sees nothing but the shared folders: put, rename, change and drag files.

Each is the same decision that a command takes elsewhere; where no gesture takes it, that is said.
"""

from collections.abc import Sequence
from typing import Final

from retouchd.core.bundles import Role, is_job_folder
from retouchd.core.failnote import inbox_place, way_back
from retouchd.core.jobs import HoldReason, Job
from retouchd.core.records import Attempt, BundleRecord, BundleState
from retouchd.core.values import printable

# How such a file is called in a folder that is one bundle, and what its name ends in beside a photo.
_FRESH: Final = {Role.PROMPT: ("prompt.txt", ".txt"), Role.OPTIONS: ("job.toml", ".toml")}
_ASK: Final = "Or ask whoever runs retouchd for one of the commands above."


def way_on(job: Job, record: BundleRecord) -> str:
    """Say how a job that needs a person is brought on with files."""
    if record.state is BundleState.DETACHED:
        return "Its photo was changed or taken away since: ask whoever runs retouchd for the commands above."
    prompt, options = _named(record, Role.PROMPT), _named(record, Role.OPTIONS)
    match job.hold:
        case HoldReason.OVER_JOB_CAP:
            return f'Put the line quality = "low", or a smaller size, into {options}. {_ASK}'
        case HoldReason.REFUSED_ALIKE:
            return f"Put other options into {options}. {_ASK}"
        case HoldReason.SAME_EDIT_HELD:
            return f"See to the other one first, or put new text into {prompt} to have this one by itself."
        case _:
            return f"Put new text into {prompt}: that is another picture, and is paid for. {_ASK}"


def way_back_from_failed(record: BundleRecord, attempts: Sequence[Attempt], job: Job) -> str:
    """Say how a photo that failed is tried again with files."""
    if record.state is not BundleState.FILED:
        return "It is put into failed/ next, with a note that says what to do."
    place = inbox_place(record).removeprefix("inbox")
    return f"It lies in failed{place}: {way_back(record, attempts, is_given_up=job.dismissed)}"


def _named(record: BundleRecord, role: Role) -> str:
    """Give the prompt or options file that a photo has, or the one that it would have."""
    names = [one.name for one in record.accepted if one.role is role]
    if not names:
        in_job, beside = _FRESH[role]
        names = [in_job if is_job_folder(record.folder) else record.path.stem + beside]
    return printable(f"{inbox_place(record)}{names[0]}")
