"""What a worker works with: one object for each outside thing."""

from dataclasses import dataclass

from retouchd.engine.needs import Endpoint, Filing, Inbox, Outbox, Pictures, Spool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The outside world.

    Attributes:
        returns: Files the other way: from failed/ ("inbox") to the inbox ("done").
    """

    inbox: Inbox
    outbox: Outbox
    filing: Filing
    returns: Filing
    spool: Spool
    endpoint: Endpoint
    pictures: Pictures
