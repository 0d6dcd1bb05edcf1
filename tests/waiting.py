"""Waiting for what other threads and processes do: on a condition, with a deadline."""

import time
from collections.abc import Callable
from typing import Final

_LOOK_EVERY_SECONDS: Final = 0.01


def eventually(
    predicate: Callable[[], object], seconds: float = 10.0, *, every_seconds: float = _LOOK_EVERY_SECONDS
) -> bool:
    """Say whether the predicate becomes true within this time."""
    deadline = time.monotonic() + seconds
    while not predicate():
        if time.monotonic() > deadline:
            return False
        time.sleep(every_seconds)
    return True
