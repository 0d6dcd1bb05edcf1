"""Arriving as a whole: any interleaving of writes, scans and looks; never early, never never.

What is promised, exactly: a photo is taken only when none of its bundle's files has changed for the quiet
time, when it has its length and no hole that its kind shows, and when nobody has it open for writing, or has
had for a minute without a change. That somebody pauses for longer and then writes over a
photo that was whole, or goes on with a prompt, cannot be known: that is a new photo, or a new wish, then.
"""

from dataclasses import replace
from datetime import timedelta
from pathlib import PurePosixPath

import pytest
from arriving_world import (
    BLOCKS,
    PATIENCE,
    PHOTO,
    QUIET_SECONDS,
    RESCAN_SECONDS,
    Act,
    World,
    carry_out,
    is_whole,
)
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from retouchd.core.arrival import after_look, claimed, is_look_due, quiet_at
from retouchd.core.bundles import Bundle, Member, Role, Standing
from retouchd.core.records import BundleRecord, BundleState, Moments
from retouchd.core.settling import MAX_CLAIMS, LookAgain
from strategies import NOW, SIGNATURE

PROMPT = "beach.txt"
MASK = "beach.mask.png"
NAMES = (PHOTO, PROMPT, "beach.toml", MASK)
# Below, at and above the quiet time; beyond a writer's minute, and beyond all patience.
PAUSES = (0.0, 0.1, 0.7, 1.9, 2.0, 2.1, 5.0, 31.0, 61.0, 700.0, 1900.0)

names = st.sampled_from((PHOTO,) * 8 + (PROMPT,) * 3 + NAMES[2:])
versions = st.integers(1, 3)
WHOLE = [1] * BLOCKS
# How clients begin: all at once, with the size set first, with what an interrupted one left, with the prompt.
contents = st.sampled_from((WHOLE, WHOLE, [2] * BLOCKS, [0] * BLOCKS, [1], [1, 1, 1, 0], [1, 0, 0, 1], []))


def act(name: str, *arguments: st.SearchStrategy[object]) -> st.SearchStrategy[Act]:
    """Give an act with such arguments."""
    return st.tuples(st.just(name), st.tuples(*arguments))


created = st.builds(lambda name, blocks: ("create", (name, *blocks)), names, contents)
writes = st.one_of(
    created,
    act("append", names, versions),
    act("put", names, st.integers(0, BLOCKS), versions),
    act("cut", names, st.integers(0, BLOCKS + 1)),
    act("delete", names),
    act("hold", names),
    act("let_go", names),
)
watching = st.one_of(act("scan"), act("scan"), act("turn"), act("turn"), act("miss"))
pauses = act("pass_by", st.sampled_from(PAUSES))
prompted: list[Act] = [("create", (PROMPT, 1))]
completed: list[Act] = [
    *prompted,
    ("append", (PHOTO, 1)),
    ("cut", (PHOTO, BLOCKS)),
    *(("put", (PHOTO, n, 1)) for n in range(BLOCKS)),
]
anything = st.builds(
    lambda before, acts, after: [*before, *acts, *after],
    st.sampled_from([[], prompted, [*prompted, ("create", (PHOTO, *WHOLE))]]),
    st.lists(st.one_of(writes, watching, watching, pauses), max_size=60),
    st.sampled_from([[], [*prompted, ("append", (PHOTO, 1))], completed]),
)


def finish(world: World) -> float:
    """Have everybody stop writing, and watch on until nothing can happen any more; give how long it took.

    The scan comes as late as it may, the looks when they are due to the second.
    """
    for file in world.files.values():
        file.writers = 0
    began, last_scan = world.now, world.now
    while not world.is_over and world.now - began <= PATIENCE.total_seconds() + 2 * RESCAN_SECONDS:
        world.pass_by(1)
        if world.now - last_scan >= RESCAN_SECONDS:
            world.scan()
            last_scan = world.now
        world.turn()
    return world.now - began


@settings(max_examples=300)
@given(anything)
def test_whatever_is_written_nothing_is_taken_early_and_nothing_waits_for_ever(acts: list[Act]) -> None:
    """What is taken was quiet, whole and let go of; what is not taken is named; both in bounded time."""
    world = World()
    carry_out(world, acts)
    event("over before the end" if world.is_over else "not over before the end")
    assume(not world.is_over)

    seconds = finish(world)

    photo, prompt = world.files.get(PHOTO), world.files.get(PROMPT)
    if photo is None:
        assert world.known is None
        return
    if world.taken is not None:
        event("taken")
        assert world.taken == photo.blocks
        assert seconds <= RESCAN_SECONDS + QUIET_SECONDS + 6
        return
    pictures = [file for name, file in world.files.items() if name in {PHOTO, MASK}]
    if world.given_up:
        event("given up")
        assert not all(map(is_whole, pictures))
        assert seconds <= RESCAN_SECONDS + QUIET_SECONDS + PATIENCE.total_seconds() + 6
        return
    event("waits for somebody")
    assert world.known is not None
    assert world.known.state in {BundleState.LACKS_PROMPT, BundleState.NEEDS_YOU}
    assert world.known.state is BundleState.NEEDS_YOU or prompt is None or not prompt.blocks


