"""What a worker reads of a folder for one bundle: little of it, and yet the very same bundle."""

from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from inbox_house import TOP

from retouchd.adapters.folder import Folder
from retouchd.adapters.inbox.mounts import Ground
from retouchd.adapters.inbox.scan import Scan
from retouchd.adapters.inbox.sheets import SheetReader
from retouchd.core.bundles import FormingRules

CONTENTS: Final = {
    "a.png": "",
    "A.png": "",
    "a.jpg": "",
    "a.png.jpg": "",
    "a.b.png": "",
    "b.png": "",
    "B.PNG": "",
    "Logo.png": "",
    "a.txt": "x",
    "a.png.txt": "x",
    "a.jpg.md": '+++\nmask = "b.png"\n+++\nx',
    "a.toml": 'references = ["B.PNG"]',
    "b.json": '{"prompt": "x", "references": ["a.jpg", "logo.png"]}',
    "b.toml": 'references = ["a.png"]',
    "b.mask.png": "",
    "a.png.mask.png": "",
    "_prompt.txt": "x",
    "_PROMPT.txt": "x",
    "_preset.toml": 'prompt = "x"\nreferences = ["LOGO.png", "way/x.png"]',
    "a (1).png": "",
    "notes": "",
}
# A link in the place of a file.
LINKS: Final = ("a.md", "b.jpg.txt", "a.mask.png", "logo.png")


def fill(root: Path, names: list[str]) -> None:
    """Make the files of these names, and the links."""
    (root / "way").mkdir()
    (root / "way" / "x.png").touch()
    for name in names:
        if name in LINKS:
            (root / name).symlink_to("way/x.png")
        else:
            (root / name).write_text(CONTENTS[name])


# A prompt that is named after another photo, by what is a stem here.
@example(["a.png", "a.png.jpg", "a.png.txt"])
@given(st.lists(st.sampled_from([*CONTENTS, *LINKS]), unique=True, max_size=9))
def test_what_is_read_for_one_bundle_gives_that_bundle(names: list[str]) -> None:
    """Whatever lies in a folder, each bundle is the same when only what matters to it is looked at."""
    with TemporaryDirectory() as place:
        root = Path(place)
        fill(root, names)
        folder = Folder(root)
        scan = Scan(folder, Ground(at=None, below=()), FormingRules(), SheetReader(folder))
        view = scan.read(TOP)
        assert view is not None
        bundles = scan.form(view).bundles
        narrow = [scan.read_for(TOP, bundle.key) for bundle in bundles]

        assert [
            next((two for two in scan.form(one).bundles if two.key == bundle.key), None)
            for one, bundle in zip(narrow, bundles, strict=True)
            if one is not None
        ] == list(bundles)


@pytest.mark.parametrize(
    ("common", "looked_at"),
    [
        ("others.toml", ["7.png", "7.txt", "others.toml"]),
        ("_prompt.txt", ["7.png", "7.txt", "8.txt", "_prompt.txt"]),
    ],
)
def test_others_photos_are_not_looked_at(tmp_path: Path, common: str, looked_at: list[str]) -> None:
    """Of a folder with many photos one bundle's own files and what may name it are looked at, and no more.

    Where photos need no prompt of their own, others' prompts may name it: it would be no photo then.
    """
    for number in range(50):
        (tmp_path / f"{number}.png").touch()
    (tmp_path / common).write_text("x")
    (tmp_path / "7.txt").write_text("x")
    (tmp_path / "8.txt").write_text("x")
    folder = Folder(tmp_path)
    scan = Scan(folder, Ground(at=None, below=()), FormingRules(), SheetReader(folder))

    view = scan.read_for(TOP, "7.png")

    assert view is not None
    assert [entry.name for entry in view.entries] == looked_at


def test_a_whole_folder_is_read_whole(tmp_path: Path) -> None:
    """A folder that is one bundle has no part that does not matter."""
    (tmp_path / "album.job").mkdir()
    for name in ("1.png", "2.png", "prompt.txt"):
        (tmp_path / "album.job" / name).touch()
    folder = Folder(tmp_path)
    scan = Scan(folder, Ground(at=None, below=()), FormingRules(), SheetReader(folder))

    view = scan.read_for(PurePosixPath("album.job"), "album.job")

    assert view is not None
    assert len(view.entries) == 3
