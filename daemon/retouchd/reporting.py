"""Reads off the journal what the status tells, for the screen and for the file in the outbox.

How it is worded belongs to core/.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from retouchd.adapters.journal.views import JournalView
from retouchd.core.jobs import ENDED, Job, JobState
from retouchd.core.metadata import shown_path
from retouchd.core.money import NOTHING
from retouchd.core.periods import begin_of_day, counting_period, period_of
from retouchd.core.records import BundleRecord, BundleState, Moments
from retouchd.core.spending import Offer, notices, with_allowance
from retouchd.core.status import Entry, Holder, Status
from retouchd.core.story import bundle_sentence, job_sentence
from retouchd.core.values import EditId
from retouchd.policies import calendar
from retouchd.settings import Settings

_LISTED: Final = tuple(state for state in JobState if state not in ENDED or state is JobState.FAILED)
_IN_OUTBOX: Final = frozenset({JobState.DELIVERED, JobState.DONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """All that a report is made of, as it is at one moment.

    Attributes:
        holder: The daemon that runs; None when none does.
        is_paused: Nothing is sent now.
    """

    view: JournalView
    settings: Settings
    holder: Holder | None
    moments: Moments
    is_paused: bool


def report_status(outlook: Outlook, entries: Iterable[Entry]) -> Status:
    """Give the status.

    Args:
        entries: What is listed by name; everything is counted.

    Raises:
        JournalError: The journal cannot be read.
    """
    view, now, budget = outlook.view, outlook.moments.now, outlook.settings.budget
    days = calendar(outlook.settings)
    today = period_of(now, days)
    period = counting_period(now, days, view.last_period())
    allowance = view.allowance_of(period.day)
    offer = Offer(
        period=period,
        today=today,
        caps=with_allowance(budget.caps(), allowance),
        spent=view.spent(EditId(0), period),
        reservation=NOTHING,
    )
    midnight = begin_of_day(today, days)
    return Status(
        now=now,
        holder=outlook.holder,
        pauses=view.pauses(),
        counts=_count(outlook),
        spend=view.report_spend(period),
        caps=offer.caps,
        allowance=allowance,
        notices=list(notices(offer, view.excess_on(period.day))),
        entries=list(entries),
        delivered_today=view.count_delivered_since(midnight),
        failed_today=view.count_ended_since(midnight).get(JobState.FAILED, 0),
    )


def _count(outlook: Outlook) -> dict[str, int]:
    view = outlook.view
    jobs = view.count_jobs()
    bundles = dict(view.count_bundles(outlook.moments))
    needs_you = bundles.pop("needs_you")
    counts = {state.value: jobs.get(state, 0) for state in JobState} | bundles
    counts[JobState.HELD] += needs_you
    counts["ignored"] = int(view.note("ignored") or 0)
    return counts


def entry_of(outlook: Outlook, job: Job) -> Entry:
    """Give the entry of a job."""
    now = outlook.moments.now
    is_there = job.output is not None and job.state in _IN_OUTBOX
    return Entry(
        id=job.id,
        state=job.state,
        source=shown_path(outlook.view.source_of(job.bundle)),
        reason=job_sentence(job, now, is_paused=outlook.is_paused),
        detail=job.detail,
        attempts=job.attempts,
        next_try=job.next_try if job.next_try and job.next_try > now else None,
        output=shown_path(job.output.path) if job.output and is_there else None,
    )


def open_entries(outlook: Outlook) -> Iterator[Entry]:
    """Give the live, held and failed jobs, and the photos that need a person before they become jobs."""
    for job in outlook.view.all_jobs_in(_LISTED):
        yield entry_of(outlook, job)
    for record in outlook.view.bundles_in(BundleState.NEEDS_YOU):
        yield _entry_of_bundle(record)


def _entry_of_bundle(record: BundleRecord) -> Entry:
    return Entry(
        id=None,
        state=JobState.HELD,
        source=shown_path(record.path),
        reason=bundle_sentence(record, is_quiet=True),
        detail=record.detail,
    )
