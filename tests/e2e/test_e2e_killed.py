"""SIGKILL at every durable step of a real daemon process, and what the next start makes of it (I8)."""

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import pytest
from invariants import check_all, check_charged_once
from PIL import Image
from workshop import Workshop, names_below, picture

from durable import When
from retouchd.simulator.server import Simulator

# With 1 the process is killed at every step, which takes minutes; the steps are left out evenly else.
_EVERY_STEP: Final = int(os.environ.get("RETOUCHD_TEST_EVERY_STEP", "13"))
_AT_ONCE: Final = 4
_TESTS: Final = Path(__file__).parents[1]
_IDLE_SECONDS: Final = 30


class Killer:
    """One program that starts daemons which kill themselves."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("killed_run.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(_TESTS)},
            text=True,
        )

    def run(self, shop: Workshop, at: int, when: When) -> dict[str, Any]:
        """Run one daemon until it is idle or dead; `at` 0 lets it live."""
        order = {
            "config": str(shop.config),
            "environ": shop.environ,
            "at": at,
            "when": when.value,
            "timeout": _IDLE_SECONDS,
            "log": str(shop.place / "log.jsonl"),
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        """End the program."""
        self._process.communicate()


@dataclass
class Tally:
    """What came out of all trials; filled by several threads."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    ends: Counter[str] = field(default_factory=Counter)
    next_step: Counter[When] = field(default_factory=Counter)
    over: set[When] = field(default_factory=set)

    def steps(self, when: When) -> Iterator[int]:
        """Give the steps that nobody has taken yet, until one was not reached."""
        while when not in self.over:
            with self.lock:
                step = self.next_step[when] + 1
                self.next_step[when] += _EVERY_STEP
            yield step

    def note(self, when: When, end: str) -> None:
        """Count how a trial ended."""
        with self.lock:
            self.ends[end] += 1
            if end == "not killed":
                self.over.add(when)


@contextmanager
def trial(killer: Killer, place: Path, base_url: str) -> Iterator[Workshop]:
    """Open a workshop with one of each kind of bundle.

    Two photos that share a prompt, a photo with a mask and options, whose earlier result is to be replaced,
    and a folder of two photos.
    """
    place.mkdir()
    settings = {
        "sidecars.ambiguous": "each",
        "sidecars.folder_prompt_wait_seconds": 0.2,
        "output.on_conflict": "overwrite",
    }
    with Workshop(place, base_url, settings) as shop:
        name = place.name
        deliver_earlier(killer, shop)
        shop.drop("sub/deep.png", picture(2, "PNG"), f"invert {name}")
        shop.put(shop.inbox / "sub/deep.jpg", picture(1))
        shop.put(shop.inbox / "told.toml", f'prompt = "mirror {name}"\n'.encode())
        shop.put(shop.inbox / "told.mask.png", see_through())
        shop.put(shop.inbox / "told.webp", picture(3, "WEBP"))
        (shop.inbox / "both.job").mkdir()
        shop.put(shop.inbox / "both.job/prompt.txt", f"grayscale {name}".encode())
        for number in (1, 2):
            shop.put(shop.inbox / f"both.job/{number}.jpg", picture(4 + number))
        yield shop


def deliver_earlier(killer: Killer, shop: Workshop) -> None:
    """Have a result delivered that is to be replaced, and its sources taken away from done/."""
    shop.drop("told.webp", picture(3, "WEBP"), f"mirror and blur {shop.place.name}")
    assert killer.run(shop, 0, When.BEFORE)["code"] == 0
    for name in shop.in_folder(shop.done):
        (shop.done / name).unlink()
    shop.dropped.clear()


def see_through() -> bytes:
    """Give a mask that need not be converted."""
    buffer = BytesIO()
    mask = Image.new("RGBA", (48, 48), "black")
    mask.paste((0, 0, 0, 0), (8, 8, 24, 24))
    mask.save(buffer, "PNG")
    return buffer.getvalue()


