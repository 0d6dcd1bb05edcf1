"""Pictures that were downloaded because the answer had none, one file an attempt beside its answer.

`<attempt>.fetching` is begun anew by each download; `<attempt>.fetched` is whole by its name alone. Losing
either costs nothing but another download.
"""

import os
from pathlib import Path

from retouchd.adapters.durable import Durable
from retouchd.adapters.folder import write_whole
from retouchd.adapters.spool.files import open_folder, trouble
from retouchd.core.errors import FileTroubleError
from retouchd.core.outcomes import Answered
from retouchd.core.values import AttemptId


class PictureWriter:
    """Takes what a download gives: replies that lead elsewhere or refuse, then perhaps a picture.

    Fits the engine's AnswerWriter.
    """

    def __init__(self, descriptor: int, attempt: AttemptId, folder: Path, durable: Durable) -> None:
        self._descriptor = descriptor
        self._attempt = attempt
        self._folder = folder
        self._durable = durable
        self._trouble: FileTroubleError | None = None

    def write(self, piece: bytes) -> None:
        """Append bytes; NoRoomError when the disk is full."""
        try:
            with trouble("write", self._folder / fetching_name(self._attempt)):
                write_whole(self._descriptor, piece)
        except FileTroubleError as exc:
            self._trouble = exc
            raise

    def finish(self, head: Answered) -> None:
        """Make a whole picture durable under its name; forget anything else."""
        with trouble("keep", self._folder / fetching_name(self._attempt)):
            if head.status != 200 or head.cut:  # noqa: PLR2004 - HTTP's own number
                os.ftruncate(self._descriptor, 0)
                return
            # A crash up to the rename leaves a file that the next download begins anew.
            self._durable.fsync(self._descriptor)
            with open_folder(self._folder) as folder:
                names = fetching_name(self._attempt), fetched_name(self._attempt)
                self._durable.rename(*names, source_folder=folder, target_folder=folder)
                # A power cut before this may take the name back: it is downloaded once more.
                self._durable.fsync(folder)

    def raise_trouble(self) -> None:
        """Raise what the disk did, which a download cannot tell from what the network does.

        Raises:
            FileTroubleError: The picture could not be written.
        """
        if self._trouble:
            raise self._trouble


def fetched_name(attempt: AttemptId) -> str:
    """Give the name of a whole picture."""
    return f"{attempt}.fetched"


def fetching_name(attempt: AttemptId) -> str:
    """Give the name of one that is arriving."""
    return f"{attempt}.fetching"
