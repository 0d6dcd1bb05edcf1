"""What differs between what counts and what was read, over real files."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from retouchd.configuration import find_changes, find_unread, running_note
from retouchd.core.reloading import COUNTS, READING_NOTE, RESTARTING, RUNNING_NOTE, Reading
from retouchd.reporting import read_standing
from retouchd.settings import Origin, Settings, all_keys, load_settings

if TYPE_CHECKING:
    from retouchd.adapters.journal.views import JournalView

Load = Callable[..., Settings]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Give what loads settings from the lines of a file and from variables."""
    file = tmp_path / "config.toml"

    def read(text: str = "", root: str = "/srv/a", **environ: str) -> Settings:
        file.write_text(f'[folders]\nroot = "{root}"\nstate = "/var/a"\n{text}')
        return load_settings(file, environ)

    return read


def test_each_key_says_when_it_counts() -> None:
    """No setting can be added without saying what reading it again does; in core/reloading.py."""
    assert tuple(COUNTS) == all_keys()


def test_changes_are_found_with_their_texts(load: Load) -> None:
    """What is the same written differently has not changed; all else has, in the order of the table."""
    before = load("[budget]\nper_day_usd = 10\n[watch]\nignore = []\n")
    after = load('[budget]\nper_day_usd = 10.0\nper_month_usd = "unlimited"\n[watch]\nignore = ["*.x"]\n')

    changes = find_changes(before, after)

    assert [(one.key, one.told) for one in changes] == [
        ("watch.ignore", '[] -> ["*.x"]'),
        ("budget.per_month_usd", "100 -> unlimited"),
    ]


def test_folders_below_another_root_are_not_told_each(load: Load) -> None:
    """One line was changed; what follows from it is no change by itself."""
    changes = find_changes(load(), load(root="/srv/b"))

    assert [one.key for one in changes] == ["folders.root"]


def test_what_needs_a_restart_is_kept(load: Load) -> None:
    """The folders stay with where they come from; everything else is as it was read."""
    running = load(RETOUCHD_FOLDERS__DONE="/srv/done")
    read = load("[budget]\nper_day_usd = 3\n", root="/srv/b")

    kept = read.keeping(RESTARTING, running)

    assert kept.places() == running.places()
    assert kept.origin_of("folders.done") is Origin.ENVIRONMENT
    assert kept.budget == read.budget
    assert kept.file == read.file


def test_what_was_not_read_yet_is_found(load: Load) -> None:
    """A line that was changed since is named, whatever the environment of whoever asks."""
    note = running_note(load("[budget]\nper_day_usd = 3\n", RETOUCHD_RETRY__MAX_ATTEMPTS="2"))

    edited = load("[budget]\nper_day_usd = 4\n", RETOUCHD_LOG__LEVEL="debug")

    assert find_unread(note, load("[budget]\nper_day_usd = 3\n")) == []
    assert find_unread(note, edited) == ["budget.per_day_usd"]


def test_folders_below_a_root_that_waits_for_a_restart_were_read(load: Load) -> None:
    """Whoever changed the root and reloaded is told to restart, not to reload once more."""
    before, after = load(), load(root="/srv/b")
    reading = Reading(pending=find_changes(before, after))
    notes = {READING_NOTE: reading.as_text(), RUNNING_NOTE: running_note(before)}

    told, unread = read_standing(cast("JournalView", SimpleNamespace(note=notes.get)), after)

    assert [one.key for one in told.pending] == ["folders.root"]
    assert unread == []


def test_another_file_says_nothing_about_what_was_read(load: Load, tmp_path: Path) -> None:
    """Who asks with another file has not changed the daemon's."""
    note = running_note(load())
    other = tmp_path / "other.toml"
    other.write_text('[folders]\nroot = "/srv/a"\nstate = "/var/a"\n[budget]\nper_day_usd = 4\n')

    assert find_unread(note, load_settings(other, {})) == []
