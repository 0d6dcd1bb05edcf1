"""Money: exact amounts, and the caps that charges and reservations must fit."""

import math
import re
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final, Self

from retouchd.core.values import printable

MICRO: Final = 1_000_000
_CENT: Final = 10_000
# More than a million a day is a slip of the finger.
_MOST_USD: Final = 1_000_000
_AMOUNT = re.compile(r"\$?([0-9]{1,9}(?:\.[0-9]{1,6})?)")


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

    @classmethod
    def parse(cls, text: str) -> Self:
        """Give the amount that a person typed: "25", "25.50" or "$25".

        Raises:
            ValueError: It is none that is meant; the message is for people.
        """
        found = _AMOUNT.fullmatch(text.strip())
        if found is None or Fraction(found[1]) > _MOST_USD:
            valid = f"dollars from 0 to {_MOST_USD}, such as 25 or 25.50"
            message = f'"{printable(text[:40])}" is no amount; valid: {valid}'
            raise ValueError(message)
        return cls.from_usd(Fraction(found[1]))

    @property
    def usd(self) -> float:
        """Dollars as a float, for JSON and people only."""
        return self.micro / MICRO

    @property
    def exact(self) -> str:
        """Dollars with all six decimals, for programs that must not round."""
        return f"{self.micro // MICRO}.{self.micro % MICRO:06d}"

    def __add__(self, other: "Money") -> "Money":
        return Money(self.micro + other.micro)

    def __str__(self) -> str:
        if 0 < self.micro < _CENT:
            return f"${self.usd:.3f}"
        return f"${self.usd:.2f}"


NOTHING: Final = Money(0)


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
