"""What a worker works with: one object for each outside thing."""

from collections.abc import Mapping
from dataclasses import dataclass

from retouchd.core.values import Cabinet
from retouchd.engine.needs import Endpoint, Filing, Outbox, Spool
from retouchd.engine.pictures import Darkroom, Pictures
from retouchd.engine.sources import Inbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The outside world.

    Attributes:
        returns: By the cabinet that is emptied, what files from it ("inbox") to the inbox ("done").
    """

    inbox: Inbox
    outbox: Outbox
    filing: Filing
    returns: Mapping[Cabinet, Filing]
    spool: Spool
    endpoint: Endpoint
    pictures: Pictures
    darkroom: Darkroom
