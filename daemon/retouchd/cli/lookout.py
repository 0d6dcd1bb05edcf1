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
class _Known:
    """What the last look rests on."""

    version: int
    holder: Holder | None
    read_at: float


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
        self._known: _Known | None = None
        self._sight = Sight()

    def look(self, now: datetime) -> Sight:
        """Give what is going on; read anew only if something may have changed."""
        try:
            view = self._open()
            known = _Known(
                version=view.version(),
                holder=read_lock_holder(self._settings.places().state),
                read_at=self._monotonic(),
            )
            if self._is_old(known):
                with looking(view, self._settings, self._config) as house:
                    self._sight = Sight(house=house, glance=report_glance(house))
                self._known = known
        except (JournalError, CommandRefusedError, FileTroubleError) as exc:
            self.close()
            return Sight(trouble=str(exc))
        return _at(self._sight, now)

    def close(self) -> None:
        """Let go of the history."""
        if self._view is not None:
            self._view.close()
        self._view = self._known = None

    def _open(self) -> JournalView:
        path = self._settings.places().journal
        found = check_history(self._settings.places(), self._config)
        if self._view is None or found != self._file:
            self.close()
            self._view, self._file = JournalView.open_for_reading(path), found
        return self._view

    def _is_old(self, now: _Known) -> bool:
        known = self._known
        return (
            known is None
            or (known.version, known.holder) != (now.version, now.holder)
            or now.read_at - known.read_at >= _LONGEST_SECONDS
        )


def _at(sight: Sight, now: datetime) -> Sight:
    """Give what was seen as it is told at a moment."""
    if sight.glance is None:
        return sight
    page = sight.glance.page
    page = replace(page, status=replace(page.status, now=now))
    return replace(sight, glance=replace(sight.glance, page=page))
