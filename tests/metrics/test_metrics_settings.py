"""Who asks for metrics, how, and what they cost whoever does not."""

import subprocess
import sys
from pathlib import Path

import pytest

from retouchd.core.errors import ConfigurationError
from retouchd.settings import Settings, load_settings


def loaded(place: Path, line: str) -> Settings:
    """Give settings with a line of the section."""
    config = place / "config.toml"
    config.write_text(f'[folders]\nroot = "/srv/photos"\nstate = "/var/lib/retouchd"\n[metrics]\n{line}\n')
    return load_settings(config, {"HOME": "/home/anna"})


@pytest.mark.parametrize(
    ("line", "is_wanted"),
    [("", False), ("port = 0", False), ("port = 9747", True), ('textfile = "/a/b.prom"', True)],
)
def test_they_are_off_until_asked_for(tmp_path: Path, line: str, *, is_wanted: bool) -> None:
    """Either way switches them on; only this machine is listened to unless another address stands there."""
    wanted = loaded(tmp_path, line).metrics

    assert wanted.is_wanted is is_wanted
    assert wanted.address == "127.0.0.1"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("port = 70000", "metrics.port"),
        ("port = true", "metrics.port"),
        ('address = "localhost"', "no address as numbers"),
        ('address = ""', "no address as numbers"),
        ('textfile = "/var/lib/node_exporter"', "no path of a .prom file"),
        ('textfile = "/var/lib/node_exporter/.prom"', "no path of a .prom file"),
        ('textfile = "/srv/photos/outbox/r.prom"', "lies in a folder of photos"),
        ("interval_seconds = 5", "metrics.interval_seconds"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, line: str, words: str) -> None:
    """What would tell nothing, too much or in the wrong place is an error with what is valid."""
    with pytest.raises(ConfigurationError, match=words):
        loaded(tmp_path, line)


@pytest.mark.parametrize(
    ("path", "whole"), [("~/r.prom", "/home/anna/r.prom"), ("/x/r.prom", "/x/r.prom"), ("r.prom", None)]
)
def test_paths_are_made_whole(tmp_path: Path, path: str, whole: str | None) -> None:
    """A path is relative to the configuration's folder, and ~ is the home, as for all others."""
    assert loaded(tmp_path, f'textfile = "{path}"').metrics.textfile == Path(whole or tmp_path / path)


def test_whoever_asks_for_none_does_not_load_the_library() -> None:
    """prometheus-client costs nothing where no metrics are wanted."""
    code = "import sys, retouchd.service; sys.exit('prometheus_client' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