def check_instant(shop: Workshop) -> None:
    """Check what holds at every instant, also that what two photos share stays for the second."""
    check_all(shop)
    users = {name for name in names_below(shop.inbox) if name in {"sub/deep.png", "sub/deep.jpg"}}
    assert len(users) < 2 or (shop.inbox / "sub/deep.txt").exists()


def check_tidy(shop: Workshop, held: Collection[str]) -> None:
    """Check that each source is in one place, and that nothing is left of what was cut."""
    sources = [name for folder in (shop.inbox, shop.done, shop.failed) for name in shop.in_folder(folder)]
    assert len(sources) == len(shop.dropped)
    assert [name for name in names_below(shop.root) if Path(name).name.startswith(".~")] == []
    assert (shop.inbox / "sub/deep.txt").exists() == any(name.startswith("sub/deep") for name in held)
    assert (shop.inbox / "told.mask.png").exists() == ("told" in held)
    assert (shop.inbox / "both.job").exists() == ("both" in held)


def judge(shop: Workshop, code: int) -> str:
    """Check what a start after a kill has made of four bundles, and name it."""
    log = (shop.place / "log.jsonl").read_text()
    earlier, *states = shop.states()
    held = [job["stem"].decode() for job in shop.jobs() if job["hold"] == "unknown_outcome"]
    assert (earlier, len(states)) == ("done", 4), log
    assert set(states) <= {"done", "unknown_outcome"}, log
    assert code == (1 if held else 0), log
    # What is to be replaced stays until there is something better.
    assert (shop.metadata("told.jpg")["job"] == shop.jobs()[0]["id"]) == ("told" in held), log
    assert len(shop.outputs()) == 4 - len(set(held) - {"told"}), log
    reserved = [one for one in shop.attempts() if one["outcome"] == "unknown"]
    assert len(reserved) == len(held)
    assert all(one["reserved"] == one["first_reserved"] > 0 for one in reserved)
    assert not shop.rows("SELECT * FROM attempts WHERE outcome IS NULL")
    check_tidy(shop, held)
    check_instant(shop)
    return f"held {len(held)}" if held else "delivered"


def try_step(killer: Killer, place: Path, base_url: str, at: int, when: When) -> str:
    """Kill a daemon at one step, start it again, and check everything each time."""
    with trial(killer, place, base_url) as shop:
        killed = killer.run(shop, at, when)["killed"]
        check_instant(shop)
        code = killer.run(shop, 0, when)["code"]
        end = judge(shop, code)
        if end != "delivered":
            # What is held stays held: a further start asks for nothing.
            assert killer.run(shop, 0, when)["code"] == 1
            assert judge(shop, 1) == end
        return end if killed else "not killed"


def test_kill_at_any_durable_step_loses_nothing_and_pays_nothing_twice(
    tmp_path: Path, simulator: Simulator, simulator_ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """SIGKILL before or after any durable step keeps I1-I7; the next start delivers or holds (I8)."""
    tally = Tally()

    def work(_number: int) -> None:
        killer = Killer()
        try:
            for when in When:
                for at in tally.steps(when):
                    place = tmp_path / f"{when.value}-{at}"
                    tally.note(when, try_step(killer, place, simulator.base_url, at, when))
        finally:
            killer.close()

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(work, range(_AT_ONCE)))

    check_charged_once(simulator_ledger)
    charged = Counter(call.prompt for call in simulator.calls() if call.outcome == "charged")
    assert all(number <= 1 + str(prompt).startswith("invert") for prompt, number in charged.items())
    assert tally.over == set(When)
    assert tally.ends["delivered"] > tally.ends["held 1"] + tally.ends["held 2"]
    with capsys.disabled():
        if _EVERY_STEP == 1:
            sys.stdout.write(f"\n{dict(tally.ends)}, steps {dict(tally.next_step)}\n")
