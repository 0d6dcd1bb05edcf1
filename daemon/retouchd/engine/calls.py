"""What came of a call: read from the spool, classified, told in words, and booked.

The same way for a call that has just ended and for one that a crash cut off.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from retouchd.core.answer import parse_envelope, reply_words, request_ids, retry_after
from retouchd.core.classification import classify
from retouchd.core.jobs import Job, JobState
from retouchd.core.outcomes import Answered, CallEnd, Envelope, NoAnswer, NotSent, OutcomeKind
from retouchd.core.refusals import refusal_of
from retouchd.core.requestsize import describe_refusal, request_bytes
from retouchd.core.retries import Outcome, goes_smaller, weigh
from retouchd.core.story import describe_end
from retouchd.core.values import AttemptId, JobId
from retouchd.core.whereabouts import describe_lost_answer
from retouchd.engine.cashier import CallReport, Cashier, Past
from retouchd.engine.needs import Spool
from retouchd.engine.office import Office
from retouchd.engine.requestlimits import RequestLimits

_MAX_REPLY_BYTES: Final = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """How a call ended, with the service's own word where there was one.

    Attributes:
        words: What a reply without an envelope says for itself; who says it is not known.
    """

    end: CallEnd
    envelope: Envelope | None = None
    words: str = ""


class Calls:
    """Reads and books how calls ended."""

    def __init__(self, office: Office, cashier: Cashier, spool: Spool, limits: RequestLimits) -> None:
        self._office = office
        self._cashier = cashier
        self._spool = spool
        self._limits = limits

    def read(self, attempt: AttemptId, end: CallEnd) -> Reply:
        """Add the service's error object to how a call ended; in any thread."""
        if not isinstance(end, Answered) or end.status == 200:  # noqa: PLR2004
            return Reply(end=end)
        body = self._spool.read_reply(attempt, _MAX_REPLY_BYTES)
        envelope = parse_envelope(body)
        return Reply(end=end, envelope=envelope, words="" if envelope else reply_words(body))

    def book(self, job_id: JobId, attempt: AttemptId, reply: Reply, *, is_cut_by_us: bool = False) -> Job:
        """Book a reply; in the engine thread. What is kept in the spool of no use is removed.

        Args:
            is_cut_by_us: Our own end cut the call.
        """
        headers = reply.end.headers if isinstance(reply.end, Answered) else {}
        job = self._office.journal.get_job(job_id)
        past = self._cashier.past_of(job)
        outcome = self._judge(job, attempt, reply, retry_after(headers, self._office.clock.now()), past)
        self._limits.note_outcome(job, outcome)
        report = CallReport(
            outcome=outcome,
            past=past,
            request_ids=request_ids(headers),
            refusal=_refusal(reply),
            is_cut_by_us=is_cut_by_us,
        )
        return self._cashier.end_call(job, attempt, report)

    def _judge(
        self, job: Job, attempt: AttemptId, reply: Reply, wait: timedelta | None, past: Past
    ) -> Outcome:
        end, policy = reply.end, self._office.policy.retry
        outcome = Outcome(
            kind=classify(end, reply.envelope, self._office.policy.codes),
            elapsed_seconds=end.elapsed_seconds,
            body_sent=end.body_sent if isinstance(end, Answered) else not isinstance(end, NotSent),
            request_bytes=_request_bytes(job),
            status=end.status if isinstance(end, Answered) else None,
            retry_after=wait,
        )
        kind = weigh(outcome, job, policy, past.outcomes)
        message = self._message(kind, attempt, reply)
        if kind is OutcomeKind.TOO_LARGE:
            smaller = goes_smaller(job, policy)
            message = describe_refusal(message, outcome.request_bytes, goes_smaller=smaller)
        return replace(outcome, kind=kind, message=message)

    def recover(self, job: Job) -> Job:
        """Go on with a job whose call was under way when the process ended.

        An answer that is whole in the spool counts as received, whatever the journal says; else nobody
        knows whether the call was carried out, and a person decides.

        Raises:
            FileTroubleError: The spool cannot be read; the job stays as it is.
        """
        if job.state is not JobState.SUBMITTING or job.answer is None:
            return job
        return self.book_cut(job.id, job.answer, self.find_reply(job.answer))

    def book_cut(self, job: JobId, attempt: AttemptId, reply: Reply) -> Job:
        """Book what was found of a call that nobody makes any more; in the engine thread."""
        return self.book(job, attempt, reply, is_cut_by_us=isinstance(reply.end, NoAnswer))

    def find_reply(self, attempt: AttemptId) -> Reply:
        """Give what the spool tells of a call that nobody makes any more; in any thread.

        Raises:
            FileTroubleError: The spool cannot be read.
        """
        found = self._spool.find(attempt)
        lost = NoAnswer(detail="retouchd ended while the call was under way", elapsed_seconds=0.0)
        return self.read(attempt, found or lost)

    def _message(self, kind: OutcomeKind, attempt: AttemptId, reply: Reply) -> str:
        told = describe_end(kind, reply.end, reply.envelope, reply.words)
        if kind is OutcomeKind.AUTH:
            return f"{told}; {self._office.policy.key_advice}"
        if kind is not OutcomeKind.UNKNOWN:
            return told
        journal = self._office.journal
        attempts = journal.attempts_of(journal.get_attempt(attempt).edit)
        return describe_lost_answer(attempts, reply.end.elapsed_seconds, told)


def _refusal(reply: Reply) -> str | None:
    return refusal_of(reply.end.status, reply.envelope) if isinstance(reply.end, Answered) else None


def _request_bytes(job: Job) -> int:
    if job.wish is None:
        return 0
    own = (*job.wish.pictures, job.wish.mask) if job.wish.mask else job.wish.pictures
    return request_bytes(job.wish.request, (one.bytes for one in job.sent or own))
