"""What the survey tells as new and gone, without threads."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from inbox_house import (
    TOP,
    Engine,
    as_nobody,
    dead_mount,
    mounted,
    needs_mounts,
    needs_root,
    open_place,
    unmount,
)

from retouchd.adapters.folder import Folder
from retouchd.adapters.inbox.dirty import Marks
from retouchd.adapters.inbox.survey import Survey
from retouchd.core.bundles import FormingRules
from retouchd.core.errors import FolderMissingError
from retouchd.core.sightings import News


def _agree() -> None:
    """Find the inbox in its place."""


def make_survey(root: Path, engine: Engine, confirm: Callable[[], None] = _agree) -> Survey:
    """Make a survey that tells the little engine."""
    return Survey(Folder(root), FormingRules(), engine, engine.report, confirm)


def mark(*folders: str, trees: tuple[str, ...] = ()) -> Marks:
    """Mark folders."""
    return Marks(
        everything=False,
        folders=frozenset(map(PurePosixPath, folders)),
        trees=frozenset(map(PurePosixPath, trees)),
    )


def make_photos(root: Path, *names: str) -> None:
    """Make photos with their folders."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())


def test_news_of_a_folder_tell_when_it_was_marked(tmp_path: Path) -> None:
    """What an event told of has its moment; what a full scan or a folder's tree brought to light has none."""
    engine = Engine()
    survey = make_survey(tmp_path, engine)
    make_photos(tmp_path, "a.png")
    survey.look_at(replace(mark(""), moments={TOP: 7.5}))
    make_photos(tmp_path, "b.png", "sub/c.png")
    survey.look_at_everything()

    told = [(news.folder, news.marked) for news in engine.sightings if isinstance(news, News)]
    assert told == [(TOP, 7.5), (TOP, None), (PurePosixPath("sub"), None)]


def test_only_what_is_new_is_told(tmp_path: Path) -> None:
    """A second look at an inbox that stays as it is tells nothing, and one changed bundle is told alone."""
    engine = Engine()
    survey = make_survey(tmp_path, engine)
    make_photos(tmp_path, "a.png", "b.png")
    survey.look_at_everything()
    survey.look_at_everything()
    make_photos(tmp_path, "b.txt")
    tally = survey.look_at_everything()

    told = [[bundle.key for bundle in news.seen] for news in engine.sightings if isinstance(news, News)]
    assert told == [["a.png", "b.png"], ["b.png"]]
    assert tally.changed == {TOP}


def test_what_is_known_from_before_a_restart_is_not_told(tmp_path: Path) -> None:
    """What the engine knows with this very digest is no news to it, even for a new survey."""
    engine = Engine()
    make_photos(tmp_path, "trip/a.png")
    make_survey(tmp_path, engine).look_at_everything()
    make_survey(tmp_path, engine).look_at_everything()

    assert len(engine.sightings) == 1


def test_deleted_photos_and_folders_are_gone(tmp_path: Path) -> None:
    """A photo that was deleted is gone, and so is all that was in a folder that was."""
    engine = Engine()
    survey = make_survey(tmp_path, engine)
    make_photos(tmp_path, "a.png", "x/b.png", "x/y/c.png")
    survey.look_at_everything()
    (tmp_path / "a.png").unlink()
    (tmp_path / "x").rename(tmp_path / ".elsewhere")
    survey.look_at_everything()

    assert sorted(engine.gone()) == ["a.png", "b.png", "c.png"]
    assert engine.places() == set()


def test_a_folder_that_returns_is_told_again(tmp_path: Path) -> None:
    """A folder that was away and comes back unchanged is news again."""
    engine = Engine()
    survey = make_survey(tmp_path, engine)
    make_photos(tmp_path, "x/a.png")
    survey.look_at_everything()
    (tmp_path / "x").rename(tmp_path / ".hidden")
    survey.look_at(mark(trees=("x",)))
    away = engine.places()
    (tmp_path / ".hidden").rename(tmp_path / "x")
    survey.look_at(mark(trees=("x",)))

    assert away == set()
    assert engine.places() == {"x/a.png"}


def test_a_marked_folder_is_compared_even_if_unchanged(tmp_path: Path) -> None:
    """When the engine has freed a place and asks again, what lies there is told again."""
    engine = Engine()
    survey = make_survey(tmp_path, engine)
    make_photos(tmp_path, "x/a.png")
    survey.look_at_everything()
    engine.known.clear()
    survey.look_at_everything()
    unasked = engine.places()
    survey.look_at(mark("x"))

    assert unasked == set()
    assert engine.places() == {"x/a.png"}


