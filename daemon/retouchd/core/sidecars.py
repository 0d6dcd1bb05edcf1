"""Prompt files and option files: from bytes that anyone may have written to options that are valid.

What cannot be understood is a fault with the way to write it, never a guess: a guess would be paid for.
"""

import codecs
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import Final, Self, TypeVar

from retouchd.core.pictures import MEGAPIXEL, PictureFormat
from retouchd.core.request import (
    AutoSize,
    Background,
    EditRequest,
    Quality,
    Size,
)
from retouchd.core.sizes import match_size
from retouchd.core.values import printable

MAX_SIDECAR_BYTES: Final = 1024 * 1024

# The TOML parser's time grows with the square of a dotted key's parts: 20 000 take it 6 s, 4 000 0.1 s.
_MAX_DOTS: Final = 4_000
# What a stranger wrote is quoted to people, but never a whole megabyte of it.
_MAX_QUOTED: Final = 40
_MAX_FAULT: Final = 200

_UTF16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NOT_YET: Final = ("mask", "references")
_MATCH: Final = "match"

Choice = TypeVar("Choice")


class SidecarError(ValueError):
    """Raised when a sidecar cannot be understood; the message says how to write it. Money has not moved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options that one file or section sets; None where it sets nothing."""

    prompt: str | None = None
    size: str | None = None
    megapixels: float | None = None
    quality: Quality | None = None
    format: PictureFormat | None = None
    output_compression: int | None = None
    background: Background | None = None
    variants: int | None = None
    take: int | None = None

    def over(self, lower: Self) -> Self:
        """Give these options where they are set, and `lower` for the rest."""
        merged = {
            name: getattr(lower if getattr(self, name) is None else self, name) for name in OPTION_NAMES
        }
        return type(self)(**merged)


