"""Filed photos that are brought back to the inbox: asked for durably, done once, given up with a reason."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from engine_house import House, bundle_of, kinds

from retouchd.adapters.durable import Durable
from retouchd.adapters.modes import Modes
from retouchd.adapters.outbox.filing import FilingCabinets
from retouchd.core.bundles import Role
from retouchd.core.errors import CommandRefusedError, FolderMissingError, NameTakenError, SourceGoneError
from retouchd.core.records import Accepted, BundleRecord
from retouchd.core.values import Cabinet, Sha256, Signature
from retouchd.engine.desk import Answer, Asked
from retouchd.engine.returning import Porter, check_return
from strategies import SIGNATURE

CONTENTS = {"beach.jpg": b"photo", "beach.txt": b"prompt"}


class Shed:
    """A failed photo with its prompt on a disk, and whoever carries it back.

    Attributes:
        trouble: Raised when the inbox is looked at.
    """

    def __init__(self, house: House, place: Path) -> None:
        self.house = house
        self.inbox, self.failed = place / "inbox", place / "failed"
        self.trouble: Exception | None = None
        for folder in (self.inbox, self.failed):
            folder.mkdir()
        for name, content in CONTENTS.items():
            (self.failed / name).write_bytes(content)
        self.filing = FilingCabinets(
            inbox=self.failed, done=self.inbox, failed=self.inbox, durable=Durable(), modes=Modes()
        )
        record = house.bundle(house.fail("beach.jpg"))
        accepted = [_accepted(name, content, SIGNATURE) for name, content in CONTENTS.items()]
        self.record: BundleRecord = replace(record, accepted=accepted)
        with house.act():
            house.journal.update_bundle(self.record)
        self.porter = Porter(self, house.returns, self.check_inbox, {Cabinet.FAILED: self.filing})

    def check_inbox(self) -> None:
        """Look whether the inbox is there."""
        if self.trouble:
            raise self.trouble

    def ask(self, work: Callable[Asked, Answer], /, *args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
        """Do it here and now, as the engine does it."""
        with self.house.act():
            return work(*args, **kwargs)

    def ask_for_return(self, take: int | None = None) -> None:
        """Have the photo brought back."""
        with self.house.act():
            self.house.returns.ask(self.record, take)

    def bring_back(self) -> Exception | None:
        """Carry it."""
        return self.porter.bring_back(self.record, Cabinet.FAILED)

    def there(self) -> dict[str, bytes]:
        """Give what lies in the inbox."""
        return {path.name: path.read_bytes() for path in self.inbox.iterdir()}


def _accepted(name: str, content: bytes, signature: Signature) -> Accepted:
    sha256 = Sha256(hashlib.sha256(content).hexdigest())
    role = Role.PHOTO if name.endswith("jpg") else Role.PROMPT
    return Accepted(path=PurePosixPath(name), role=role, sha256=sha256, signature=signature)


@pytest.fixture
def shed(house: House, tmp_path: Path) -> Shed:
    """Give a failed photo."""
    return Shed(house, tmp_path)


def test_a_return_is_not_forgotten_by_a_crash(shed: Shed) -> None:
    """What was asked stands in the journal until it is done; done twice it is the same (I1)."""
    shed.ask_for_return()

    assert shed.bring_back() is None
    shed.ask_for_return()  # As if the crash had come before it was noted.
    again = shed.bring_back()

    assert again is None
    assert shed.there() == CONTENTS
    assert shed.house.returned() == []
    assert "bundle.returned" in shed.house.log.events()


def test_a_stranger_at_a_name_keeps_everything_where_it_is(shed: Shed) -> None:
    """When another prompt lies in the inbox the photo is not brought to it: nothing moves (I2)."""
    (shed.inbox / "beach.txt").write_bytes(b"another")
    shed.ask_for_return(take=2)

    trouble = shed.bring_back()

    assert isinstance(trouble, NameTakenError)
    assert shed.there() == {"beach.txt": b"another"}
    assert (shed.failed / "beach.jpg").exists()
    assert shed.house.returned() == []
    photo = shed.record.accepted[0]
    assert shed.house.journal.wanted_take(shed.record.folder, photo.name, photo.sha256) is None
    assert "bundle.not_returned" in shed.house.log.events()


def test_an_inbox_that_is_not_there_is_waited_for(shed: Shed) -> None:
    """Sources are not moved below a mount that is missing; the return is tried again by itself."""
    shed.trouble = FolderMissingError("use", shed.inbox, "not mounted")
    shed.ask_for_return()

    assert isinstance(shed.bring_back(), FolderMissingError)
    assert shed.house.choose() == []
    assert 0 < (shed.house.journal.next_due(shed.house.clock.moments()) or 0) <= 30

    shed.trouble = None
    shed.house.clock.pass_by(31)
    assert kinds(shed.house.choose()) == ["Return"]
    assert shed.bring_back() is None
    assert shed.there() == CONTENTS


def test_a_return_is_asked_for_once_and_for_a_free_place(shed: Shed) -> None:
    """Asking twice, or for a place where something else lies by now, is refused with the reason."""
    shed.ask_for_return()
    with pytest.raises(CommandRefusedError, match="already"):
        shed.ask_for_return()
    shed.bring_back()
    shed.house.see(bundle_of("beach.jpg"))
    with pytest.raises(CommandRefusedError, match="lies in the inbox"):
        shed.ask_for_return()


def test_what_cannot_be_brought_back_is_known_before(shed: Shed) -> None:
    """A look tells whether all originals are there, unchanged, and their places free; it changes nothing."""
    check_return(shed.record, shed.filing)
    (shed.inbox / "beach.txt").write_bytes(b"another")
    with pytest.raises(NameTakenError):
        check_return(shed.record, shed.filing)
    (shed.failed / "beach.txt").unlink()
    with pytest.raises(SourceGoneError):
        check_return(shed.record, shed.filing)
    assert (shed.failed / "beach.jpg").exists()
