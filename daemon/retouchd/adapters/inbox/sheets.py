"""Small control files as the scan reads them: presets, option files, and prompt files where it matters.

What they ask for is found out again when a bundle is looked at; here only which other files they name.
"""

import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Final

from retouchd.adapters.folder import Folder
from retouchd.adapters.inbox.evidence import OpenedSource, open_file
from retouchd.adapters.inbox.signatures import Inodes
from retouchd.core.bundles import PRESET_NAME, suffix_of
from retouchd.core.errors import FileTroubleError
from retouchd.core.forming import Sheet
from retouchd.core.options import Options, SidecarError
from retouchd.core.sidecars import read_json, read_preset, read_text, read_toml
from retouchd.core.values import Signature

# Larger ones are not read while scanning; a prompt of 32 000 characters fits, however it is escaped.
_MOST_BYTES: Final = 256 * 1024
# What is unchanged is not read again when something beside it changes.
_MOST_KEPT: Final = 4096
_UNKNOWN: Final = Sheet(gives_prompt=True)
_READERS: Final[dict[str, Callable[[bytes], Options | None]]] = {
    ".toml": read_toml,
    ".json": read_json,
    ".txt": read_text,
    ".md": read_text,
}


class SheetReader:
    """Reads control files, and remembers the latest.

    Args:
        folder: The inbox.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._remembered = lru_cache(_MOST_KEPT)(self._read)

    def read(self, path: PurePosixPath, signature: Signature) -> Sheet | None:
        """Give what a control file says, or None when it is no sidecar.

        What cannot be read or understood counts as a sidecar that names nothing: the look tells why.
        """
        try:
            return self._remembered(path, signature)
        except FileTroubleError:
            return _unknown(path)

    def _read(self, path: PurePosixPath, signature: Signature) -> Sheet | None:
        if signature.size > _MOST_BYTES:
            return None if suffix_of(path.name) == ".json" else _unknown(path)
        content = self._read_content(path)
        reader = read_preset if path.name == PRESET_NAME else _READERS[suffix_of(path.name)]
        try:
            options = reader(content)
        except SidecarError:
            return _unknown(path)
        return None if options is None else _sheet(path.parent, options)

    def _read_content(self, path: PurePosixPath) -> bytes:
        opened = open_file(self._folder, path)
        try:
            return OpenedSource(opened, self._folder, path, Inodes.KEPT).read_text_bytes(_MOST_BYTES)
        finally:
            os.close(opened.descriptor)


def _unknown(path: PurePosixPath) -> Sheet:
    # A preset that nobody understands gives no photo a prompt; one beside a photo was meant for it.
    return Sheet(gives_prompt=False) if path.name == PRESET_NAME else _UNKNOWN


def _sheet(folder: PurePosixPath, options: Options) -> Sheet:
    return Sheet(
        gives_prompt=options.prompt is not None,
        mask=None if options.mask is None else folder / options.mask,
        references=tuple(folder / name for name in options.references or ()),
    )
