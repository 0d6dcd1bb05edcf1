"""Reads off the journal what messages are made of; when they are due and how they read belongs to core/."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Final

from retouchd.adapters.journal.views import JournalView
from retouchd.core.jobs import Job, JobState
from retouchd.core.leftovers import LEFTOVERS, Leftovers
from retouchd.core.messages import MOST_NAMED, Item, Material
from retouchd.core.money import NOTHING
from retouchd.core.pauses import load_trials
from retouchd.core.records import BundleRecord
from retouchd.core.spending import Notice, Offer, near_limits, notices
from retouchd.core.story import bundle_sentence, sentence
from retouchd.core.telling import BY_END, Due, Facts, LimitKey, Told
from retouchd.core.telling_pauses import PauseNews
from retouchd.core.topics import WAITED_LONG, Ended, Topic
from retouchd.core.values import BundleId, JobId, printable, shown_path
from retouchd.reporting import offer_now
from retouchd.settings import Settings

# How a message calls what is no job yet.
_NOT_YET: Final = {Topic.NEEDS_YOU: "needs_you", Topic.NO_PROMPT: "waiting_for_prompt"}
_ENDED: Final = {
    Topic.DONE: (JobState.DONE,),
    Topic.FAILED: (JobState.FAILED,),
    Topic.IDLE: (JobState.DONE, JobState.FAILED, JobState.CANCELLED),
}
# Of a batch those are named first that somebody must look at.
_NAMED: Final = {**_ENDED, Topic.IDLE: (JobState.FAILED, JobState.DONE)}
_BUNDLE: Final = "bundle "


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The journal at one moment, with all that is needed to read it.

    Attributes:
        told: As it counts at this moment, see `set_back`.
    """

    view: JournalView
    settings: Settings
    now: datetime
    told: Told


def read_facts(window: Window) -> Facts:
    """Give what is now.

    Raises:
        JournalError: The journal cannot be read.
    """
    view, now, told = window.view, window.now, window.told
    offer = _offer(window)
    lacking = told.lacking_up_to
    return Facts(
        now=now,
        ended={topic: _ended(window, topic) for topic in BY_END if topic in told.ended_up_to},
        newest_end=view.newest_end(),
        lacking=view.lacking_between(lacking, now - WAITED_LONG) if lacking else Ended(),
        needs=_needs(view),
        hints=frozenset(_hints(view)),
        limits=frozenset(
            LimitKey(cap.value, offer.period.day if cap == "per_day" else offer.period.month, limit.micro)
            for cap, limit in near_limits(offer)
        ),
        periods=frozenset({offer.period.day, offer.period.month}),
        pauses=_pauses(view),
        is_working=view.is_working(),
    )


def _ended(window: Window, topic: Topic) -> Ended:
    ends = window.view.ends_between(window.told.ended_up_to[topic], window.now)
    found = [ends[state] for state in _ENDED[topic] if state in ends]
    moments = [one.newest for one in found if one.newest]
    return Ended(number=sum(one.number for one in found), newest=max(moments, default=None))


def _needs(view: JournalView) -> dict[str, str]:
    return {
        **{str(job): mark for job, mark in view.marks_of_held().items()},
        **{f"{_BUNDLE}{number}": mark for number, mark in view.marks_of_needing().items()},
    }


def _hints(view: JournalView) -> tuple[str, ...]:
    noted = view.note(LEFTOVERS)
    return Leftovers.from_text(noted).hints if noted else ()


def _pauses(view: JournalView) -> PauseNews:
    return PauseNews(
        pauses=tuple(view.pauses()),
        on_trial=frozenset(load_trials(view.note("trials") or "")),
        is_calling=view.is_calling(),
    )


def _offer(window: Window) -> Offer:
    return offer_now(window.view, window.settings, window.now)


