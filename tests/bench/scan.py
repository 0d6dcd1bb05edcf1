"""What a look through the inbox costs beside a plain listing with stats, and how often it is made then.

Run it by hand. Both are timed in one run, the best of several turns each, with the folders in the page cache.
The first look forms every bundle and tells of it; all later ones find that nothing has changed.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from retouchd.adapters.folder import Folder
from retouchd.adapters.inbox.cadence import POLL_TIMES, look_interval
from retouchd.adapters.inbox.survey import Survey
from retouchd.core.bundles import FormingRules
from retouchd.core.sightings import News

_TURNS: Final = 5
_IN_A_FOLDER: Final = 1000
_POLL_SECONDS: Final = 2.0


class _Engine:
    """Knows what it was told."""

    def __init__(self) -> None:
        self._known: dict[PurePosixPath, dict[str, str]] = {}

    def take(self, news: News) -> None:
        live = self._known.setdefault(news.folder, {})
        live.update({bundle.key: bundle.digest for bundle in news.seen})

    def in_folder(self, folder: PurePosixPath) -> Mapping[str, str]:
        return self._known.get(folder, {})

    def folders(self) -> Iterable[PurePosixPath]:
        return self._known


def _seconds(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def _fill(root: Path, names: int) -> None:
    """Make photos with their prompts, a thousand names in each folder."""
    for number in range(names // 2):
        folder = root / str(number // (_IN_A_FOLDER // 2))
        folder.mkdir(exist_ok=True)
        (folder / f"IMG_{number:06d}.jpg").touch()
        (folder / f"IMG_{number:06d}.txt").touch()


def _list_plainly(folder: str) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                _list_plainly(entry.path)
            else:
                entry.stat(follow_symlinks=False)


def _measure(root: Path, names: int) -> str:
    engine = _Engine()
    survey = Survey(Folder(root), FormingRules(), engine, engine.take, lambda: None)
    first = _seconds(survey.look_at_everything)
    later = min(_seconds(survey.look_at_everything) for _ in range(_TURNS))
    plain = min(_seconds(lambda: _list_plainly(str(root))) for _ in range(_TURNS))
    interval = look_interval(_POLL_SECONDS, later, POLL_TIMES)
    return (
        f"{names} names: plain {1000 * plain:.0f} ms, first look {1000 * first:.0f} ms, later ones"
        f" {1000 * later:.0f} ms, ratio {later / plain:.1f}; polled every {interval:.0f} s,"
        f" {100 * later / interval:.2f} % of the time\n"
    )


def main() -> None:
    """Print one line for each size of inbox."""
    for names in (10_000, 100_000):
        with tempfile.TemporaryDirectory() as place:
            root = Path(os.path.realpath(place))
            _fill(root, names)
            sys.stdout.write(_measure(root, names))


if __name__ == "__main__":
    main()
