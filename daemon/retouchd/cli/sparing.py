"""Loads libraries without what they bring along for screens that the daemon does not have."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# httpx loads its own command line and structlog its coloured tracebacks where these are installed, which
# they are for our commands. Both do without: they take 60 of 620 ms of the start, and 5.7 of 62 MB.
_FOR_SCREENS: Final = ("click", "rich")


@contextmanager
def sparing_screens() -> Iterator[None]:
    """Have these packages count as not installed for what is imported meanwhile, and not longer.

    None in place of a module is Python's own way to say so: its import raises ModuleNotFoundError. What is
    loaded already stays.
    """
    hidden = [name for name in _FOR_SCREENS if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # see above
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
