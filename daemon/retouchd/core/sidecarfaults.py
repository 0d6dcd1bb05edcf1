"""What is wrong with a sidecar, as sentences for people: each says how to write it."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

from retouchd.core.optionrules import PRESET_OPTIONS, RULES, Notation, quote
from retouchd.core.options import OPTION_NAMES

# What belongs into the owner's configuration, by the names under which other programs know it.
_NEVER_READ: Final = frozenset(
    {"api_key", "apikey", "key", "token", "secret", "password", "authorization", "bearer", "credentials"}
    | {"base_url", "url", "endpoint", "host", "proxy", "webhook", "callback", "command", "exec", "hook"}
    | {"script", "save_folder", "savepath", "save_path", "path", "output_path", "output_folder", "model"}
    | {"budget", "per_job_usd", "per_day_usd", "per_month_usd"}
)
# By which names other programs know our options.
_MEANT: Final = {
    "n": "variants",
    "count": "variants",
    "versions": "variants",
    "resolution": "size",
    "dimensions": "size",
    "width": "size",
    "height": "size",
    "type": "format",
    "output_format": "format",
    "text": "prompt",
    "instruction": "prompt",
    "instructions": "prompt",
    "image": "references",
    "images": "references",
    "input_images": "references",
    "seed": "take",
    "prefix": "prompt_prefix",
    "suffix": "prompt_suffix",
    "name": "output_name",
}
# What word processors make of quotes: double and single ones, low ones, angle ones.
_TYPOGRAPHIC: Final = re.compile("[\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u00ab\u00bb]")

# An option and, where its text stands without quotes, that text.
_SETTING: Final = re.compile(r"\s*(\w+)\s*=\s*([^\W\d][^\"'#\\]*$)?")

TOO_DEEP: Final = "there are brackets within brackets in it that no option has: write one option a line"


def line_fault(text: str, number: int, notation: Notation) -> str:
    """Say that a line cannot be read, and how one is written."""
    return f"{_line(text, number)} is not understood: {_hint(text.split(chr(10))[number - 1], notation)}"


def unended_text(text: str) -> str:
    """Say that a text of several lines has no end, or nothing where there is none."""
    quotes = next((one for one in ('"""', "'''") if text.count(one) % 2), "")
    return f"the text that begins with {quotes} has no end: put {quotes} there, too" if quotes else ""


def repeated_line(text: str, number: int) -> str:
    """Say that a line sets again what was set before."""
    return f"{_line(text, number)} says something a second time: take one of them out"


def repeated_key(name: str) -> str:
    """Say that an option stands twice in an object."""
    return f'"{quote(name)}" stands twice in it: take one of them out'


def unknown_key(name: str, value: object, valid: Sequence[str]) -> str:
    """Say that this is no option here, with what may have been meant.

    Args:
        valid: The options of this kind of file.
    """
    quoted, plain = f'"{quote(name)}"', name.casefold().replace("-", "_")
    if name in OPTION_NAMES:
        place = "the file of that one photo" if valid is PRESET_OPTIONS else "a _preset.toml"
        return f"{quoted} counts only in {place}: take it out here"
    if isinstance(value, dict):
        return f'{quoted} is a section, and there are none: take out the line "[{quote(name)}]"'
    if plain in _NEVER_READ:
        return f"{quoted} is never read from the inbox, where strangers may write: take it out"
    meant = _MEANT.get(plain)
    close = [meant] if meant in valid else get_close_matches(plain, valid, n=1)
    hint = f' (did you mean "{close[0]}"?)' if close else ""
    return f"{quoted} is no option{hint}; the options are {', '.join(valid)}"


def _line(text: str, number: int) -> str:
    return f"line {number} ({quote(text.split(chr(10))[number - 1].strip())})"


def _hint(line: str, notation: Notation) -> str:
    if _TYPOGRAPHIC.search(line):
        return 'its quotes are typographic ones; write straight ones (")'
    if notation is Notation.JSON:
        return (
            'write for example {"prompt": "remove the people", "take": 2}, with no comma after the last one'
        )
    setting = _SETTING.match(line)
    name = setting[1] if setting and setting[1] in RULES else "prompt"
    example = RULES[name].example
    if setting and setting[2] and example.startswith('"'):
        return f'text stands in quotes, as in {setting[1]} = "{quote(setting[2].rstrip())}"'
    return f"write for example {name} = {example}, one option a line"
