"""The budget: what may be spent now, a person's word for today, and the pause when a limit is reached.

Runs in the engine thread, inside its transaction.
"""

from retouchd.core.jobs import HoldReason, JobState
from retouchd.core.money import NOTHING, Cap, Money
from retouchd.core.pauses import PauseReason, begin_pause
from retouchd.core.periods import Period, counting_period, end_of_day, end_of_month, period_of
from retouchd.core.prices import estimate
from retouchd.core.request import EditRequest
from retouchd.core.spending import (
    Offer,
    allowance_answer,
    near_limits,
    over_day_cap,
    over_month_cap,
    with_allowance,
)
from retouchd.core.values import EditId
from retouchd.engine.office import Office
from retouchd.engine.pauseboard import PauseBoard

_NO_EDIT = EditId(0)
_SENDABLE = (JobState.READY, JobState.DEFERRED)


class Budget:
    """Watches over the limits; keeps nothing itself, all of it is in the journal."""

    def __init__(self, office: Office, board: PauseBoard) -> None:
        self._journal = office.journal
        self._clock = office.clock
        self._office = office
        self._herald = office.herald
        self._board = board

    def offer(self, edit: EditId, request: EditRequest) -> Offer:
        """Give what a call would set aside, with all that stands for and against it."""
        return self._offer(edit, estimate(request, self._journal.price_of(request)))

    def now(self) -> Offer:
        """Give what stands against spending anything now: an offer of nothing."""
        return self._offer(_NO_EDIT, NOTHING)

    def _offer(self, edit: EditId, reservation: Money) -> Offer:
        calendar, now = self._office.policy.calendar, self._clock.now()
        period = counting_period(now, calendar, self._journal.last_period())
        return Offer(
            period=period,
            today=period_of(now, calendar),
            caps=with_allowance(self._office.policy.caps, self._journal.allowance_of(period.day)),
            spent=self._journal.spent(edit, period),
            reservation=reservation,
        )

    def pause_for(self, offer: Offer, cap: Cap) -> None:
        """Begin the pause until the day or the month is over, or tell anew what it waits for."""
        calendar, now = self._office.policy.calendar, self._clock.now()
        if cap is Cap.PER_MONTH:
            detail, until = over_month_cap(offer), end_of_month(offer.period, calendar)
        else:
            detail, until = over_day_cap(offer), end_of_day(offer.period, calendar)
        self._board.begin(begin_pause(PauseReason.BUDGET, detail, now, until=until))

    def allow(self, amount: Money) -> str:
        """Make an amount today's limit; say what holds now.

        A person who speaks of today trusts the clock as it is now: later days for which money was booked when
        it was ahead hold nothing back any more. What was booked for them counts when they come.
        """
        calendar, now = self._office.policy.calendar, self._clock.now()
        today = period_of(now, calendar)
        if counting_period(now, calendar, self._journal.last_period()) != today:
            self._journal.forget_last_period()
        self._journal.allow(today.day, amount, now)
        self.review()
        held = self._journal.jobs_in([JobState.HELD])
        over_job = sum(job.hold is HoldReason.OVER_JOB_CAP for job in held)
        answer = allowance_answer(self.now(), over_job)
        waits = [pause.detail for pause in self._board.pauses if pause.reason is PauseReason.BUDGET]
        return "\n".join([answer, *(f"still paused (budget): {detail}" for detail in waits)])

    def review(self) -> None:
        """End the pause when what would be sent next fits by now, else say what it waits for now."""
        for job in self._journal.jobs_due(_SENDABLE, self._clock.now(), 1):
            if job.wish is None or job.edit is None:
                continue
            offer = self.offer(job.edit, job.wish.request)
            if offer.broken in {Cap.PER_DAY, Cap.PER_MONTH}:
                self.pause_for(offer, offer.broken)
                return
        self._board.end(PauseReason.BUDGET)

    def tell_nearness(self, offer: Offer) -> None:
        """Tell, once in each day and month, that most of the limit is used.

        Args:
            offer: What stands now.
        """
        for cap, limit in near_limits(offer):
            period = _period_of(offer.period, cap)
            note, told = f"near_{cap.value}", f"{period} {limit.micro}"
            if self._journal.note(note) == told:
                continue
            # Durable in the transaction of what brought it near: told again only if that never happened.
            self._journal.set_note(note, told)
            self._herald.say("warning", "limit.neared", limit=cap, period=period, limit_usd=limit.usd)


def _period_of(period: Period, cap: Cap) -> str:
    return period.month if cap is Cap.PER_MONTH else period.day
