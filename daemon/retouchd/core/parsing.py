"""Objects out of JSON text that may be anything: what comes out is a value, never an exception.

What the fields mean stands in answer.py.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

# Deeper values would pass here and overflow the stack of whoever writes them down again.
_MAX_DEPTH: Final = 64
# More digits than a float has, and than Python agrees to read or multiply out.
_MAX_DIGITS: Final = 300
_UTF_8: Final = "utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedObject:
    """A JSON object; of a key that stands in it twice the last value, as for every parser.

    Attributes:
        oddities: What was not as it should be, one sentence each.
    """

    fields: Mapping[str, object]
    oddities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoObject:
    """Text out of which no object comes.

    Attributes:
        reason: For people: "it is no JSON".
    """

    reason: str


def parse_object(text: bytes) -> ParsedObject | NoObject:
    """Parse one JSON object in any Unicode encoding; broken characters in it are replaced."""
    oddities: dict[str, None] = {}
    decoded = _decode(text, oddities)

    def take_pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
        fields = dict(pairs)
        if len(fields) < len(pairs):
            oddities["a key stands twice in it; the last value counts"] = None
        return fields

    try:
        value = json.loads(decoded, parse_int=_parse_int, object_pairs_hook=take_pairs)
    except RecursionError:
        return NoObject(reason="it is nested too deeply")
    except ValueError:
        return NoObject(reason="it is no JSON")
    if not isinstance(value, dict):
        return NoObject(reason="it is no JSON object")
    if _is_deeper(value, _MAX_DEPTH):
        return NoObject(reason="it is nested too deeply")
    return ParsedObject(fields=value, oddities=tuple(oddities))


def _decode(text: bytes, oddities: dict[str, None]) -> str:
    encoding = json.detect_encoding(text)
    if not encoding.startswith(_UTF_8):
        oddities[f"it is written in {encoding}, not in {_UTF_8}"] = None
    try:
        return text.decode(encoding, "surrogatepass")
    except UnicodeDecodeError:
        oddities[f"a text in it is no {encoding}"] = None
        return text.decode(encoding, "replace")


def _parse_int(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_DIGITS else float(digits)


def _is_deeper(value: object, depth: int) -> bool:
    """Say whether lists and objects lie deeper in each other than `depth`, level by level."""
    level = [value]
    while level and depth:
        level = [child for one in level for child in _children(one)]
        depth -= 1
    return any(isinstance(one, dict | list) for one in level)


def _children(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        return iter(value.values())
    return iter(value) if isinstance(value, list) else iter(())
