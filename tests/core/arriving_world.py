"""A folder in which anything may be written in any way, and those who watch it, for tests of arriving.

The world is simulated; every decision in it is made by the program's own pure functions, in the order in
which the engine makes them.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import PurePosixPath
from typing import Final

from retouchd.core.arrival import after_look, claimed, is_look_due, is_news, quiet_at, state_when_seen
from retouchd.core.bundles import Bundle, Entry, FormingRules, Role, Standing
from retouchd.core.forming import Contents, form_bundles
from retouchd.core.pictures import Incomplete
from retouchd.core.records import BundleRecord, BundleState, Moments
from retouchd.core.settling import Evidence, LookAgain, Settled, decide_settling
from retouchd.core.values import BundleId, Signature
from strategies import NOW, PICTURE

QUIET_SECONDS: Final = 2.0
RESCAN_SECONDS: Final = 30.0
PATIENCE: Final = timedelta(minutes=30)
PHOTO: Final = "beach.jpg"
# So many blocks has a whole photo; one that is set aside and not filled is zero.
BLOCKS: Final = 4
_TOP: Final = PurePosixPath()
_BLOCK_BYTES: Final = 4096
_SECOND_NS: Final = 1_000_000_000


@dataclass(slots=True)
class File:
    """One file: its blocks, each with the version written last, and how many have it open to write.

    Attributes:
        changed_at: When it was changed last.
    """

    inode: int
    blocks: list[int] = field(default_factory=list)
    writers: int = 0
    mtime: int = 0
    ctime: int = 0
    changed_at: float = 0.0


class World:
    """The folder, the clock, the scanner and the worker that looks.

    Attributes:
        files: By name.
        known: What is remembered of the bundle.
        taken: What the photo held when it was taken, once it was.
        given_up: Why it never became whole.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self.files: dict[str, File] = {}
        self.known: BundleRecord | None = None
        self.taken: list[int] | None = None
        self.given_up = ""
        self._quiet_from = 0.0
        self._ticks = count(1)
        # When the first event came since the last scan.
        self._marked: float | None = None

    @property
    def is_over(self) -> bool:
        """Whether the bundle was taken or given up."""
        return self.taken is not None or bool(self.given_up)

    # What writers do. Each change has a time of change of its own, as kernels give it.

    def create(self, name: str, *blocks: int, mtime: int | None = None) -> None:
        """Have a new file under a name, in the place of any: made, renamed in or replaced."""
        self.files[name] = File(inode=next(self._ticks), blocks=list(blocks))
        self._touch(name, mtime)

    def append(self, name: str, version: int) -> None:
        """Write one more block; the file is made if need be."""
        file = self.files.setdefault(name, File(inode=next(self._ticks)))
        file.blocks.append(version)
        self._touch(name)

    def put(self, name: str, block: int, version: int) -> None:
        """Write over one block, if there is one."""
        file = self.files.get(name)
        if file and file.blocks:
            file.blocks[block % len(file.blocks)] = version
            self._touch(name)

    def cut(self, name: str, length: int) -> None:
        """Cut a file to so many blocks, or set as many aside."""
        if name in self.files:
            blocks = self.files[name].blocks
            self.files[name].blocks = (blocks + [0] * length)[:length]
            self._touch(name)

    def delete(self, name: str) -> None:
        """Remove a file."""
        if self.files.pop(name, None):
            self._mark()

    def hold(self, name: str) -> None:
        """Open a file to write, which changes nothing of it."""
        if name in self.files:
            self.files[name].writers += 1

    def let_go(self, name: str) -> None:
        """Close a file."""
        if name in self.files and self.files[name].writers:
            self.files[name].writers -= 1

    def _touch(self, name: str, mtime: int | None = None) -> None:
        tick = next(self._ticks)
        file = self.files[name]
        file.mtime = tick if mtime is None else mtime
        file.ctime = int(NOW.timestamp()) * _SECOND_NS + round(self.now * _SECOND_NS) + tick
        file.changed_at = self.now
        self._mark()

    def _mark(self) -> None:
        if self._marked is None:
            self._marked = self._moments().monotonic

    def miss(self) -> None:
        """Have the events since the last scan be lost."""
        self._marked = None

    # What the program does.

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def scan(self) -> None:
        """See what is there, as the scanner tells it to the engine."""
        marked, self._marked = self._marked, None
        if not self.is_over:
            self._see(self._form(), marked)

    def turn(self) -> None:
        """Look at the bundle if that is due, as a worker does."""
        if self.is_over or self.known is None:
            return
        if not is_look_due(self.known, self._quiet_from, self._moments()):
            return
        begun = claimed(self.known)
        assert begun is not None
        bundle = self._form()
        if bundle is None or bundle.digest != begun.digest or bundle.standing is not Standing.COMPLETE:
            self._see(bundle, None)
        elif not self._has_prompt(bundle):
            self.known = replace(
                begun, state=BundleState.LACKS_PROMPT, claims=0, detail="waits for its prompt"
            )
        else:
            self._settle(begun, bundle)

    def _settle(self, begun: BundleRecord, bundle: Bundle) -> None:
        """Look at each picture, the photo last: the first that does not pass decides."""
        now = self._moments().now
        pictures = [self.files[one.path.name] for one in bundle.members if one.role is Role.MASK]
        for picture in (*pictures, self.files[PHOTO]):
            verdict = decide_settling(
                evidence_of(picture),
                looks=begun.looks,
                first_look=begun.first_look or now,
                now=now,
                patience=PATIENCE,
            )
            match verdict:
                case Settled():
                    self._check(begun, picture)
                case LookAgain():
                    self.known = after_look(begun, verdict, now)
                    return
                case _:
                    self.given_up = verdict.reason
                    return
        self.taken = list(self.files[PHOTO].blocks)

    def _check(self, begun: BundleRecord, picture: File) -> None:
        """Check what is promised of every picture that is taken, whoever wrote it and however."""
        assert is_whole(picture)
        # Sums of floats are compared.
        assert all(self.now - file.changed_at >= QUIET_SECONDS - 1e-5 for file in self.files.values())
        waited = self._moments().now - (begun.first_look or self._moments().now)
        assert not picture.writers or waited >= timedelta(seconds=60)

    def _see(self, bundle: Bundle | None, marked: float | None) -> None:
        if bundle is None:
            self.known = None
        elif is_news(self.known, bundle):
            self._quiet_from = quiet_at(bundle, marked, self._moments(), QUIET_SECONDS)
            self.known = BundleRecord(
                id=BundleId(1),
                folder=_TOP,
                key=bundle.key,
                photo=bundle.photo.name,
                digest=bundle.digest,
                state=state_when_seen(bundle),
                detail=bundle.detail,
                seen=self._moments().now,
            )

    def _form(self) -> Bundle | None:
        entries = tuple(Entry(name=name, signature=_signature(file)) for name, file in self.files.items())
        formed = form_bundles(Contents(folder=_TOP, entries=entries), FormingRules())
        return next((one for one in formed if one.key == PHOTO), None)

    def _has_prompt(self, bundle: Bundle) -> bool:
        prompts = [one for one in bundle.members if one.role is Role.PROMPT]
        return any(self.files[one.path.name].blocks for one in prompts)

    def _moments(self) -> Moments:
        return Moments(now=NOW + timedelta(seconds=self.now), monotonic=1000.0 + self.now)


def is_whole(picture: File) -> bool:
    """Say whether a picture looks whole. Like a JPEG it has no checksums: versions that are mixed do."""
    return len(picture.blocks) == BLOCKS and 0 not in picture.blocks


def evidence_of(picture: File) -> Evidence:
    """Give what is found in a picture."""
    incomplete = Incomplete(reason="it is not all there")
    return Evidence(
        size=len(picture.blocks) * _BLOCK_BYTES,
        is_being_written=picture.writers > 0,
        ends_in_zeros=bool(picture.blocks) and picture.blocks[-1] == 0,
        has_holes=False,
        examination=PICTURE if is_whole(picture) else incomplete,
    )


def _signature(file: File) -> Signature:
    return Signature(
        size=len(file.blocks) * _BLOCK_BYTES, mtime_ns=file.mtime, ctime_ns=file.ctime, inode=file.inode
    )


Act = tuple[str, tuple[object, ...]]
"""The name of one of a world's methods, and what it is called with."""


def carry_out(world: World, acts: list[Act]) -> None:
    """Have things happen one after the other."""
    for name, arguments in acts:
        getattr(world, name)(*arguments)
