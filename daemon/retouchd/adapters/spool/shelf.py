"""What files there are in the spool, and whose they are; what an answer means is not known here."""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from retouchd.adapters.spool.files import SAFELY, answer_name, closing, part_name, trouble
from retouchd.adapters.spool.label import may_have_been_sent, read_opening
from retouchd.adapters.spool.trailer import read_trailer
from retouchd.core.outcomes import Answered
from retouchd.core.pruning import KeptFile
from retouchd.core.records import Label
from retouchd.core.values import AttemptId

_FILE_NAME: Final = re.compile(r"([0-9]{1,18})\.(?:part|answer)")
# What lies beside an answer; alone it is what a removal that was cut has left.
_BESIDE: Final = re.compile(r"([0-9]{1,18})\.(?:fetched|fetching|came|handed\.part|handed\.answer)")


class Shelf:
    """The files of a spool."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def attempts(self) -> list[AttemptId]:
        """Give the attempts that have a file, in order.

        Raises:
            FileTroubleError: The folder cannot be read.
        """
        return sorted(self._named(_FILE_NAME))

    def _named(self, pattern: re.Pattern[str]) -> set[AttemptId]:
        with trouble("read", self._folder):
            found = [pattern.fullmatch(path.name) for path in self._folder.iterdir()]
        return {AttemptId(int(one[1])) for one in found if one}

    def kept(self) -> list[KeptFile]:
        """Give the files there are, whatever is in them.

        Raises:
            FileTroubleError: The folder cannot be read.
        """
        kept = [file for attempt in self.attempts() if (file := self._look_at(attempt))]
        whole = {file.attempt for file in kept}
        rests = (KeptFile(attempt=one, size=0, is_rest=True) for one in self._named(_BESIDE) - whole)
        return [*kept, *rests]

    def _look_at(self, attempt: AttemptId) -> KeptFile | None:
        for name in (answer_name(attempt), part_name(attempt)):
            with self.open(name) as descriptor:
                if descriptor is not None:
                    return KeptFile(attempt=attempt, size=os.fstat(descriptor).st_size)
        return None

    def may_have_been_sent(self, attempt: AttemptId) -> bool:
        """Say whether the call of an attempt may have been made.

        Raises:
            FileTroubleError: Its file cannot be read.
        """
        for name in (answer_name(attempt), part_name(attempt)):
            with self.open(name) as descriptor:
                if descriptor is not None and may_have_been_sent(descriptor):
                    return True
        return False

    def label(self, attempt: AttemptId) -> Label | None:
        """Say whose call a file is, or None when there is none or it does not say."""
        for name in (answer_name(attempt), part_name(attempt)):
            with self.open(name) as descriptor:
                if descriptor is not None:
                    return read_opening(descriptor).label
        return None

    def is_whole(self, attempt: AttemptId) -> bool:
        """Say whether the answer of an attempt is there from end to end; nothing is changed for that."""
        for name in (answer_name(attempt), part_name(attempt)):
            with self.open(name) as descriptor:
                if descriptor is not None and read_head(descriptor):
                    return True
        return False

    @contextmanager
    def open(self, name: str) -> Iterator[int | None]:
        """Open a file for reading; gives None when there is none."""
        with ExitStack() as opened:
            opened.enter_context(trouble("read", self._folder / name))
            try:
                descriptor = os.open(self._folder / name, os.O_RDONLY | SAFELY)
            except FileNotFoundError:
                yield None
                return
            opened.enter_context(closing(descriptor))
            yield descriptor


def read_head(descriptor: int) -> Answered | None:
    """Give what came beside the body of an open file, or None when it is not whole."""
    begin = read_opening(descriptor).body
    trailer = read_trailer(descriptor, begin)
    # After a power cut a trailer may be on the disk and the body before it not; a disk that goes bad changes
    # bytes of one that was whole.
    return trailer.head if trailer and trailer.fits(descriptor, begin) else None