def test_a_marked_folder_that_is_gone_takes_its_photos_along(tmp_path: Path) -> None:
    """A marked folder that isn't there any more is told with all that was known of it and below it."""
    engine = Engine()
    survey = make_survey(tmp_path, engine)
    make_photos(tmp_path, "x/a.png", "x/y/b.png", "z/c.png")
    survey.look_at_everything()
    (tmp_path / "x").rename(tmp_path / ".elsewhere")
    survey.look_at(mark("x"))

    assert engine.places() == {"z/c.png"}


def test_ignored_folders_are_not_looked_at(tmp_path: Path) -> None:
    """A mark below an ignored folder leads nowhere."""
    engine = Engine()
    make_photos(tmp_path, ".sync/a.png", ".sync/x/b.png")
    make_survey(tmp_path, engine).look_at(mark(".sync", trees=(".sync/x",)))

    assert engine.sightings == []


def test_nothing_is_told_of_an_inbox_that_is_not_there(tmp_path: Path) -> None:
    """When the inbox can't be confirmed after a look, what was seen is dropped."""
    engine = Engine()
    make_photos(tmp_path, "a.png")
    make_survey(tmp_path, engine).look_at_everything()
    (tmp_path / "a.png").unlink()

    def refuse() -> None:
        reason = "gone"
        raise FolderMissingError(operation="find", path=tmp_path, reason=reason)

    survey = make_survey(tmp_path, engine, confirm=refuse)
    with pytest.raises(FolderMissingError):
        survey.look_at_everything()
    with pytest.raises(FolderMissingError):
        survey.look_at(mark("."))

    assert engine.gone() == []


@contextmanager
def unreadable(folder: Path) -> Iterator[None]:
    """Act as somebody who may not look into the folder."""
    folder.chmod(0o700)
    with as_nobody():
        yield


@needs_root
def test_what_cannot_be_read_is_not_gone() -> None:
    """I11: photos in and below a folder that can't be read stay known, and the trouble is told."""
    engine = Engine()
    with open_place() as place:
        make_photos(place, "x/a.png", "x/y/b.png", "z/c.png")
        survey = make_survey(place, engine)
        survey.look_at_everything()
        (place / "z" / "c.png").unlink()
        with unreadable(place / "x"):
            tally = survey.look_at_everything()
            survey.look_at(mark("x", trees=("x/y",)))

    assert engine.gone() == ["c.png"]
    assert len(tally.troubles) == 1
    assert "permission denied" in tally.troubles[0]
    assert tally.leftovers().closed == tuple(tally.troubles)


@needs_mounts
def test_a_photo_that_cannot_be_looked_at_is_not_gone(tmp_path: Path) -> None:
    """A photo with an I/O error stays known, the others are told, and it is looked at again each time."""
    engine = Engine()
    survey = make_survey(tmp_path, engine)
    make_photos(tmp_path, "a.png", "b.png")
    survey.look_at_everything()
    make_photos(tmp_path, "b.txt", "c.png")
    with dead_mount(tmp_path / "a.png"):
        tally = survey.look_at_everything()

    assert engine.gone() == []
    assert engine.places() == {"a.png", "b.png", "c.png"}
    assert len(tally.troubles) == 1


@needs_mounts
def test_what_was_on_an_unmounted_share_is_not_gone(tmp_path: Path) -> None:
    """A mount below the inbox that disappears leaves an empty folder; its photos are not deleted."""
    engine = Engine()
    survey = make_survey(tmp_path, engine)
    (tmp_path / "nas").mkdir()
    with mounted(tmp_path / "nas"):
        make_photos(tmp_path, "nas/a.png", "nas/x/b.png", "c.png")
        survey.look_at_everything()
        unmount(tmp_path / "nas")
        (tmp_path / "c.png").unlink()
        tally = survey.look_at_everything()

    assert engine.gone() == ["c.png"]
    assert tally.troubles == ["nas is not mounted any more"]


def test_many_troubles_are_told_in_part(tmp_path: Path) -> None:
    """I12: a disk that dies does not fill the memory with its complaints."""
    tally = make_survey(tmp_path, Engine()).look_at_everything()
    tally.add_troubles(str(number) for number in range(1000))

    assert len(tally.troubles) == 20


def test_an_empty_answer_of_the_engine_is_no_news(tmp_path: Path) -> None:
    """A folder that the engine names without live bundles in it is not told to be gone."""

    class Forgetful(Engine):
        def folders(self) -> list[PurePosixPath]:
            return [PurePosixPath("x")]

        def in_folder(self, folder: PurePosixPath) -> Mapping[str, str]:
            return {}

    engine = Forgetful()
    make_survey(tmp_path, engine).look_at_everything()

    assert engine.sightings == []
