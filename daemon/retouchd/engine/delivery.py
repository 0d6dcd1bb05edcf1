"""From a durable answer to a picture with its metadata in the outbox.

Runs in a worker. A crash at any step is followed by the same steps again, which find what is there.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import PurePosixPath

from retouchd.core.answer import NOTHING_TRANSPARENT, Answer, Unreadable, is_hash_of, service_words
from retouchd.core.downloads import DownloadTrouble
from retouchd.core.errors import FileTroubleError, NameTakenError
from retouchd.core.jobs import Job, JobState
from retouchd.core.metadata import OutputFacts, Result
from retouchd.core.money import Money
from retouchd.core.naming import metadata_path
from retouchd.core.pictures import Examination, Incomplete, Picture
from retouchd.core.request import Background, EditRequest
from retouchd.core.values import AttemptId
from retouchd.engine.conflicts import Conflicts
from retouchd.engine.deliveries import Deliveries, Dossier, Plan
from retouchd.engine.desk import Desk
from retouchd.engine.fallback import Fallback, Finding
from retouchd.engine.needs import Staged
from retouchd.engine.office import Office
from retouchd.engine.result import describe_result
from retouchd.engine.tools import Tools


class _UnusableAnswerError(Exception):
    """Raised when no picture comes out of an answer that was paid for."""


class Delivery:
    """Delivers jobs."""

    def __init__(
        self, office: Office, desk: Desk, deliveries: Deliveries, tools: Tools, conflicts: Conflicts
    ) -> None:
        self._office = office
        self._desk = desk
        self._deliveries = deliveries
        self._outbox = tools.outbox
        self._spool = tools.spool
        self._pictures = tools.pictures
        self._darkroom = tools.darkroom
        self._conflicts = conflicts
        self._fallback = Fallback(tools)

    def deliver(self, job: Job) -> None:
        """Deliver a job whose answer is durable, or hold it when no picture comes out of it.

        Args:
            job: As it is; nobody else works on it meanwhile.
        """
        if job.state is not JobState.RECEIVED:
            return
        owner = job if job.reused_from is None else self._desk.ask(self._deliveries.find_owner, job)
        try:
            self._deliver(Dossier(job=job, owner=owner))
        except FileTroubleError as exc:
            self._desk.ask(self._deliveries.postpone, job.id, exc)

    def _deliver(self, dossier: Dossier) -> None:
        # Not only before the call, which may have taken minutes: at the place of a share nothing is made.
        self._outbox.check_mark()
        if self._conflicts.skip(dossier.job).has_ended:
            return
        try:
            self._deliver_answer(dossier)
        except _UnusableAnswerError as exc:
            is_shared = dossier.owner is not dossier.job
            if is_shared and not self._fallback.has(dossier.owner.answer):
                # Two that share one answer would download into one file.
                reason = f"its answer gives no picture: {exc}"
                self._desk.ask(self._deliveries.hold_output_gone, dossier.job.id, reason)
                return
            self._deliver_fetched(dossier, str(exc))

    def _deliver_answer(self, dossier: Dossier) -> None:
        with ExitStack() as opened:
            finding = self._find(dossier, opened)
            if finding is None:
                self._desk.ask(self._deliveries.hold_output_gone, dossier.job.id)
                return
            self._stage_and_publish(dossier, finding, opened)

    def _deliver_fetched(self, dossier: Dossier, reason: str) -> None:
        """Deliver what the answer links to, or hold the job for the reason why it gives no picture itself."""
        job_id, attempt = dossier.job.id, dossier.owner.answer
        found = self._fallback.find(attempt, self._read_answer(attempt), reason)
        if found is None:
            self._desk.ask(self._deliveries.hold_unreadable, job_id, reason)
        elif isinstance(found, DownloadTrouble):
            self._desk.ask(self._deliveries.await_download, job_id, reason, found)
        else:
            self._deliver_finding(dossier, found, reason)

    def _deliver_finding(self, dossier: Dossier, finding: Finding, reason: str) -> None:
        try:
            with ExitStack() as opened:
                self._stage_and_publish(dossier, finding, opened)
        except _UnusableAnswerError as exc:
            both = f"{reason}, and what its link gives is none either: {exc}"
            self._desk.ask(self._deliveries.hold_unreadable, dossier.job.id, both)

    def _find(self, dossier: Dossier, opened: ExitStack) -> Finding | None:
        """Give what to deliver: the answer, or for a shared edit the earlier output."""
        attempt = dossier.owner.answer
        answer = self._read_answer(attempt)
        if dossier.owner is not dossier.job:
            copy = self._open_earlier_output(dossier.owner, opened)
            if copy is not None:
                known = answer if isinstance(answer, Answer) else Answer(ok=True)
                return Finding(answer=known, pieces=copy)
            if answer is None:
                return None
        return self._open_answer(answer, attempt)

    def _read_answer(self, attempt: AttemptId | None) -> Answer | Unreadable | None:
        """Give the kept answer, or None when it is not kept any more."""
        if attempt is None or self._spool.find(attempt) is None:
            return None
        return self._spool.read_answer(attempt)

    def _open_earlier_output(self, owner: Job, opened: ExitStack) -> Iterator[bytes] | None:
        if owner.output is None:
            return None
        context = self._outbox.open_output(owner.output.path, owner.output.sha256)
        return None if context is None else opened.enter_context(context)

    def _open_answer(self, answer: Answer | Unreadable | None, attempt: AttemptId | None) -> Finding:
        if attempt is None or answer is None:
            reason = "its file is not there any more, or is damaged"
            raise _UnusableAnswerError(reason)
        if isinstance(answer, Unreadable):
            raise _UnusableAnswerError(_with_words(answer.reason, answer.rest))
        if not answer.ok:
            raise _UnusableAnswerError(_with_words('it says itself that it is not "ok"', answer))
        return Finding(answer=answer, pieces=_refusing(self._spool.picture_pieces(attempt)))

    def _stage_and_publish(self, dossier: Dossier, finding: Finding, opened: ExitStack) -> None:
        request = _request_of(dossier)
        wished = _with_suffix(dossier.job.stem, request.format.suffix)
        staged = opened.enter_context(self._outbox.stage(wished, dossier.job.id, finding.pieces))
        picture = _usable(self._pictures.examine(staged.descriptor()))
        result, charged = self._publish_picture(dossier, finding, staged, picture)
        told: dict[str, object] = {
            "output": result.output.path,
            "cost_usd": charged.usd,
            "reused_from": result.reused_from,
            "oddities": result.oddities,
        }
        # A crash before this is durable is followed by the same steps, which find picture and metadata there.
        self._desk.tell(self._deliveries.finish, dossier.job.id, told)

    def _publish_picture(
        self, dossier: Dossier, finding: Finding, staged: Staged, picture: Picture
    ) -> tuple[Result, Money]:
        """Publish picture and metadata under the reserved name, or the next number when it is taken."""
        job, cost = dossier.job, finding.answer.reported_cost_usd
        while True:
            path = _with_suffix(job.stem, picture.format.suffix)
            plan = self._desk.ask(self._deliveries.plan_output, job.id, path, staged.sha256, cost)
            if self._try_to_publish(dossier, path, staged):
                return self._publish_metadata(plan, finding, staged, picture), plan.charged
            job = self._desk.ask(self._deliveries.take_next_stem, job.id, dossier.job.stem)

    def _try_to_publish(self, dossier: Dossier, path: PurePosixPath, staged: Staged) -> bool:
        """Publish the picture unless its name, or its metadata's, is a stranger's; say whether it was."""
        try:
            self._conflicts.publish(dossier.job.id, staged, path)
        except NameTakenError:
            return False
        return True

    def _publish_metadata(self, plan: Plan, finding: Finding, staged: Staged, picture: Picture) -> Result:
        """Publish the metadata and give it; its presence says that the picture is complete.

        Raises:
            NameTakenError: A stranger's file took the name just now; the picture was taken back, and the next
                delivery finds the name taken from the start.
        """
        path = plan.job.output.path if plan.job.output else plan.job.stem
        place = metadata_path(path)
        facts = OutputFacts(
            path=str(path),
            sha256=staged.sha256,
            bytes=staged.size,
            width=picture.width,
            height=picture.height,
            format=picture.format,
            has_alpha=picture.has_alpha,
            hash_verified=is_hash_of(finding.answer.content_hash, staged.sha256),
        )
        answer = self._with_transparency(finding.answer, plan, staged, picture)
        result = describe_result(plan, answer, facts, keep_signed_url=self._office.policy.keep_signed_url)
        with self._outbox.stage(place, plan.job.id, iter([result.as_json()])) as note:
            try:
                self._outbox.publish(note, place)
            except NameTakenError:
                if not self._conflicts.is_metadata_of(plan.job.id, staged.sha256, place):
                    self._outbox.withdraw(path, staged.sha256)
                    raise
        return result

    def _with_transparency(
        self, answer: Answer, dossier: Dossier, staged: Staged, picture: Picture
    ) -> Answer:
        """Give the answer with what is odd if transparency was asked for and there is none to be seen."""
        if _request_of(dossier).background is not Background.TRANSPARENT:
            return answer
        if picture.has_alpha and self._darkroom.sees_through(staged.descriptor()) is not False:
            return answer
        return replace(answer, oddities=(*answer.oddities, NOTHING_TRANSPARENT))


def _refusing(pieces: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from pieces
    except ValueError as exc:
        reason = f"its picture cannot be decoded: {exc}"
        raise _UnusableAnswerError(reason) from exc


def _with_words(reason: str, answer: Answer) -> str:
    words = service_words(answer.fields)
    return f'{reason}; the service says: "{words}"' if words else reason


def _with_suffix(stem: PurePosixPath, suffix: str) -> PurePosixPath:
    return stem.parent / f"{stem.name}{suffix}"


def _request_of(dossier: Dossier) -> EditRequest:
    if dossier.job.wish is None:
        message = f"job {dossier.job.id} has no wish"
        raise ValueError(message)
    return dossier.job.wish.request


def _usable(examination: Examination) -> Picture:
    """Give the picture that came, if it is whole and of a kind that could be asked for."""
    if isinstance(examination, Picture) and examination.format.taken_as:
        return examination
    fault = (
        examination.reason
        if isinstance(examination, Incomplete)
        else f"it is {examination.format.value.upper()}, which nobody asked for"
    )
    message = f"its picture is not usable: {fault}"
    raise _UnusableAnswerError(message)