OPTION_NAMES: Final = tuple(one.name for one in fields(Options))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What binds every sidecar, since strangers may write to an inbox."""

    max_variants: int = 4
    max_quality: Quality = Quality.HIGH
    max_megapixels: float = 8.29


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """Options with the name of where they come from: "beach.toml", "default"."""

    origin: str
    options: Options


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveOptions:
    """What all layers together say, with where each value comes from."""

    options: Options
    origins: Mapping[str, str] = field(default_factory=dict)


def read_prompt(content: bytes) -> str:
    """Give the normalised prompt of a text sidecar; an empty text means that it is still being typed.

    Raises:
        SidecarError: It is not text, too large, or begins as another format does.
    """
    text = _decode(content)
    if text.startswith("---"):
        reason = 'it starts with "---": write the plain prompt, options go into a .toml file'
        raise SidecarError(reason)
    if text.startswith("+++"):
        reason = 'this version does not understand "+++": put the options into a .toml file'
        raise SidecarError(reason)
    return text


def read_options(content: bytes) -> Options:
    """Give the options of a .toml sidecar.

    Raises:
        SidecarError: It is no TOML, or a key or value in it is wrong.
    """
    text = _decode(content)
    if text.count(".") > _MAX_DOTS:
        reason = f"it has more than {_MAX_DOTS} dots: put a prompt this long into a .txt file"
        raise SidecarError(reason)
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as exc:
        reason = f"it is no valid TOML: {printable(exc)[:_MAX_FAULT]}"
        raise SidecarError(reason) from exc
    _refuse_unknown(table)
    return _options_from(table)


def merge(*layers: Layer) -> EffectiveOptions:
    """Give the options of all layers, the first one strongest."""
    merged, origins = Options(), {}
    for layer in layers:
        for name in OPTION_NAMES:
            if getattr(merged, name) is None and getattr(layer.options, name) is not None:
                origins[name] = layer.origin
        merged = merged.over(layer.options)
    return EffectiveOptions(options=merged, origins=origins)


def make_request(options: Options, shown: tuple[int, int], limits: Limits) -> EditRequest:
    """Give the request for one photo.

    Args:
        shown: The photo's width and height in pixels as a person sees it.

    Raises:
        SidecarError: An option is not possible, or above the owner's limits.
    """
    _check_limits(options, limits)
    try:
        return EditRequest(
            prompt=options.prompt or "",
            size=_resolve_size(options, shown, limits),
            quality=_resolve_quality(options.quality or Quality.AUTO, limits),
            format=options.format or PictureFormat.PNG,
            background=options.background or Background.AUTO,
            output_compression=options.output_compression,
        )
    except ValueError as exc:
        raise SidecarError(str(exc)) from exc


def _decode(content: bytes) -> str:
    if len(content) > MAX_SIDECAR_BYTES:
        reason = "it is larger than 1 MiB, so it was not read"
        raise SidecarError(reason)
    encoding = "utf-16" if content.startswith(_UTF16_MARKS) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as exc:
        reason = "it is no UTF-8 text: save it as plain text in UTF-8"
        raise SidecarError(reason) from exc
    if "\0" in text:
        reason = "there is a NUL character in it: save it as plain text in UTF-8"
        raise SidecarError(reason)
    return _normalise(text)


def _normalise(text: str) -> str:
    """Give text without byte order marks (also those that joining files leaves inside), newlines as one."""
    return text.replace("\ufeff", "").replace("\r\n", "\n").replace("\r", "\n").strip()


def _refuse_unknown(table: Mapping[str, object]) -> None:
    for key in table:
        if key in _NOT_YET:
            reason = f'"{key}" is not understood by this version: remove it'
            raise SidecarError(reason)
        if key not in OPTION_NAMES:
            close = get_close_matches(key, OPTION_NAMES, n=1)
            hint = f' (did you mean "{close[0]}"?)' if close else ""
            reason = f'"{_quote(key)}" is no option{hint}; the options are {", ".join(OPTION_NAMES)}'
            raise SidecarError(reason)


def _quote(text: str) -> str:
    return printable(text if len(text) <= _MAX_QUOTED else f"{text[:_MAX_QUOTED]}…")


def _options_from(table: Mapping[str, object]) -> Options:
    return Options(
        prompt=_prompt(table.get("prompt")),
        size=_size(table.get("size")),
        megapixels=_number(table, "megapixels"),
        quality=_choice(table, "quality", {one.value: one for one in Quality}),
        format=_choice(
            table, "format", {one.value: one for one in PictureFormat} | {"jpg": PictureFormat.JPEG}
        ),
        output_compression=_whole(table, "output_compression", 0, 100),
        background=_choice(table, "background", {one.value: one for one in Background}),
        variants=_whole(table, "variants", 1, 100),
        take=_whole(table, "take", 1, 1_000_000),
    )


def _prompt(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        reason = "prompt must be text in quotes"
        raise SidecarError(reason)
    if "\0" in value:
        reason = "there is a NUL character in the prompt"
        raise SidecarError(reason)
    return _normalise(value)


def _size(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        reason = 'size must be text in quotes: "match", "auto" or for example "1536x1024"'
        raise SidecarError(reason)
    if value in {_MATCH, AutoSize.AUTO}:
        return value
    try:
        return str(Size.parse(_quote(value)))
    except ValueError as exc:
        reason = f"size: {exc}"
        raise SidecarError(reason) from exc


def _choice(table: Mapping[str, object], key: str, choices: Mapping[str, Choice]) -> Choice | None:
    value = table.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or value not in choices:
        reason = f"{key} must be one of {', '.join(choices)}"
        raise SidecarError(reason)
    return choices[value]


def _whole(table: Mapping[str, object], key: str, lowest: int, highest: int) -> int | None:
    value = table.get(key)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        reason = f"{key} must be a whole number from {lowest} to {highest}"
        raise SidecarError(reason)
    return value


def _number(table: Mapping[str, object], key: str) -> float | None:
    value = table.get(key)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= 100:  # noqa: PLR2004
        reason = f"{key} must be a number above 0 and at most 100"
        raise SidecarError(reason)
    return float(value)


def _resolve_size(options: Options, shown: tuple[int, int], limits: Limits) -> Size | AutoSize:
    wished = options.size or _MATCH
    if wished == _MATCH:
        return match_size(shown, min(options.megapixels or 1.57, limits.max_megapixels))
    if wished == AutoSize.AUTO.value:
        return AutoSize.AUTO
    size = Size.parse(wished)
    if size.pixels > limits.max_megapixels * MEGAPIXEL:
        reason = f"size = {size} is above the owner's limit of {limits.max_megapixels} megapixels"
        raise SidecarError(reason)
    return size


_QUALITY_RANK: Final = {Quality.LOW: 1, Quality.MEDIUM: 2, Quality.HIGH: 3}


def _resolve_quality(wished: Quality, limits: Limits) -> Quality:
    """Give the quality to ask for: "auto" leaves it to the service, which knows no owner's limit."""
    leaves_it_open = wished is Quality.AUTO and limits.max_quality in {Quality.LOW, Quality.MEDIUM}
    return limits.max_quality if leaves_it_open else wished


def _check_limits(options: Options, limits: Limits) -> None:
    highest = _QUALITY_RANK.get(limits.max_quality, 3)
    if options.quality and _QUALITY_RANK.get(options.quality, 0) > highest:
        reason = f"quality = {options.quality.value} is above the owner's limit ({limits.max_quality.value})"
        raise SidecarError(reason)
    if (options.megapixels or 0) > limits.max_megapixels:
        reason = f"megapixels = {options.megapixels} is above the owner's limit ({limits.max_megapixels})"
        raise SidecarError(reason)
    if (options.variants or 1) > limits.max_variants:
        reason = f"variants = {options.variants} is above the owner's limit ({limits.max_variants})"
        raise SidecarError(reason)
