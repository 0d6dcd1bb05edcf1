"""Spending: whether a call fits the limits, and what people are told about them.

No word from inside the machine comes into a text.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from retouchd.core.money import MICRO, NOTHING, Cap, Caps, Money, Spent, broken_cap
from retouchd.core.periods import Period

# From here on an owner wants to know: there is still time to raise a limit before work stops.
_NEAR_PERCENT: Final = 80
# What is suggested instead of a limit that was reached.
_MORE_PERCENT: Final = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A call that is to be paid, and all that the decision rests on.

    Attributes:
        period: What it would count for.
        today: What the clock shows; earlier than the period when the clock was ahead and went back.
        caps: The limits that hold, a person's word for this day included.
    """

    period: Period
    today: Period
    caps: Caps
    spent: Spent
    reservation: Money

    @property
    def broken(self) -> Cap | None:
        """The first limit that it would break."""
        return broken_cap(self.caps, self.spent, self.reservation)

    @property
    def taken(self) -> "Offer":
        """What stands once it is set aside."""
        spent = Spent(
            edit=self.spent.edit + self.reservation,
            day=self.spent.day + self.reservation,
            month=self.spent.month + self.reservation,
        )
        return replace(self, spent=spent, reservation=NOTHING)


def with_allowance(caps: Caps, allowance: Money | None) -> Caps:
    """Give the limits of a day for which a person may have given another one."""
    return caps if allowance is None else replace(caps, per_day=allowance)


def over_job_cap(offer: Offer, job: str) -> str:
    """Say that one picture costs more than one may, and what to do."""
    return (
        f"one try costs up to {offer.reservation}, more than budget.per_job_usd = {offer.caps.per_job}"
        f' leaves: raise that or ask for less quality or size, then "retouchd retry {job}"'
    )


def over_day_cap(offer: Offer) -> str:
    """Say that the day's limit is reached, and how to go on before the day ends."""
    limit = offer.caps.per_day or offer.reservation
    if offer.period.day > offer.today.day:
        return _ahead(
            f"{_date(offer.period.day)}, so that day's limit of {limit} counts and is reached", limit
        )
    way = f'to go on now: "{allow_command(_more(limit, offer.spent.day + offer.reservation))}"'
    if offer.reservation > limit:
        return (
            f"one picture may cost {offer.reservation}, more than today's limit of {limit}"
            f" (budget.per_day_usd, or what you allowed for today): raise it; {way}"
        )
    return f"today's limit of {limit} is reached; {way}"


def over_month_cap(offer: Offer) -> str:
    """Say that the month's limit is reached, and what to do."""
    limit = offer.caps.per_month or offer.reservation
    if offer.period.month > offer.today.month:
        month = _month(offer.period.month)
        day = offer.caps.per_day or limit
        return _ahead(f"{month}, so that month's limit of {limit} counts and is reached", day)
    if offer.reservation > limit:
        return (
            f"one picture may cost {offer.reservation}, more than budget.per_month_usd = {limit} allows:"
            " raise it"
        )
    return (
        f"this month's limit of {limit} is reached; to go on now raise budget.per_month_usd and start again"
    )


def _ahead(told: str, limit: Money) -> str:
    """Say that the clock was ahead once, and how to have the day count that it shows now."""
    return (
        f"the computer's clock was ahead: money was booked for {told}; if the clock is right now, run"
        f' "{allow_command(limit)}"'
    )


def _more(limit: Money, wanted: Money) -> Money:
    """Give a limit in whole dollars that leaves room for a while."""
    most = max(limit.micro * _MORE_PERCENT // 100, wanted.micro)
    return Money(-(-most // MICRO) * MICRO)


def allow_command(amount: Money) -> str:
    """Give the command for another limit today."""
    dollars = f"{amount.usd:.6f}".rstrip("0").rstrip(".")
    return f"retouchd allow {dollars} --today"


def allowance_answer(offer: Offer, over_job: int) -> str:
    """Say what holds after a person gave another limit for today, and which other limits bind before it.

    Args:
        offer: Of nothing, in the day that counts now.
        over_job: Photos that wait because one alone costs more than one may.
    """
    limit = offer.caps.per_day or offer.reservation
    lines = [f"today's limit is {limit} now; {offer.spent.day} of it is used or set aside"]
    month = offer.caps.per_month
    if month is not None and offer.spent.month.micro + limit.micro > month.micro + offer.spent.day.micro:
        left = Money(max(0, month.micro - offer.spent.month.micro))
        lines.append(
            f"this month's limit of {month} leaves {left}, which ends it first: raise budget.per_month_usd"
        )
    if over_job:
        lines.append(
            f"{over_job} of your photos cost more than budget.per_job_usd = {offer.caps.per_job} each:"
            " today's limit does not change that"
        )
    return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something about money that an owner should know before work stops.

    Attributes:
        about: For programs: "per_day", "per_month", "clock" or "cost".
        text: One sentence for people.
    """

    about: str
    text: str


def near_limits(offer: Offer) -> Iterator[tuple[Cap, Money]]:
    """Give the limits of day and month of which four fifths are used or set aside."""
    limits = (
        (Cap.PER_DAY, offer.caps.per_day, offer.spent.day),
        (Cap.PER_MONTH, offer.caps.per_month, offer.spent.month),
    )
    for cap, limit, used in limits:
        if limit is not None and limit.micro and used.micro * 100 >= limit.micro * _NEAR_PERCENT:
            yield cap, limit


def notices(offer: Offer, excess: Money) -> Iterator[Notice]:
    """Give what an owner should know.

    Args:
        offer: Of nothing, in the day that counts now.
        excess: By how much today's pictures cost more than was set aside for them.
    """
    words = {Cap.PER_DAY: ("today's", offer.spent.day), Cap.PER_MONTH: ("this month's", offer.spent.month)}
    for cap, limit in near_limits(offer):
        whose, used = words[cap]
        yield Notice(about=cap.value, text=f"{used} of {whose} limit of {limit} is used or set aside")
    if offer.period.day > offer.today.day:
        told = f"{_date(offer.period.day)}, so what is paid now counts for that day"
        yield Notice(about="clock", text=_ahead(told, offer.caps.per_day or offer.spent.day))
    if excess.micro:
        text = f"pictures cost {excess} more today than was set aside for them; more is set aside from now on"
        yield Notice(about="cost", text=text)


def _date(day: str) -> str:
    shown = date.fromisoformat(day)
    return f"{shown.day} {shown:%B %Y}"


def _month(month: str) -> str:
    return f"{date.fromisoformat(f'{month}-01'):%B %Y}"
