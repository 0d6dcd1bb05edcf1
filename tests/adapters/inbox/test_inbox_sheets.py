"""What the scan reads of control files, over real folders with hostile things in them."""

import os
from pathlib import Path, PurePosixPath

import pytest
from inbox_house import TOP, as_nobody, needs_root, open_place

from retouchd.adapters.folder import Folder
from retouchd.adapters.inbox.listing import FolderView
from retouchd.adapters.inbox.mounts import Ground
from retouchd.adapters.inbox.scan import Scan
from retouchd.adapters.inbox.sheets import SheetReader
from retouchd.core.bundles import Bundle, FormingRules, Role, Standing


class Inbox:
    """An inbox that is scanned anew each time, by a reader that remembers."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._folder = Folder(root)
        self._sheets = SheetReader(self._folder)

    def put(self, name: str, content: str = "x") -> None:
        """Write a file."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    def views(self) -> dict[str, FolderView]:
        """Give all folders."""
        found = [view for view in self._scan().walk(TOP) if isinstance(view, FolderView)]
        return {str(view.folder): view for view in found}

    def formed(self) -> dict[str, Bundle]:
        """Give all bundles by their photos."""
        bundles = [one for view in self.views().values() for one in self._scan().form(view).bundles]
        return {str(one.path): one for one in bundles}

    def formed_alone(self, folder: str) -> dict[str, Bundle]:
        """Give the bundles of one folder that is read by itself, as a worker does."""
        scan = self._scan()
        view = scan.read(PurePosixPath(folder))
        assert view is not None
        return {str(one.path): one for one in scan.form(view).bundles}

    def _scan(self) -> Scan:
        return Scan(self._folder, Ground(at=None, below=()), FormingRules(), self._sheets)


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    """Give an empty inbox."""
    return Inbox(tmp_path)


def members(bundle: Bundle, role: Role) -> list[str]:
    """Give the paths of the members of a role."""
    return [str(one.path) for one in bundle.with_role(role)]


def test_presets_are_inherited_down_the_tree(inbox: Inbox) -> None:
    """Each folder has the presets of all above it, however it is read."""
    inbox.put("_preset.toml", 'references = ["_logo.png"]')
    inbox.put("_logo.png")
    inbox.put("a/b/_preset.toml", 'prompt = "x"')
    inbox.put("a/b/p.jpg")

    bundle = inbox.formed()["a/b/p.jpg"]
    assert members(bundle, Role.PRESET) == ["a/b/_preset.toml", "_preset.toml"]
    assert members(bundle, Role.REFERENCE) == ["_logo.png"]
    assert (bundle.standing, bundle.borrows_prompt) == (Standing.COMPLETE, True)
    assert inbox.formed_alone("a/b")["a/b/p.jpg"] == bundle
    assert list(inbox.formed()) == ["a/b/p.jpg"]


@pytest.mark.parametrize("name", ["_preset.toml", "_logo.png", "a/_preset.toml", "a/_prompt.txt", "m.png"])
def test_a_change_of_what_is_inherited_changes_folder_and_bundle(inbox: Inbox, name: str) -> None:
    """Whatever a photo inherits or names is a part of the digests by which news are found."""
    inbox.put("_preset.toml", 'references = ["_logo.png", "m.png"]')
    inbox.put("_logo.png")
    inbox.put("a/_preset.toml", "")
    inbox.put("a/_prompt.txt", "x")
    inbox.put("a/p.jpg")
    view, bundle = inbox.views()["a"], inbox.formed()["a/p.jpg"]

    inbox.put(name, 'quality = "low"')

    assert inbox.views()["a"].digest != view.digest
    assert inbox.formed()["a/p.jpg"].digest != bundle.digest


def test_prompt_files_are_read_where_a_folder_prompt_would_pay_for_what_they_name(inbox: Inbox) -> None:
    """A mask that a prompt file names is no photo under a folder prompt."""
    inbox.put("a.jpg")
    inbox.put("a.txt", '+++\nmask = "m.png"\n+++\nbrighter')
    inbox.put("m.png")
    assert sorted(inbox.formed()) == ["a.jpg", "m.png"]

    inbox.put("_prompt.txt", "x")
    assert sorted(inbox.formed()) == ["a.jpg"]


