"""Prompt files, option files and presets: from bytes that anyone may have written to options that are valid.

What cannot be understood is a fault with the way to write it, never a guess: a guess would be paid for.
"""

import codecs
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from retouchd.core.optionrules import (
    PRESET_OPTIONS,
    RULES,
    SIDECAR_OPTIONS,
    Notation,
    WrongValueError,
    normalise,
)
from retouchd.core.options import OPTION_NAMES, Options, SidecarError
from retouchd.core.sidecarfaults import (
    TOO_DEEP,
    line_fault,
    repeated_key,
    repeated_line,
    unended_text,
    unknown_key,
)

MAX_SIDECAR_BYTES: Final = 1024 * 1024

# The TOML parser's time grows with the square of a dotted key's parts: 20 000 take it 6 s, 1 000 0.01 s, and
# a stranger may write many such files. The longest prompts have some hundred dots.
_MAX_DOTS: Final = 1_000

_NO_TEXT: Final = "it is no plain text: save it as plain text in UTF-8"
_UTF16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_FENCE: Final = "+++"
_FENCED: Final = re.compile(r"\+\+\+[ \t]*\n(.*?)^\+\+\+[ \t]*$", re.DOTALL | re.MULTILINE)
_BEGINNINGS: Final = {
    "---": (
        'it starts with "---": options stand between two lines "+++", as in +++, then quality = "medium", '
        "then +++ again, and the prompt below them"
    ),
    r"\{\\rtf": "it is rich text (RTF): save it as plain text",
    r'\{\s*"': "it looks like JSON: end its name in .json",
    rf"({'|'.join(OPTION_NAMES)})[ \t]*=": (
        'it begins with options: put a line "+++" above and another below them, and the prompt below that, '
        "or end its name in .toml"
    ),
}


def read_text(content: bytes) -> Options:
    """Give what a .txt or .md sidecar says: the prompt, below options between two lines of `+++` if any.

    A blank file's prompt is "": it is still being typed. Options without text below them set no prompt.

    Raises:
        SidecarError: It is not text, too large, looks like another kind of file, or an option is wrong.
    """
    text = _decode(content).strip()
    if text.startswith(_FENCE):
        return _read_fenced(text)
    for beginning, reason in _BEGINNINGS.items():
        if re.match(beginning, text):
            raise SidecarError(reason)
    return Options(prompt=text)


def read_toml(content: bytes) -> Options:
    """Give the options of a .toml sidecar.

    Raises:
        SidecarError: It is no TOML, or a key or value in it is wrong.
    """
    return _options_from(_parse_toml(_decode(content)), SIDECAR_OPTIONS, Notation.TOML)


def read_preset(content: bytes) -> Options:
    """Give the options of a `_preset.toml`, which count for its folder and those below.

    Raises:
        SidecarError: It is no TOML, or a key or value in it is wrong.
    """
    return _options_from(_parse_toml(_decode(content)), PRESET_OPTIONS, Notation.TOML)


def read_json(content: bytes) -> Options | None:
    """Give the options of a .json sidecar, or None: photo exports put JSON of their own beside pictures.

    Only an object with a text "prompt" is a sidecar, and never a result's own file.

    Raises:
        SidecarError: It has a prompt and is no valid JSON, or a key or value in it is wrong.
    """
    try:
        value = _parse_json(_decode(content))
    except SidecarError:
        # In UTF-16, too.
        if b"prompt" in content.replace(b"\0", b""):
            raise
        return None
    if not isinstance(value, _Pairs) or not value.is_sidecar():
        return None
    return _options_from(value.as_table(), SIDECAR_OPTIONS, Notation.JSON)


class _Pairs(tuple[tuple[str, object], ...]):
    """A JSON object as it is written, also with keys that stand twice in it."""

    __slots__ = ()

    def is_sidecar(self) -> bool:
        """Say whether there is a text prompt, and it is not what lies beside each result."""
        texts = [(key, value) for key, value in self if isinstance(value, str)]
        is_ours = any(key == "schema" and value.startswith("retouchd.result/") for key, value in texts)
        return "prompt" in dict(texts) and not is_ours

    def as_table(self) -> dict[str, object]:
        """Give it by key.

        Raises:
            SidecarError: A key stands twice in it.
        """
        table: dict[str, object] = {}
        for key, value in self:
            if key in table:
                raise SidecarError(repeated_key(key))
            table[key] = value
        return table


def _decode(content: bytes) -> str:
    if len(content) > MAX_SIDECAR_BYTES:
        reason = "it is larger than 1 MiB, so it was not read: a prompt has at most 32000 characters"
        raise SidecarError(reason)
    encoding = "utf-16" if content.startswith(_UTF16_MARKS) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as exc:
        raise SidecarError(_NO_TEXT) from exc
    if "\0" in text:
        raise SidecarError(_NO_TEXT)
    return normalise(text)


def _read_fenced(text: str) -> Options:
    fenced = _FENCED.match(text)
    if not fenced:
        reason = (
            'it starts with "+++" but has no options between two such lines: write +++, then for example '
            'quality = "medium", then +++ again, each on a line of its own, and the prompt below them'
        )
        raise SidecarError(reason)
    # The empty line stands for the first of `+++`, so that faults name the file's own lines.
    table = _parse_toml(f"\n{fenced[1]}")
    prompt = text[fenced.end() :].strip()
    if prompt and "prompt" in table:
        reason = 'there is a prompt between the lines "+++" and another below them: take one of them out'
        raise SidecarError(reason)
    return _options_from({**table, "prompt": prompt} if prompt else table, SIDECAR_OPTIONS, Notation.TOML)


def _parse_toml(text: str) -> dict[str, Any]:
    if text.count(".") > _MAX_DOTS:
        reason = f"it has more than {_MAX_DOTS} dots: put a prompt this long into a .txt file"
        raise SidecarError(reason)
    try:
        return tomllib.loads(text)
    except RecursionError as exc:
        raise SidecarError(TOO_DEEP) from exc
    except ValueError as exc:
        raise SidecarError(_toml_fault(text, str(exc))) from exc


def _toml_fault(text: str, fault: str) -> str:
    place, last = re.search(r"at line (\d+)", fault), text.rstrip("\n").count("\n") + 1
    number = min(int(place[1]), last) if place else last
    if fault.startswith("Cannot overwrite"):
        return repeated_line(text, number)
    return unended_text(text) or line_fault(text, number, Notation.TOML)


def _parse_json(text: str) -> object:
    try:
        # Not strict: people press return within a text, and what they mean is plain.
        return json.loads(text, object_pairs_hook=_Pairs, strict=False)
    except RecursionError as exc:
        raise SidecarError(TOO_DEEP) from exc
    except json.JSONDecodeError as exc:
        raise SidecarError(line_fault(text, exc.lineno, Notation.JSON)) from exc
    except ValueError as exc:
        reason = "there is a number in it with thousands of figures, which no option has: take it out"
        raise SidecarError(reason) from exc


def _options_from(table: Mapping[str, object], valid: Sequence[str], notation: Notation) -> Options:
    for name, value in table.items():
        if name not in valid:
            raise SidecarError(unknown_key(name, value, valid))
    values: dict[str, Any] = {name: _read_option(name, value, notation) for name, value in table.items()}
    return Options(**values)


def _read_option(name: str, value: object, notation: Notation) -> object:
    rule = RULES[name]
    try:
        return rule.read(value)
    except WrongValueError as exc:
        example = notation.write(name, exc.instead or rule.example)
        reason = f"{name} {exc}: write for example {example}"
        raise SidecarError(reason) from exc
