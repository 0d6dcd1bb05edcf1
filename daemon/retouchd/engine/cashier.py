"""The cashier: every step that concerns money, in the same transaction as the state it belongs to.

Runs in the engine thread, inside its transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from retouchd.core.edits import Edit, Wish
from retouchd.core.jobs import HoldReason, Job, JobEvent, JobState
from retouchd.core.money import NOTHING, Cap, Money
from retouchd.core.naming import save_path
from retouchd.core.outcomes import OutcomeKind
from retouchd.core.pictures import SentPicture
from retouchd.core.prices import believe, learn
from retouchd.core.records import Attempt, Label, PermissionReason
from retouchd.core.request import Order
from retouchd.core.retries import Aftermath, Circumstances, Outcome, decide_aftermath
from retouchd.core.spending import Offer, over_job_cap
from retouchd.core.values import AttemptId, JobId
from retouchd.engine.breaker import Breaker
from retouchd.engine.budget import Budget
from retouchd.engine.moves import Moves
from retouchd.engine.needs import Spool
from retouchd.engine.office import Office
from retouchd.engine.pauseboard import PauseBoard
from retouchd.engine.refusals import Refusals
from retouchd.engine.throttle import Throttle


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A call that may be made now: attempt, reservation and state are durable when a worker gets this."""

    job: Job
    attempt: Attempt
    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What went before a call.

    Attributes:
        permission: Of the job's edit.
        outcomes: How the job's earlier calls under that permission ended, the oldest first.
    """

    permission: int = 1
    outcomes: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallReport:
    """What is noted of a call that ended.

    Attributes:
        past: As it was before this call.
        refusal: What the reply said, for comparing; None without one.
        is_cut_by_us: Our own end cut it.
    """

    outcome: Outcome
    past: Past
    request_ids: dict[str, str]
    refusal: str | None
    is_cut_by_us: bool


class Cashier:
    """Begins calls and books how they end."""

    def __init__(
        self, office: Office, moves: Moves, board: PauseBoard, throttle: Throttle, spool: Spool
    ) -> None:
        self._journal = office.journal
        self._clock = office.clock
        self._office = office
        self._herald = office.herald
        self._moves = moves
        self._board = board
        self._budget = Budget(office, board)
        self._throttle = throttle
        self._breaker = Breaker(office, board)
        self._refusals = Refusals(office, moves)
        self._spool = spool

    def begin_submission(self, job_id: JobId, sent: Sequence[SentPicture] = ()) -> Begun | None:
        """Reserve the money for one call and note it as under way, or give None when it must not be made.

        Args:
            job_id: The job.
            sent: The pictures as they go out, where those are not the sources' own bytes.

        Raises:
            NoRoomError: The spool has no room for the answer's file; nothing was noted.
        """
        job = replace(self._journal.get_job(job_id), sent=tuple(sent))
        may_begin = job.state in {JobState.READY, JobState.DEFERRED} and self._throttle.may_begin()
        if not may_begin or self._board.is_closed or job.wish is None or job.edit is None:
            return None
        if self._refusals.hold_if_refused(job):
            return None
        edit = self._journal.get_edit(job.edit)
        offer = self._find_offer(edit, job.wish)
        match offer.broken:
            case None:
                return self._begin(job, job.wish, edit, offer)
            case Cap.PER_JOB:
                detail = over_job_cap(offer, job.id)
                self._moves.apply(job, JobEvent.OVER_JOB_CAP, detail=detail, hold=HoldReason.OVER_JOB_CAP)
            case cap:
                self._budget.pause_for(offer, cap)
        return None

    def _find_offer(self, edit: Edit, wish: Wish) -> Offer:
        """Give what a call would set aside; where that fits no limit, what failed before makes room first."""
        offer = self._budget.offer(edit.id, wish.request)
        if offer.broken is None:
            return offer
        self._moves.release_failed_calls(edit.id)
        return self._budget.offer(edit.id, wish.request)

    def _begin(self, job: Job, wish: Wish, edit: Edit, offer: Offer) -> Begun:
        now = self._clock.now()
        number = len(self._journal.attempts_of(edit.id)) + 1
        path = save_path(self._office.policy.save_folder, wish.pictures[0].path, wish, job.id, number, now)
        attempt = self._journal.begin_attempt(job, edit, offer.period, offer.reservation, path, now)
        # The spool file is durable before the attempt is: a crash in between leaves one with its label alone,
        # which the next attempt of this number replaces. One after the commit finds both.
        self._spool.begin(attempt.id, label_of(attempt, edit, wish))
        self._throttle.note_begin()
        submitting = self._moves.apply(
            replace(job, answer=attempt.id),
            JobEvent.SUBMISSION_BEGUN,
            told={"attempt": attempt.number, "set_aside_usd": offer.reservation.usd},
        )
        self._budget.tell_nearness(offer.taken)
        order = Order(request=wish.request, save_path=path, idempotency_key=edit.idempotency_key)
        return Begun(job=submitting, attempt=attempt, order=order)

    def end_call(self, job: Job, attempt_id: AttemptId, report: CallReport) -> Job:
        """Book how a call ended and move its job."""
        outcome = report.outcome
        aftermath = decide_aftermath(
            job, outcome, self._office.policy.retry, self._circumstances(report.past)
        )
        attempt = self._book(attempt_id, report, aftermath)
        self._throttle.note_end(attempt, outcome)
        self._breaker.note_end(attempt)
        self._refusals.note_end(job, attempt, outcome.message)
        if aftermath.grants_permission and job.edit is not None:
            self._moves.grow_permission(job.edit, job.id, PermissionReason.CONFIGURED)
        if aftermath.pause:
            self._board.begin(aftermath.pause)
        return self._move(job, outcome, aftermath)

    def _move(self, job: Job, outcome: Outcome, aftermath: Aftermath) -> Job:
        active = job.active_seconds + outcome.elapsed_seconds + aftermath.delay.total_seconds()
        next_try = self._clock.now() + aftermath.delay if aftermath.delay else None
        return self._moves.apply(
            replace(
                job,
                attempts=aftermath.attempts,
                active_seconds=active,
                shrunk=aftermath.refused_bytes or job.shrunk,
            ),
            aftermath.event,
            detail=outcome.message,
            hold=aftermath.hold,
            next_try=next_try,
            told={"outcome": outcome.kind, "seconds": round(outcome.elapsed_seconds, 3)},
        )

    def _circumstances(self, past: Past) -> Circumstances:
        return Circumstances(
            now=self._clock.now(),
            fraction=self._clock.fraction(),
            setbacks=self._throttle.setbacks,
            resent=past.permission > 1,
            earlier=past.outcomes,
        )

    def past_of(self, job: Job) -> Past:
        """Give what went before the call that a job makes."""
        if job.edit is None:
            return Past()
        permission = self._journal.get_edit(job.edit).permission
        attempts = self._journal.attempts_of(job.edit)
        own = [one for one in attempts if one.job == job.id and one.permission == permission]
        outcomes = [one.outcome for one in own if one.outcome is not None]
        return Past(permission=permission, outcomes=outcomes)

    def _book(self, attempt_id: AttemptId, report: CallReport, aftermath: Aftermath) -> Attempt:
        attempt = self._journal.get_attempt(attempt_id)
        stays = aftermath.keeps_reservation or aftermath.event is JobEvent.ANSWER_RECEIVED
        is_lost = report.outcome.kind is OutcomeKind.UNKNOWN
        booked = replace(
            attempt,
            ended=self._clock.now(),
            outcome=report.outcome.kind,
            status=report.outcome.status,
            elapsed_seconds=report.outcome.elapsed_seconds,
            request_ids=report.request_ids,
            reserved=attempt.reserved if stays else NOTHING,
            refusal=report.refusal if report.outcome.kind is OutcomeKind.INVALID else None,
            cut_by_us=report.is_cut_by_us or (is_lost and self._board.is_stopping),
        )
        self._journal.update_attempt(booked)
        return booked

    def settle(self, job: Job, reported_usd: float | None) -> Money:
        """Book what a job's answer cost in place of what was set aside, once; nothing where it has none.

        Without a cost that can be believed the reservation is what was paid.

        Args:
            job: Whose answer it is.
            reported_usd: What the answer says; not a number where that is no amount of money.
        """
        if job.answer is None:
            return NOTHING
        attempt = self._journal.get_attempt(job.answer)
        payer = job if attempt.job == job.id else self._journal.get_job(attempt.job)
        if attempt.reserved.micro:
            cost = self._learn(payer, reported_usd)
            charged = attempt.first_reserved if cost is None else cost
            attempt = replace(attempt, charged=charged, reserved=NOTHING)
            self._journal.update_attempt(attempt)
            if cost is None and reported_usd is not None:
                self._tell_disbelief(attempt, reported_usd)
            self._tell_excess(attempt)
        if attempt.number > 1:
            self._moves.release_vain_calls(payer)
        return attempt.charged

    def _learn(self, job: Job, reported_usd: float | None) -> Money | None:
        """Remember what an answer says that it cost; give that where it can be believed."""
        if job.wish is None:
            return None
        request = job.wish.request
        cost = believe(reported_usd, request)
        if cost is None:
            return None
        price = learn(self._journal.price_of(request), cost)
        if price is not None:
            self._journal.store_price(request, price)
        return cost

    def _tell_disbelief(self, attempt: Attempt, reported_usd: float) -> None:
        """Tell a cost that was not booked: if it is true after all, the limits do not hold."""
        self._herald.say(
            "warning",
            "cost.disbelieved",
            job=attempt.job,
            reported_usd=reported_usd,
            booked_usd=attempt.charged.usd,
        )

    def _tell_excess(self, attempt: Attempt) -> None:
        """Tell a bill that beat its reservation; what is set aside next was raised with it."""
        if attempt.charged > attempt.first_reserved:
            self._herald.say(
                "warning",
                "reservation.exceeded",
                job=attempt.job,
                set_aside_usd=attempt.first_reserved.usd,
                cost_usd=attempt.charged.usd,
            )
            # Else no limit is nearer than when it was set aside.
            self._budget.tell_nearness(self._budget.now())


def label_of(attempt: Attempt, edit: Edit, wish: Wish) -> Label:
    """Give what the spool file of a call says of it."""
    return Label(
        fingerprint=edit.fingerprint,
        take=edit.take,
        permission=attempt.permission,
        job=attempt.job,
        number=attempt.number,
        reserved=attempt.first_reserved,
        period=attempt.period,
        save_path=attempt.save_path,
        started=attempt.started,
        source=wish.pictures[0].path,
    )
