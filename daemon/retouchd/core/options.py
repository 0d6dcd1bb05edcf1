"""Options: what prompt files, presets and settings ask for, and what they ask for together.

How they are written down stands in sidecars.py, what is asked of the service for them in limits.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Final

from retouchd.core.pictures import PictureFormat
from retouchd.core.request import Background, Quality
from retouchd.core.values import printable


class SidecarError(ValueError):
    """Raised when a sidecar cannot be understood; the message says how to write it. Money has not moved."""


class SameFormat(StrEnum):
    """The result is of the photo's own kind: our own word, which is resolved before anything is sent."""

    SAME = "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options that one file or section sets; None where it sets nothing.

    Attributes:
        prompt: Normalised text; an empty one is still being typed, and no weaker layer's stands in for it.
        megapixels: Wished area in millions of pixels.
        mask: A picture's path relative to the file that says so, with "/", never leading out of its folder.
        references: The same for each picture that goes along with the photo; empty: none, also of no preset.
        prompt_prefix: Put before the prompt; of a preset, like all that follow.
        output_name: A template, see naming.py.
        require_mask: A photo without a mask is not sent.
    """

    prompt: str | None = None
    size: str | None = None
    megapixels: float | None = None
    quality: Quality | None = None
    format: PictureFormat | SameFormat | None = None
    output_compression: int | None = None
    background: Background | None = None
    mask: str | None = None
    references: tuple[str, ...] | None = None
    variants: int | None = None
    take: int | None = None
    prompt_prefix: str | None = None
    prompt_suffix: str | None = None
    output_name: str | None = None
    require_mask: bool | None = None


OPTION_NAMES: Final = tuple(one.name for one in fields(Options))


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """Options with the name of where they come from.

    Attributes:
        origin: "beach.toml", "wedding/_preset.toml", "default".
        origins: For the options that come from another place than `origin`, that place.
    """

    origin: str
    options: Options
    origins: Mapping[str, str] = field(default_factory=dict)

    def origin_of(self, name: str) -> str:
        """Give where an option comes from."""
        return self.origins.get(name, self.origin)


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveOptions:
    """What all layers together say, with where each value comes from."""

    options: Options
    origins: Mapping[str, str] = field(default_factory=dict)


def merge(*layers: Layer) -> EffectiveOptions:
    """Give the options of all layers, the first one strongest."""
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for layer in layers:
        for name, value in _set_options(layer.options).items():
            if name not in values:
                values[name], origins[name] = value, layer.origin_of(name)
    return EffectiveOptions(options=Options(**values), origins=origins)


def combine(files: Sequence[Layer]) -> Layer:
    """Give what files of one rank say together: `beach.txt`, `beach.md` and `beach.toml` beside one photo.

    A prompt that is still being typed yields to one that is there.

    Raises:
        SidecarError: Two of them say different things; which is meant would be a guess, and be paid for.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for file in files:
        for name, value in _set_options(file.options).items():
            if values.get(name) in {None, ""}:
                values[name], origins[name] = value, file.origin_of(name)
            elif value not in {"", values[name]}:
                raise SidecarError(_disagreement(name, origins[name], file.origin_of(name)))
    together = " and ".join(file.origin for file in files)
    return Layer(origin=together, options=Options(**values), origins=origins)


def _set_options(options: Options) -> dict[str, Any]:
    values = {name: getattr(options, name) for name in OPTION_NAMES}
    return {name: value for name, value in values.items() if value is not None}


def _disagreement(name: str, one: str, other: str) -> str:
    if name == "prompt":
        return printable(f"{one} and {other} say different prompts: remove one of them")
    return printable(f"{one} and {other} say different things for {name}: take it out of one of them")
