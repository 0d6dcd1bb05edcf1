"""What an edit costs here: the model's published prices, so that a demo's sums look like real ones.

The same request always costs the same. The simulator charges play money only.
"""

from decimal import Decimal
from typing import Final

from retouchd.simulator.requests import Dimensions, Quality

# Published for 1024x1024, in USD. `auto` has no published price; the vendor's sample answer says 0.066 for
# one photo at auto, which is 0.056 for the result and 0.01 for the photo.
_SQUARE: Final = {
    Quality.LOW: Decimal("0.006"),
    Quality.MEDIUM: Decimal("0.053"),
    Quality.AUTO: Decimal("0.056"),
    Quality.HIGH: Decimal("0.211"),
}
# Published for 1536x1024 and 1024x1536; `auto` is again 0.003 above medium.
_OBLONG: Final = {
    Quality.LOW: Decimal("0.005"),
    Quality.MEDIUM: Decimal("0.041"),
    Quality.AUTO: Decimal("0.044"),
    Quality.HIGH: Decimal("0.165"),
}
_OBLONG_SIZES: Final = frozenset({(1536, 1024), (1024, 1536)})
_SQUARE_PIXELS: Final = 1024 * 1024
# "Slightly above linear in pixels": 8.3 megapixels cost 11 % more than the same pixels in squares.
_GROWTH: Final = Decimal("1.05")

_PER_PHOTO: Final = Decimal("0.01")
_PER_PROMPT_TOKEN: Final = Decimal("0.000005")
_CHARACTERS_PER_TOKEN: Final = 4
_HUNDREDTH_CENT: Final = Decimal("0.0001")

_TOKENS_PER_PHOTO: Final = 1_250
_OUTPUT_TOKENS_PER_DOLLAR: Final = 33_000


def cost_of(*, quality: Quality, size: Dimensions, photo_count: int, prompt: str) -> Decimal:
    """Price of one edit in USD, rounded to four digits."""
    text = prompt_tokens(prompt) * _PER_PROMPT_TOKEN
    total = _result_price(quality, size) + photo_count * _PER_PHOTO + text
    return total.quantize(_HUNDREDTH_CENT)


def usage_of(*, quality: Quality, size: Dimensions, photo_count: int, prompt: str) -> dict[str, object]:
    """Token counts in the shape that the upstream model reports; only their proportions mean something."""
    text, images = prompt_tokens(prompt), photo_count * _TOKENS_PER_PHOTO
    output = round(_result_price(quality, size) * _OUTPUT_TOKENS_PER_DOLLAR)
    return {
        "input_tokens": text + images,
        "input_tokens_details": {"text_tokens": text, "image_tokens": images},
        "output_tokens": output,
        "total_tokens": text + images + output,
    }


def prompt_tokens(prompt: str) -> int:
    """Tokens of a text by the usual rule of thumb, rounded up."""
    return -(-len(prompt) // _CHARACTERS_PER_TOKEN)


def _result_price(quality: Quality, size: Dimensions) -> Decimal:
    if size.pair in _OBLONG_SIZES:
        return _OBLONG[quality]
    return _SQUARE[quality] * max(Decimal(1), (Decimal(size.pixels) / _SQUARE_PIXELS) ** _GROWTH)
