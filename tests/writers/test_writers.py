"""Photos and prompts that real programs bring, slowly, into the inbox of a real daemon.

Each of them stands still in the middle of a photo for longer than the daemon's quiet is set to here; some are
broken off there and resumed. All are under way at the same time.
"""

from collections.abc import Callable, Iterator, Sequence

import pytest
from delivery_desk import Desk
from invariants import check_all, digest
from local_manners import COMMANDS, EDITORS, UNPACKERS
from manners import Manner, missing_programs
from network_manners import COPIERS, DOWNLOADS, SERVED, SYNCHRONISERS
from parcels import Order

MANNERS: Sequence[Manner] = (
    *COPIERS,
    *SERVED,
    *DOWNLOADS,
    *SYNCHRONISERS,
    *UNPACKERS,
    *COMMANDS,
    *EDITORS,
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """All parcels on their way."""
    with Desk(tmp_path_factory.mktemp("writers"), MANNERS) as desk:
        yield desk


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("manner", MANNERS, ids=lambda manner: manner.name)
def test_writer_delivers_a_whole_photo_once(
    manner: Manner,
    order: Order,
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
) -> None:
    """What this program brings is sent once, with all its bytes, and nothing of it fails (I1, I2, I5)."""
    for program in manner.programs[:1]:
        record_property("writer", program)
    if missing := missing_programs(manner):
        pytest.skip(f"not on this machine: {', '.join(missing)}")
    desk: Desk = request.getfixturevalue("desk")

    parcel = desk.receive(f"{manner.name}/{order}")

    assert desk.calls[parcel.prompt] == [parcel.hash]
    filed = desk.shop.done / parcel.path
    assert digest((filed / parcel.photo_name).read_bytes()) == parcel.hash
    assert (filed / "photo.txt").read_text().strip() == parcel.prompt
    assert [path.name for path in sorted((desk.shop.outbox / parcel.path).iterdir())] == [
        "photo.jpg",
        "photo.jpg.json",
    ]
    assert not (desk.shop.failed / parcel.path).exists()
    assert not list((desk.shop.inbox / parcel.path).glob("photo.*"))


def test_nothing_else_was_sent_or_failed(desk: Desk) -> None:
    """Each parcel led to one job and one call, none failed, and all that was said of money holds (I1-I6)."""
    for path in desk.parcels:
        desk.receive(path)

    assert sorted(desk.calls) == sorted(parcel.prompt for parcel in desk.parcels.values())
    assert desk.shop.states() == ["done"] * len(desk.parcels)
    assert [attempt["outcome"] for attempt in desk.shop.attempts()] == ["answered"] * len(desk.parcels)
    assert desk.shop.in_folder(desk.shop.failed) == []
    check_all(desk.shop)


def test_plain_debounce_would_have_sent_half_photos(desk: Desk) -> None:
    """These writers are slow enough: who only waits for half a second of quiet takes half files from many."""
    for path in desk.parcels:
        desk.receive(path)

    halves = {
        manner.name
        for manner in MANNERS
        for order in Order
        if (parcel := desk.parcels.get(f"{manner.name}/{order}"))
        and desk.debounce.taken.get(desk.shop.inbox / parcel.path / parcel.photo_name, parcel.hash)
        != parcel.hash
    }

    expected = {manner.name for manner in MANNERS if manner.in_place and not missing_programs(manner)}
    assert len(halves) >= len(expected) // 2
