"""A log entry as one line that a person reads: the event, the photo, then what else is known of it.

The figures stay in the entry's own fields, where programs find them; this is for eyes alone.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

# What an entry is about; its name is not told, its value stands right behind the event.
_SUBJECTS: Final = ("source", "reason", "subject", "verb")
# Told elsewhere in the line, or by the log itself.
_TOLD_OTHERWISE: Final = frozenset({*_SUBJECTS, "event", "timestamp", "level", "output", "detail"})
# A long text of several lines is no part of the line.
_LONG_TEXTS: Final = frozenset({"exception", "stack"})
# A name that holds anything else is put into quotes: what it says must not look like a part of the line.
_PLAIN_NAME: Final = re.compile(r"[\w./+@~-]+")
_DOLLARS: Final = "_usd"


def log_line(entry: Mapping[str, object]) -> str:
    """Give an entry's line.

    Args:
        entry: Plain values that are safe to print, with "event" among them.
    """
    subject = "".join(f" {_name(entry[key])}" for key in _SUBJECTS if key in entry)
    output = f" -> outbox/{_name(entry['output'])}" if entry.get("output") else ""
    facts = ", ".join(_facts(entry))
    detail = f": {entry['detail']}" if entry.get("detail") else ""
    before = ", " if subject or output else " "
    return f"{entry.get('event', '')}{subject}{output}{before if facts else ''}{facts}{detail}"


def _facts(entry: Mapping[str, object]) -> Iterator[str]:
    for key, value in entry.items():
        if key in _TOLD_OTHERWISE | _LONG_TEXTS or value is None:
            continue
        words = key.removeprefix("is_").removesuffix(_DOLLARS).replace("_", " ")
        yield _seconds(value) if key == "seconds" else f"{words} {_figure(key, value)}"


def _seconds(value: object) -> str:
    return f"{value:.1f} s" if isinstance(value, float) else f"{value} s"


def _figure(key: str, value: object) -> str:
    if key.endswith(_DOLLARS) and isinstance(value, float | int):
        return f"${value:.2f}"
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return " and ".join(map(str, value)) or "none"
        case Mapping():
            return " and ".join(f"{name} {_figure(str(name), one)}" for name, one in value.items()) or "none"
        case _:
            return str(value)


def _name(value: object) -> str:
    text = str(value)
    if _PLAIN_NAME.fullmatch(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
