"""Reads off the journal what the status tells, for the screen and for the file in the outbox.

How it is worded belongs to core/.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from retouchd.adapters.clock import calendar
from retouchd.adapters.journal.views import JournalView
from retouchd.configuration import find_unread
from retouchd.core.failnote import inbox_place
from retouchd.core.gestures import way_back_from_failed, way_on
from retouchd.core.glance import Call, Delivery, Glance
from retouchd.core.jobs import ENDED, Job, JobState
from retouchd.core.leftovers import LEFTOVERS, Leftovers
from retouchd.core.money import NOTHING
from retouchd.core.periods import begin_of_day, counting_period, period_of
from retouchd.core.records import BundleRecord, BundleState, Moments
from retouchd.core.reloading import READING_NOTE, RESTARTING, RUNNING_NOTE, Reading
from retouchd.core.spending import Offer, notices, with_allowance
from retouchd.core.status import MOST_NAMED, Entry, Holder, Status
from retouchd.core.statusfile import MOST_DELIVERED, MOST_NEEDS, Need, Page
from retouchd.core.story import bundle_sentence, job_sentence
from retouchd.core.topics import WAITED_LONG
from retouchd.core.values import EditId, printable, shown_path
from retouchd.core.watching import SILENT_NOTE
from retouchd.settings import Settings

_LISTED: Final = tuple(state for state in JobState if state not in ENDED or state is JobState.FAILED)
_IN_OUTBOX: Final = (JobState.DELIVERED, JobState.DONE)
# What waiting photos and their next tries are told of; the others are counted.
_UNDER_WAY: Final = (JobState.SUBMITTING, JobState.DEFERRED)
_MOST_UNDER_WAY: Final = 1000
# Who has left a photo in failed/ for longer has seen it.
_FAILED_OF_LATE: Final = timedelta(days=7)


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


@contextmanager
def looking_out(
    view: JournalView, settings: Settings, holder: Holder | None, moments: Moments
) -> Iterator[Outlook]:
    """Have everything as it is at this moment.

    Raises:
        JournalError: The journal cannot be read.
    """
    with view.snapshot():
        yield Outlook(
            view=view,
            settings=settings,
            holder=holder,
            moments=moments,
            is_paused=bool(view.pauses()),
        )


def report_status(outlook: Outlook, entries: Iterable[Entry]) -> Status:
    """Give the status.

    Args:
        entries: What is listed by name; everything is counted.

    Raises:
        JournalError: The journal cannot be read.
    """
    view, now = outlook.view, outlook.moments.now
    offer = offer_now(view, outlook.settings, now)
    period = offer.period
    midnight = begin_of_day(offer.today, calendar(outlook.settings.budget.day_start()))
    reading, unread = read_standing(view, outlook.settings) if outlook.holder else (Reading(), [])
    noted, silent = view.note(LEFTOVERS), view.note(SILENT_NOTE)
    leftovers = Leftovers.from_text(noted) if noted else Leftovers()
    return Status(
        now=now,
        holder=outlook.holder,
        pauses=view.pauses(),
        counts=_count(outlook) | {"ignored": leftovers.total},
        leftovers=leftovers,
        spend=view.report_spend(period),
        caps=offer.caps,
        allowance=view.allowance_of(period.day),
        notices=list(notices(offer, view.excess_on(period.day))),
        entries=list(entries),
        delivered_today=view.count_delivered_since(midnight),
        failed_today=view.count_ended_since(midnight).get(JobState.FAILED, 0),
        reading=reading,
        unread=unread,
        silent_since=datetime.fromisoformat(silent) if silent and outlook.holder else None,
        forgotten=_find_forgotten(view, now),
        troubled=_find_troubled(view),
    )


def _find_forgotten(view: JournalView, now: datetime) -> BundleRecord | None:
    longest = view.longest_lacking()
    record = None if longest is None else view.get_bundle(longest)
    return record if record and record.seen <= now - WAITED_LONG else None


def _find_troubled(view: JournalView) -> BundleRecord | None:
    longest = view.longest_troubled()
    return None if longest is None else view.get_bundle(longest)


def offer_now(view: JournalView, settings: Settings, now: datetime) -> Offer:
    """Give what is spent by now and the limits that hold, as an offer of nothing.

    Raises:
        JournalError: The journal cannot be read.
    """
    days = calendar(settings.budget.day_start())
    period = counting_period(now, days, view.last_period())
    return Offer(
        period=period,
        today=period_of(now, days),
        caps=with_allowance(settings.budget.caps(), view.allowance_of(period.day)),
        spent=view.spent(EditId(0), period),
        reservation=NOTHING,
    )


def read_standing(view: JournalView, settings: Settings) -> tuple[Reading, list[str]]:
    """Give how a running daemon read the configuration last, and which keys were changed since.

    Args:
        settings: As they are in the file by now.
    """
    noted, running = view.note(READING_NOTE), view.note(RUNNING_NOTE)
    reading = Reading.from_text(noted) if noted else Reading()
    # What waits for a restart was read, and with the root all folders below it.
    pending = {change.key for change in reading.pending}
    if "folders.root" in pending:
        pending.update(RESTARTING)
    unread = find_unread(running, settings) if running else []
    return reading, [key for key in unread if key not in pending]


def _count(outlook: Outlook) -> dict[str, int]:
    view = outlook.view
    jobs = view.count_jobs()
    bundles = dict(view.count_bundles(outlook.moments))
    needs_you = bundles.pop("needs_you")
    counts = {state.value: jobs.get(state, 0) for state in JobState} | bundles
    counts[JobState.HELD] += needs_you
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
        source=_shown(record),
        reason=bundle_sentence(record, is_quiet=True),
        detail=record.detail,
    )


def report_page(outlook: Outlook) -> Page:
    """Give what the status file tells: as much as is shown, however much there is.

    Raises:
        JournalError: The journal cannot be read.
    """
    view = outlook.view
    under_way = (entry_of(outlook, job) for job in view.jobs_in(_UNDER_WAY, _MOST_UNDER_WAY))
    waiting = view.first_bundles_in(BundleState.LACKS_PROMPT, MOST_NAMED)
    return Page(
        status=report_status(outlook, under_way),
        needs=list(islice(_find_needs(view), MOST_NEEDS)),
        without_prompt=[
            f"{inbox_place(record)}: {bundle_sentence(record, is_quiet=True)}" for record in waiting
        ],
        failed=list(islice(_find_failed(outlook), MOST_NAMED)),
        delivered=_find_delivered(view),
    )


def report_glance(outlook: Outlook) -> Glance:
    """Give what the screen tells: as much as is shown, however much there is.

    Raises:
        JournalError: The journal cannot be read.
    """
    view = outlook.view
    return Glance(
        page=report_page(outlook),
        calls=[
            Call(source=shown_path(view.source_of(job.bundle)), begun=job.submitted or job.created)
            for job in view.jobs_in((JobState.SUBMITTING,), _MOST_UNDER_WAY)
        ],
        usual_seconds=view.usual_seconds(),
        deliveries=[
            Delivery(output=shown_path(job.output.path), at=job.delivered)
            for job in view.last_delivered(MOST_DELIVERED)
            if job.output and job.delivered
        ],
    )


def _find_needs(view: JournalView) -> Iterator[Need]:
    for job in view.jobs_in((JobState.HELD,), MOST_NEEDS):
        record = view.get_bundle(job.bundle)
        yield Need(source=_shown(record), told=_told(job.detail), way_out=way_on(job, record), job=job.id)
    for record in view.first_bundles_in(BundleState.NEEDS_YOU, MOST_NEEDS):
        yield Need(source=_shown(record), told=_told(record.detail))


def _find_failed(outlook: Outlook) -> Iterator[Need]:
    view = outlook.view
    for job in view.newest_jobs_in(JobState.FAILED, MOST_NEEDS):
        record = view.get_bundle(job.bundle)
        is_late = job.ended is not None and outlook.moments.now - job.ended < _FAILED_OF_LATE
        if is_late and not view.is_followed(record):
            attempts = view.attempts_of(job.edit) if job.edit is not None else []
            way_out = way_back_from_failed(record, attempts, job)
            yield Need(source=_shown(record), told=_told(job.detail), way_out=way_out, job=job.id)


def _find_delivered(view: JournalView) -> list[str]:
    """Give the newest pictures, by when their jobs were made: there is an index for that."""
    jobs = [job for state in _IN_OUTBOX for job in view.newest_jobs_in(state, MOST_DELIVERED)]
    newest = sorted(jobs, key=lambda job: job.created, reverse=True)[:MOST_DELIVERED]
    return [shown_path(job.output.path) for job in newest if job.output]


def _told(detail: str) -> str:
    """Give a detail as it stands after a photo's name and a colon."""
    return f"{printable(detail)}."


def _shown(record: BundleRecord) -> str:
    return shown_path(record.path)
