"""What one photo asks for, on a screen and as JSON: every option with where it comes from, and the cost."""

from collections.abc import Mapping
from typing import Final

from retouchd.cli.screen import shorten
from retouchd.core.edits import SourcePicture, Wish
from retouchd.core.prices import Price, estimate, expected_cost
from retouchd.core.request import Quality
from retouchd.core.values import printable, shown_path

_PROMPT_WIDTH: Final = 48
# The longest ordinary label; what stands below the options is aligned with them.
LABEL_WIDTH: Final = 10


def wish_rows(wish: Wish, price: Price | None, *, is_over: bool = False) -> list[list[str]]:
    """Give rows of name, value and origin; what nobody asked for is left out.

    Args:
        price: What answers of its quality and size cost so far.
        is_over: Nothing will be paid for it any more.
    """
    rows = [["prompt", f'"{shorten(wish.request.prompt, _PROMPT_WIDTH)}"', _prompt_origin(wish)]]
    rows += [[name, value, _origin(wish, name)] for name, value in _values(wish).items()]
    rows += _other_pictures(wish)
    if not is_over:
        leaves_it_open = wish.request.quality is Quality.AUTO
        rows.append(
            ["cost", cost_words(wish, price), "quality auto: the service decides" if leaves_it_open else ""]
        )
    return [[f"{name:<{LABEL_WIDTH}}", value, origin] for name, value, origin in rows]


def cost_words(wish: Wish, price: Price | None) -> str:
    """Say what one call costs about, and at most where answers have not shown it yet."""
    about, at_most = expected_cost(wish.request, price), estimate(wish.request, price)
    if about == at_most:
        return f"about {about}"
    return f"about {about}, at most {at_most}" if str(about) != str(at_most) else f"at most {at_most}"


def wish_as_json(wish: Wish, price: Price | None) -> dict[str, object]:
    """Give the wish for programs."""
    request = wish.request
    return {
        "prompt": request.prompt,
        "size": str(request.size),
        "quality": request.quality.value,
        "format": request.format.value,
        "background": request.background.value,
        "output_compression": request.output_compression,
        "take": wish.take,
        "origins": {name: printable(origin) for name, origin in wish.origins.items()},
        "fingerprint": wish.fingerprint,
        "pictures": [_picture_as_json(picture) for picture in wish.pictures],
        "mask": _picture_as_json(wish.mask) if wish.mask else None,
        "output_name": wish.output_name,
        "about_usd": expected_cost(request, price).usd,
        "at_most_usd": estimate(request, price).usd,
    }


def _picture_as_json(picture: SourcePicture) -> dict[str, object]:
    return {
        "path": shown_path(picture.path),
        "sha256": picture.sha256,
        "bytes": picture.bytes,
        "width": picture.width,
        "height": picture.height,
        "format": picture.format.value,
    }


def _values(wish: Wish) -> Mapping[str, str]:
    """Give the options that matter: the usual ones, and of the others those that somebody set."""
    request, photo = wish.request, wish.pictures[0]
    values = {
        "size": f"{request.size}  (photo {photo.width}x{photo.height})",
        "quality": request.quality.value,
    }
    values["format"] = request.format.value
    rare = {
        "background": request.background.value,
        "output_compression": str(request.output_compression),
        "take": str(wish.take),
        "output_name": wish.output_name or "",
    }
    asked = {name: value for name, value in rare.items() if _origin(wish, name) not in {"", "default"}}
    return values | asked


def _other_pictures(wish: Wish) -> list[list[str]]:
    """Give rows of what goes along with the first photo: its mask, further photos, references."""
    rows = []
    if wish.mask is not None:
        rows.append(["mask", shown_path(wish.mask.path), _origin(wish, "mask") or "by its name"])
    if wish.pictures[1:]:
        names = ", ".join(shown_path(one.path) for one in wish.pictures[1:])
        rows.append(["with", names, _origin(wish, "references")])
    return rows


def _prompt_origin(wish: Wish) -> str:
    """Give the files that the prompt was put together from, in the order of its parts."""
    parts = (_origin(wish, name) for name in ("prompt_prefix", "prompt", "prompt_suffix"))
    return ", ".join(dict.fromkeys(part for part in parts if part))


def _origin(wish: Wish, name: str) -> str:
    return printable(wish.origins.get(name, ""))
