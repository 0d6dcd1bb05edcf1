"""The history, the answers that are kept, and why nothing is sent just now."""

from collections.abc import Iterator
from typing import Final

from retouchd.adapters.durable import Durable
from retouchd.adapters.journal.files import last_put_aside
from retouchd.adapters.journal.journal import check_journal
from retouchd.adapters.spool.store import AnswerSpool
from retouchd.core.findings import Finding, doubtful, fine, wrong
from retouchd.core.pauses import PauseReason
from retouchd.core.story import pause_sentence
from retouchd.doctor.case import Case

NAME: Final = "history"
PAUSE: Final = "pause"
SUSPECT: Final = "the disk of the state folder is slow or fails: look at the system's log (dmesg)"
_MEGABYTE: Final = 1e6
# They end by themselves, or as their owner wanted it.
_MILD: Final = frozenset(
    {PauseReason.OFFLINE, PauseReason.RATE_LIMITED, PauseReason.BUDGET, PauseReason.OPERATOR}
)


def examine_history(case: Case) -> Iterator[Finding]:
    """Read the whole history, and tell what it takes."""
    journal = case.places.journal
    check_journal(journal)
    kept = AnswerSpool(case.places.spool, Durable()).kept()
    size, answers = journal.stat().st_size, sum(one.size for one in kept)
    text = (
        f"whole, {size / _MEGABYTE:.1f} MB; {_answers(len(kept))} kept, {answers / _MEGABYTE:.1f} MB of at"
        f" most {case.settings.duplicates.keep_answers_mb} MB"
    )
    yield fine(NAME, text, bytes=size, answers=len(kept), answer_bytes=answers)
    aside = last_put_aside(journal)
    if aside is not None:
        remedy = f"if all is well since, {case.places.state}/{aside} can be removed"
        yield doubtful(NAME, "an earlier one was damaged and is kept aside", remedy, kept=aside)


def examine_pauses(case: Case) -> Iterator[Finding]:
    """Tell each reason for which nothing is sent."""
    with case.open_history() as outlook:
        now, pauses = outlook.moments.now, outlook.view.pauses()
    for pause in pauses:
        give = doubtful if pause.reason in _MILD else wrong
        yield give(PAUSE, pause_sentence(pause, now), "", reason=pause.reason.value)


def _answers(number: int) -> str:
    return "1 answer is" if number == 1 else f"{number} answers are"
