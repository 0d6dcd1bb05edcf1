"""One contender works off photos that all arrive at once: how fast, at what cost, and whether each came once.

Not run by itself.
"""

import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from canned_endpoint import PROMPT, Call, serving
from contenders import Contender
from pictures import unique
from processes import PeakMemory, cpu_seconds, pss_bytes

# Imports, the first scan and what a start leaves to do are no part of a job.
_REST_SECONDS: Final = 0.5
_PATIENCE_SECONDS: Final = 120.0
_LOOK_EVERY_SECONDS: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What is worked off.

    Attributes:
        photo: What each photo is but for a few bytes.
        picture: What each answer holds.
        pause_seconds: How long the service takes over each.
        sample_seconds: How often memory is looked at.
    """

    name: str
    photo: bytes
    picture: bytes
    jobs: int
    pause_seconds: float = 0.0
    sample_seconds: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """What came of one run.

    Attributes:
        seconds: From the first photo in the inbox to the last one put away.
        cpu_seconds: User and system time of all its processes for it, what they do right afterwards included.
        latencies: For each photo, in seconds: from the first byte of its request to its JSON in the outbox.
        lost: Photos without their picture, byte for byte.
        doubled: Calls beyond one for each photo.
    """

    jobs: int
    seconds: float
    cpu_seconds: float
    idle_bytes: int
    peak_bytes: int
    latencies: tuple[float, ...]
    calls: int
    lost: int
    doubled: int

    @property
    def jobs_a_second(self) -> float:
        """How many photos were worked off in a second."""
        return self.jobs / self.seconds

    @property
    def cpu_a_job(self) -> float:
        """CPU seconds for each photo."""
        return self.cpu_seconds / self.jobs


def race(contender: Contender, course: Course, out: Path) -> Race:
    """Run one contender over fresh photos in a fresh folder."""
    with TemporaryDirectory(dir=out, prefix="race-") as folder:
        place = Path(folder)
        prepared = _prepare(place / "prepared", course)
        with serving(place / "endpoint", course.picture, course.pause_seconds) as endpoint:
            work = place / "work"
            work.mkdir()
            with contender.running(work, endpoint.base_url) as pid:
                time.sleep(_REST_SECONDS)
                idle, cpu = pss_bytes(pid), cpu_seconds(pid)
                with PeakMemory(pid, course.sample_seconds) as memory:
                    seconds = _work_off(prepared, work / "root", course.jobs)
                    time.sleep(_REST_SECONDS)
                cpu = cpu_seconds(pid) - cpu
        calls = endpoint.calls()
        keys = Counter(call.key for call in calls)
        return Race(
            jobs=course.jobs,
            seconds=seconds,
            cpu_seconds=cpu,
            idle_bytes=idle,
            peak_bytes=memory.peak_bytes,
            latencies=tuple(_latencies(calls, work / "root" / "outbox")),
            calls=len(calls),
            lost=course.jobs - _count_whole(work / "root" / "outbox", course.picture),
            doubled=len(calls) - len(keys),
        )


def _prepare(folder: Path, course: Course) -> Path:
    """Write photos with their prompts, and wait until the disk has them: that must slow nobody down."""
    folder.mkdir()
    for number in range(course.jobs):
        (folder / f"photo-{number:04}.txt").write_text(PROMPT)
        (folder / f"photo-{number:04}.jpg").write_bytes(unique(course.photo, number))
    os.sync()
    return folder


def _work_off(prepared: Path, root: Path, jobs: int) -> float:
    """Move the photos into the inbox, each after its prompt, and give the seconds until all are put away."""
    begun = time.monotonic()
    for path in sorted(prepared.iterdir(), key=lambda path: (path.stem, path.suffix == ".jpg")):
        path.rename(root / "inbox" / path.name)
    while not _is_over(root, jobs) and time.monotonic() < begun + _PATIENCE_SECONDS:
        time.sleep(_LOOK_EVERY_SECONDS)
    return time.monotonic() - begun


def _is_over(root: Path, jobs: int) -> bool:
    put_away = len(list((root / "done").glob("*.jpg")))
    return put_away == jobs and len(list((root / "outbox").glob("*.json"))) == jobs


def _count_whole(outbox: Path, picture: bytes) -> int:
    return sum(path.read_bytes() == picture for path in outbox.glob("*.png"))


def _latencies(calls: list[Call], outbox: Path) -> Iterator[float]:
    begun = {call.key: call.begun for call in reversed(calls)}
    for path in outbox.glob("*.json"):
        key = _key(path)
        if key in begun:
            # When it got its name: publishing is a rename, or the last write where there is none.
            yield path.stat().st_ctime - begun[key]


def _key(result: Path) -> str:
    """Give the key of the call behind a result: the daemon's own, or the photo's name."""
    fields: Mapping[str, object] = json.loads(result.read_bytes())
    if "fingerprint" in fields:
        return f"retouchd:{fields['fingerprint']}-{fields['take']}:1"
    return result.name.partition(".")[0]
