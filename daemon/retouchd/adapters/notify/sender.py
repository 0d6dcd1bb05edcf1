"""A process that sends one message through Apprise and ends: the only place that imports it.

It reads the order from its standard input and says on its output, with nothing of the address, why it could
not be carried out. Its status is 0 when it was.
"""

import json
import logging
import os
import re
import sys
from types import TracebackType
from typing import Final, TextIO
from urllib.parse import unquote

# Parts of an address that are shorter stand in every other sentence.
_LEAST_SECRET: Final = 3
_PART: Final = re.compile(r"[\w.%+-]+")


def main(orders: TextIO, told: TextIO) -> int:
    """Carry out the order that stands there; give the exit status."""
    order = json.loads(orders.read())
    complaints = _Complaints()
    if _send(order, complaints):
        return 0
    told.write(without_secrets(complaints.lines[-1] if complaints.lines else "", order["url"]))
    return 1


def _send(order: dict[str, str], complaints: "_Complaints") -> bool:
    import apprise  # noqa: PLC0415 - what cannot be imported is told like any other fault

    logger = logging.getLogger("apprise")
    logger.addHandler(complaints)
    logger.propagate = False
    post = apprise.Apprise(
        asset=apprise.AppriseAsset(app_id="retouchd", app_desc="retouchd", async_mode=False)
    )
    if not post.add(order["url"]):
        complaints.lines.append("Apprise does not understand the address")
        return False
    return bool(post.notify(body=order["body"], title=order["title"], body_format=apprise.NotifyFormat.TEXT))


class _Complaints(logging.Handler):
    """Keeps what Apprise complains of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.lines.append(record.getMessage())


def without_secrets(text: str, url: str) -> str:
    """Give a text without any part of an address but its kind."""
    _kind, _, rest = url.partition(":")
    parts = {part for part in _PART.findall(f"{rest} {unquote(rest)}") if len(part) >= _LEAST_SECRET}
    for part in sorted(parts, key=len, reverse=True):
        text = text.replace(part, "…")
    return text


def _tell_defect(kind: type[BaseException], _error: BaseException, _trace: TracebackType | None) -> None:
    """Tell a defect by its name alone: a traceback could show the address."""
    sys.stdout.write(f"Apprise failed with {kind.__name__}")


if __name__ == "__main__":
    sys.excepthook = _tell_defect
    # Warnings of libraries name hosts.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    sys.exit(main(sys.stdin, sys.stdout))
