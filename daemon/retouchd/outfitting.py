"""Outfits whoever works: one object for each outside thing, built from the settings."""

from collections.abc import Callable
from typing import Final

from retouchd.adapters.durable import Durable
from retouchd.adapters.endpoint.client import HttpEndpoint
from retouchd.adapters.identity import Identity
from retouchd.adapters.images.darkroom import Darkroom
from retouchd.adapters.images.recent import RecentPictures
from retouchd.adapters.images.structure import examine
from retouchd.adapters.inbox.files import InboxFolder
from retouchd.adapters.modes import Modes
from retouchd.adapters.outbox.filing import FilingCabinets
from retouchd.adapters.outbox.publish import OutboxFolder
from retouchd.adapters.spool.store import AnswerSpool
from retouchd.core.values import Cabinet
from retouchd.engine.tools import Tools
from retouchd.policies import forming_rules, output_modes
from retouchd.settings import Places, Settings
from retouchd.terms import endpoint_terms


class Equipment:
    """One object for each outside thing; nothing of it looks outside before it is used.

    Args:
        key: Gives the key, as it is at each call.
    """

    def __init__(
        self, settings: Settings, identity: Identity, key: Callable[[], str], durable: Durable
    ) -> None:
        places, modes = settings.places(), output_modes(settings)
        self._inbox = InboxFolder(
            places.inbox, identity, forming_rules(settings), settings.watch.settle_seconds
        )
        self._outbox = OutboxFolder(places.outbox, durable, identity, modes)
        self._filing = FilingCabinets(
            inbox=places.inbox, done=places.done, failed=places.failed, durable=durable, modes=modes
        )
        self._returns = returns_of(places, durable, modes)
        self._endpoint = HttpEndpoint(endpoint_terms(settings, key))
        self._darkroom = Darkroom(places.state, settings.limits.max_pixels)
        self.tools: Final = Tools(
            inbox=self._inbox,
            outbox=self._outbox,
            filing=self._filing,
            returns=self._returns,
            spool=AnswerSpool(places.spool, durable),
            endpoint=self._endpoint,
            pictures=RecentPictures(examine),
            darkroom=self._darkroom,
        )

    def adopt(self, settings: Settings, key: Callable[[], str]) -> None:
        """Go by other settings, in the same folders, from now on; nothing is waited for."""
        # The only one that could refuse it: nothing was changed before.
        self._endpoint.adopt(endpoint_terms(settings, key))
        self._inbox.adopt(forming_rules(settings), settings.watch.settle_seconds)
        modes = output_modes(settings)
        self._outbox.adopt(modes)
        for cabinets in (self._filing, *self._returns.values()):
            cabinets.adopt(modes)
        self._darkroom.adopt(settings.limits.max_pixels)


def returns_of(places: Places, durable: Durable, modes: Modes) -> dict[Cabinet, FilingCabinets]:
    """Give what files the other way: from each cabinet back to the inbox."""
    emptied = {Cabinet.DONE: places.done, Cabinet.FAILED: places.failed}
    return {
        cabinet: FilingCabinets(
            inbox=folder, done=places.inbox, failed=places.inbox, durable=durable, modes=modes
        )
        for cabinet, folder in emptied.items()
    }
