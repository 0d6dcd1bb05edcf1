"""The file of addresses, and what builds the ways from the settings."""

from pathlib import Path

import pytest

from retouchd.adapters.notify.hook import Hook
from retouchd.adapters.notify.program import Runner
from retouchd.core.errors import ConfigurationError
from retouchd.notify_urls import read_urls
from retouchd.notifying import LiveWays, Ways, build_sender, build_ways
from retouchd.settings import load_settings

SECRET = "ntfy://host.example/very-secret"  # noqa: S105 - to be found nowhere


class Told:
    """A log that keeps what it was warned of."""

    def __init__(self, told: list[str]) -> None:
        self._told = told

    def warning(self, _event: str, **fields: object) -> None:
        """Keep it."""
        self._told.append(str(fields["detail"]))

    debug = info = error = exception = warning


def urls_file(place: Path, content: bytes, mode: int = 0o600) -> Path:
    """Write a file of addresses."""
    path = place / "urls"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_each_line_is_an_address(tmp_path: Path) -> None:
    """Empty lines, comments and a second mention say nothing."""
    path = urls_file(tmp_path, f"# mine\n\n {SECRET} \njson://x\n{SECRET}\n".encode())

    assert read_urls(path, {}) == (SECRET, "json://x")


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (SECRET.encode(), 0o644, "everybody on this machine can use the addresses"),
        (b"# none\n", 0o600, "holds 0 addresses"),
        (b"\xff\xfe\xff", 0o600, "is not UTF-8 text"),
        (f"json://a\n{SECRET.replace('://', ':')}".encode(), 0o600, "has no address in line 2"),
        ("\n".join(f"json://{number}" for number in range(21)).encode(), 0o600, "holds 21 addresses"),
    ],
)
def test_a_bad_file_is_told_without_its_addresses(
    tmp_path: Path, content: bytes, mode: int, said: str
) -> None:
    """What is wrong is told with the file's name and without what stands in it."""
    path = urls_file(tmp_path, content, mode)

    with pytest.raises(ConfigurationError) as caught:
        read_urls(path, {})

    assert said in str(caught.value)
    assert "very-secret" not in str(caught.value)


def test_a_service_manager_keeps_it_as_it_likes(tmp_path: Path) -> None:
    """In the folder of the service manager's credentials modes say nothing."""
    path = urls_file(tmp_path, SECRET.encode(), 0o444)

    assert read_urls(path, {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == (SECRET,)


def test_the_ways_are_built_from_the_settings(tmp_path: Path) -> None:
    """Files are named relative to the configuration; one that is of no use leaves the other way."""
    config = tmp_path / "config.toml"
    config.write_text(
        '[folders]\nroot = "r"\nstate = "/s"\n[notify]\nhook = "./tell"\nurls_file = "./urls"\n'
    )
    settings = load_settings(config, {})

    missing = build_ways(settings, {}, Runner())
    urls_file(tmp_path, SECRET.encode())
    both = build_ways(settings, {}, Runner())

    assert [way.shown for way in missing.by_name.values()] == [f"hook {tmp_path}/tell"]
    assert "cannot be read" in missing.fault
    assert [way.shown for way in both.by_name.values()] == [f"hook {tmp_path}/tell", "ntfy://…"]
    assert (both.fault, build_sender(settings).root) == ("", str(tmp_path / "r"))


def test_a_file_that_cannot_be_read_for_a_while_takes_no_way_away() -> None:
    """While somebody edits the addresses the last good ones count; the fault is told once."""
    told: list[str] = []
    hook = Hook(Path("/hook"), 1, {}, Runner())
    fault = Ways(by_name={}, fault="cannot be read")
    states = [Ways(by_name={"a": hook}), fault, fault, Ways(by_name={"b": hook}), fault]
    ways = LiveWays(iter(states).__next__, Told(told))

    seen = [sorted(ways()) for _ in states]

    assert seen == [["a"], ["a"], ["a"], ["b"], ["b"]]
    assert told == ["cannot be read"] * 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('hook = "notify-send"', "notify.hook (in"),
        (f'urls_file = "{SECRET}"', "or an address itself"),
        ('urls_file = "urls"', "no path of a file"),
        ('hook = "r/inbox/tell"', "lies in a folder of photos"),
        ('events = ["test"]', "notify.events"),
        ('events = "idle"', "no list"),
        ("batch_seconds = 0", "notify.batch_seconds"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, line: str, said: str) -> None:
    """A command line, an address in the configuration, or a program in the inbox is refused."""
    config = tmp_path / "config.toml"
    config.write_text(f'[folders]\nroot = "r"\nstate = "/s"\n[notify]\n{line}\n')

    with pytest.raises(ConfigurationError) as caught:
        load_settings(config, {})

    assert said in str(caught.value)
    assert "very-secret" not in str(caught.value)
