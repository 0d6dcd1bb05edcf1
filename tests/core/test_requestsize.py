"""How large a request may be, and what is learned of it."""

from datetime import timedelta

import pytest

from retouchd.core.requestsize import (
    RefusedSize,
    Room,
    describe_refusal,
    learn_refusal,
)
from strategies import NOW

REFUSED = RefusedSize(size_bytes=5_000_000, since=NOW, configuration="a")


@pytest.mark.parametrize(
    ("days", "configuration", "counts"),
    [(0, "a", True), (30, "a", True), (30.1, "a", False), (-1, "a", False), (1, "b", False)],
)
def test_a_refusal_is_forgotten(days: float, configuration: str, counts: bool) -> None:  # noqa: FBT001 - a column
    """A refusal counts for 30 days and for the configuration that it came under."""
    assert REFUSED.counts(NOW + timedelta(days=days), configuration) is counts


def test_the_smallest_refusal_counts() -> None:
    """The smallest size that was refused is kept with its own age; a renewed one is no younger."""
    smaller = RefusedSize(size_bytes=4_000_000, since=NOW + timedelta(days=1), configuration="a")
    again = RefusedSize(size_bytes=5_000_000, since=NOW + timedelta(days=1), configuration="a")

    assert learn_refusal(None, REFUSED) == REFUSED
    assert learn_refusal(REFUSED, smaller) == smaller
    assert learn_refusal(smaller, REFUSED) == smaller
    assert learn_refusal(REFUSED, again) == REFUSED


@pytest.mark.parametrize(
    ("room", "size", "takes", "suits", "allows"),
    [
        (Room(own_limit=100), 100, True, True, True),
        (Room(own_limit=100), 101, False, False, False),
        (Room(own_limit=100, refused_before=60), 59, True, False, True),
        (Room(own_limit=100, refused_before=60), 60, False, False, True),
        (Room(own_limit=100, refused_before=60), 30, True, True, True),
        (Room(own_limit=100, refused=60), 59, True, False, True),
        (Room(own_limit=100, refused=60), 60, False, False, False),
        (Room(own_limit=100, refused=60), 30, True, True, True),
        (Room(own_limit=100, refused=60, refused_before=50), 50, False, False, True),
        (Room(own_limit=20, refused=60, refused_before=50), 21, False, False, False),
    ],
)
def test_room(room: Room, size: int, takes: bool, suits: bool, allows: bool) -> None:  # noqa: FBT001 - columns
    """Untouched below what was refused, made smaller to half of it; refused elsewhere alone fails none."""
    assert (room.takes(size), room.suits(size), room.allows(size)) == (takes, suits, allows)


def test_words_for_what_is_too_large() -> None:
    """The sentences name the size, the limit and what to do."""
    own = Room(own_limit=1_000_000).describe_excess(2_340_000)
    refused = Room(own_limit=9_000_000, refused=2_000_000).describe_excess(2_340_000)

    assert own == (
        "the photo is too large: even made smaller the call has 2.3 MB, allowed are 1.0 MB"
        " (endpoint.max_request_bytes): export it smaller"
    )
    assert refused == (
        "the photo is too large: even made smaller the call has 2.3 MB, and the service has refused 2.0 MB:"
        " export it smaller"
    )
    assert describe_refusal("too large (413)", 2_340_000, goes_smaller=True) == (
        "too large (413); the call had 2.3 MB, so the photo is made smaller"
    )
    assert describe_refusal("too large (413)", 2_340_000, goes_smaller=False) == (
        "too large (413); the call had 2.3 MB: export the photo smaller"
    )
