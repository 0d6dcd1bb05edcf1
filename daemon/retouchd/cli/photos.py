"""Why one photo is where it is: still to come, under way, or over."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final

from retouchd.adapters.images import structure
from retouchd.adapters.inbox.files import InboxFolder
from retouchd.adapters.journal.memory import Delivered
from retouchd.cli.explanation import Explanation
from retouchd.cli.opening import House
from retouchd.cli.showing import filed_as, history_words
from retouchd.core.arrival import state_when_seen
from retouchd.core.bundles import (
    Bundle,
    Standing,
    bundle_key,
    is_job_folder,
    is_sidecar_name,
    named_after,
)
from retouchd.core.edits import DuplicatePolicy, Wish
from retouchd.core.errors import FileTroubleError
from retouchd.core.hints import Kind, job_orphan_sentence, kind_of, orphan_sentence, stranger_sentence
from retouchd.core.jobs import Job, JobState
from retouchd.core.naming import output_stem
from retouchd.core.options import SidecarError
from retouchd.core.records import BundleRecord, BundleState
from retouchd.core.story import (
    again_sentence,
    bundle_sentence,
    changed_sentence,
    clock_time,
    job_sentence,
    money_sentence,
    pause_sentence,
    sentence,
)
from retouchd.core.values import BundleId, JobId, fold_name, printable
from retouchd.engine.look import Looker
from retouchd.ownership import check_ownership
from retouchd.policies import engine_policy, forming_rules

_NOT_SEEN: Final = BundleId(0)
_UNDER_WAY: Final = frozenset({BundleState.AT_WORK, BundleState.ENDING})
_WAITS_FOR_PAUSE: Final = frozenset({JobState.READY, JobState.DEFERRED})
# The job's id is not known before there is a job; only few names of outputs have it in them.
_SOME_JOB: Final = JobId("…")
# The one that tells most about a photo with several jobs.
_URGENCY: Final = (
    JobState.HELD,
    JobState.FAILED,
    JobState.SUBMITTING,
    JobState.DEFERRED,
    JobState.READY,
    JobState.WAITING,
    JobState.RECEIVED,
    JobState.DELIVERED,
    JobState.DONE,
    JobState.CANCELLED,
)


class PhotoExplainer:
    """Explains photos.

    Raises:
        AlreadyOwnedError: The inbox belongs to another machine's retouchd.
        StartRefusedError: The folders were never initialised.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._view = house.view
        self._now = house.moments.now
        settings, places = house.settings, house.places
        self._policy = engine_policy(settings)
        self._inbox = InboxFolder(
            places.inbox,
            check_ownership(places, house.view),
            forming_rules(settings),
            settings.watch.settle_seconds,
        )
        self._looker = Looker(self._inbox, structure, self._policy)

    def explain(self, path: PurePosixPath) -> Explanation:
        """Explain a photo that lies in the inbox.

        Raises:
            FileTroubleError: It cannot be looked at.
        """
        folder, key = path.parent, bundle_key(path)
        bundle = self._inbox.form_bundle(folder, key)
        if bundle is None:
            told = f"{printable(path.name)} is reached through a link only, and links are never followed."
            return Explanation(path=_shown(path), state="ignored", sentences=(told,))
        record = self._view.find_live(folder, key)
        if record is not None and record.state in _UNDER_WAY:
            return self._explain_jobs(record, bundle)
        if record is None or record.digest != bundle.digest:
            record = self._unseen(bundle)
        return self._explain_waiting(record, bundle)

    def explain_past(self, path: PurePosixPath) -> Explanation | None:
        """Explain a photo that is not in the inbox any more, or give None when none was ever seen."""
        record = self._view.newest_at(path.parent, bundle_key(path))
        if record is None:
            return None
        jobs = self._view.jobs_of_bundle(record.id)
        filed = filed_as(self._house, record, jobs)
        explanation = self._explain_jobs(record, None)
        return explanation if filed is None else replace(explanation, original=printable(filed))

    def _unseen(self, bundle: Bundle) -> BundleRecord:
        """Give what the daemon will note when it sees the bundle as it is now."""
        return BundleRecord(
            id=_NOT_SEEN,
            folder=bundle.folder,
            key=bundle.key,
            photo=bundle.photo.name,
            digest=bundle.digest,
            state=state_when_seen(bundle),
            detail=bundle.detail,
            seen=self._now,
        )

    def _explain_waiting(self, record: BundleRecord, bundle: Bundle) -> Explanation:
        is_seen = record.id != _NOT_SEEN
        is_quiet = is_seen and self._view.is_quiet(record.id, self._house.moments)
        is_coming = record.state in {BundleState.ARRIVING, BundleState.LOOKED_AT}
        is_queued = is_quiet and is_coming and record.looks == 0
        explanation = Explanation(
            path=_shown(record.path),
            state=_state_of(record, is_queued=is_queued),
            sentences=tuple(self._tell_waiting(record, bundle, is_quiet=is_quiet, is_queued=is_queued)),
            queue=self._view.queue_of(record.id, self._house.moments) if is_queued else None,
            history=f"seen {clock_time(record.seen, self._now)}" if is_seen else "",
            commands=self._commands(),
        )
        return self._with_wish(explanation, bundle)

    def _tell_waiting(
        self, record: BundleRecord, bundle: Bundle, *, is_quiet: bool, is_queued: bool
    ) -> Iterator[str]:
        if is_queued:
            yield from self._tell_pauses()
        yield self._tell_place(record, bundle, is_quiet=is_quiet)
        if record.state is BundleState.LACKS_PROMPT:
            yield from self._tell_almost_prompts(bundle)
        yield "Nothing was sent, nothing was paid."

    def _tell_place(self, record: BundleRecord, bundle: Bundle, *, is_quiet: bool) -> str:
        is_stopped, name = self._house.holder is None, printable(record.photo)
        if is_stopped and record.state in {BundleState.ARRIVING, BundleState.LOOKED_AT}:
            return f"{name} is there, but retouchd is not running, so nothing happens."
        return bundle_sentence(record, is_quiet=is_quiet, facts=self._arrival(bundle))

    def _arrival(self, bundle: Bundle) -> str:
        signature = bundle.photo.signature
        # Numbers, since a file may bear a year that no calendar has.
        changed_ns = max(signature.ctime_ns, signature.mtime_ns)
        seconds = max(0, round(self._now.timestamp() - changed_ns / 1e9))
        return f" ({_bytes(signature.size)}, last change {seconds} s ago)"

    def _tell_almost_prompts(self, bundle: Bundle) -> Iterator[str]:
        """Tell of files that were probably meant as this photo's prompt."""
        stem, members = fold_name(bundle.path.stem), {member.name for member in bundle.members}
        for place in sorted((self._house.places.inbox / bundle.folder).iterdir()):
            name, path = place.name, PurePosixPath(fold_name(place.name))
            if name in members or stem not in {path.stem, PurePosixPath(path.stem).stem}:
                continue
            if is_sidecar_name(name):
                yield _almost_sentence(bundle.folder / name)
            elif kind_of(name) is Kind.DOCUMENT:
                yield stranger_sentence(PurePosixPath(name), Kind.DOCUMENT)

    def _tell_pauses(self) -> Iterator[str]:
        for pause in self._view.pauses():
            yield f"Waits: {pause_sentence(pause, self._now)}"

    def _commands(self, jobs: Sequence[Job] = ()) -> dict[str, str]:
        """Give what can be done now, each with what it is for."""
        commands = {}
        for job in jobs:
            commands[f"more about {job.id}"] = self._house.command("show", job.id)
            if job.state in {JobState.HELD, JobState.FAILED, JobState.DEFERRED}:
                commands[f"try {job.id} again"] = self._house.command("retry", job.id)
        is_over = bool(jobs) and all(job.has_ended for job in jobs)
        if self._house.holder is None and not is_over:
            commands["start retouchd"] = self._house.command("run")
        return commands

    def _with_wish(self, explanation: Explanation, bundle: Bundle) -> Explanation:
        """Add what the bundle asks for as it lies there now."""
        if bundle.standing is not Standing.COMPLETE:
            return explanation
        try:
            wishes = self._looker.foresee(bundle)
        except (SidecarError, FileTroubleError) as exc:
            return replace(explanation, sentences=(sentence(str(exc)), *explanation.sentences[1:]))
        if not wishes:
            return explanation
        earlier = self._find_earlier(wishes[0])
        stem = _stem_of(bundle, wishes[0], self._policy.output_name, self._now)
        return replace(
            explanation,
            wish=wishes[0],
            is_free=earlier is not None,
            sentences=(*explanation.sentences, *self._tell_foreseen(wishes, earlier)),
            output=printable(f"outbox/{stem}{wishes[0].request.format.suffix}"),
            original=printable(f"done/{bundle.path}"),
        )

    def _find_earlier(self, wish: Wish) -> Delivered | None:
        """Give the job whose picture will be given again, if the same was paid for before."""
        if self._policy.duplicates is not DuplicatePolicy.REUSE:
            return None
        return self._view.find_delivered(wish.fingerprint, wish.take)

    def _tell_foreseen(self, wishes: Sequence[Wish], earlier: Delivered | None) -> Iterator[str]:
        if len(wishes) > 1:
            yield f"It becomes {len(wishes)} pictures, each at the cost below."
        if earlier is not None:
            yield again_sentence(earlier.job, earlier.created, wishes[0].pictures[0].path, self._now)

    def _explain_jobs(self, record: BundleRecord, bundle: Bundle | None) -> Explanation:
        jobs = sorted(self._view.jobs_of_bundle(record.id), key=lambda job: _URGENCY.index(job.state))
        if not jobs:
            told = (
                f"{printable(record.photo)} is not in the inbox any more; nothing was sent, nothing was paid."
            )
            return Explanation(path=_shown(record.path), state="unknown", sentences=(told,))
        first = jobs[0]
        is_ready = first.state is JobState.READY
        return Explanation(
            path=_shown(record.path),
            state=first.state.value,
            sentences=tuple(self._tell_jobs(record, bundle, jobs)),
            jobs=tuple(job.id for job in jobs),
            wish=first.wish,
            queue=self._view.queue_of_job(first, self._house.moments) if is_ready else None,
            output=_output_of(first),
            original=printable(f"done/{record.path}"),
            history=history_words(first, record, self._now),
            commands=self._commands(jobs),
        )

    def _tell_jobs(self, record: BundleRecord, bundle: Bundle | None, jobs: Sequence[Job]) -> Iterator[str]:
        if any(job.state in _WAITS_FOR_PAUSE for job in jobs):
            yield from self._tell_pauses()
        for job in jobs:
            yield job_sentence(job, self._now, is_paused=self._house.is_paused)
        edits = {job.edit for job in jobs if job.edit is not None and not job.reused_from}
        yield sentence(money_sentence([one for edit in edits for one in self._view.attempts_of(edit)]))
        if bundle is not None and bundle.digest != record.digest:
            yield changed_sentence(jobs)


def _almost_sentence(path: PurePosixPath) -> str:
    in_job = is_job_folder(path.parent)
    return job_orphan_sentence(path) if in_job else orphan_sentence(PurePosixPath(path.name), ())


def _stem_of(bundle: Bundle, wish: Wish, template: str, now: datetime) -> PurePosixPath:
    return output_stem(wish.output_name or template, named_after(bundle.path), wish, _SOME_JOB, now)


def _bytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{size / 1000:.0f} kB"  # noqa: PLR2004


def _state_of(record: BundleRecord, *, is_queued: bool) -> str:
    if is_queued:
        return "queued"
    words = {BundleState.LACKS_PROMPT: "waiting_for_prompt", BundleState.NEEDS_YOU: "held"}
    return words.get(record.state, "arriving")


def _output_of(job: Job) -> str:
    if job.state in {JobState.FAILED, JobState.CANCELLED}:
        return ""
    if job.output is not None:
        return printable(f"outbox/{job.output.path}")
    return printable(f"outbox/{job.stem}{job.wish.request.format.suffix}") if job.wish else ""


def _shown(path: PurePosixPath) -> str:
    return printable(PurePosixPath("inbox") / path)