def test_what_a_folder_prompt_names_is_no_photo(inbox: Inbox) -> None:
    """A folder's prompt may name pictures too, which it must not have edited."""
    inbox.put("a.jpg")
    inbox.put("_logo.png")
    inbox.put("_prompt.txt", '+++\nreferences = ["_logo.png"]\n+++\nadd the logo')

    assert list(inbox.formed()) == ["a.jpg"]
    assert members(inbox.formed()["a.jpg"], Role.REFERENCE) == ["_logo.png"]


def test_options_in_a_prompt_file_without_a_prompt_borrow_one(inbox: Inbox) -> None:
    """A prompt file that has options alone leaves the folder's prompt its place."""
    inbox.put("a.jpg")
    inbox.put("a.txt", '+++\nquality = "low"\n+++\n')
    inbox.put("_prompt.txt", "x")

    assert inbox.formed()["a.jpg"].borrows_prompt


@pytest.mark.parametrize(
    ("name", "content", "standing"),
    [
        ("a.json", '{"title": "export"}', Standing.LACKS_PROMPT),
        ("a.json", "[1, 2", Standing.LACKS_PROMPT),
        ("a.json", '{"prompt": "x"}', Standing.COMPLETE),
        ("a.json", '{"prompt": "x", ', Standing.COMPLETE),
        ("a.jpg.json", '{"schema": "retouchd.result/1", "prompt": "x"}', Standing.LACKS_PROMPT),
        ("a.json", '{"prompt": "' + "x" * 300_000 + '"}', Standing.LACKS_PROMPT),
        ("a.toml", "x" * 300_000, Standing.COMPLETE),
        ("a.toml", "no toml", Standing.COMPLETE),
        ("_preset.toml", "no toml", Standing.LACKS_PROMPT),
        ("_preset.toml", "", Standing.LACKS_PROMPT),
    ],
)
def test_what_counts_as_a_sidecar(inbox: Inbox, name: str, content: str, standing: Standing) -> None:
    """What cannot be understood counts, so that a look says why; JSON of other programs does not."""
    inbox.put("a.jpg")
    inbox.put(name, content)

    assert inbox.formed()["a.jpg"].standing is standing


def test_links_and_odd_files_are_not_followed(inbox: Inbox, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Neither presets nor what they name are followed out of the inbox (I10)."""
    outside = tmp_path_factory.mktemp("outside")
    (outside / "_preset.toml").write_text('prompt = "x"')
    (outside / "secret.png").write_text("x")
    inbox.put("a/p.jpg")
    inbox.put("a/p.toml", 'references = ["link.png", "fifo.png", "up/secret.png", "gone/x.png"]')
    (inbox.root / "_preset.toml").symlink_to(outside / "_preset.toml")
    (inbox.root / "a/link.png").symlink_to(outside / "secret.png")
    (inbox.root / "a/up").symlink_to(outside)
    os.mkfifo(inbox.root / "a/fifo.png")

    bundle = inbox.formed()["a/p.jpg"]

    assert [one.name for one in bundle.members] == ["p.jpg", "p.toml"]
    assert bundle.standing is Standing.LACKS_PROMPT


@needs_root
def test_what_may_not_be_read_is_no_trouble_of_others() -> None:
    """A control file or a named picture that may not be read keeps no other photo from being found (I11)."""
    with open_place() as place:
        inbox = Inbox(place)
        inbox.put("a.jpg")
        inbox.put("a.toml", 'prompt = "x"')
        inbox.put("b.jpg")
        inbox.put("b.toml", 'prompt = "x"\nreferences = ["shut/x.png"]')
        inbox.put("shut/x.png")
        (place / "a.toml").chmod(0)
        (place / "shut").chmod(0)

        with as_nobody():
            bundles = inbox.formed()

    assert {str(one.path): one.standing for one in bundles.values()} == {
        "a.jpg": Standing.COMPLETE,
        "b.jpg": Standing.COMPLETE,
    }


def test_a_whole_folder_hides_what_lies_below_it(inbox: Inbox) -> None:
    """Folders inside a folder that is one bundle are not looked into."""
    inbox.put("x.job/1.jpg")
    inbox.put("x.job/prompt.txt")
    inbox.put("x.job/more/2.jpg")

    assert list(inbox.formed()) == ["x.job/1.jpg"]
