"""The errors: what a shell sees of them, and what a person reads."""

from pathlib import PurePosixPath

import pytest

from retouchd.core import errors
from retouchd.core.errors import (
    AlreadyOwnedError,
    CommandRefusedError,
    ConfigurationError,
    FileTroubleError,
    FolderMissingError,
    IllegalTransitionError,
    JournalDamagedError,
    JournalError,
    JournalVersionError,
    NameTakenError,
    NoRoomError,
    PausedError,
    RetouchdError,
    SourceChangedError,
    SourceGoneError,
    StartRefusedError,
    UnknownJobError,
    UnsendableError,
    WorkLeftError,
)

EXIT_STATUSES = {
    RetouchdError: 1,
    ConfigurationError: 78,
    StartRefusedError: 78,
    AlreadyOwnedError: 75,
    PausedError: 4,
    WorkLeftError: 1,
    UnknownJobError: 1,
    CommandRefusedError: 1,
    IllegalTransitionError: 1,
    JournalError: 1,
    UnsendableError: 1,
    JournalDamagedError: 1,
    JournalVersionError: 78,
    FileTroubleError: 1,
    SourceGoneError: 1,
    SourceChangedError: 1,
    NameTakenError: 1,
    NoRoomError: 1,
    FolderMissingError: 1,
}


@pytest.mark.parametrize(("error", "status"), EXIT_STATUSES.items())
def test_exit_status(error: type[RetouchdError], status: int) -> None:
    """Scripts tell a wrong configuration, another owner, a pause and left work apart by the exit status."""
    assert error.exit_status == status


def test_every_error_has_its_exit_status_stated_here() -> None:
    """No error class is added without a thought of what a shell sees of it."""
    classes = {one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, Exception)}

    assert classes == set(EXIT_STATUSES)


def test_a_wrong_configuration_names_every_fault() -> None:
    """All faults stand in the message, one a line, so that nobody mends them one by one."""
    error = ConfigurationError("budget.per_day_usd: missing", "folders.root: unknown")

    assert str(error) == "budget.per_day_usd: missing\nfolders.root: unknown"
    assert error.faults == ("budget.per_day_usd: missing", "folders.root: unknown")


def test_file_trouble_says_what_where_and_why() -> None:
    """A trouble with a file names operation, path and reason, and its path forges no line (I11)."""
    error = NoRoomError("publish", PurePosixPath("a\nb.png"), "the disk is full")

    assert str(error) == "cannot publish a\\nb.png: the disk is full"
    assert (error.operation, error.path, error.reason) == (
        "publish",
        PurePosixPath("a\nb.png"),
        "the disk is full",
    )
