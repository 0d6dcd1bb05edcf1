"""The system's log: what journald would read of our datagrams, and what is written where nobody listens."""

import logging
import os
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import StringIO
from pathlib import Path
from typing import Any, Literal, TextIO

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from retouchd.logs import Event, configure_logs
from retouchd.systemlog import SystemLog, encode, field_name
from waiting import eventually

SECRET = "dench_sk_0123456789abcdef"  # noqa: S105 - a made-up key, to be looked for in entries
_NAMES = st.text(st.characters(exclude_characters="\0"))


def parse(datagram: bytes) -> list[tuple[str, str]]:
    """Read an entry as journald does, by the description of its protocol."""
    fields, rest = [], datagram
    while rest:
        line, _, rest = rest.partition(b"\n")
        name, sign, value = line.partition(b"=")
        if not sign:
            length = int.from_bytes(rest[:8], "little")
            value, end, rest = rest[8 : 8 + length], rest[8 + length : 9 + length], rest[9 + length :]
            assert end == b"\n"
        fields.append((name.decode("ascii"), value.decode()))
    return fields


class Listener:
    """Stands where journald would."""

    def __init__(self, place: Path) -> None:
        self.path = str(place / "socket")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        self._socket.settimeout(5)

    def entry(self) -> dict[str, str]:
        """Give the next entry."""
        fields = parse(self._socket.recv(1_000_000))
        assert len(dict(fields)) == len(fields)
        return dict(fields)

    def is_told(self) -> bool:
        """Say whether there is an entry to be read."""
        return bool(select.select([self._socket], [], [], 0)[0])

    def close(self) -> None:
        """Be gone, and leave the socket's file."""
        self._socket.close()


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    """One who takes entries."""
    made = Listener(tmp_path)
    yield made
    made.close()


@contextmanager
def logging_to(
    path: str,
    stream: TextIO,
    format_: Literal["auto", "journal"] = "journal",
    announced: str = "",
) -> Iterator[Any]:
    """Set the log up, and put back afterwards what was there before."""
    root = logging.getLogger()
    handlers, before = list(root.handlers), root.level
    configure_logs(
        format=format_,
        level="debug",
        stream=stream,
        redact=lambda: SECRET,
        system_log=SystemLog(announced=announced, path=path),
    )
    try:
        yield structlog.get_logger()
    finally:
        structlog.reset_defaults()
        root.handlers[:] = handlers
        root.setLevel(before)


def stumble(message: str) -> None:
    """Raise."""
    raise ValueError(message)


def test_an_entry_has_its_facts_as_fields(listener: Listener) -> None:
    """The message is for people, each fact a field of its own, and the priority that of syslog."""
    stream = StringIO()
    with logging_to(listener.path, stream) as log:
        log.info(
            Event.JOB_DONE,
            job="k7f3",
            source="beach.jpg",
            output="beach.png",
            attempts=1,
            seconds=3.14,
            cost_usd=0.0987,
            late=None,
        )

    assert listener.entry() == {
        "RETOUCHD_EVENT": "job.done",
        "RETOUCHD_JOB": "k7f3",
        "RETOUCHD_SOURCE": "beach.jpg",
        "RETOUCHD_OUTPUT": "beach.png",
        "RETOUCHD_ATTEMPTS": "1",
        "RETOUCHD_SECONDS": "3.14",
        "RETOUCHD_COST_USD": "0.0987",
        "MESSAGE": "job.done beach.jpg -> outbox/beach.png, job k7f3, attempts 1, 3.1 s, cost $0.10",
        "PRIORITY": "6",
        "SYSLOG_IDENTIFIER": "retouchd",
    }
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("level", "priority"),
    [("debug", "7"), ("info", "6"), ("warning", "4"), ("error", "3"), ("critical", "2")],
)
def test_levels_are_priorities(listener: Listener, level: str, priority: str) -> None:
    """`journalctl -p warning` finds what an owner should look at."""
    with logging_to(listener.path, StringIO()) as log:
        getattr(log, level)(Event.JOB_HELD)

    assert listener.entry()["PRIORITY"] == priority


