"""Which of the program's folders are in trouble, each told once; what a check does is not known here."""

from collections.abc import Callable, Mapping

from retouchd.core.errors import FileTroubleError
from retouchd.core.sightings import FolderBack, FolderTrouble


class Troubles:
    """Remembers troubles so that each is told once, and told when it is over.

    Args:
        tell: Takes what is told.
    """

    def __init__(self, tell: Callable[[FolderTrouble | FolderBack], None]) -> None:
        self._tell = tell
        self._details: dict[str, str] = {}

    def check(self, checks: Mapping[str, Callable[[], None]]) -> None:
        """Carry out checks, each of which raises a FileTroubleError when its folder cannot be used."""
        for which, check in checks.items():
            try:
                check()
            except FileTroubleError as exc:
                self.note(which, exc)
            else:
                self.note_fine(which)

    def note(self, which: str, error: FileTroubleError) -> None:
        """Note a trouble, and tell it unless it is the one that was told."""
        detail = str(error)
        if self._details.get(which) != detail:
            self._details[which] = detail
            self._tell(FolderTrouble(which=which, detail=detail, error=error))

    def note_fine(self, which: str) -> None:
        """Note that a folder can be used, and tell it if it could not before."""
        if self._details.pop(which, None) is not None:
            self._tell(FolderBack(which=which))
