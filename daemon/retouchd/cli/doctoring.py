"""`retouchd doctor`: what can be put right by itself, under the daemon's lock."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from retouchd.adapters.clock import SystemClock
from retouchd.adapters.durable import Durable
from retouchd.adapters.modes import Modes
from retouchd.adapters.outbox.publish import OutboxFolder
from retouchd.adapters.spool.store import AnswerSpool
from retouchd.cli.screen import Screen
from retouchd.core.money import Money
from retouchd.core.values import printable
from retouchd.ownership import check_ownership
from retouchd.policies import engine_policy
from retouchd.premises import open_sound_state
from retouchd.rebuilding import Basis, Tally, read_back
from retouchd.settings import Settings, load_settings

# More names would hide the sentence above them.
_MOST_NAMES: Final = 20


def rebuild_journal(config: Path | None, environ: Mapping[str, str]) -> None:
    """Read back what was paid for, and say what was found.

    Raises:
        AlreadyOwnedError: The daemon runs, or the folders belong to another machine's.
        FolderMissingError: The outbox is not there.
        FileTroubleError: Something cannot be read; nothing was changed.
    """
    settings = load_settings(config, environ)
    places, durable = settings.places(), Durable()
    with open_sound_state(places, durable) as journal:
        outbox = OutboxFolder(places.outbox, durable, check_ownership(places, journal), Modes())
        outbox.check_mark()
        tell_tally(read_back(journal, outbox, AnswerSpool(places.spool, durable), basis_of(settings)))


def basis_of(settings: Settings) -> Basis:
    """Give what a reading back rests on beside the files."""
    policy = engine_policy(settings)
    return Basis(calendar=policy.calendar, codes=policy.codes, now=SystemClock().now())


def tell_tally(tally: Tally) -> None:
    """Say in plain words what was read back."""
    screen = Screen()
    screen.say(f"Read {_count(tally.read, 'picture or answer', 'pictures and answers')}.")
    added = [
        *_part(tally.pictures, "picture", "pictures", "in the outbox"),
        *_part(
            tally.answers, "answer", "answers", "whose picture comes for $0 with the same photo and prompt"
        ),
        *_part(
            tally.unclear, "call", "calls", "perhaps paid, which needs you when the same photo comes again"
        ),
    ]
    screen.say(f"New in the history: {'; '.join(added)}." if added else "The history knew all of it.")
    if added:
        screen.say(f"{tally.charged} was paid for that, {_unclear(tally.reserved)}.")
    _name(screen, tally.unusable, "not counted, since the picture is not there as it was delivered")
    files = [f"spool/{one}" for one in tally.strangers]
    _name(screen, files, "kept, but nobody knows for which photo it was asked for")


def _part(number: int, one: str, many: str, what: str) -> list[str]:
    return [f"{_count(number, one, many)} {what}"] if number else []


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _unclear(reserved: Money) -> str:
    return f"{reserved} stays set aside" if reserved.micro else "nothing stays set aside"


def _name(screen: Screen, names: Iterable[object], why: str) -> None:
    shown = [printable(name) for name in names]
    if not shown:
        return
    screen.say(f"{_count(len(shown), 'file', 'files')} {why}:")
    for name in shown[:_MOST_NAMES]:
        screen.line(f"  {name}")
    if len(shown) > _MOST_NAMES:
        screen.line(f"  and {len(shown) - _MOST_NAMES} more")
