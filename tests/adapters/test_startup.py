"""The folders are checked before anything is done."""

from pathlib import Path

import pytest

from retouchd.adapters.startup import check_folders
from retouchd.core.errors import StartRefusedError


def _folders(root: Path, **others: str) -> dict[str, Path]:
    names = {"inbox": "inbox", "outbox": "outbox", "done": "done", "failed": "failed", "state": "state"}
    paths = {name: root / place for name, place in (names | others).items()}
    for path in paths.values():
        path.mkdir(parents=True, exist_ok=True)
    return paths


def _faults(folders: dict[str, Path]) -> list[str]:
    with pytest.raises(StartRefusedError) as caught:
        check_folders(folders)
    return str(caught.value).splitlines()


def test_folders_side_by_side_are_right(tmp_path: Path) -> None:
    """Folders below one root are what init makes, and names that begin alike are no nesting."""
    folders = _folders(tmp_path, state="inbox2")

    check_folders(folders)

    assert folders["inbox"].is_dir()


def test_every_missing_folder_is_named(tmp_path: Path) -> None:
    """All folders that are not there are said at once, with the command that makes them."""
    folders = _folders(tmp_path)
    folders["done"].rmdir()
    folders["failed"].rmdir()

    faults = _faults(folders)

    assert faults == [
        f"folders.done: {tmp_path}/done does not exist; if it is right, retouchd init makes it",
        f"folders.failed: {tmp_path}/failed does not exist; if it is right, retouchd init makes it",
    ]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    """A file in a folder's place is refused and stays."""
    folders = _folders(tmp_path)
    folders["done"].rmdir()
    folders["done"].write_text("mine")

    faults = _faults(folders)

    assert faults == [f"folders.done: {tmp_path}/done is no folder; remove it or name another one"]
    assert folders["done"].read_text() == "mine"


def test_what_cannot_be_looked_at_is_named(tmp_path: Path) -> None:
    """A path that leads round in circles is refused with what the system says."""
    folders = _folders(tmp_path)
    folders["done"].rmdir()
    folders["done"].symlink_to(folders["done"])

    faults = _faults(folders)

    assert faults == [f"folders.done: {tmp_path}/done cannot be looked at: Too many levels of symbolic links"]


@pytest.mark.parametrize(
    ("inner", "outer"),
    [("outbox", "inbox"), ("done", "inbox"), ("state", "inbox"), ("state", "outbox"), ("inbox", "failed")],
)
def test_a_folder_inside_another_is_refused(tmp_path: Path, inner: str, outer: str) -> None:
    """Nesting is refused in one sentence that names both paths."""
    folders = _folders(tmp_path, **{inner: f"{outer}/deep/{inner}"})

    faults = _faults(folders)

    nested = f"folders.{inner} ({folders[inner]}) lies inside folders.{outer} ({folders[outer]})"
    assert faults == [f"{nested}; name a folder that does not"]


def test_the_same_folder_twice_is_refused(tmp_path: Path) -> None:
    """Two names for one folder are said once."""
    folders = _folders(tmp_path, failed="done")

    faults = _faults(folders)

    assert faults == [
        f"folders.done ({tmp_path}/done) and folders.failed ({tmp_path}/done) are the same folder"
    ]


def test_links_are_followed(tmp_path: Path) -> None:
    """A link does not hide that a folder lies inside another."""
    folders = _folders(tmp_path)
    (tmp_path / "inbox" / "results").mkdir()
    folders["outbox"] = tmp_path / "link"
    folders["outbox"].symlink_to(tmp_path / "inbox" / "results")

    faults = _faults(folders)

    nested = f"folders.outbox ({tmp_path}/inbox/results) lies inside folders.inbox ({tmp_path}/inbox)"
    assert faults == [f"{nested}; name a folder that does not"]


def test_case_does_not_tell_folders_apart(tmp_path: Path) -> None:
    """On a share Inbox and inbox are one folder, so they are refused everywhere."""
    folders = _folders(tmp_path, outbox="INBOX/results")

    faults = _faults(folders)

    assert len(faults) == 1
    assert faults[0].startswith(f"folders.outbox ({tmp_path}/INBOX/results) lies inside folders.inbox")


def test_a_hidden_home_is_told(tmp_path: Path) -> None:
    """A service from which homes are hidden says so, rather than to make a folder that is there."""
    folders = _folders(tmp_path)
    folders["inbox"] = Path("/home/nobody-of-this-name/Retouch/inbox")

    faults = _faults(folders)

    assert len(faults) == 1
    assert "does not exist; nor does /home/nobody-of-this-name, which systemd hides" in faults[0]
    assert faults[0].endswith("if not, retouchd init makes it")
