"""The intake: what the scanner and a worker's look found becomes bundles and jobs in the journal.

Runs in the engine thread, inside its transaction.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import PurePosixPath
from typing import Final

from retouchd.core.arrival import after_look, claimed, is_news
from retouchd.core.bundles import Bundle, may_be_shared
from retouchd.core.duplicates import Place, find_place
from retouchd.core.edits import DuplicatePolicy, Edit, Wish, another_take
from retouchd.core.jobs import HoldReason, Job, JobEvent, JobState
from retouchd.core.naming import OnConflict, output_stem, safe_stem
from retouchd.core.records import Accepted, BundleRecord, BundleState, PermissionReason
from retouchd.core.settling import LookAgain
from retouchd.core.sightings import News
from retouchd.core.story import own_result_sentence
from retouchd.core.values import BundleId, JobId
from retouchd.engine.crew import UnderWay
from retouchd.engine.moves import Moves
from retouchd.engine.office import Office
from retouchd.engine.sights import Sights, Surroundings
from retouchd.engine.verdicts import Accept, Moved, NeedsYou, Refused, Vanished, Verdict, WantsPrompt

_NOT_YET_JOBS: Final = frozenset({BundleState.ARRIVING, BundleState.LACKS_PROMPT, BundleState.NEEDS_YOU})
# Jobs whose photo may be exchanged under them: nothing of theirs is under way.
_AT_REST: Final = frozenset(JobState) - {JobState.SUBMITTING, JobState.RECEIVED}
# Held for something else than money that was paid or perhaps paid.
_HELD_UNPAID: Final = frozenset(
    {HoldReason.OVER_JOB_CAP, HoldReason.SAME_EDIT_HELD, HoldReason.REFUSED_ALIKE}
)
# Held for refused options, or for a job that is.
_WAITS_FOR_OPTIONS: Final = frozenset({HoldReason.REFUSED_ALIKE, HoldReason.SAME_EDIT_HELD})
# More than are ever at work at once: the rest are places where nothing came to lie again.
_MOST_MISSED: Final = 10_000
_AFTER_TROUBLE: Final = timedelta(seconds=30)


class Intake:
    """Takes in what was found in the inbox."""

    def __init__(
        self,
        office: Office,
        moves: Moves,
        surroundings: Surroundings,
        under_way: UnderWay,
    ) -> None:
        self._journal = office.journal
        self._clock = office.clock
        self._office = office
        self._herald = office.herald
        self._moves = moves
        self._surroundings = surroundings
        self._sights = Sights(office, surroundings)
        self._under_way = under_way
        # Places where something changed while it could not be taken in; told again when they are free.
        self._missed: set[tuple[PurePosixPath, str]] = set()

    def take_news(self, news: News) -> None:
        """Take in what is new, changed or gone in one folder."""
        known = self._journal.live_at(news.folder, [bundle.key for bundle in news.seen])
        seen = [bundle for bundle in news.seen if is_news(known.get(bundle.key), bundle)]
        # A hundred thousand at once are mostly new: those are stored together.
        self._sights.note_new([bundle for bundle in seen if bundle.key not in known], news.marked)
        for bundle in seen:
            if bundle.key in known:
                self._take_change(known[bundle.key], bundle, news.marked)
        for key in news.gone:
            self._take_absence(news.folder, key)

    def begin_look(self, record: BundleRecord) -> BundleRecord:
        """Count a look before it is made: a photo that kills the process is set aside after three."""
        looked_at = claimed(record)
        if looked_at is None:
            detail = "retouchd ended unexpectedly each time it looked at this photo: replace or remove it"
            return self._set_aside(record, detail)
        self._journal.update_bundle(looked_at)
        return looked_at

    def finish_look(self, bundle: BundleId, verdict: Verdict) -> None:
        """Take in what a look found."""
        record = replace(self._journal.get_bundle(bundle), claims=0)
        match verdict:
            case Vanished():
                self._forget(record)
            case Moved():
                self._sights.note(verdict.bundle, None)
            case WantsPrompt():
                self._journal.update_bundle(
                    replace(record, state=BundleState.LACKS_PROMPT, detail=verdict.detail)
                )
            case NeedsYou():
                self._set_aside(record, verdict.detail)
            case LookAgain():
                self._look_again(record, verdict)
            case Refused():
                self._refuse(record, verdict)
            case Accept():
                self._accept(record, verdict)
        self.free_place(record, stayed=False)

    def postpone_look(self, bundle: BundleId, detail: str) -> None:
        """Look again later after a trouble with the files; it is no fault of the photo."""
        record = replace(self._journal.get_bundle(bundle), claims=0)
        look_at = self._clock.now() + _AFTER_TROUBLE
        self._journal.update_bundle(
            replace(record, state=BundleState.ARRIVING, detail=detail, look_at=look_at)
        )

    def free_place(self, record: BundleRecord, *, stayed: bool) -> None:
        """Have the scanner tell again what lies at a place that is free now, if anything may.

        Args:
            stayed: The bundle's own files were changed and stayed there.
        """
        place = (record.folder, record.key)
        if stayed or place in self._missed:
            self._missed.discard(place)
            self._surroundings.tell_again(record.folder)

    def _take_change(self, live: BundleRecord, bundle: Bundle, marked: float | None) -> None:
        if live.state in _NOT_YET_JOBS:
            self._sights.note(bundle, marked)
        elif live.state is BundleState.AT_WORK and self._are_at_rest(live):
            self._detach(live)
            self._sights.note(bundle, marked)
        else:
            self._miss(bundle.folder, bundle.key)

    def _take_absence(self, folder: PurePosixPath, key: str) -> None:
        live = self._journal.find_live(folder, key)
        if live is None:
            return
        if live.state in _NOT_YET_JOBS:
            self._forget(live)
        elif live.state is BundleState.AT_WORK and self._are_at_rest(live):
            self._detach(live)
        else:
            self._miss(folder, key)

    def _miss(self, folder: PurePosixPath, key: str) -> None:
        self._missed.add((folder, key))
        if len(self._missed) > _MOST_MISSED:
            for one in {place[0] for place in self._missed}:
                self._surroundings.tell_again(one)
            self._missed.clear()

    def _forget(self, record: BundleRecord) -> None:
        self._journal.forget_bundle(record.id)
        self._journal.forget_wanted_take(record.folder, record.key)

    def _are_at_rest(self, record: BundleRecord) -> bool:
        jobs = self._journal.jobs_of_bundle(record.id)
        return all(job.state in _AT_REST and not self._under_way.has(job.id) for job in jobs)

    def _detach(self, record: BundleRecord) -> None:
        """Let go of a bundle whose files were exchanged or taken away while nothing of it was under way.

        What is held because of money stays held; what was delivered has nothing left to be filed.
        """
        self._moves.detach(record)
        for job in self._journal.jobs_of_bundle(record.id):
            event = _event_for_detached(job)
            if event is not None:
                self._moves.apply(job, event, detail="its photo or prompt was changed before it was sent")

    def form_refused_anew(self) -> None:
        """Have photos whose options were refused read once more: other options may be configured now."""
        self._journal.accept_all_options()
        for job in self._journal.jobs_held_for(HoldReason.REFUSED_ALIKE):
            sharers = self._journal.sharers_of(job.edit, job.id) if job.edit is not None else []
            for one in (job, *sharers):
                self._form_anew(one.id)

    def _form_anew(self, job_id: JobId) -> None:
        job = self._journal.get_job(job_id)
        if job.state is not JobState.HELD:
            return  # It went with another one of its bundle.
        siblings = self._journal.jobs_of_bundle(job.bundle)
        if all(one.hold in _WAITS_FOR_OPTIONS for one in siblings):
            self._detach(self._journal.get_bundle(job.bundle))
        else:
            self._moves.apply(job, JobEvent.RETRY_GRANTED, detail="the configuration was changed")

    def _set_aside(self, record: BundleRecord, detail: str) -> BundleRecord:
        aside = replace(record, state=BundleState.NEEDS_YOU, detail=detail)
        self._journal.update_bundle(aside)
        self._herald.say("error", "bundle.needs_you", source=str(record.path), detail=detail)
        return aside

    def _look_again(self, record: BundleRecord, verdict: LookAgain) -> None:
        self._journal.update_bundle(after_look(record, verdict, self._clock.now()))

    def _refuse(self, record: BundleRecord, verdict: Refused) -> None:
        now = self._clock.now()
        job = Job(
            id=self._clock.new_job_id(),
            bundle=record.id,
            edit=None,
            wish=None,
            state=JobState.FAILED,
            created=now,
            ended=now,
            stem=record.named_after.parent / safe_stem(record.named_after.stem),
            detail=verdict.detail,
        )
        self._journal.add_job(job)
        self._end_look(record, BundleState.ENDING, verdict.accepted)
        self._herald.job_moved(job)

    def _accept(self, record: BundleRecord, verdict: Accept) -> None:
        """Make jobs of what a bundle asks for, or of the one take that a person wants of this very photo."""
        if verdict.borrows_prompt and self._journal.was_delivered(verdict.accepted[0].sha256):
            # Else results that land in an inbox, by a sync program say, would be edited for ever.
            self._set_aside(record, own_result_sentence(record.photo))
            return
        self._end_look(record, BundleState.AT_WORK, verdict.accepted)
        take = self._journal.wanted_take(record.folder, record.key, verdict.accepted[0].sha256)
        self._journal.forget_wanted_take(record.folder, record.key)
        if take is not None:
            # A person wants it beside what has its name.
            self._add_job(record, another_take(verdict.wishes[0], take), self._journal.reserve_stem)
            return
        for wish in verdict.wishes:
            self._add_job(record, wish, partial(self._reserve_stem, record.id))

    def _reserve_stem(self, bundle: BundleId, wished: PurePosixPath, job: JobId) -> PurePosixPath:
        """Reserve a stem; where names are not numbered, an earlier job that is over does not keep it.

        An output makes way for one of the same photo only: two photos of one stem, `beach.jpg` and
        `beach.png`, keep theirs both, whichever comes first and is done by then.
        """
        if self._office.policy.on_conflict is OnConflict.NUMBER:
            return self._journal.reserve_stem(wished, job)
        is_overwriting = self._office.policy.on_conflict is OnConflict.OVERWRITE
        return self._journal.take_over_stem(wished, job, of=bundle if is_overwriting else None)

    def _end_look(self, record: BundleRecord, state: BundleState, accepted: Sequence[Accepted]) -> None:
        self._journal.update_bundle(
            replace(
                record, state=state, detail="", settled=self._clock.now(), look_at=None, accepted=accepted
            )
        )
        shared = [one.path for one in accepted if may_be_shared(one, record.folder, record.photo)]
        self._journal.share_files(record.id, shared)

    def _add_job(
        self, record: BundleRecord, wish: Wish, reserve: Callable[[PurePosixPath, JobId], PurePosixPath]
    ) -> None:
        now, job_id = self._clock.now(), self._clock.new_job_id()
        wish = self._with_take(wish)
        edit, place = self._find_edit(wish, job_id, record.seen)
        wished = output_stem(
            wish.output_name or self._office.policy.output_name, record.named_after, wish, job_id, now
        )
        job = Job(
            id=job_id,
            bundle=record.id,
            edit=edit.id,
            wish=wish,
            state=place.state,
            created=now,
            stem=reserve(wished, job_id),
            hold=place.hold,
            detail=place.detail,
            reused_from=place.reused_from,
            received=now if place.state is JobState.RECEIVED else None,
        )
        self._journal.add_job(job)
        self._herald.job_moved(job)

    def _with_take(self, wish: Wish) -> Wish:
        if self._office.policy.duplicates is DuplicatePolicy.REUSE:
            return wish
        return replace(wish, take=max(wish.take, self._journal.last_take(wish.fingerprint) + 1))

    def _find_edit(self, wish: Wish, job: JobId, seen: datetime) -> tuple[Edit, Place]:
        edit = self._journal.recall_edit(wish.fingerprint, wish.take)
        if edit is None:
            return self._journal.add_edit(wish.fingerprint, wish.take, job), find_place(None, (), seen)
        attempts = self._journal.attempts_of(edit.id)
        place = find_place(self._journal.get_job(edit.owner), attempts, seen)
        if place.owns_edit:
            self._journal.set_owner(edit.id, job)
        if place.grows_permission:
            self._moves.grow_permission(edit.id, job, PermissionReason.DROPPED_AGAIN)
        return edit, place


def _event_for_detached(job: Job) -> JobEvent | None:
    """Give what it means to a job at rest that its files are others now, or None when nothing."""
    match job.state:
        case JobState.READY | JobState.DEFERRED | JobState.WAITING:
            return JobEvent.SOURCE_CHANGED
        case JobState.HELD:
            return JobEvent.CANCELLED if job.hold in _HELD_UNPAID else None
        case JobState.DELIVERED:
            return JobEvent.FILED
        case _:
            return None
