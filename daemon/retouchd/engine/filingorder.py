"""What a filing begins with: where a bundle's sources go, and which of them.

Runs in the engine thread, inside its transaction: how they are moved stands in filing.py.
"""

from retouchd.core.bundles import may_be_shared
from retouchd.core.jobs import JobState, cabinet_of
from retouchd.core.records import Accepted, BundleRecord, BundleState
from retouchd.core.values import BundleId
from retouchd.engine.crew import File
from retouchd.engine.journal import Journal


def open_filing(journal: Journal, bundle: BundleId) -> File | None:
    """Give what a filing needs, or None when the bundle is not one to file.

    From here on it does not use what it leaves to others: of several that are filed at once the one that
    comes here last takes what they share, whichever is ready first.
    """
    record = journal.get_bundle(bundle)
    if record.state is not BundleState.ENDING:
        return None
    jobs = journal.jobs_of_bundle(bundle)
    edits = {job.edit for job in jobs if job.edit is not None}
    moving = [one for one in record.filed if not _is_left_to_others(journal, record, one)]
    # A crash before the commit leaves it using all of them; it is opened again.
    journal.share_files(bundle, [one.path for one in moving if _may_be_shared(record, one)])
    return File(
        record=record,
        moving=moving,
        cabinet=cabinet_of(jobs),
        detail="; ".join(job.detail for job in jobs if job.dismissed or job.state is JobState.FAILED),
        is_given_up=all(job.dismissed for job in jobs),
        attempts=[attempt for edit in edits for attempt in journal.attempts_of(edit)],
    )


def _is_left_to_others(journal: Journal, record: BundleRecord, member: Accepted) -> bool:
    return _may_be_shared(record, member) and journal.is_left_to_others(member.path, record.id)


def _may_be_shared(record: BundleRecord, member: Accepted) -> bool:
    return may_be_shared(member, record.folder, record.photo)
