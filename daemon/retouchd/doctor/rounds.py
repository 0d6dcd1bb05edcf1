"""The doctor's rounds: all checks at once, each in a thread of its own; what hangs holds up no other."""

import errno
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from retouchd.core.errors import RetouchdError
from retouchd.core.findings import Finding, wrong
from retouchd.core.values import printable

# What is missing or may not be entered is no share that hangs; each folder's own line says what to do.
_TOLD_BY_FOLDERS: Final = frozenset({errno.ENOENT, errno.EACCES, errno.ENOTDIR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing to look at.

    Attributes:
        name: One word.
        examine: Gives what is found, one after the other.
        suspect: What is probably to blame when it never ends, and what to do.
    """

    name: str
    examine: Callable[[], Iterable[Finding]]
    suspect: str


@dataclass(slots=True)
class _Round:
    check: Check
    found: list[Finding] = field(default_factory=list)

    def run(self) -> None:
        try:
            for finding in self.check.examine():
                self.found.append(finding)
        except RetouchdError as exc:
            self.found.append(wrong(self.check.name, str(exc).replace("\n", "; "), ""))
        except OSError as exc:
            told = f"{printable(exc.filename)} cannot be looked at: {exc.strerror}"
            remedy = "see folders" if exc.errno in _TOLD_BY_FOLDERS else self.check.suspect
            self.found.append(wrong(self.check.name, told, remedy))


def make_rounds(checks: Sequence[Check], seconds: float) -> Iterator[Finding]:
    """Make all checks and give what they find, in their order.

    Args:
        seconds: Whatever is not found by then does not come any more.
    """
    rounds = [_Round(check) for check in checks]
    threads = [
        threading.Thread(target=one.run, name=f"doctor-{one.check.name}", daemon=True) for one in rounds
    ]
    for thread in threads:
        thread.start()
    end, told = time.monotonic() + seconds, set[str]()
    for one, thread in zip(rounds, threads, strict=True):
        thread.join(max(0.0, end - time.monotonic()))
        is_over = not thread.is_alive()
        # What several of them meet, such as a damaged history, is told once.
        yield from (finding for finding in list(one.found) if finding.text not in told)
        told |= {finding.text for finding in one.found}
        if not is_over:
            yield wrong(one.check.name, f"there was no answer within {seconds:g} s", one.check.suspect)
