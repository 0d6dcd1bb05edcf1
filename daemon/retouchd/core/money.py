"""Money: exact amounts, the estimate before a call, the caps, and the days and months that they count.

Prices and the estimate's formula are from the endpoint's published price list; every figure that
rests on them is an estimate and is called so wherever it is shown.
"""

import math
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Final, Self

from retouchd.core.request import EditRequest, Quality, Size

MICRO: Final = 1_000_000
_CENT: Final = 10_000


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in whole micro-dollars, never a float: sums of thousands of calls must be exact."""

    micro: int

    @classmethod
    def from_usd(cls, amount: float | Fraction) -> Self:
        """Give the amount in dollars, rounded up to a whole micro-dollar.

        Raises:
            ValueError: The amount is negative, infinite or not a number.
        """
        if not math.isfinite(amount) or amount < 0:
            message = f"{amount} is no amount of money"
            raise ValueError(message)
        # By way of its decimal figures, since 0.1 as a float is a little more than a tenth.
        return cls(math.ceil(Fraction(str(amount)) * MICRO))

    @property
    def usd(self) -> float:
        """Dollars as a float, for JSON and people only."""
        return self.micro / MICRO

    def __add__(self, other: "Money") -> "Money":
        return Money(self.micro + other.micro)

    def __str__(self) -> str:
        if 0 < self.micro < _CENT:
            return f"${self.usd:.3f}"
        return f"${self.usd:.2f}"


NOTHING: Final = Money(0)

# Published prices in dollars for 1024x1024. "auto" is reserved as "high": the service decides what it uses.
_SQUARE_PRICE_USD: Final = {
    Quality.LOW: Fraction("0.006"),
    Quality.MEDIUM: Fraction("0.053"),
    Quality.HIGH: Fraction("0.211"),
    Quality.AUTO: Fraction("0.211"),
}
_SQUARE_PIXELS: Final = 1024 * 1024
# The vendor's sample answer lies about a quarter above its own price list.
_OBSERVED_SURCHARGE: Final = Fraction("1.25")
_INPUT_IMAGE_USD: Final = Fraction("0.01")
_PROMPT_TOKEN_USD: Final = Fraction("0.000005")
_CHARACTERS_PER_TOKEN: Final = 4
# A reservation must not be beaten by the bill, or the cap would be.
_SAFETY: Final = Fraction("1.35")
# "auto" leaves the size to the service; its largest ordinary one is assumed.
_AUTO_PIXELS: Final = 1536 * 1024
# A reported cost this many times the reservation is taken for a defect of the answer, not for a bill.
_ABSURD_FACTOR: Final = 20


def estimate(request: EditRequest) -> Money:
    """Give what is set aside before a call: at least what the call is expected to cost."""
    return Money.from_usd(_expected_usd(request) * _SAFETY)


def expected_cost(request: EditRequest) -> Money:
    """Give what a call will cost about, for people; nothing is decided by it."""
    return Money.from_usd(_expected_usd(request))


def _expected_usd(request: EditRequest) -> Fraction:
    pixels = request.size.pixels if isinstance(request.size, Size) else _AUTO_PIXELS
    picture = _SQUARE_PRICE_USD[request.quality] * max(Fraction(1), Fraction(pixels, _SQUARE_PIXELS))
    prompt = Fraction(len(request.prompt), _CHARACTERS_PER_TOKEN) * _PROMPT_TOKEN_USD
    return picture * _OBSERVED_SURCHARGE + _INPUT_IMAGE_USD * request.image_count + prompt


def bill(reported_usd: float | None, reserved: Money) -> Money:
    """Give what a paid call is booked at: the reported cost where it is believable, else its reservation."""
    if reported_usd is None or not math.isfinite(reported_usd) or reported_usd < 0:
        return reserved
    reported = Money.from_usd(reported_usd)
    return reported if reported.micro <= reserved.micro * _ABSURD_FACTOR else reserved


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The day and the month that a reservation counts for, as ISO text: "2026-11-23" and "2026-11"."""

    day: str
    month: str


def period_of(now: datetime, day_starts: time) -> Period:
    """Give the period of a moment.

    Args:
        now: Aware, in the zone whose days the owner counts.
        day_starts: When a day begins, local time.
    """
    shifted = now - timedelta(hours=day_starts.hour, minutes=day_starts.minute)
    return Period(day=shifted.strftime("%Y-%m-%d"), month=shifted.strftime("%Y-%m"))


def counting_period(now: datetime, day_starts: time, last: Period | None) -> Period:
    """Give the period that counts now: a clock that goes back opens no day again.

    Args:
        last: The latest period that anything was set aside in.
    """
    period = period_of(now, day_starts)
    if last is None:
        return period
    return Period(day=max(period.day, last.day), month=max(period.month, last.month))


def next_day(now: datetime, day_starts: time) -> datetime:
    """Give the moment at which the next day of the caps begins."""
    today = now.replace(hour=day_starts.hour, minute=day_starts.minute, second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)


def next_month(now: datetime, day_starts: time) -> datetime:
    """Give the moment at which the next month of the caps begins."""
    first = now.replace(day=1, hour=day_starts.hour, minute=day_starts.minute, second=0, microsecond=0)
    if first > now:
        return first
    return (first + timedelta(days=32)).replace(day=1)


class Cap(StrEnum):
    """Which limit a reservation would break."""

    PER_JOB = "per_job"
    PER_DAY = "per_day"
    PER_MONTH = "per_month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The owner's limits; None stands for the word "unlimited", which must be written out."""

    per_job: Money | None
    per_day: Money | None
    per_month: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What is charged, set aside or unclear so far: for the edit, for the day and for the month."""

    edit: Money
    day: Money
    month: Money


def broken_cap(caps: Caps, spent: Spent, reservation: Money) -> Cap | None:
    """Give the first limit that the reservation would break, or None when it fits all three (I6)."""
    limits = (
        (Cap.PER_JOB, caps.per_job, spent.edit),
        (Cap.PER_MONTH, caps.per_month, spent.month),
        (Cap.PER_DAY, caps.per_day, spent.day),
    )
    for cap, limit, used in limits:
        if limit is not None and used + reservation > limit:
            return cap
    return None
