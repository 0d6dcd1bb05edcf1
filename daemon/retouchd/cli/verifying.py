"""`retouchd doctor --verify`: everything on the disk against the history; nothing is changed."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Final

import typer

from retouchd.adapters.images.structure import examine
from retouchd.adapters.journal.audit import AuditView
from retouchd.adapters.outbox.inspection import Inspection
from retouchd.adapters.spool.shelf import Shelf
from retouchd.adapters.statefolder import read_lock_holder
from retouchd.cli.opening import load_used_settings
from retouchd.cli.screen import Screen, Tone, print_json
from retouchd.settings import Places
from retouchd.verifying import Grounds, Tally, Verifier

_EVERY_SECONDS: Final = 0.5
# A program that reads them needs no more to see that all is wrong.
_MOST_IN_JSON: Final = 10_000


def verify(config: Path | None, environ: Mapping[str, str], *, as_json: bool) -> None:
    """Check everything, and tell what does not hold.

    Raises:
        Exit: With 1 when anything does not hold.
        RetouchdError: The configuration is wrong, or something cannot be read.
    """
    places = load_used_settings(config, environ).places()
    with closing(AuditView.open_for_reading(places.journal)) as view:
        # Where no daemon runs nothing is on its way: a second look tells no more.
        is_running = read_lock_holder(places.state) is not None
        pause = time.sleep if is_running else _go_on
        verifier = Verifier(_grounds(places, view), _Progress(), pause)
        found = _print_json(verifier) if as_json else _print_lines(verifier)
    if found:
        raise typer.Exit(1)


def _go_on(_seconds: float) -> None:
    """Wait for nothing."""


def _grounds(places: Places, view: AuditView) -> Grounds:
    return Grounds(
        places=places,
        view=view,
        outbox=Inspection(places.outbox, examine),
        inbox=Inspection(places.inbox, examine),
        filed=(Inspection(places.done, examine), Inspection(places.failed, examine)),
        spool=Shelf(places.spool),
    )


def _print_json(verifier: Verifier) -> int:
    faults = verifier.faults()
    shown = [asdict(fault) for fault in islice(faults, _MOST_IN_JSON)]
    more = sum(1 for _fault in faults)
    print_json({"checked": asdict(verifier.tally), "faults": shown, "more_faults": more})
    return len(shown) + more


def _print_lines(verifier: Verifier) -> int:
    screen, found = Screen(), 0
    for fault in verifier.faults():
        found += 1
        screen.say(f"{fault.place}: {fault.wrong}.", Tone.BAD)
        screen.say(f"What to do: {fault.remedy}.", indent=2)
    tally = verifier.tally
    faults = "1 fault" if found == 1 else f"{_spaced(found) if found else 'no'} faults"
    pictures = "1 picture" if tally.pictures == 1 else f"{_spaced(tally.pictures)} pictures"
    screen.say(f"{pictures} checked, {faults}.", Tone.BAD if found else Tone.GOOD)
    for line in _told(tally):
        screen.say(line, Tone.ASIDE)
    return found


def _told(tally: Tally) -> Iterator[str]:
    """Tell what is no fault: people do with their results what they like."""
    lines = {
        "were taken away or deleted by somebody": tally.away,
        "were put elsewhere together with their .json file": tally.moved,
        "have no .json file any more": tally.without_metadata,
    }
    yield from (f"{_spaced(number)} {words}." for words, number in lines.items() if number)


class _Progress:
    """Tells on a terminal how far the check has come, now and then."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, tally: Tally) -> None:
        if time.monotonic() < self._last + _EVERY_SECONDS or not sys.stderr.isatty():
            return
        self._last = time.monotonic()
        print(f"\r{_spaced(tally.pictures)} pictures checked ", end="", file=sys.stderr, flush=True)


def _spaced(number: int) -> str:
    return f"{number:,}".replace(",", " ")
