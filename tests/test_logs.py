"""The log: one line an entry, nothing forged, no key."""

import io
import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

import retouchd
from retouchd.core.jobs import JobState
from retouchd.core.money import Money
from retouchd.core.pauses import PauseReason
from retouchd.engine.herald import EVENTS
from retouchd.logs import Event, configure_logs
from retouchd.systemlog import SystemLog

SECRET = "dench_sk_0123456789abcdef"  # noqa: S105 - a made-up key, to be looked for in lines
NO_SYSTEM_LOG = SystemLog(announced="")

# Everything that a name on disk can hold, surrogate escapes of broken bytes included.
_NAMES = st.text(st.characters(exclude_characters="\0"))


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


class FullDisk(io.StringIO):
    """A stream that takes nothing."""

    def write(self, text: str) -> int:
        """Refuse."""
        raise OSError(28, "No space left on device")


@dataclass
class Written:
    """What a configured log wrote."""

    stream: io.StringIO
    log: Any = field(default_factory=structlog.get_logger)

    @property
    def lines(self) -> list[str]:
        """The lines, without colours."""
        return self.stream.getvalue().splitlines()

    @property
    def entry(self) -> dict[str, Any]:
        """The only JSON line."""
        (line,) = self.stream.getvalue().split("\n")[:-1]
        return dict(json.loads(line))


@contextmanager
def _log(
    format_: Literal["auto", "console", "json", "journal"] = "json",
    *,
    level: str = "info",
    stream: io.StringIO | None = None,
    system_log: SystemLog = NO_SYSTEM_LOG,
) -> Iterator[Written]:
    """Set the log up, and put back afterwards what was there before."""
    root = logging.getLogger()
    handlers, before = list(root.handlers), root.level
    stream = io.StringIO() if stream is None else stream
    configure_logs(format=format_, level=level, stream=stream, redact=lambda: SECRET, system_log=system_log)
    try:
        yield Written(stream)
    finally:
        structlog.reset_defaults()
        root.handlers[:] = handlers
        root.setLevel(before)


def _stumble(message: str) -> None:
    password = SECRET
    raise ValueError(message, len(password))


def test_an_entry_is_a_json_line() -> None:
    """A line has its time in UTC, its level and its event first, then the data as it was given."""
    with _log() as written:
        written.log.info(Event.JOB_DONE, job="k7f3", attempts=1, seconds=3.5, late=False, output=None)

    entry = written.entry
    time = datetime.fromisoformat(entry.pop("timestamp"))
    assert time.utcoffset() == timedelta(0)
    assert list(entry.items()) == [
        ("level", "info"),
        ("event", "job.done"),
        ("job", "k7f3"),
        ("attempts", 1),
        ("seconds", 3.5),
        ("late", False),
        ("output", None),
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (PurePosixPath("a/beach.jpg"), "a/beach.jpg"),
        (Money(100_000), "$0.10"),
        (PauseReason.BUDGET, "budget"),
        (datetime(2026, 11, 23, 12, tzinfo=UTC), "2026-11-23T12:00:00+00:00"),
        (timedelta(seconds=90), "0:01:30"),
        (float("nan"), "nan"),
        (10**400, 10**400),
        (b"\x89PNG", "4 bytes"),
        ([PurePosixPath("a"), {"b": Money(0)}], ["a", {"b": "$0.00"}]),
        ([[[[["deep"]]]]], [[[["['deep']"]]]]),
    ],
)
def test_values_are_plain(value: object, shown: object) -> None:
    """Whatever is logged becomes what a person or a program can read, and never a picture's bytes."""
    with _log() as written:
        written.log.info(Event.JOB_DONE, value=value)

    assert written.entry["value"] == shown


def test_a_value_that_holds_itself_ends() -> None:
    """A circle among the values does not end the daemon."""
    circle: list[object] = []
    circle.append(circle)

    with _log() as written:
        written.log.info(Event.JOB_DONE, value=circle)

    assert written.entry["value"] == [[[["[[...]]"]]]]


@given(name=_NAMES, key=_NAMES)
def test_no_name_breaks_a_json_line(name: str, key: str) -> None:
    """Any name gives exactly one line of printable ASCII (I11)."""
    with _log() as written:
        written.log.info(Event.BUNDLE_SEEN, source=name, **{f"k{key}": name})
        text = written.stream.getvalue()

    assert written.entry["event"] == "bundle.seen"
    assert text[:-1].isprintable()
    assert text[:-1].isascii()


@given(name=_NAMES)
def test_no_name_forges_a_console_line(name: str) -> None:
    """Any name gives exactly one line, without a character that steers the terminal (I11)."""
    with _log("console") as written:
        written.log.info(Event.BUNDLE_SEEN, source=name)
        text = written.stream.getvalue()

    assert text.endswith("\n")
    assert len(text.splitlines()) == 1
    assert text.isascii() or not set(text) & set("\u202e\u2028\u2029\x85")
    assert "\x1b" not in text


@given(name=_NAMES)
def test_no_error_forges_a_console_line(name: str) -> None:
    """Every line of a traceback is marked, so that a name in an error cannot pass as an entry (I11)."""
    with _log("console") as written:
        try:
            _stumble(name)
        except ValueError:
            written.log.exception(Event.WORKER_CRASHED)
        first, *others = written.stream.getvalue().splitlines()

    assert "worker.crashed" in first
    assert all(line.startswith("  |") for line in others)


