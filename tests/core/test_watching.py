"""How changes are noticed, mount by mount."""

from collections.abc import Mapping
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouchd.core.watching import Manner, WatchMode, choose_manners, describe_manner, find_manner

INBOX = PurePosixPath("/in")
NAS = INBOX / "nas"
NESTED = NAS / "deep" / "other"
LIMIT = "a limit is reached"
CONFIGURED = "the configuration says so"

_points = st.sampled_from([INBOX, NAS, NESTED, INBOX / "b"])
_networks = st.dictionaries(_points, st.sampled_from(["nfs4", "cifs"]))


@pytest.mark.parametrize(
    ("wish", "networks", "failure", "expected"),
    [
        (WatchMode.AUTO, {}, "", [(INBOX, "events", "the file system tells of changes")]),
        (WatchMode.AUTO, {}, LIMIT, [(INBOX, "polling", LIMIT)]),
        (WatchMode.EVENTS, {INBOX: "cifs"}, "", [(INBOX, "events", CONFIGURED)]),
        (WatchMode.EVENTS, {NAS: "cifs"}, "", [(INBOX, "events", CONFIGURED)]),
        (WatchMode.EVENTS, {}, LIMIT, [(INBOX, "polling", LIMIT)]),
        (WatchMode.POLLING, {NAS: "cifs"}, "", [(INBOX, "polling", CONFIGURED)]),
        (
            WatchMode.AUTO,
            {INBOX: "cifs", NAS: "nfs4"},
            LIMIT,
            [(INBOX, "polling", "cifs does not tell what other machines change")],
        ),
        (
            WatchMode.AUTO,
            {NESTED: "cifs", NAS: "nfs4"},
            "",
            [
                (INBOX, "events", "the file system tells of changes"),
                (NAS, "polling", "nfs4 does not tell what other machines change"),
            ],
        ),
    ],
)
def test_the_manner_follows_from_mounts_and_wish(
    wish: WatchMode,
    networks: Mapping[PurePosixPath, str],
    failure: str,
    expected: list[tuple[PurePosixPath, str, str]],
) -> None:
    """Events where they can be relied on, polling on network mounts and where events fail; each says why."""
    manners = choose_manners(INBOX, wish, networks, failure)

    assert [(manner.folder, manner.mode, manner.why) for manner in manners] == expected


@given(st.sampled_from(WatchMode), _networks, st.sampled_from(["", LIMIT]))
def test_no_network_mount_relies_on_events_by_itself(
    wish: WatchMode, networks: dict[PurePosixPath, str], failure: str
) -> None:
    """Whatever the mounts are, a photo on a network mount is polled unless the owner insists on events."""
    manners = choose_manners(INBOX, wish, networks, failure)

    for point in networks:
        manner = find_manner(manners, point / "trip" / "a.png")
        assert manner.mode is WatchMode.POLLING or wish is WatchMode.EVENTS
        assert manner.why
    assert WatchMode.AUTO not in {manner.mode for manner in manners}


def test_a_path_has_the_manner_of_the_nearest_folder() -> None:
    """What lies on a polled mount is polled, what lies beside it, though called alike, is not."""
    own, polled = choose_manners(INBOX, WatchMode.AUTO, {NAS: "cifs"}, "")

    assert find_manner((own, polled), NAS / "a.png") == polled
    assert find_manner((own, polled), INBOX / "nas2" / "a.png") == own
    assert find_manner((own, polled), INBOX) == own


def test_a_manner_is_told_in_one_line() -> None:
    """People are told how, how often and why; a folder's name cannot break the line."""
    events = Manner(folder=INBOX / "a\nb", mode=WatchMode.EVENTS, why=CONFIGURED)
    polled = Manner(folder=NAS, mode=WatchMode.POLLING, why=LIMIT)

    assert describe_manner(events, 30, 2.5) == (
        "/in/a\\nb is watched by events (the configuration says so), and looked through every 30 s"
    )
    assert describe_manner(polled, 30, 2.5) == "/in/nas is looked through every 2.5 s (a limit is reached)"
