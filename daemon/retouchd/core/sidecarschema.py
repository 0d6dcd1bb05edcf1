"""The JSON Schema of prompt files' options and of presets, made of the rules by which they are read.

What a schema cannot say is left to the reading: which sizes the service takes, and what layers give together.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from retouchd.core.optionrules import PRESET_OPTIONS, RULES, SIDECAR_OPTIONS

ID: Final = "retouchd.sidecar/1"


def sidecar_schema() -> dict[str, object]:
    """Give the schema of a .toml or .json sidecar; under `$defs` those of each kind of file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        "title": "Options of a photo",
        "$ref": "#/$defs/sidecar",
        "$defs": {
            "sidecar": _object(
                SIDECAR_OPTIONS, "beach.toml beside beach.jpg, and the lines between +++ and +++."
            ),
            "json": {
                "description": "beach.json beside beach.jpg; without a text prompt it is no sidecar.",
                "$ref": "#/$defs/sidecar",
                "required": ["prompt"],
            },
            "preset": _object(PRESET_OPTIONS, "_preset.toml, for its folder and all below."),
        },
    }


def _object(names: Iterable[str], description: str) -> Mapping[str, object]:
    return {
        "type": "object",
        "description": description,
        "properties": {name: RULES[name].schema for name in names},
        "additionalProperties": False,
    }
