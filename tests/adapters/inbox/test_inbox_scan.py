"""The scan, over real folders with hostile things in them."""

import os
import subprocess
from pathlib import Path, PurePosixPath

import pytest
from inbox_house import TOP, as_nobody, dead_mount, needs_mounts, needs_root, open_place

from retouchd.adapters.folder import Folder
from retouchd.adapters.inbox.listing import FolderView
from retouchd.adapters.inbox.mounts import Ground, Mount
from retouchd.adapters.inbox.scan import Scan, Unreadable
from retouchd.adapters.inbox.sheets import SheetReader
from retouchd.core.bundles import Bundle, FormingRules, Standing
from retouchd.core.depth import MOST_LEVELS, TOO_DEEP
from retouchd.core.errors import FileTroubleError
from retouchd.core.hints import Kind
from retouchd.core.ignore import IgnoreRules

LOCAL = Ground(at=None, below=())


def make_scan(root: Path, ground: Ground = LOCAL) -> Scan:
    """Make a scan of a root."""
    folder = Folder(root)
    return Scan(folder, ground, FormingRules(), SheetReader(folder))


def read(root: Path, folder: str = ".") -> FolderView:
    """Read one folder that is there."""
    view = make_scan(root).read(PurePosixPath(folder))
    assert view is not None
    return view


def formed(root: Path, view: FolderView) -> tuple[Bundle, ...]:
    """Give the bundles of one folder."""
    return make_scan(root).form(view).bundles


def walked(root: Path) -> dict[str, list[str]]:
    """Give the keys of each folder's bundles."""
    views = list(make_scan(root).walk(TOP))
    assert all(isinstance(view, FolderView) for view in views)
    return {
        str(view.folder): [bundle.key for bundle in formed(root, view)]
        for view in views
        if isinstance(view, FolderView)
    }


def test_bundles_are_found_in_all_folders(tmp_path: Path) -> None:
    """Photos are found in the inbox and below it, with what lies beside them."""
    (tmp_path / "trip" / "rome").mkdir(parents=True)
    (tmp_path / "a.png").touch()
    (tmp_path / "trip" / "rome" / "b.jpg").touch()
    (tmp_path / "trip" / "rome" / "b.txt").touch()

    assert walked(tmp_path) == {".": ["a.png"], "trip": [], "trip/rome": ["b.jpg"]}
    assert formed(tmp_path, read(tmp_path, "trip/rome"))[0].standing is Standing.COMPLETE


