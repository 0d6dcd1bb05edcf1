"""Outfits whoever works: one object for each outside thing, built from the settings."""

from collections.abc import Callable

from retouchd.adapters.durable import Durable
from retouchd.adapters.endpoint.client import HttpEndpoint
from retouchd.adapters.identity import Identity
from retouchd.adapters.images import structure
from retouchd.adapters.images.darkroom import Darkroom
from retouchd.adapters.inbox.files import InboxFolder
from retouchd.adapters.modes import Modes
from retouchd.adapters.outbox.filing import FilingCabinets
from retouchd.adapters.outbox.publish import OutboxFolder
from retouchd.adapters.spool.store import AnswerSpool
from retouchd.core.values import Cabinet
from retouchd.engine.tools import Tools
from retouchd.policies import endpoint_terms, forming_rules, output_modes
from retouchd.settings import Places, Settings


def build_tools(settings: Settings, identity: Identity, key: Callable[[], str], durable: Durable) -> Tools:
    """Build one object for each outside thing; nothing of it looks outside yet."""
    places, modes = settings.places(), output_modes(settings)
    return Tools(
        inbox=InboxFolder(places.inbox, identity, forming_rules(settings), settings.watch.settle_seconds),
        outbox=OutboxFolder(places.outbox, durable, identity, modes),
        filing=FilingCabinets(
            inbox=places.inbox, done=places.done, failed=places.failed, durable=durable, modes=modes
        ),
        returns=returns_of(places, durable, modes),
        spool=AnswerSpool(places.spool, durable),
        endpoint=HttpEndpoint(endpoint_terms(settings, key)),
        pictures=structure,
        darkroom=Darkroom(places.state, settings.limits.max_pixels),
    )


def returns_of(places: Places, durable: Durable, modes: Modes) -> dict[Cabinet, FilingCabinets]:
    """Give what files the other way: from each cabinet back to the inbox."""
    emptied = {Cabinet.DONE: places.done, Cabinet.FAILED: places.failed}
    return {
        cabinet: FilingCabinets(
            inbox=folder, done=places.inbox, failed=places.inbox, durable=durable, modes=modes
        )
        for cabinet, folder in emptied.items()
    }
