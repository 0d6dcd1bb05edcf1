"""A bundle of which a part is a link, or cannot be looked at, is not paid for without that part."""

from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from retouchd.core.bundles import Bundle, Member, Role, Standing
from retouchd.core.hindrances import could_need, hold_without_links
from retouchd.core.values import Signature

SIGNATURE = Signature(size=1, mtime_ns=2, ctime_ns=3, inode=4)


def bundle_of(path: str, *, borrows_prompt: bool = False) -> Bundle:
    """Make a bundle that has a prompt."""
    place = PurePosixPath(path)
    return Bundle(
        folder=place.parent,
        key=place.name.casefold(),
        members=(Member.at(place, Role.PHOTO, SIGNATURE),),
        standing=Standing.COMPLETE,
        borrows_prompt=borrows_prompt,
    )


@pytest.mark.parametrize(
    "name",
    ["beach.txt", "BEACH.jpg.toml", "beach.mask.png", "beach.jpg.mask.png", "_preset.toml", "beach.JPG"],
)
def test_a_link_in_the_place_of_a_part_holds(name: str) -> None:
    """What is named like a part of a bundle was meant for it; it is named, with the ways out."""
    held = hold_without_links(bundle_of("a/Beach.jpg"), ["other.txt", name])

    assert held.standing is Standing.AMBIGUOUS
    assert held.detail == (
        f"{name} is no file, but a link or the like, which is never followed: put the file itself there,"
        " or take it away"
    )


def test_links_of_other_names_hold_nothing() -> None:
    """Another photo's sidecar, a folder's, and anything else are no part of a bundle."""
    bundle = bundle_of("a/beach.jpg")

    assert hold_without_links(bundle, ["lake.txt", "notes", "beach", "beach.jpg.part"]) is bundle


def test_a_folder_prompt_holds_those_that_need_it() -> None:
    """A link named _prompt.txt holds photos without a prompt of their own, and no others."""
    own, borrowing = bundle_of("a/beach.jpg"), bundle_of("a/beach.jpg", borrows_prompt=True)
    lacking = replace(own, standing=Standing.LACKS_PROMPT)

    assert hold_without_links(own, ["_prompt.txt"]) is own
    assert hold_without_links(borrowing, ["_prompt.txt"]).standing is Standing.AMBIGUOUS
    assert hold_without_links(lacking, ["_prompt.txt"]).standing is Standing.AMBIGUOUS


def test_a_whole_folder_is_not_sent_without_one_of_its_photos() -> None:
    """In a folder that is one bundle each photo and each prompt counts."""
    bundle = bundle_of("a.job/1.jpg")

    assert hold_without_links(bundle, ["2.jpg"]).standing is Standing.AMBIGUOUS
    assert hold_without_links(bundle, ["job.toml"]).standing is Standing.AMBIGUOUS
    assert hold_without_links(bundle, ["notes"]) is bundle


def test_what_is_held_already_keeps_its_reason() -> None:
    """Of two reasons the first is told."""
    held = replace(bundle_of("beach.jpg"), standing=Standing.AMBIGUOUS, detail="two prompts")

    assert hold_without_links(held, ["beach.txt"]) is held


def test_what_cannot_be_seen_may_be_needed() -> None:
    """A name that could not be looked at leaves open what its photo is."""
    assert could_need("beach.jpg", {"beach.txt"})
    assert not could_need("beach.jpg", {"lake.txt"})
    assert not could_need("beach.jpg", set())
