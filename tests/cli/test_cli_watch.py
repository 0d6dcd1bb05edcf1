"""`retouchd status --watch`: on terminals of all kinds, into a pipe, and whatever becomes of the history."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cli_house import PATIENCE_SECONDS, PROGRAM, CliHouse, Terminal, picture

from retouchd.cli.fullscreen import FullScreen, can_redraw, fit
from retouchd.cli.lookout import Lookout
from retouchd.settings import load_settings
from strategies import NOW
from waiting import eventually

ENTERED, LEFT = "\x1b[?1049h", "\x1b[?1049l"


@dataclass
class Watch:
    """The program on a terminal of its own."""

    process: subprocess.Popen[bytes]
    leader: int
    shown: str = field(default="")

    def shows(self, text: str) -> bool:
        """Wait until the terminal was written something; what was before is forgotten."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while text not in self.shown and time.monotonic() < deadline and self._read():
            pass
        _, found, self.shown = self.shown.partition(text)
        return bool(found)

    def _read(self) -> bool:
        if not select.select([self.leader], [], [], 0.1)[0]:
            return True
        try:
            self.shown += os.read(self.leader, 65536).decode()
        except OSError:  # Nobody has the terminal any more.
            return False
        return True

    def resize(self, columns: int, rows: int) -> None:
        """Make the window another one."""
        fcntl.ioctl(self.leader, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process.send_signal(signal.SIGWINCH)

    def end(self, number: int) -> int:
        """End it, and give its exit status."""
        self.process.send_signal(number)
        while self._read() and self.process.poll() is None:
            pass
        return self.process.wait(PATIENCE_SECONDS)


@contextmanager
def watching(house: CliHouse, **environ: str) -> Iterator[Watch]:
    """Watch on a terminal of 80 columns."""
    leader, follower = pty.openpty()
    fcntl.ioctl(leader, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    given = {name: value for name, value in house.environ.items() if name not in {"COLUMNS", "LINES"}}
    process = subprocess.Popen(
        [*PROGRAM, "--config", str(house.config), "status", "--watch", "0.1"],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env={**given, "TERM": "xterm", **environ},
    )
    os.close(follower)
    watch = Watch(process, leader)
    try:
        yield watch
    finally:
        process.kill()
        process.wait()
        os.close(leader)


def test_a_watch_is_drawn_in_place_and_leaves_a_clean_terminal(house: CliHouse) -> None:
    """What changes is seen, at any size, and Ctrl-C gives the terminal back as it was, without a word."""
    with watching(house) as watch:
        assert watch.shows(ENTERED)
        assert watch.shows("Not running")
        with house.daemon():
            assert watch.shows("Running since")
            house.drop("lonely.jpg", picture(1))
            assert watch.shows("lonely.jpg waits for its prompt")
            watch.resize(50, 8)
            assert watch.shows("There is more than fits")
            watch.resize(100, 40)
            assert watch.shows("lonely.jpg waits for its prompt")
        assert watch.shows("Not running")

        assert watch.end(signal.SIGINT) == 0
        assert watch.shown.endswith(LEFT)
        assert "Traceback" not in watch.shown


def test_a_watch_gives_the_terminal_back_while_it_is_stopped(house: CliHouse) -> None:
    """Ctrl-Z leaves the shell its screen; brought to the front it is drawn anew."""
    with watching(house) as watch:
        assert watch.shows("Not running")
        watch.process.send_signal(signal.SIGTSTP)
        assert watch.shows(LEFT)
        stat = Path(f"/proc/{watch.process.pid}/stat")
        assert eventually(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T")
        watch.process.send_signal(signal.SIGCONT)
        assert watch.shows(ENTERED)
        assert watch.shows("Not running")

        assert watch.end(signal.SIGTERM) == 0


def test_a_terminal_that_cannot_redraw_gets_blocks(house: CliHouse) -> None:
    """With TERM=dumb, as into a pipe, nothing steers the terminal: blocks are added as things happen."""
    with watching(house, TERM="dumb") as watch:
        assert watch.shows("Not running")
        house.drop("lonely.jpg", picture(1))
        house.until_idle()
        assert watch.shows("lonely.jpg waits for its prompt")

        assert watch.end(signal.SIGINT) == 0
        assert "\x1b" not in watch.shown


def test_a_pipe_gets_a_block_for_each_change(house: CliHouse) -> None:
    """A program that reads along gets the status with its time whenever something happened, and only then."""
    with (
        subprocess.Popen(
            [*PROGRAM, "--config", str(house.config), "status", "--watch", "0.1"],
            stdout=subprocess.PIPE,
            env=house.environ,
            text=True,
        ) as process,
        house.daemon(),
    ):
        assert process.stdout is not None
        blocks = iter(process.stdout.readline, "")
        first = next(blocks)
        assert re.fullmatch(r"--- \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n", first)
        house.drop("lonely.jpg", picture(1))
        assert any("1 without a prompt" in line for line in blocks)
        assert any(line == "\n" for line in blocks)
        process.send_signal(signal.SIGINT)
        rest = list(blocks)

        assert process.wait(PATIENCE_SECONDS) == 0
    assert not [line for line in rest if "Traceback" in line]


@pytest.mark.parametrize(
    ("words", "told"), [(["--watch", "--json"], "for people"), (["3"], "goes with --watch")]
)
def test_what_makes_no_sense_is_refused(house: CliHouse, words: list[str], told: str) -> None:
    """A sentence says so, instead of doing something else."""
    ended = house.run("status", *words)

    assert ended.code != 0
    assert told in ended.err


def test_a_watch_of_nothing_is_refused(house: CliHouse) -> None:
    """Where nothing was done yet it is said what to begin with."""
    (house.state / "journal.sqlite3").unlink(missing_ok=True)

    assert "nothing was done here yet" in house.run("status", "--watch").err


class _Clock:
    """A monotonic clock that is told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_lookout_reads_only_what_may_have_changed(house: CliHouse) -> None:
    """Looking costs next to nothing while nothing happens; what time alone changes is seen after a while."""
    assert house.until_idle().code == 0
    clock = _Clock()
    with closing(Lookout(house.config, load_settings(house.config, house.environ), clock)) as lookout:
        first = lookout.look(NOW)
        clock.now = 9.9
        assert lookout.look(NOW).house is first.house
        clock.now = 10.0
        later = lookout.look(NOW)
        assert later.house is not first.house
        house.drop("lonely.jpg", picture(1))
        assert house.until_idle().code == 1

        seen = lookout.look(NOW)

    assert seen.glance is not None
    assert seen.glance.page.status.counts["waiting_for_prompt"] == 1
    assert seen.glance.page.status.now == NOW


def test_a_lookout_survives_whatever_becomes_of_the_history(house: CliHouse) -> None:
    """A history that is gone, damaged, or another one: it is said, and looked at again."""
    assert house.until_idle().code == 0
    journal, aside = house.state / "journal.sqlite3", house.state / "aside"
    with closing(
        Lookout(house.config, load_settings(house.config, house.environ), time.monotonic)
    ) as lookout:
        first = lookout.look(NOW)
        journal.rename(aside)
        gone = lookout.look(NOW)
        journal.write_bytes(b"no database at all, but long enough to look like one" * 100)
        damaged = lookout.look(NOW)
        journal.unlink()
        aside.rename(journal)
        again = lookout.look(NOW)

    assert first.glance is not None
    assert "nothing was done here yet" in gone.trouble
    assert "damaged" in damaged.trouble
    assert again.glance is not None


def test_a_picture_is_cut_to_the_window() -> None:
    """Wide lines take several rows, styles and wide characters are counted as they are seen."""
    size = os.terminal_size((10, 3))

    assert fit(["a", "\x1b[31mb\x1b[0m", "c"], size) == ["a", "\x1b[31mb\x1b[0m", "c"]
    assert fit(["a" * 11, "b"], size) == ["a" * 11, "b"]
    assert fit(["日本語日本語", "b", "c"], size) == ["日本語日本語", "(There is"]


def test_nothing_is_drawn_twice() -> None:
    """A terminal over a slow line gets only what has changed."""
    stream = Terminal()
    screen = FullScreen(stream)
    screen.draw(["one"])
    before = stream.getvalue()
    screen.draw(["one"])
    assert stream.getvalue() == before

    screen.draw(["two"])

    assert "two" in stream.getvalue()


def test_what_is_no_terminal_is_not_redrawn() -> None:
    """Only a terminal that can go back up is drawn on in place."""
    assert can_redraw(Terminal(), "xterm")
    assert not can_redraw(Terminal(), "dumb")
    assert not can_redraw(Terminal(), "")
