"""What every screen looks at: the settings, the history, and whether a daemon runs. Nothing is written."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from retouchd.adapters.clock import SystemClock
from retouchd.adapters.journal.views import JournalView
from retouchd.adapters.statefolder import read_lock_holder
from retouchd.cli.screen import command_line
from retouchd.core.errors import CommandRefusedError
from retouchd.core.values import printable
from retouchd.reporting import Outlook
from retouchd.settings import Places, Settings, load_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class House(Outlook):
    """Everything as it is at one moment.

    Attributes:
        config: The configuration file that the command named.
    """

    config: Path | None
    places: Places

    def command(self, *words: str) -> str:
        """Give a command to paste."""
        return command_line(self.config, *words)


@contextmanager
def open_house(config: Path | None, environ: Mapping[str, str]) -> Iterator[House]:
    """Open everything for reading.

    Raises:
        ConfigurationError: The configuration is wrong.
        CommandRefusedError: There is no history yet, or it belongs to another user.
        JournalError: The history cannot be read.
    """
    settings = load_used_settings(config, environ)
    view = JournalView.open_for_reading(settings.places().journal)
    try:
        with looking(view, settings, config) as house:
            yield house
    finally:
        view.close()


@contextmanager
def looking(view: JournalView, settings: Settings, config: Path | None) -> Iterator[House]:
    """Have everything as it is at this moment.

    Raises:
        JournalError: The history cannot be read.
    """
    places = settings.places()
    with view.snapshot():
        yield House(
            config=config,
            settings=settings,
            places=places,
            view=view,
            holder=read_lock_holder(places.state),
            moments=SystemClock().local_moments(),
            is_paused=bool(view.pauses()),
        )


def load_used_settings(config: Path | None, environ: Mapping[str, str]) -> Settings:
    """Load the settings of a retouchd that was used already.

    Raises:
        ConfigurationError: The configuration is wrong.
        CommandRefusedError: There is no history yet, or it belongs to another user.
    """
    settings = load_settings(config, environ)
    check_history(settings.places(), config)
    return settings


def check_history(places: Places, config: Path | None) -> tuple[int, int]:
    """Make sure that there is a history which this user may read; give its file's device and inode.

    Raises:
        CommandRefusedError: There is not.
    """
    path = places.journal
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            return found.st_dev, found.st_ino
    except FileNotFoundError as exc:
        message = f'nothing was done here yet: begin with "{command_line(config, "init")}"'
        raise CommandRefusedError(message) from exc
    except OSError as exc:
        message = (
            f"{printable(path)} cannot be read ({exc.strerror}): run this as the user whose retouchd it is,"
            " with sudo -u"
        )
        raise CommandRefusedError(message) from exc
