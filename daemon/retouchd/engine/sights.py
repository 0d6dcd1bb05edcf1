"""Sights: what was seen in the inbox is noted, with the moment from which on it is quiet.

Runs in the engine thread, inside its transaction. What becomes of it is for the intake.
"""

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import Protocol

from retouchd.core.arrival import quiet_at, state_when_seen
from retouchd.core.bundles import Bundle, Standing, may_be_shared
from retouchd.core.records import Moments, Sight
from retouchd.engine.office import Office


class Surroundings(Protocol):
    """What the intake asks of the inbox; nothing of it waits for a share."""

    def quiet_seconds(self, folder: PurePosixPath) -> float:
        """Give how long a bundle in this folder must not have changed."""
        ...

    def tell_again(self, folder: PurePosixPath) -> None:
        """Have the scanner tell again what differs in a folder from what is known."""
        ...


class Sights:
    """Notes bundles that are new or have changed."""

    def __init__(self, office: Office, surroundings: Surroundings) -> None:
        self._office = office
        self._journal = office.journal
        self._surroundings = surroundings

    def note(self, bundle: Bundle, marked: float | None) -> None:
        """Note a bundle at a place where another one may be known, which counts no more.

        Args:
            marked: When an event told of its folder, if one did.
        """
        moments = self._office.clock.moments()
        quiet_seconds = self._surroundings.quiet_seconds(bundle.folder)
        sight = self._sight(bundle, quiet_seconds, marked, moments)
        number = self._journal.record_seen(bundle, bundle.digest, sight.state, moments.now, sight.quiet_from)
        self._journal.share_files(number, sight.shared)
        self._tell([sight])

    def note_new(self, bundles: Sequence[Bundle], marked: float | None) -> None:
        """Note bundles of one folder, at places where none is known: a backlog of them at once."""
        if not bundles:
            return
        moments = self._office.clock.moments()
        quiet_seconds = self._surroundings.quiet_seconds(bundles[0].folder)
        sights = [self._sight(bundle, quiet_seconds, marked, moments) for bundle in bundles]
        self._journal.record_new(sights, moments.now)
        self._tell(sights)

    def _sight(self, bundle: Bundle, quiet_seconds: float, marked: float | None, moments: Moments) -> Sight:
        if bundle.may_grow:
            quiet_seconds += self._office.policy.folder_prompt_wait.total_seconds()
        quiet_from = quiet_at(bundle, marked, moments, quiet_seconds)
        state, shared = state_when_seen(bundle), _shared(bundle)
        return Sight(bundle=bundle, state=state, quiet_from=quiet_from, shared=shared)

    def _tell(self, sights: Iterable[Sight]) -> None:
        told = ({"source": one.bundle.photo.place, "state": one.state} for one in sights)
        self._office.herald.say_each("debug", "bundle.seen", told)


def _shared(bundle: Bundle) -> list[str]:
    """Give the paths of those files of a bundle that other photos may use, too."""
    if bundle.standing is Standing.AMBIGUOUS:
        return []  # It uses nothing yet: it must not keep back a prompt that would then be paid for.
    photo = bundle.photo.name
    return [one.place for one in bundle.members if may_be_shared(one, bundle.folder, photo)]
