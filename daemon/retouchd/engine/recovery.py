"""After a start: what was under way when the process ended goes on, or is held for a person.

Runs in the engine's transaction before the loop. Reads no backlog: only what a crash can have cut.
"""

from dataclasses import replace

from retouchd.core.jobs import JobState
from retouchd.core.pauses import SEEN_ANEW_AT_START, PauseReason
from retouchd.core.records import BundleState
from retouchd.engine.calls import Calls
from retouchd.engine.office import Office
from retouchd.engine.pauseboard import PauseBoard


def recover(office: Office, board: PauseBoard, calls: Calls) -> None:
    """Bring everything that was under way to where it can go on.

    A call that was under way: its answer is in the spool, or nobody knows its outcome. A look that was
    under way is made again. Received, delivered and filed go on by themselves from where they are.
    """
    for reason in SEEN_ANEW_AT_START:
        board.end(reason)
    see_folders_anew(office)
    # A limit may have been raised since: the next call finds out, before it is made.
    board.end(PauseReason.BUDGET)
    for record in office.journal.bundles_in(BundleState.LOOKED_AT):
        office.journal.update_bundle(replace(record, state=BundleState.ARRIVING))
    cut = office.journal.jobs_in([JobState.SUBMITTING])
    for job in cut:
        calls.recover(job)
    if cut:
        office.herald.say("info", "recovery.finished", calls_cut=len(cut))


def see_folders_anew(office: Office) -> None:
    """Forget what folders were like: what waited for one tries at once. Deferred jobs keep their times."""
    for job in office.journal.jobs_in([JobState.READY, JobState.RECEIVED]):
        if job.next_try:
            office.journal.update_job(replace(job, next_try=None))
    for record in office.journal.bundles_in(BundleState.ENDING):
        office.journal.update_bundle(replace(record, look_at=None))
