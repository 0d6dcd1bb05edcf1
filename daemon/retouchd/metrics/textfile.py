"""Keeps a file for node_exporter's textfile collector: whole at each look, and readable by others."""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from retouchd.engine.herald import Log

# node_exporter runs as another user.
_MODE: Final = 0o644
_LONGEST_STOP_SECONDS: Final = 5.0


class TextFileKeeper:
    """Writes the file from `start` on, and once more in `finish`.

    The last text stays and tells that nothing runs any more: a file that went would silence every alarm.

    Args:
        path: The file.
        first_words: What every page begins with; another file of that name is not replaced.
        page: Gives a page, or raises TimeoutError.
        last_page: Gives the one that tells that nothing runs any more, or raises TimeoutError.
    """

    def __init__(
        self,
        path: Path,
        interval_seconds: float,
        first_words: bytes,
        page: Callable[[], bytes],
        last_page: Callable[[], bytes],
        log: Log,
    ) -> None:
        self._path = path
        self._interval_seconds = interval_seconds
        self._first_words = first_words
        self._page = page
        self._last_page = last_page
        self._log = log
        self._trouble = ""
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="companion-metrics-file", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def finish(self) -> None:
        """Write for the last time, unless the file's disk does not answer."""
        self._is_over.set()
        if self._thread.ident is not None:
            self._thread.join(_LONGEST_STOP_SECONDS)

    def _keep(self) -> None:
        while not self._is_over.is_set():
            self._write(self._page)
            self._is_over.wait(self._interval_seconds)
        self._write(self._last_page)

    def _write(self, make: Callable[[], bytes]) -> None:
        try:
            page = make()
            replace_file(self._path, page, self._first_words)
        except TimeoutError:
            # The file grows old, which is what node_exporter tells of it.
            return
        except OSError as exc:
            self._tell(f"{self._path}: {exc.strerror}")
            return
        self._trouble = ""

    def _tell(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            self._log.warning("metrics.not_written", detail=trouble)


def replace_file(path: Path, text: bytes, first_words: bytes) -> None:
    """Write a file beside its place and rename it there.

    Nothing is synced: after a power cut the file may be empty, and is written anew a moment after the start.

    Raises:
        FileExistsError: The name belongs to another program's file.
        OSError: The folder is missing, or cannot be written.
    """
    if not _is_ours(path, first_words):
        raise FileExistsError(0, "another program's file has this name: set metrics.textfile to another one")
    # node_exporter reads what ends in .prom, which this does not.
    temporary = path.with_name(f".{path.name}.tmp")
    with suppress(FileNotFoundError):
        temporary.unlink()
    try:
        _write_new(temporary, text)
        # A crash before this line leaves the temporary, which the next writing removes.
        temporary.rename(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink()
        raise


def _is_ours(path: Path, first_words: bytes) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    with open(descriptor, "rb") as stream:  # noqa: PTH123 - a descriptor that cannot hang on a pipe
        return stream.read(len(first_words)) in {b"", first_words}


def _write_new(path: Path, text: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(path, flags, _MODE), "wb") as stream:  # noqa: PTH123 - a new file, never a link
        # Whatever the service's umask says.
        os.fchmod(stream.fileno(), _MODE)
        stream.write(text)
