"""Those who work beside the engine: each in a thread of its own, looking at the journal, deciding nothing.

What one of them cannot do (an outbox that is full, a server that is gone) holds up neither the engine nor the
others.
"""

import os
from dataclasses import dataclass
from typing import Protocol

from retouchd.adapters.clock import SystemClock
from retouchd.adapters.durable import Durable
from retouchd.adapters.identity import Identity
from retouchd.adapters.outbox.statusfile import StatusFile
from retouchd.adapters.servicemanager import ServiceManager
from retouchd.assembly import Errand
from retouchd.core.rhythm import ONE_SHOT, Rhythm
from retouchd.core.status import Holder
from retouchd.engine.herald import Log
from retouchd.settings import Settings
from retouchd.statuskeeper import StatusKeeper, StatusRemover


class Companion(Protocol):
    """Works beside the engine.

    The names of its threads begin with `companion-`: their death stops nothing.
    """

    def start(self) -> None:
        """Begin; what may block is done in a thread of its own."""
        ...

    def finish(self) -> None:
        """Have the last word and end, within a few seconds, also when it was never started."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What companions are built from.

    Attributes:
        errand: What a one-shot run is for; None for a daemon.
        manager: The service manager, if there is one.
    """

    settings: Settings
    identity: Identity
    durable: Durable
    log: Log
    errand: Errand | None
    manager: ServiceManager


def build_companions(surroundings: Surroundings) -> tuple[Companion, ...]:
    """Build those that the settings ask for; nothing of them looks outside yet."""
    return (_build_status(surroundings),)


def _build_status(surroundings: Surroundings) -> StatusKeeper | StatusRemover:
    settings, log = surroundings.settings, surroundings.log
    file = StatusFile(
        settings.places().outbox, surroundings.durable, surroundings.identity, settings.output.file_bits
    )
    if not settings.output.status_file:
        return StatusRemover(file, log)
    clock = SystemClock()
    holder = Holder(pid=os.getpid(), since=clock.now())
    rhythm = Rhythm() if surroundings.errand is None else ONE_SHOT
    return StatusKeeper(settings, file, holder, clock.local_moments, log, rhythm)
