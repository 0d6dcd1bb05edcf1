"""Reads the configuration again when it is asked to, and has it count, or says why it does not.

It is read in a thread of its own: its folder may lie on a share that hangs. What counts changes in the engine
thread, all of it at once.
"""

import threading
import time
from dataclasses import dataclass, replace
from typing import Final

from retouchd.adapters.inbox.watch import Scanner
from retouchd.adapters.servicemanager import ServiceManager
from retouchd.companions import Companions
from retouchd.configuration import Configuration, Source, find_changes, running_note
from retouchd.core.errors import ConfigurationError
from retouchd.core.reloading import RESTARTING
from retouchd.engine.mailbox import Mailbox
from retouchd.engine.reloading import Reloading, Reread
from retouchd.outfitting import Equipment
from retouchd.policies import engine_policy, scan_policy

_THREAD: Final = "companion-reload"
_MICROSECOND: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Followers:
    """Those who go by the configuration, each in its own way."""

    reloading: Reloading
    equipment: Equipment
    scanner: Scanner
    companions: Companions
    manager: ServiceManager


class Reloader:
    """Has what was configured anew take over while the daemon works.

    Args:
        source: Where it is read.
        running: What counts at the start.
    """

    def __init__(
        self, source: Source, running: Configuration, mailbox: Mailbox, followers: Followers
    ) -> None:
        self._source = source
        self._running = running
        self._mailbox = mailbox
        self._followers = followers
        self._one_at_a_time = threading.Lock()
        # Whether a thread is on its way that has not begun to read; engine thread only.
        self._is_asked = False

    def begin(self) -> None:
        """Note what counts at the start; in the engine thread."""
        self._followers.reloading.begin(running_note(self._running.settings))

    def obey(self) -> None:
        """Read it again if a person has left a command for that; in the engine thread."""
        if self._followers.reloading.find_commands():
            self.request()

    def request(self) -> None:
        """Have it read again from now on; in the engine thread, and nothing is waited for."""
        if not self._is_asked:
            self._is_asked = True
            # A daemon thread: it may hang on a share.
            threading.Thread(target=self._reload, name=_THREAD, daemon=True).start()

    def _reload(self) -> None:
        manager = self._followers.manager
        with self._one_at_a_time:
            commands = self._mailbox.ask(self._begin_reading)
            manager.reloading(time.clock_gettime_ns(time.CLOCK_MONOTONIC) // _MICROSECOND)
            try:
                self._take(self._source.read(), commands)
            except ConfigurationError as exc:
                self._mailbox.ask(self._followers.reloading.refuse, str(exc).splitlines(), commands)
            finally:
                manager.ready()

    def _begin_reading(self) -> list[int]:
        """Give the commands that are answered by what is read from now on."""
        self._is_asked = False
        return self._followers.reloading.find_commands()

    def _take(self, read: Configuration, commands: list[int]) -> None:
        before = self._running
        fresh = replace(read, settings=read.settings.keeping(RESTARTING, before.settings))
        reread = Reread(
            policy=engine_policy(fresh.settings, fresh.key.advice),
            file=read.file,
            running=running_note(fresh.settings),
            changes=find_changes(before.settings, read.settings),
            has_new_key=fresh.key.last != before.key.last,
            switch=lambda: self._switch(fresh),
        )
        self._mailbox.ask(self._followers.reloading.take, reread, commands)
        self._followers.companions.change(self._running.settings)

    def _switch(self, fresh: Configuration) -> None:
        """Have it count for everybody but the companions, who may need a while for their end."""
        self._followers.equipment.adopt(fresh.settings, fresh.key)
        self._running = fresh
        self._source.set_up_log(fresh)
        self._followers.scanner.adopt(scan_policy(fresh.settings))