@given(name=_NAMES, key=_NAMES)
def test_no_name_forges_a_field_or_a_line(
    tmp_path_factory: pytest.TempPathFactory, name: str, key: str
) -> None:
    """Whatever a photo or a key is called, it is one value of one field, and one line (I11)."""
    listener = Listener(tmp_path_factory.mktemp("log"))
    with logging_to(listener.path, StringIO()) as log:
        log.error(Event.BUNDLE_NEEDS_YOU, source=name, detail=name, **{f"k{key}": name})
    entry = listener.entry()
    listener.close()

    own = {name for name in entry if name.startswith("RETOUCHD_K")}
    assert set(entry) - own == {
        "MESSAGE",
        "PRIORITY",
        "SYSLOG_IDENTIFIER",
        "RETOUCHD_EVENT",
        "RETOUCHD_SOURCE",
        "RETOUCHD_DETAIL",
    }
    assert len(own) == 1
    assert not set("".join(entry.values())) & set("\n\r\x1b\x85\u2028\u202e")
    assert entry["PRIORITY"] == "3"


def test_values_with_line_ends_are_told_by_their_length() -> None:
    """A value that looks like more fields stays one value, whoever made it (I11)."""
    forged = "beach\nPRIORITY=0\nMESSAGE=all is lost\n"

    assert parse(encode({"RETOUCHD_SOURCE": forged, "B": "2"})) == [("RETOUCHD_SOURCE", forged), ("B", "2")]


@pytest.mark.parametrize(
    ("key", "name"), [("a b=\nc", "X_A_B__C"), ("ß", "X_SS"), ("long" * 40, f"X_{'LONG' * 40}"[:64])]
)
def test_names_of_fields_are_what_the_log_takes(key: str, name: str) -> None:
    """Capitals, digits and underscores, 64 of them at most: the log drops anything else."""
    assert field_name(key, "X_") == name


def test_lists_and_tables_are_json(listener: Listener) -> None:
    """What is no text is told as JSON."""
    with logging_to(listener.path, StringIO()) as log:
        log.info(Event.DAEMON_ALIVE, paused=["budget", "offline"], polled={"a": "b"}, is_late=True)

    entry = listener.entry()
    assert entry["RETOUCHD_PAUSED"] == '["budget", "offline"]'
    assert entry["RETOUCHD_POLLED"] == '{"a": "b"}'
    assert entry["RETOUCHD_IS_LATE"] == "true"
    assert "paused budget and offline" in entry["MESSAGE"]


def test_the_key_is_struck_out(listener: Listener) -> None:
    """The key is in no field, wherever it came in (I9)."""
    with logging_to(listener.path, StringIO()) as log:
        log.info(SECRET, header=f"Bearer {SECRET}", deep=[{SECRET: SECRET}], **{SECRET: 1})
        logging.getLogger("library").warning("sent %s", SECRET)
        try:
            stumble(f"refused {SECRET}")
        except ValueError:
            log.exception(Event.WORKER_CRASHED)

    told = [str(listener.entry()) for _ in range(3)]
    assert not [one for one in told if SECRET.lower() in one.lower()]
    assert "Bearer [API key]" in told[0]


def test_a_traceback_is_a_part_of_its_message(listener: Listener) -> None:
    """Its lines are marked, so that none of them passes for an entry, with `-o cat` neither (I11)."""
    with logging_to(listener.path, StringIO()) as log:
        try:
            stumble("boom\n<0>all is lost")
        except ValueError:
            log.exception(Event.WORKER_CRASHED, task="Submit", subject="k7f3")

    first, *others = listener.entry()["MESSAGE"].split("\n")
    assert first == "worker.crashed k7f3, task Submit"
    assert others[0] == "  | Traceback (most recent call last):"
    assert others[-2:] == ["  | ValueError: boom", "  | <0>all is lost"]


