"""Looks at a retouchd again and again: cheaply while nothing happens, and whatever becomes of its history."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from retouchd.adapters.journal.views import JournalView
from retouchd.adapters.statefolder import read_lock_holder
from retouchd.cli.opening import House, check_history, looking
from retouchd.core.errors import CommandRefusedError, FileTroubleError, JournalError
from retouchd.core.glance import Glance
from retouchd.core.status import Holder
from retouchd.reporting import report_glance
from retouchd.settings import Settings

# What time alone changes (photos that have arrived, a day that is over) is seen after so long.
_LONGEST_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What was seen: everything, or why nothing can be."""

    house: House | None = None
    glance: Glance | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What was read last, and what tells that it is old."""

    version: int
    holder: Holder | None
    read_at: float
    house: House
    glance: Glance


class Lookout:
    """Keeps the history open between two looks; another one at its place is opened anew.

    Args:
        monotonic: Gives seconds.
    """

    def __init__(self, config: Path | None, settings: Settings, monotonic: Callable[[], float]) -> None:
        self._config = config
        self._settings = settings
        self._monotonic = monotonic
        self._view: JournalView | None = None
        self._file: tuple[int, int] | None = None
        self._seen: _Seen | None = None

    def look(self, now: datetime) -> Sight:
        """Give what is going on; read anew only if something may have changed."""
        try:
            seen = self._seen = self._refresh()
        except (JournalError, CommandRefusedError, FileTroubleError) as exc:
            self.close()
            return Sight(trouble=str(exc))
        page = seen.glance.page
        page = replace(page, status=replace(page.status, now=now))
        return Sight(house=seen.house, glance=replace(seen.glance, page=page))

    def _refresh(self) -> _Seen:
        view = self._open()
        version, holder = view.version(), read_lock_holder(self._settings.places().state)
        seen, now = self._seen, self._monotonic()
        is_same = seen is not None and (seen.version, seen.holder) == (version, holder)
        if seen is not None and is_same and now - seen.read_at < _LONGEST_SECONDS:
            return seen
        with looking(view, self._settings, self._config) as house:
            return _Seen(
                version=version, holder=holder, read_at=now, house=house, glance=report_glance(house)
            )

    def close(self) -> None:
        """Let go of the history."""
        if self._view is not None:
            self._view.close()
        self._view = self._seen = None

    def _open(self) -> JournalView:
        path = self._settings.places().journal
        found = check_history(self._settings.places(), self._config)
        if self._view is None or found != self._file:
            self.close()
            self._view, self._file = JournalView.open_for_reading(path), found
        return self._view