def read_material(window: Window, due: Due) -> Material:
    """Give what a message is made of.

    Raises:
        JournalError: The journal cannot be read.
    """
    material = Material(topic=due.topic, counts=_count(window.view))
    match due.topic:
        case Topic.DONE | Topic.FAILED | Topic.IDLE:
            return _with_ends(material, window, due)
        case Topic.NEEDS_YOU:
            items = (_item_by_name(window, name) for name in due.names)
            return replace(material, number=len(due.names), items=list(islice(items, MOST_NAMED)))
        case Topic.NO_PROMPT:
            return _with_waiting(material, window, due)
        case Topic.PAUSED | Topic.RESUMED:
            return _with_pauses(material, window, due)
        case Topic.LIMIT:
            return replace(material, limits=_limits(window))
        case Topic.TEST:
            return material


def _count(view: JournalView) -> Mapping[str, int]:
    held = len(view.marks_of_held()) + len(view.marks_of_needing())
    return {"needs_you": held}


def _with_ends(material: Material, window: Window, due: Due) -> Material:
    view, after, until = window.view, due.after or window.now, due.until or window.now
    ends = view.ends_between(after, until)
    counts = {state.value: ends[state].number if state in ends else 0 for state in _ENDED[Topic.IDLE]}
    jobs = (
        job for state in _NAMED[due.topic] for job in view.jobs_ended_between(after, until, state, MOST_NAMED)
    )
    begin = view.begin_of_jobs_between(after, until)
    return replace(
        material,
        number=sum(counts[state.value] for state in _ENDED[due.topic]),
        items=[_item_of_job(window, job) for job in islice(jobs, MOST_NAMED)],
        counts={**counts, **material.counts},
        # Nothing was under way at the last report, so that all calls since then belong to this one.
        cost=view.charged_between(after, until) if due.topic is Topic.IDLE else NOTHING,
        took=until - begin if begin else None,
    )


def _with_waiting(material: Material, window: Window, due: Due) -> Material:
    number, items = 0, []
    if due.after is not None and due.until is not None:
        number = window.view.lacking_between(due.after, due.until).number
        found = window.view.bundles_lacking_between(due.after, due.until, MOST_NAMED)
        items = [_item_of_bundle(window.view.get_bundle(one), due.topic) for one in found]
    return replace(material, number=number, items=items, hints=due.names[:MOST_NAMED])


def _with_pauses(material: Material, window: Window, due: Due) -> Material:
    bouts = window.told.pauses
    began = [bout.began for reason, bout in bouts.items() if reason in due.names]
    lasted = window.now - min(began) if began and due.topic is Topic.RESUMED else None
    return replace(material, pauses=window.view.pauses(), lasted=lasted)


def _limits(window: Window) -> list[Notice]:
    return [one for one in notices(_offer(window), NOTHING) if one.about in {"per_day", "per_month"}]


def _item_by_name(window: Window, name: str) -> Item:
    if name.startswith(_BUNDLE):
        number = BundleId(int(name.removeprefix(_BUNDLE)))
        return _item_of_bundle(window.view.get_bundle(number), Topic.NEEDS_YOU)
    return _item_of_job(window, window.view.get_job(JobId(name)))


def _item_of_job(window: Window, job: Job) -> Item:
    return Item(
        id=job.id,
        source=shown_path(window.view.source_of(job.bundle)),
        state=job.state.value,
        reason=sentence(job.detail),
        output=shown_path(job.output.path) if job.output and job.state is JobState.DONE else None,
    )


def _item_of_bundle(record: BundleRecord, topic: Topic) -> Item:
    return Item(
        id=None,
        source=shown_path(record.path),
        state=_NOT_YET[topic],
        reason=_reason(record, topic),
    )


def _reason(record: BundleRecord, topic: Topic) -> str:
    """Say why a photo is no job yet; its name stands before that."""
    if topic is Topic.NEEDS_YOU:
        return sentence(record.detail)
    return bundle_sentence(record, is_quiet=True).removeprefix(f"{printable(record.photo)} ")
