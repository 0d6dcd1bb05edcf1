"""What people can do with files alone, for each reason for which a photo waits for them."""

from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from retouchd.core.bundles import Role
from retouchd.core.failnote import way_back
from retouchd.core.gestures import way_back_from_failed, way_on
from retouchd.core.jobs import HoldReason, JobState
from retouchd.core.records import Accepted, BundleState
from retouchd.core.values import Sha256
from strategies import ARRIVING, JOB, SIGNATURE

RECORD = replace(ARRIVING, state=BundleState.AT_WORK)


def accepted(name: str, role: Role) -> Accepted:
    """Give a file of a bundle."""
    path = PurePosixPath("wedding") / name
    return Accepted(path=path, role=role, sha256=Sha256("a" * 64), signature=SIGNATURE)


@pytest.mark.parametrize(
    ("hold", "told"),
    [
        (HoldReason.UNKNOWN_OUTCOME, "Put new text into inbox/wedding/beach.txt: that is another picture"),
        (HoldReason.UNREADABLE_ANSWER, "Put new text into inbox/wedding/beach.txt: "),
        (HoldReason.OUTPUT_GONE, "Put new text into inbox/wedding/beach.txt: "),
        (
            HoldReason.OVER_JOB_CAP,
            'Put the line quality = "low", or a smaller size, into inbox/wedding/beach',
        ),
        (HoldReason.REFUSED_ALIKE, "Put other options into inbox/wedding/beach.toml."),
        (
            HoldReason.SAME_EDIT_HELD,
            "See to the other one first, or put new text into inbox/wedding/beach.txt",
        ),
    ],
)
def test_each_hold_has_a_way_on_with_files(hold: HoldReason, told: str) -> None:
    """Whoever sees only the folders is told which file to change, never a command alone."""
    assert way_on(replace(JOB, state=JobState.HELD, hold=hold), RECORD).startswith(told)


def test_the_files_that_are_there_are_named() -> None:
    """The prompt and options files that the photo has are named as they are called, safe to print."""
    members = (accepted("beach.jpg", Role.PHOTO), accepted("beach.jpg\n.txt", Role.PROMPT))
    record = replace(RECORD, folder=PurePosixPath(), accepted=members)

    told = way_on(replace(JOB, state=JobState.HELD, hold=HoldReason.UNKNOWN_OUTCOME), record)

    assert told.startswith(r"Put new text into inbox/beach.jpg\n.txt: ")


def test_in_a_folder_that_is_one_bundle_its_own_files_are_named() -> None:
    """There a prompt is called prompt.txt and options job.toml, whatever the photos are called."""
    record = replace(RECORD, folder=PurePosixPath("trip.job"))
    lost = replace(JOB, state=JobState.HELD, hold=HoldReason.UNKNOWN_OUTCOME)
    refused = replace(lost, hold=HoldReason.REFUSED_ALIKE)

    assert way_on(lost, record).startswith("Put new text into inbox/trip.job/prompt.txt: ")
    assert way_on(refused, record).startswith("Put other options into inbox/trip.job/job.toml.")


def test_of_a_photo_that_is_not_there_any_more_no_file_is_named() -> None:
    """Nobody is sent to change a file that belongs to another photo by now."""
    record = replace(RECORD, state=BundleState.DETACHED)

    told = way_on(replace(JOB, state=JobState.HELD, hold=HoldReason.UNKNOWN_OUTCOME), record)

    assert "ask whoever runs retouchd" in told
    assert "beach" not in told


def test_a_failed_photo_is_dragged_back() -> None:
    """Once it lies in failed/ it is dragged back to the very folder; before, the note is still to come."""
    failed = replace(JOB, state=JobState.FAILED)
    filed = replace(RECORD, state=BundleState.FILED)

    told = way_back_from_failed(filed, [], failed)

    assert told.startswith("It lies in failed/wedding/: change the photo or its prompt if ")
    assert told.endswith("drag the photo and its prompt file back to inbox/wedding/ to try again.")
    assert "next" in way_back_from_failed(replace(RECORD, state=BundleState.ENDING), [], failed)


@pytest.mark.parametrize(
    ("roles", "folder", "what"),
    [
        ([Role.PROMPT], "wedding", "the photo and its prompt file back to inbox/wedding/"),
        (
            [Role.OPTIONS, Role.MASK],
            "wedding",
            "the photo, its prompt file and its mask back to inbox/wedding/",
        ),
        ([Role.FOLDER_PROMPT], "wedding", "the photo back to inbox/wedding/"),
        ([Role.FOLDER_PROMPT, Role.MASK], "wedding", "the photo and its mask back to inbox/wedding/"),
        ([Role.PROMPT], "wedding/group.job", "the folder group.job back to inbox/wedding/"),
    ],
)
def test_what_is_dragged_back_is_what_was_filed(roles: list[Role], folder: str, what: str) -> None:
    """A folder's prompt stayed in the inbox, and a folder that is one bundle goes as one."""
    members = tuple(accepted(f"beach.{role}", role) for role in (Role.PHOTO, *roles))
    record = replace(RECORD, folder=PurePosixPath(folder), accepted=members)

    assert f"drag {what} to try again." in way_back(record, [], is_given_up=True)
