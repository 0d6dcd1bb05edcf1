"""What `explain` found out about one place, as a screen and as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from retouchd.adapters.journal.views import Queue
from retouchd.cli.screen import Screen, Tone
from retouchd.cli.wishes import LABEL_WIDTH, wish_as_json, wish_rows
from retouchd.core.edits import Wish
from retouchd.core.prices import Price
from retouchd.core.values import JobId

_OVER = frozenset({"done", "delivered", "failed", "cancelled"})
_GOOD = frozenset({"done", "delivered"})
_BAD = frozenset({"held", "failed", "unknown"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why something is where it is. All texts are safe to print.

    Attributes:
        path: As people write it: "inbox/beach.jpg".
        state: For programs: a job's state, "arriving", "queued", "waiting_for_prompt", "orphan", "ignored",
            "not_a_photo", "folder", "unknown" or "elsewhere".
        sentences: What is, what it costs, what to do.
        about: What the path has to do with the photo that is explained, if it is not the photo itself.
        price: What answers of the wish's quality and size cost so far.
        is_free: The same was paid for before.
        output: Where the picture is or will be.
        original: Where the photo is moved when all is over, or where it was moved.
        history: When what happened.
        watched: How changes there are noticed; empty where nobody waits for one.
        counts: Of a folder: photos by what they are about.
        commands: To paste, each with what it is for.
    """

    path: str
    state: str
    sentences: tuple[str, ...]
    about: str = ""
    jobs: tuple[JobId, ...] = ()
    wish: Wish | None = None
    price: Price | None = None
    is_free: bool = False
    queue: Queue | None = None
    output: str = ""
    original: str = ""
    history: str = ""
    watched: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    commands: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Give it for programs."""
        queue = {"place": self.queue.place, "length": self.queue.length} if self.queue else None
        return {
            "path": self.path,
            "state": self.state,
            "sentences": [*([self.about] if self.about else []), *self.sentences],
            "jobs": list(self.jobs),
            "wish": wish_as_json(self.wish, self.price) if self.wish else None,
            "queue": queue,
            "output": self.output or None,
            "original": self.original or None,
            "watched": self.watched or None,
            "counts": dict(self.counts),
        }

    def write(self, screen: Screen) -> None:
        """Write it for people."""
        screen.line(self.path, Tone.HEAD)
        if self.about:
            screen.say(self.about)
        first, *others = self.sentences
        tone = Tone.GOOD if self.state in _GOOD else Tone.BAD if self.state in _BAD else Tone.PLAIN
        screen.say(first, tone)
        for one in others:
            screen.say(one)
        self._write_facts(screen)
        if self.commands:
            screen.line()
            screen.table([[f"{what}:", command] for what, command in self.commands.items()], indent=0)

    def _write_facts(self, screen: Screen) -> None:
        if self.wish:
            screen.line()
            screen.table(wish_rows(self.wish, self.price, is_over=self.is_free or self.state in _OVER))
        moves = "" if self.state in _OVER or not self.original else "moves to "
        facts = {
            "place": _tell_place(self.queue) if self.queue else "",
            "result": self.output,
            "original": f"{moves}{self.original}",
            "history": self.history,
            "watched": self.watched,
        }
        told = {name: value for name, value in facts.items() if value}
        if told and not self.wish:
            screen.line()
        for name, value in told.items():
            screen.say(f"{name:<{LABEL_WIDTH}}  {value}", indent=2, hang=LABEL_WIDTH + 4)


def _tell_place(queue: Queue) -> str:
    told = f"{queue.place} of {queue.length}"
    return told if queue.is_sure else f"{told} at the latest: the inbox's folders take turns"
