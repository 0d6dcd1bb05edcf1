"""After a start: what was under way when the process ended goes on, or is held for a person.

Runs in the engine's transaction before the loop. Reads no backlog: only what a crash can have cut.
"""

from contextlib import suppress
from dataclasses import replace
from typing import Final

from retouchd.core.errors import FileTroubleError
from retouchd.core.jobs import JobState
from retouchd.core.pauses import ENDED_BY_CONFIGURATION, SEEN_ANEW_AT_START, PauseReason
from retouchd.core.records import BundleState
from retouchd.engine.calls import Calls
from retouchd.engine.clockwatch import pull_back
from retouchd.engine.intake import Intake
from retouchd.engine.office import Office
from retouchd.engine.pauseboard import PauseBoard

_CONFIGURATION: Final = "configuration"


def recover(office: Office, board: PauseBoard, calls: Calls, intake: Intake) -> None:
    """Bring everything that was under way to where it can go on.

    A call that was under way: its answer is in the spool, or nobody knows its outcome. A look that was
    under way is made again. Received, delivered and filed go on by themselves from where they are.
    """
    is_configured_anew = note_configuration(office)
    _end_pauses(board, SEEN_ANEW_AT_START | (ENDED_BY_CONFIGURATION if is_configured_anew else frozenset()))
    pull_back(office, board)
    for pause in board.pauses:
        office.herald.say("warning", "pause.holds", reason=pause.reason, detail=pause.detail)
    see_folders_anew(office)
    # What needed a person may be possible by now: a limit was raised, a later version understands more.
    for state in (BundleState.LOOKED_AT, BundleState.NEEDS_YOU):
        for record in office.journal.bundles_in(state):
            office.journal.update_bundle(replace(record, state=BundleState.ARRIVING))
    cut = office.journal.jobs_in([JobState.SUBMITTING])
    for job in cut:
        # When its answer cannot be looked for now, a worker is told to look for it.
        with suppress(FileTroubleError):
            calls.recover(job)
    if is_configured_anew:
        intake.form_refused_anew()
    if cut:
        office.herald.say("info", "recovery.finished", calls_cut=len(cut))


def note_configuration(office: Office) -> bool:
    """Note how it is configured, and say whether that is new."""
    configuration = office.policy.configuration
    is_new = office.journal.note(_CONFIGURATION) != configuration
    office.journal.set_note(_CONFIGURATION, configuration)
    return is_new


def _end_pauses(board: PauseBoard, reasons: frozenset[PauseReason]) -> None:
    board.end(*reasons)
    board.hurry_look_at_key()


def see_folders_anew(office: Office) -> None:
    """Forget what folders were like: what waited for one tries at once. Deferred jobs keep their times."""
    for job in office.journal.jobs_in([JobState.READY, JobState.RECEIVED]):
        if job.next_try:
            office.journal.update_job(replace(job, next_try=None))
    office.journal.hurry_returns()
    for record in office.journal.bundles_in(BundleState.ENDING):
        office.journal.update_bundle(replace(record, look_at=None))