def test_what_is_too_long_is_cut_in_its_middle(listener: Listener) -> None:
    """An entry always fits; the end of what went wrong is its best part."""
    with logging_to(listener.path, StringIO()) as log:
        log.error(Event.REQUEST_REFUSED, detail=f"begin{'x' * 1_000_000}end", more="ä" * 1_000_000)

    entry = listener.entry()
    assert entry["RETOUCHD_DETAIL"].startswith("beginxxx")
    assert " [...] " in entry["RETOUCHD_DETAIL"]
    assert entry["RETOUCHD_DETAIL"].endswith("xend")
    assert len(entry["RETOUCHD_DETAIL"]) <= 12_000


def test_lines_with_priorities_where_nobody_listens(listener: Listener) -> None:
    """A log that is gone gets no entry, but the stream has lines which it would understand."""
    listener.close()
    stream = StringIO()
    with logging_to(listener.path, stream) as log:
        log.warning(Event.JOB_DEFERRED, source="my beach.jpg\n<0>forged", detail="busy")
        try:
            stumble("boom")
        except ValueError:
            log.exception(Event.WORKER_CRASHED)

    first, second, *others = stream.getvalue().splitlines()
    assert first == '<4>job.deferred "my beach.jpg\\\\n<0>forged": busy'
    assert second == "<3>worker.crashed"
    assert others
    assert all(line.startswith("<3>  | ") for line in others)


def test_names_that_the_stream_cannot_take_are_escaped(tmp_path: Path) -> None:
    """Where nobody listens and the stream knows few characters, a line is written all the same."""
    path = tmp_path / "log"
    with path.open("w", encoding="ascii") as stream, logging_to("/nowhere", stream) as log:
        log.info(Event.BUNDLE_SEEN, source="strandbø.jpg")

    assert path.read_text() == "<6>bundle.seen strandb\\xf8.jpg\n"


def test_a_log_that_takes_nothing_does_not_stop_the_work(listener: Listener) -> None:
    """A log that hangs costs a moment and an entry, not the daemon."""
    fields = {"MESSAGE": "x" * 10_000}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as filler:
        filler.settimeout(0)
        with suppress(BlockingIOError):
            while True:
                filler.sendto(encode(fields), listener.path)

        assert SystemLog(announced="", path=listener.path).send(fields)


def test_a_log_that_hangs_is_waited_for_once(listener: Listener) -> None:
    """Hundreds of entries for a log that hangs cost a moment in all; once it works again it is told."""
    log = SystemLog(announced="", path=listener.path)

    def tell_much() -> None:
        for _ in range(300):
            log.send({"MESSAGE": "x"})

    telling = threading.Thread(target=tell_much, daemon=True)
    telling.start()
    assert eventually(lambda: not telling.is_alive())

    while listener.is_told():
        listener.entry()
    log.send({"MESSAGE": "again"})
    assert listener.entry() == {"MESSAGE": "again"}


def test_auto_finds_the_system_log_behind_the_stream(listener: Listener, tmp_path: Path) -> None:
    """A service gets fields without being told to; a stream that somebody put elsewhere gets JSON lines."""
    path = tmp_path / "stream"
    with path.open("w") as stream:
        found = os.fstat(stream.fileno())
        with logging_to(listener.path, stream, "auto", f"{found.st_dev}:{found.st_ino}") as log:
            log.info(Event.DAEMON_STARTED)
        with logging_to(listener.path, stream, "auto", f"{found.st_dev}:{found.st_ino + 1}") as log:
            log.info(Event.DAEMON_STOPPED)

    assert listener.entry()["RETOUCHD_EVENT"] == "daemon.started"
    assert '"event": "daemon.stopped"' in path.read_text()


def test_a_stream_that_is_no_file_is_not_the_system_log() -> None:
    """A stream in memory, or a closed one, is not looked for in the log."""
    assert not SystemLog(announced="1:2").is_behind(StringIO())
