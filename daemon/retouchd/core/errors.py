r"""Every error that this program raises for something a caller can act on.

RetouchdError
├── ConfigurationError       the configuration is wrong; nothing was started
├── StartRefusedError        folders, file systems or marks forbid the start
├── AlreadyOwnedError        another daemon or another machine works on these folders
├── PausedError              a one-shot run ended paused or out of time
├── WorkLeftError            a one-shot run ended with something failed, held or without a prompt
├── UnknownJobError          a command names a job that does not exist, or several
├── CommandRefusedError      a command cannot be carried out as things are
├── IllegalTransitionError   a defect in the program: a job was moved along no arrow
├── JournalError             the journal cannot be opened or read
│   ├── JournalDamagedError  it is damaged, or another program's file
│   └── JournalVersionError  it is of a later version, or the running daemon is of an earlier one
├── UnsendableError          a photo cannot be made into a request that is taken
└── FileTroubleError         an operation on one file or folder failed
    ├── SourceGoneError      a source is no longer there
    ├── SourceChangedError   a source is not what was hashed
    ├── NameTakenError       the name is taken, and nothing is ever overwritten
    ├── NoRoomError          the disk is full
    └── FolderMissingError   a folder or its mark is not there: probably not mounted

None of these is raised after money may have moved: how a call ended is a value (outcomes.py), not an
exception.
"""

from pathlib import PurePath
from typing import ClassVar

from retouchd.core.values import printable


class RetouchdError(Exception):
    """Anything that a person or a caller can act on. Money has not moved."""

    exit_status: ClassVar[int] = 1


class ConfigurationError(RetouchdError):
    """Raised when the configuration is wrong, with every fault at once. Money has not moved."""

    exit_status = 78

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class StartRefusedError(RetouchdError):
    """Raised before anything is done when folders or file systems forbid the start. Money has not moved."""

    exit_status = 78


class AlreadyOwnedError(RetouchdError):
    """Raised when another daemon or machine works on these folders; money has not moved."""

    exit_status = 75


class PausedError(RetouchdError):
    """Raised at the end of a one-shot run that is paused or out of time. Nothing is under way."""

    exit_status = 4


class WorkLeftError(RetouchdError):
    """Raised at the end of a one-shot run that leaves something failed, held or without a prompt."""


class UnknownJobError(RetouchdError):
    """Raised when a command names no job, or more than one. Money has not moved."""


class CommandRefusedError(RetouchdError):
    """Raised when a command cannot be carried out as things are. Money has not moved."""


class IllegalTransitionError(RetouchdError):
    """Raised when a job would be moved along no arrow of the table: a defect, and nothing was changed."""


class JournalError(RetouchdError):
    """Raised when the journal cannot be opened or is of another version. Money has not moved."""


class UnsendableError(RetouchdError):
    """Raised when a photo cannot be made smaller as it must be; nothing was sent, and money has not moved."""


class JournalDamagedError(JournalError):
    """Raised when the journal is damaged, or is another program's file. Money has not moved by it."""


class JournalVersionError(JournalError):
    """Raised when the journal was written by a later version, or cannot be upgraded. Money has not moved."""

    # Trying again does not help: a service manager must not start it over and over.
    exit_status = 78


class FileTroubleError(RetouchdError):
    """Raised when an operation on one file or folder fails. Money has not moved by it.

    Attributes:
        operation: What was tried, in one verb: "publish", "read".
        path: The file or folder.
        reason: What went wrong, for people.
    """

    def __init__(self, operation: str, path: PurePath, reason: str) -> None:
        super().__init__(f"cannot {operation} {printable(path)}: {reason}")
        self.operation = operation
        self.path = path
        self.reason = reason


class SourceGoneError(FileTroubleError):
    """Raised when a source is no longer there, or is no regular file any more."""


class SourceChangedError(FileTroubleError):
    """Raised when a source is not what was hashed; while sending, before its last byte left."""


class NameTakenError(FileTroubleError):
    """Raised when a name is taken by another file; the file there was not touched."""


class NoRoomError(FileTroubleError):
    """Raised when a disk or quota is full; the received answer stays in the spool."""


class FolderMissingError(FileTroubleError):
    """Raised when a folder or its mark is missing, or cannot be written; work resumes when it is back."""
