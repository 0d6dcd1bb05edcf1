"""Prices: what a call will cost about, what is set aside before it, and what its answer may be believed.

The formula rests on the endpoint's published price list; what answers said that they cost takes its place
once enough of them were seen. Every such figure is an estimate and is called so wherever it is shown.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from retouchd.core.money import Money
from retouchd.core.request import EditRequest, Quality, Size

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
_CHARACTER_USD: Final = Fraction("0.000005") / 4
# A reservation must not be beaten by the bill, or the cap would be.
_SAFETY: Final = Fraction("1.35")
# "auto" leaves the size to the service; its largest ordinary one is assumed.
AUTO_PIXELS: Final = 1536 * 1024
# A reported cost above both of these, the first times what was expected, is taken for a defect of the answer,
# not for a bill. Too much belief costs a pause at a limit, too little lets the limit be passed.
_ABSURD_FACTOR: Final = 20
_ALWAYS_BELIEVED: Final = Money(5_000_000)
# Answers that were all but free may have been so by mistake; a burst of calls must not rest on them alone.
_LEAST_SHARE: Final = 10
# Fewer answers may all have been cheap by chance.
_ENOUGH_ANSWERS: Final = 3
# One picture and so long a prompt are in every price that was seen: a quarter of a cent at most.
_ORDINARY_CHARACTERS: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What the service said that answers of one quality and size cost.

    Attributes:
        answers: How many said so.
        highest: The highest of them.
    """

    answers: int
    highest: Money

    @property
    def is_known(self) -> bool:
        """Whether enough answers were seen to rest on them alone."""
        return self.answers >= _ENOUGH_ANSWERS


def estimate(request: EditRequest, price: Price | None) -> Money:
    """Give what is set aside before a call: at least what the call is expected to cost.

    Args:
        price: What was seen of this very quality and size. Three answers take the formula's place, down to
            a tenth of it; before that one above the formula counts at once.
    """
    formula = Money.from_usd(_formula_usd(request) * _SAFETY)
    if price is None:
        return formula
    seen = price.highest + Money.from_usd(_uncommon_usd(request) * _SAFETY)
    least = Money(-(-formula.micro // _LEAST_SHARE)) if price.is_known else formula
    return max(least, seen)


def expected_cost(request: EditRequest, price: Price | None) -> Money:
    """Give what a call will cost about, for people; nothing is decided by it."""
    if price is not None and price.is_known:
        return price.highest + Money.from_usd(_uncommon_usd(request))
    return Money.from_usd(_formula_usd(request))


def _formula_usd(request: EditRequest) -> Fraction:
    pixels = request.size.pixels if isinstance(request.size, Size) else AUTO_PIXELS
    picture = _SQUARE_PRICE_USD[request.quality] * max(Fraction(1), Fraction(pixels, _SQUARE_PIXELS))
    inputs = _INPUT_IMAGE_USD * request.image_count + _CHARACTER_USD * len(request.prompt)
    return picture * _OBSERVED_SURCHARGE + inputs


def _uncommon_usd(request: EditRequest) -> Fraction:
    """Give the formula's share for what answers of this quality and size need not all have had."""
    characters = max(0, len(request.prompt) - _ORDINARY_CHARACTERS)
    return _INPUT_IMAGE_USD * (request.image_count - 1) + _CHARACTER_USD * characters


def believe(reported_usd: float | None, request: EditRequest) -> Money | None:
    """Give what an answer says that it cost, or None where that cannot be true.

    The measure is the formula, never what was seen: else each absurd answer would make room for the next.
    """
    return believe_beside(reported_usd, estimate(request, None))


def believe_beside(reported_usd: float | None, measure: Money) -> Money | None:
    """Give a reported cost, or None where it cannot be true of a call of which so much was expected."""
    if reported_usd is None or not math.isfinite(reported_usd) or reported_usd < 0:
        return None
    reported = Money.from_usd(reported_usd)
    most = max(Money(measure.micro * _ABSURD_FACTOR), _ALWAYS_BELIEVED)
    return reported if reported <= most else None


def learn(price: Price | None, cost: Money) -> Price | None:
    """Give what is known after one more answer whose cost was believed.

    An answer for nothing teaches nothing: what is set aside must stay above nothing, or no limit would hold.
    """
    if not cost.micro:
        return price
    if price is None:
        return Price(answers=1, highest=cost)
    return Price(answers=price.answers + 1, highest=max(price.highest, cost))
