"""What the doctor looks at: one retouchd, as its configuration and this user see it."""

import os
import pwd
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass

from retouchd.adapters.clock import SystemClock
from retouchd.adapters.journal.views import JournalView
from retouchd.core.status import Holder
from retouchd.core.values import printable
from retouchd.reporting import Outlook, looking_out
from retouchd.settings import Places, Settings

# Whatever takes longer than this does not answer; a healthy NAS that spins its disks up needs ten.
PATIENCE_SECONDS = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One retouchd.

    Attributes:
        environ: Of this command: a service's own may be another.
        holder: The daemon that runs; None when none does.
        program: The words that start this program with this configuration, to paste.
    """

    settings: Settings
    environ: Mapping[str, str]
    holder: Holder | None
    program: str

    @property
    def places(self) -> Places:
        """Its folders."""
        return self.settings.places()

    def command(self, *words: str) -> str:
        """Give a command to paste, in quotes."""
        return f'"{" ".join([self.program, *words])}"'

    @contextmanager
    def open_history(self) -> Iterator[Outlook]:
        """Open the history for reading.

        Raises:
            JournalError: It cannot be read.
        """
        now = SystemClock().local_moments()
        with (
            closing(JournalView.open_for_reading(self.places.journal)) as view,
            looking_out(view, self.settings, self.holder, now) as outlook,
        ):
            yield outlook


def shown_user(uid: int) -> str:
    """Give a user as people know him."""
    try:
        return f"uid {uid} ({printable(pwd.getpwuid(uid).pw_name)})"
    except KeyError:
        return f"uid {uid}"


def own_user() -> str:
    """Give the user who runs this command."""
    return shown_user(os.geteuid())