def test_links_are_never_followed(tmp_path: Path) -> None:
    """I10: linked folders are not entered and linked files are no photos."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.png").touch()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "sub").symlink_to("../outside")
    (tmp_path / "in" / "b.png").symlink_to("../outside/a.png")

    assert walked(tmp_path / "in") == {".": []}
    assert make_scan(tmp_path / "in").read(PurePosixPath("sub")) is None
    assert read(tmp_path / "in").left_out == {Kind.NO_FILE: 2}


def test_a_folder_named_like_a_photo_is_a_folder(tmp_path: Path) -> None:
    """A directory x.jpg is entered like any other."""
    (tmp_path / "x.jpg").mkdir()
    (tmp_path / "x.jpg" / "y.jpg").touch()

    assert walked(tmp_path) == {".": [], "x.jpg": ["y.jpg"]}


def test_what_is_ignored_is_pruned_and_counted(tmp_path: Path) -> None:
    """Dot-names, half-written files, strangers and pipes count as ignored; our own mark does not."""
    (tmp_path / ".sync").mkdir()
    (tmp_path / ".sync" / "a.png").touch()
    for name in (".retouchd-root", "a.png.part", "notes.docx", "photo.png"):
        (tmp_path / name).touch()
    os.mkfifo(tmp_path / "pipe.png")

    view = read(tmp_path)

    assert walked(tmp_path) == {".": ["photo.png"]}
    assert view.left_out == {
        "names like .*": 1,
        "names like *.part": 1,
        Kind.DOCUMENT: 1,
        Kind.NO_FILE: 1,
    }


def test_the_owners_patterns_are_pruned_and_taken_back(tmp_path: Path) -> None:
    """The owner's patterns hide files and folders like the built-in ones, and bring hidden ones back."""
    for name in ("drafts/a.png", ".scans/b.png", "@eaDir/c.png", "d-draft.png", "d-draft.txt", "drafts.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    rules = FormingRules(ignore=IgnoreRules(["drafts/", "*-draft.*", "!.scans/"]))
    folder = Folder(tmp_path)
    scan = Scan(folder, LOCAL, rules, SheetReader(folder))

    views = [view for view in scan.walk(TOP) if isinstance(view, FolderView)]

    assert [bundle.key for view in views for bundle in scan.form(view).bundles] == ["drafts.png", "b.png"]
    assert views[0].left_out == {
        "names that fit drafts/ in watch.ignore": 1,
        "names that fit *-draft.* in watch.ignore": 2,
        "names like @eaDir/": 1,
    }


def test_names_of_any_bytes_are_found(tmp_path: Path) -> None:
    """Newlines and bytes that are no UTF-8 are names like others, and their bytes are kept."""
    for name in (b"a\nb.png", b"\xff\xfe.png", b"\xff\xfe.txt"):
        (Path(os.fsdecode(bytes(tmp_path) + b"/" + name))).touch()

    bundles = formed(tmp_path, read(tmp_path))

    assert sorted(os.fsencode(bundle.photo.name) for bundle in bundles) == [b"a\nb.png", b"\xff\xfe.png"]


def test_a_folder_that_is_not_there_gives_nothing(tmp_path: Path) -> None:
    """A folder that vanished is None when read, and nothing when walked."""
    scan = make_scan(tmp_path)

    assert scan.read(PurePosixPath("absent")) is None
    assert list(scan.walk(PurePosixPath("absent"))) == []


@needs_root
def test_an_unreadable_folder_hides_no_other() -> None:
    """I11: a folder that can't be listed is told, and the rest goes on."""
    with open_place() as place:
        (place / "closed").mkdir(mode=0o700)
        (place / "open").mkdir()
        (place / "open" / "a.png").touch()

        with as_nobody():
            sights = list(make_scan(place).walk(TOP))

    troubles = [sight for sight in sights if isinstance(sight, Unreadable)]
    assert [str(sight.folder) for sight in sights] == [".", "closed", "open"]
    assert [str(trouble.folder) for trouble in troubles] == ["closed"]
    assert "permission denied" in troubles[0].reason


@needs_root
def test_files_that_cannot_be_looked_at_are_unclear() -> None:
    """In a folder that may be listed but not searched each file is a trouble; none is taken for deleted."""
    with open_place() as place:
        (place / "sub").mkdir()
        (place / "sub" / "a.png").touch()
        (place / "sub").chmod(0o744)

        with as_nobody():
            view = read(place, "sub")

    assert formed(place, view) == ()
    assert view.unseen == {"a.png"}
    assert "a.png" in view.troubles[0]


@needs_mounts
def test_a_bundle_whose_sidecar_is_unclear_is_unclear_too(tmp_path: Path) -> None:
    """A photo is not taken for one without its prompt while the prompt's file can't be looked at."""
    for name in ("a.png", "a.png.txt", "a.txt", "b.png", "b.txt", "c.png", "C.png"):
        (tmp_path / name).touch()

    with dead_mount(tmp_path / "a.png.txt"), dead_mount(tmp_path / "C.png"):
        view = read(tmp_path)

    assert [bundle.key for bundle in formed(tmp_path, view)] == ["b.png"]
    assert make_scan(tmp_path).form(view).unclear == {"a.png", "a.png.txt", "c.png"}
    assert len(view.troubles) == 2
    assert "not connected" in view.troubles[0]


@needs_mounts
def test_a_dead_mount_hides_no_other_folder(tmp_path: Path) -> None:
    """I11: a mount whose server died is told, and the rest goes on."""
    (tmp_path / "dead").mkdir()
    (tmp_path / "other").mkdir()

    with dead_mount(tmp_path / "dead"):
        sights = list(make_scan(tmp_path).walk(TOP))

    assert [(str(sight.folder), type(sight)) for sight in sights] == [
        (".", FolderView),
        ("dead", Unreadable),
        ("other", FolderView),
    ]


def test_a_changed_folder_has_another_digest(tmp_path: Path) -> None:
    """The digest of a folder changes with names and signatures, and with nothing else."""
    photo = tmp_path / "a.png"
    photo.touch()
    first = read(tmp_path).digest
    (tmp_path / "notes.docx").touch()
    unchanged = read(tmp_path).digest
    photo.write_bytes(b"x")
    written = read(tmp_path).digest
    (tmp_path / "a.txt").touch()
    joined = read(tmp_path).digest

    assert unchanged == first
    assert len({first, written, joined}) == 3


def test_inodes_are_left_out_where_they_are_invented(tmp_path: Path) -> None:
    """On a network mount below the inbox signatures have no inode number; beside it they have."""
    (tmp_path / "nas").mkdir()
    (tmp_path / "nas" / "a.png").touch()
    (tmp_path / "b.png").touch()
    mount = Mount(mount_id=2, parent_id=1, point=str(tmp_path / "nas"), fs_type="nfs4")
    scan = make_scan(tmp_path, Ground(at=None, below=(mount,)))

    views = [view for view in scan.walk(TOP) if isinstance(view, FolderView)]

    inodes = {str(view.folder): formed(tmp_path, view)[0].photo.signature.inode for view in views}
    assert inodes == {".": (tmp_path / "b.png").stat().st_ino, "nas": 0}


def test_a_deep_tree_is_walked_as_far_as_is_allowed(tmp_path: Path) -> None:
    """A hundred levels are walked; the folder below is told by name and not entered, however deep it goes."""
    here = os.open(tmp_path, os.O_RDONLY)
    for level in range(1, 1101):
        os.mkdir("d" * 20, dir_fd=here)
        below = os.open("d" * 20, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
        if level in {MOST_LEVELS, MOST_LEVELS + 1}:
            os.close(os.open("a.png", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)

    views = [view for view in make_scan(tmp_path).walk(TOP) if isinstance(view, FolderView)]
    subprocess.run(["rm", "-rf", tmp_path / ("d" * 20)], check=True)

    assert len(views) == MOST_LEVELS + 1
    assert [bundle.key for bundle in formed(tmp_path, views[-1])] == ["a.png"]
    assert views[-1].hidden == {TOO_DEEP: 1}
    assert ["lies too deep" in one for one in views[-1].troubles] == [True]


def test_what_is_no_folder_cannot_be_left_by_dots(tmp_path: Path) -> None:
    """I10: a path with dots in it is refused, as a defect."""
    with pytest.raises(ValueError, match="leads out"):
        make_scan(tmp_path).read(PurePosixPath(".."))


@needs_root
def test_reading_an_unreadable_folder_raises() -> None:
    """Who reads one folder is told why that is not possible."""
    with open_place() as place:
        (place / "closed").mkdir(mode=0o700)

        with as_nobody(), pytest.raises(FileTroubleError, match="permission denied"):
            read(place, "closed")
