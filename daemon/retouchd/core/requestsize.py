"""How large a request may be: our own limit, what the service did not take, and how long that counts.

Sizes are those of whole requests in bytes, a little above the true ones, since the names in a request vary.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from retouchd.core.request import EditRequest

# A connection that breaks while so much is sent may have been cut because of it; less is taken by everybody.
LARGE_REQUEST_BYTES: Final = 1_000_000
# Whatever stands in front of the service is exchanged now and then.
_REMEMBERED: Final = timedelta(days=30)
# The other fields, their names, and the path where the service saves the result.
_FIELD_BYTES: Final = 1_024
_MEGABYTE: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedSize:
    """The smallest request that the service did not take for its size.

    Attributes:
        configuration: What was configured then; under another configuration it is another service.
    """

    size_bytes: int
    since: datetime
    configuration: str

    def counts(self, now: datetime, configuration: str) -> bool:
        """Say whether it still says anything."""
        return self.configuration == configuration and timedelta() <= now - self.since <= _REMEMBERED


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How large a job's request may be.

    Attributes:
        own_limit: The owner's; nothing larger is sent.
        refused: The size at which this very job was refused, or None.
        refused_before: The size at which another job was refused, or None.
    """

    own_limit: int
    refused: int | None = None
    refused_before: int | None = None

    @property
    def picture_bytes(self) -> int:
        """How large a picture can be at most, as base64 makes of three bytes four."""
        return self.own_limit // 4 * 3

    def takes(self, size_bytes: int) -> bool:
        """Say whether there is no reason to think that a request of this size is refused."""
        refused = [one for one in (self.refused, self.refused_before) if one is not None]
        return size_bytes <= self.own_limit and all(size_bytes < one for one in refused)

    def suits(self, size_bytes: int) -> bool:
        """Say whether a request that was made smaller is small enough not to be refused again.

        A refusal tells that the limit is lower, not by how much, and a second one fails the job: a made
        smaller request has at most half of what was refused, if that can be had.
        """
        refused = [one for one in (self.refused, self.refused_before) if one is not None]
        return size_bytes <= self.own_limit and all(2 * size_bytes <= one for one in refused)

    def allows(self, size_bytes: int) -> bool:
        """Say whether a request of this size may be tried at all.

        What another job was refused for alone fails none: the service may take more by now.
        """
        return size_bytes <= self.own_limit and (self.refused is None or size_bytes < self.refused)

    def describe_excess(self, size_bytes: int) -> str:
        """Say that even a request made smaller does not fit, and what to do."""
        size = f"the photo is too large: even made smaller the call has {size_bytes / _MEGABYTE:.1f} MB"
        if size_bytes > self.own_limit:
            limit = f"allowed are {self.own_limit / _MEGABYTE:.1f} MB (endpoint.max_request_bytes)"
        else:
            limit = f"and the service has refused {(self.refused or 0) / _MEGABYTE:.1f} MB"
        return f"{size}, {limit}: export it smaller"


def request_bytes(request: EditRequest, pictures: Iterable[int]) -> int:
    """Give the size of a request with pictures of these sizes, never less than it is sent with."""
    quoted = sum((size + 2) // 3 * 4 + 3 for size in pictures)
    return _FIELD_BYTES + len(json.dumps(request.prompt)) + quoted


def learn_refusal(known: RefusedSize | None, refused: RefusedSize) -> RefusedSize:
    """Give what is known after a refusal: the smaller of the two."""
    return known if known is not None and known.size_bytes <= refused.size_bytes else refused


def describe_refusal(told: str, size_bytes: int, *, goes_smaller: bool) -> str:
    """Say how large a request was that the service did not take, and what comes next.

    Args:
        told: What the service or the network said.
        goes_smaller: The photo is made smaller and sent once more.
    """
    size = f"{told}; the call had {size_bytes / _MEGABYTE:.1f} MB"
    return f"{size}, so the photo is made smaller" if goes_smaller else f"{size}: export the photo smaller"