def watch(world: World, seconds: float) -> None:
    """Scan and look twenty times in between, as eagerly as nobody does."""
    for _ in range(20):
        world.pass_by(seconds / 20)
        world.scan()
        world.turn()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(NAMES[:2]), st.integers(0, BLOCKS - 1), st.sampled_from([0.1, 0.7, 1.5, 1.9])
        ),
        min_size=1,
        max_size=12,
    )
)
def test_who_pauses_for_less_than_quiet_is_never_overtaken(rewrites: list[tuple[str, int, float]]) -> None:
    """Over a photo that looks whole all the time, and a prompt that could be meant, the last write counts."""
    world = World()
    world.create(PROMPT, 1)
    world.create(PHOTO, *WHOLE)
    for name, block, pause in rewrites:
        world.put(name, block, 2)
        watch(world, pause)
        assert not world.is_over

    finish(world)

    assert world.taken == world.files[PHOTO].blocks


@given(
    st.lists(st.tuples(st.integers(0, BLOCKS - 1), st.sampled_from([0.1, 2.1, 31.0])), max_size=8),
    st.sampled_from([WHOLE, [0] * BLOCKS]),
)
def test_who_holds_the_photo_open_is_never_overtaken(
    rewrites: list[tuple[int, float]], begin: list[int]
) -> None:
    """A writer that pauses for longer than quiet over a whole photo is waited for, for a minute each time."""
    world = World()
    world.create(PROMPT, 1)
    world.create(PHOTO, *begin)
    world.hold(PHOTO)
    for block, pause in rewrites:
        world.put(PHOTO, block, 2)
        watch(world, pause)
        assert not world.is_over
    for block in range(BLOCKS):
        world.put(PHOTO, block, 2)

    finish(world)

    assert world.taken == [2] * BLOCKS


@pytest.mark.parametrize("blocks", [[], [1], [1, 1, 1], [0] * BLOCKS, [1, 0, 0, 1], [1, 1, 1, 0], [1] * 5])
def test_half_a_photo_is_named_soon_and_given_up_in_the_end(blocks: list[int]) -> None:
    """A truncated file that was renamed in with an old time is named at the first look, and never taken."""
    world = World()
    world.append(PROMPT, 1)
    world.create(PHOTO, *blocks, mtime=0)
    world.scan()
    world.pass_by(QUIET_SECONDS)
    world.turn()

    assert world.known is not None
    assert (world.known.state, world.known.looks) == (BundleState.ARRIVING, 1)
    assert world.known.detail
    finish(world)
    assert world.given_up
    assert world.now <= PATIENCE.total_seconds() + RESCAN_SECONDS


def test_a_late_scan_makes_quiet_late_never_early() -> None:
    """Without an event quiet counts from when we saw the change: long after, it is not taken at once."""
    world = World()
    world.append(PROMPT, 1)
    world.create(PHOTO, 1, 1, 1, 1)
    world.miss()
    world.pass_by(1000)
    world.scan()
    world.turn()
    world.pass_by(QUIET_SECONDS - 0.1)
    world.turn()
    assert not world.is_over

    world.pass_by(0.2)
    world.turn()

    assert world.taken == [1, 1, 1, 1]


def test_looks_that_never_come_back_are_counted() -> None:
    """A photo that ends the process at each look is set aside after three; one that waits is not counted."""
    record = _record()
    for _ in range(MAX_CLAIMS):
        begun = claimed(record)
        assert begun is not None
        assert begun.state is BundleState.LOOKED_AT
        record = begun

    assert claimed(record) is None
    assert after_look(record, LookAgain(at=NOW, reason="x"), NOW).claims == 0


def test_a_look_is_due_when_quiet_and_agreed() -> None:
    """Only a bundle that arrives is looked at, not before it is quiet, and not before the agreed time."""
    moments = Moments(now=NOW, monotonic=100.0)
    quiet = 100.0
    later = replace(_record(), look_at=NOW + timedelta(seconds=1))

    assert is_look_due(_record(), quiet, moments)
    assert not is_look_due(_record(), quiet + 0.1, moments)
    assert not is_look_due(later, quiet, moments)
    assert is_look_due(replace(later, look_at=NOW), quiet, moments)
    assert not is_look_due(replace(_record(), state=BundleState.LOOKED_AT), quiet, moments)


@pytest.mark.parametrize(
    ("marked", "changed_seconds_ago", "quiet_from"),
    [
        (None, 0.5, 100.0),  # no event told of it
        (99.9, 0.5, 99.9),  # not before the event, whatever the file system's clock says
        (99.2, 0.5, 99.5),  # changed once more after the event
        (99.2, -3600.0, 100.0),  # the clock was set back
    ],
)
def test_quiet_counts_from_the_change_where_that_is_known(
    marked: float | None, changed_seconds_ago: float, quiet_from: float
) -> None:
    """How long news of a change took is not waited for once more, and a clock that is set cuts no quiet."""
    changed_ns = round((NOW.timestamp() - changed_seconds_ago) * 1e9)
    members = tuple(
        Member.at(PurePosixPath(name), role, replace(SIGNATURE, ctime_ns=ctime_ns))
        for name, role, ctime_ns in ((PHOTO, Role.PHOTO, changed_ns), (PROMPT, Role.PROMPT, 1))
    )
    bundle = Bundle(folder=PurePosixPath(), key=PHOTO, members=members, standing=Standing.COMPLETE, detail="")

    quiet = quiet_at(bundle, marked, Moments(now=NOW, monotonic=100.0), 2.0)

    assert quiet == pytest.approx(quiet_from + 2.0, abs=1e-5)


def _record() -> BundleRecord:
    world = World()
    world.append(PROMPT, 1)
    world.create(PHOTO, 1)
    world.scan()
    assert world.known is not None
    return world.known
