"""The inbox as a worker sees it, on real folders."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import pytest
from inbox_house import TOP, dead_mount, needs_mounts

from retouchd.adapters.durable import Durable
from retouchd.adapters.identity import Identity
from retouchd.adapters.inbox.files import InboxFolder
from retouchd.adapters.marks import MARK_NAME, Mark, write_mark
from retouchd.core.bundles import FormingRules, Standing
from retouchd.core.errors import FileTroubleError, FolderMissingError, SourceGoneError
from retouchd.core.ignore import IgnoreRules
from retouchd.core.values import Sha256
from retouchd.engine.sources import Inbox

PHOTO = PurePosixPath("trip/a.png")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give a marked inbox with a photo and its prompt."""
    (tmp_path / "trip").mkdir()
    (tmp_path / "trip" / "a.png").write_bytes(b"picture")
    (tmp_path / "trip" / "a.txt").write_text("warmer")
    mark(tmp_path, "ours")
    return tmp_path


def mark(root: Path, inbox_id: str) -> None:
    """Write the mark of an inbox."""
    write_mark(
        root, Mark(inbox_id=inbox_id, owner="o", host="h", since=datetime(2026, 1, 31, tzinfo=UTC)), Durable()
    )


def make_inbox(root: Path, settle_seconds: float = 2.0) -> Inbox:
    """Make the adapter, as what the engine needs."""
    return InboxFolder(root, Identity(journal_id="o", inbox_id="ours"), FormingRules(), settle_seconds)


def test_a_bundle_is_formed_anew(root: Path) -> None:
    """The bundle of a key is given as it lies there now, and None when its photo is gone."""
    inbox = make_inbox(root)

    before = inbox.form_bundle(PHOTO.parent, "a.png")
    (root / "trip" / "a.txt").unlink()
    after = inbox.form_bundle(PHOTO.parent, "a.png")
    (root / "trip" / "a.png").unlink()
    gone = inbox.form_bundle(PHOTO.parent, "a.png")
    (root / "trip").rmdir()
    nowhere = inbox.form_bundle(PHOTO.parent, "a.png")

    assert before is not None
    assert [member.name for member in before.members] == ["a.png", "a.txt"]
    assert after is not None
    assert after.standing is Standing.LACKS_PROMPT
    assert (gone, nowhere) == (None, None)


def test_the_open_source_has_the_bundles_signature(root: Path) -> None:
    """A file has the same signature in the scan as when it is open, or nothing would ever settle."""
    inbox = make_inbox(root)
    bundle = inbox.form_bundle(PHOTO.parent, "a.png")
    assert bundle is not None

    with inbox.open_source(PHOTO) as source:
        assert source.signature() == bundle.photo.signature
        assert source.is_still_named()
        assert source.read_text_bytes(100) == b"picture"


def test_an_image_gives_what_was_hashed(root: Path) -> None:
    """A picture is opened with the hash that it must have, and closed afterwards."""
    expected = Sha256(hashlib.sha256(b"picture").hexdigest())
    descriptors = len(list(Path("/proc/self/fd").iterdir()))

    with make_inbox(root).open_image(PHOTO, expected) as image:
        pieces = list(image.pieces(3))

    assert pieces == [b"pic", b"tur", b"e"]
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors


def test_on_an_unmounted_share_no_photo_is_gone(root: Path) -> None:
    """Without the mark neither a bundle nor a file is told to be gone: the inbox is."""
    inbox = make_inbox(root)
    (root / MARK_NAME).unlink()

    with pytest.raises(FolderMissingError, match="probably not mounted"):
        inbox.form_bundle(PHOTO.parent, "b.png")
    with pytest.raises(FolderMissingError), inbox.open_source(PurePosixPath("b.png")):
        pass
    with pytest.raises(FolderMissingError), inbox.open_image(PurePosixPath("b.png"), Sha256("0" * 64)):
        pass


def test_a_file_that_is_gone_from_a_marked_inbox_is_gone(root: Path) -> None:
    """With the mark in its place, a missing file is a missing file."""
    with pytest.raises(SourceGoneError), make_inbox(root).open_source(PurePosixPath("b.png")):
        pass


def test_the_mark_must_be_ours(root: Path) -> None:
    """Our mark lets pass; another inbox's, or a missing folder, doesn't."""
    inbox = make_inbox(root)

    inbox.check_mark()
    mark(root, "another")
    with pytest.raises(FolderMissingError, match="another inbox"):
        inbox.check_mark()
    with pytest.raises(FolderMissingError):
        make_inbox(root / "absent").check_mark()


def test_a_local_bundle_settles_as_configured(root: Path) -> None:
    """On a local file system the configured quiet counts, however short."""
    assert make_inbox(root, settle_seconds=0.5).quiet_seconds(TOP) == 0.5


@needs_mounts
def test_a_bundle_on_a_network_mount_settles_later(root: Path) -> None:
    """FUSE and network mounts below the inbox get five seconds at least; the rest of the inbox doesn't."""
    (root / "nas").mkdir()

    with dead_mount(root / "nas"):
        quiet = make_inbox(root, 0.5).quiet_seconds(PurePosixPath("nas/trip"))
        longer = make_inbox(root, 9.0).quiet_seconds(PurePosixPath("nas/trip"))
        beside = make_inbox(root, 0.5).quiet_seconds(PHOTO.parent)

    assert (quiet, longer, beside) == (5.0, 9.0, 0.5)


@needs_mounts
def test_a_bundle_with_an_unclear_file_is_not_formed(root: Path) -> None:
    """While a sidecar can't be looked at the bundle is neither gone nor one without a prompt."""
    with dead_mount(root / "trip" / "a.txt"), pytest.raises(FileTroubleError, match=r"a\.txt"):
        make_inbox(root).form_bundle(PHOTO.parent, "a.png")


def test_other_rules_and_another_quiet_count_at_once(root: Path) -> None:
    """What is ignored from now on is no bundle any more, and quiet is as long as it is said now."""
    inbox = InboxFolder(root, Identity(journal_id="o", inbox_id="ours"), FormingRules(), 2.0)
    before = (inbox.form_bundle(PHOTO.parent, "a.png"), inbox.quiet_seconds(PHOTO.parent))

    inbox.adopt(FormingRules(ignore=IgnoreRules(["*.png"])), 3.5)

    after = (inbox.form_bundle(PHOTO.parent, "a.png"), inbox.quiet_seconds(PHOTO.parent))
    assert (before[0] is not None, before[1]) == (True, 2.0)
    assert after == (None, 3.5)