@pytest.mark.parametrize("format_", ["console", "json"])
def test_the_key_is_struck_out(format_: Literal["console", "json"]) -> None:
    """The key is in no line, wherever it came in: event, key, value, error or a library's text (I9)."""
    with _log(format_) as written:
        written.log.info(SECRET, header=f"Bearer {SECRET}", deep=[{SECRET: SECRET}])
        logging.getLogger("library").warning("sent %s", SECRET)
        try:
            _stumble(f"refused {SECRET}")
        except ValueError:
            written.log.exception(Event.WORKER_CRASHED)
        text = written.stream.getvalue()

    assert SECRET not in text
    assert "Bearer [API key]" in text


def test_nothing_is_struck_out_without_a_key() -> None:
    """Before a key was read the lines are as they are."""
    with _log() as written:
        configure_logs(
            format="json", level="info", stream=written.stream, redact=lambda: None, system_log=NO_SYSTEM_LOG
        )
        written.log.info(Event.DAEMON_STARTED, version="0.1.0")

    assert written.entry["version"] == "0.1.0"


def test_an_error_is_one_field() -> None:
    """A traceback stands in its line as one field, with its causes and without local variables (I9)."""
    with _log() as written:
        try:
            _stumble("boom")
        except ValueError:
            written.log.exception(Event.WORKER_CRASHED, job="k7f3")

    entry = written.entry
    assert entry["level"] == "error"
    assert entry["job"] == "k7f3"
    assert entry["exception"].startswith("Traceback (most recent call last):\n")
    assert entry["exception"].endswith("ValueError: ('boom', 25)")


def test_libraries_write_the_same_lines() -> None:
    """A library's record becomes a line like ours that names the library."""
    with _log() as written:
        logging.getLogger("watchdog.observers").warning("queue\n%s", "over")

    entry = written.entry
    assert (entry["level"], entry["event"], entry["library"]) == (
        "warning",
        "queue\\nover",
        "watchdog.observers",
    )


@pytest.mark.parametrize("library", ["watchdog", "httpx", "httpcore"])
def test_libraries_are_quiet(library: str) -> None:
    """What libraries do step by step is not told, even where our own steps are."""
    with _log(level="debug") as written:
        logging.getLogger(library).info("a step")
        written.log.debug(Event.INBOX_SCANNED)

    assert written.entry["event"] == "inbox.scanned"


def test_lines_below_the_level_are_left_out() -> None:
    """Only what the owner wants to know is written."""
    with _log(level="warning") as written:
        written.log.info(Event.INBOX_SCANNED)
        written.log.warning(Event.JOB_DEFERRED)

    assert written.entry["event"] == "job.deferred"


def test_auto_is_for_people_on_a_terminal() -> None:
    """On a terminal lines have colours."""
    with _log("auto", stream=Terminal()) as written:
        written.log.info(Event.JOB_DONE)

    assert "\x1b[" in written.lines[0]
    assert "job.done" in written.lines[0]


def test_auto_is_json_elsewhere() -> None:
    """A service manager's journal gets JSON lines."""
    with _log("auto") as written:
        written.log.info(Event.JOB_DONE)

    assert written.entry["event"] == "job.done"


def test_a_later_set_up_replaces_an_earlier() -> None:
    """Lines are written once, to the stream of the last set-up, even by loggers made before it."""
    with _log() as first:
        log = structlog.get_logger()
        log.info(Event.DAEMON_STARTED)
        second = io.StringIO()
        configure_logs(
            format="json", level="info", stream=second, redact=lambda: None, system_log=NO_SYSTEM_LOG
        )
        log.info(Event.DAEMON_STOPPED)

    assert first.entry["event"] == "daemon.started"
    assert Written(second).entry["event"] == "daemon.stopped"


def test_a_full_disk_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """A log that cannot be written disturbs no paid work, and shows nothing elsewhere."""
    with _log(stream=FullDisk()) as written:
        written.log.info(Event.JOB_RECEIVED, value=SECRET)

    assert capsys.readouterr() == ("", "")


def test_a_terminal_of_few_characters_is_enough(tmp_path: Path) -> None:
    """Names that the terminal cannot show are written as escapes."""
    path = tmp_path / "log"

    with path.open("w", encoding="ascii") as stream, _log() as written:
        configure_logs(
            format="console", level="info", stream=stream, redact=lambda: None, system_log=NO_SYSTEM_LOG
        )
        written.log.info(Event.BUNDLE_SEEN, source="strandbø.jpg")

    assert r"source=strandb\xf8.jpg" in path.read_text()


def test_event_names_are_nouns_and_deeds() -> None:
    """Every event's name is noun.deed, as its constant says."""
    names = {event.name: event.value for event in Event}

    assert all(value == name.lower().replace("_", ".", 1) for name, value in names.items())


def test_importing_is_cheap() -> None:
    """A command that writes no log does not load structlog for it."""
    code = "import sys, retouchd.logs; sys.exit('structlog' in sys.modules)"

    ended = subprocess.run([sys.executable, "-c", code], check=False)

    assert ended.returncode == 0


def test_every_event_is_listed() -> None:
    """The list of events is what the program tells, no more and no less."""
    sources = "\n".join(path.read_text() for path in Path(retouchd.__file__).parent.rglob("*.py"))
    told = set(
        re.findall(r'(?:say(?:_each)?\(\s*"[a-z]+",|log\.[a-z]+(?:\(|,))\s*"([a-z]+\.[a-z_]+)"', sources)
    )
    told |= set(EVENTS.values()) | {f"job.{state}" for state in JobState if state not in EVENTS}

    assert told == {event.value for event in Event}
