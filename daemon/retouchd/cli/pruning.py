"""`retouchd prune`: lets go of old history and of kept answers now; what was paid for stays known."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog

from retouchd.adapters.clock import SystemClock
from retouchd.adapters.durable import Durable
from retouchd.adapters.folder import free_bytes
from retouchd.adapters.journal.views import JournalView
from retouchd.adapters.spool.shelf import Shelf
from retouchd.adapters.spool.store import AnswerSpool
from retouchd.adapters.statefolder import read_lock_holder
from retouchd.cli.asking import agrees
from retouchd.cli.giving import DeskHere, give
from retouchd.cli.opening import load_used_settings
from retouchd.cli.screen import Screen
from retouchd.core.errors import CommandRefusedError
from retouchd.core.history import HistoryPolicy, LetGo
from retouchd.core.records import Verb
from retouchd.core.since import parse_since
from retouchd.core.values import printable
from retouchd.engine.herald import Herald
from retouchd.engine.history import WANTED, Archivist
from retouchd.engine.office import Office
from retouchd.engine.operator import note_wanted
from retouchd.engine.pruning import Pruner, choose_doomed
from retouchd.policies import engine_policy
from retouchd.premises import open_state
from retouchd.settings import Settings

# Shrinking writes all that is left anew, twice.
_ROOM_TO_SHRINK: Final = 2
_STAYS: Final = (
    "What was paid for stays known for ever: costs, and that the same photo and prompt is not paid for again."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a person typed.

    Attributes:
        older_than: An age such as 90d; empty without.
        keep: How many of the newest jobs stay; None without.
    """

    older_than: str
    keep: int | None
    is_dry_run: bool
    is_agreed: bool


def prune(config: Path | None, environ: Mapping[str, str], limits: Limits) -> None:
    """Let go of what is older, or of all but the newest; without either of what the settings let go.

    Raises:
        CommandRefusedError: An age is none, or there is nobody to ask.
        RetouchdError: The configuration is wrong, or the history cannot be read.
    """
    settings, screen = load_used_settings(config, environ), Screen()
    wanted = _read_policy(settings, limits, SystemClock().now())
    found = _count(settings, wanted)
    if not found.photos:
        screen.say("Nothing in the history is past by that; nothing was changed.")
        return
    told = f"The details of {found.jobs} jobs ({found.photos} photos) are let go. {_STAYS}"
    if limits.is_dry_run:
        screen.say(told.replace("are let go", "would be let go"))
        return
    if not limits.is_agreed and not agrees(told, "Let them go?"):
        screen.say("Nothing was changed.")
        return
    if read_lock_holder(settings.places().state) is not None:
        give(settings, Verb.PRUNE, wanted.as_text())
        return
    _prune_here(settings, wanted, screen)


def _read_policy(settings: Settings, limits: Limits, now: datetime) -> HistoryPolicy:
    if not limits.older_than and limits.keep is None:
        return settings.history.policy()
    try:
        age = now - parse_since(limits.older_than, now) if limits.older_than else None
    except ValueError as exc:
        message = f'"{printable(limits.older_than)}" is no age; valid: for example 90d, 8w or 2026-01-31'
        raise CommandRefusedError(message) from exc
    return HistoryPolicy(age=age, jobs=limits.keep)


def _count(settings: Settings, wanted: HistoryPolicy) -> LetGo:
    """Count what would be let go; nothing is changed."""
    places, now = settings.places(), SystemClock().now()
    with closing(JournalView.open_for_reading(places.journal)) as view, view.snapshot():
        files = Shelf(places.spool).kept()
        doomed = choose_doomed(view, files, engine_policy(settings).keep, wanted, now)
        kept = {one.attempt for one in files} - set(doomed)
        return view.count_past(wanted.bounds(now, view.newest_job()), kept)


def _prune_here(settings: Settings, wanted: HistoryPolicy, screen: Screen) -> None:
    """Prune without a daemon, under its lock, and have the history take no more room than it needs.

    Raises:
        AlreadyOwnedError: A daemon has just started.
    """
    places, durable = settings.places(), Durable()
    with open_state(places, durable) as journal:
        office = Office(
            journal=journal,
            clock=SystemClock(),
            policy=engine_policy(settings),
            herald=Herald(structlog.get_logger("retouchd")),
        )
        desk = DeskHere(journal)
        desk.ask(note_wanted, office, wanted.as_text())
        pruner = Pruner(desk, office, AnswerSpool(places.spool, durable), Archivist(desk, office))
        before, let_go = places.journal.stat().st_size, LetGo()
        while office.journal.note(WANTED):
            let_go += pruner.prune()
        if free_bytes(places.state) > _ROOM_TO_SHRINK * before:
            journal.shrink()
    after = places.journal.stat().st_size
    screen.say(f"The details of {let_go.jobs} jobs ({let_go.photos} photos) were let go. {_STAYS}")
    screen.say(f"The history takes {after / 1e6:.1f} MB now; before it was {before / 1e6:.1f} MB.")
