"""Shell completion: what the few lines that a shell runs (see shells.py) ask this program for.

An answer is a kind on its first line ("words", "files" or "folders"), then for words a candidate a line, with
what it means behind a tab. Where nothing can be said nothing is printed.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from retouchd.adapters.journal.views import JournalView
from retouchd.cli.grammar import Parameter, Usage
from retouchd.core.jobs import HoldReason, JobState
from retouchd.core.request import Quality
from retouchd.core.story import STATE_WORDS
from retouchd.core.values import printable, shown_path
from retouchd.settings import load_settings

# Nobody reads through more of them.
_MOST_JOBS: Final = 50
# Which jobs a command can do something about; of the others any may be shown.
_STATES: Final = {
    "retry": (JobState.HELD, JobState.FAILED, JobState.DEFERRED),
    "redo": (JobState.DONE, JobState.DELIVERED),
    "cancel": (JobState.READY, JobState.WAITING, JobState.DEFERRED, JobState.HELD),
    "resolve": (JobState.HELD,),
}
_HELP: Final = Parameter(names=("--help",), metavar="", help="Show the help and end.")
# Values that are words to the command line and few in truth.
_WORDS: Final = {
    "--quality": [one.value for one in Quality if one is not Quality.AUTO],
    "--format": ["png", "jpeg", "webp"],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A command line up to the word that is to be completed.

    Attributes:
        verb: The command; None before it.
        option: The option whose value is to be completed; None when it is none's.
        number: How many arguments of the command stand before the word.
        config: The configuration file that was named.
    """

    verb: Usage | None = None
    option: Parameter | None = None
    number: int = 0
    config: Path | None = None
    word: str = ""


@dataclass(slots=True)
class _Reader:
    """Reads a command line word by word."""

    verbs: Mapping[str, Usage]
    own: Sequence[Parameter]
    verb: Usage | None = None
    option: Parameter | None = None
    number: int = 0
    given: dict[str, str] = field(default_factory=dict)

    def take(self, word: str) -> None:
        if self.option is not None:
            self.given[self.option.names[0]] = word
            self.option = None
        elif word.startswith("-"):
            self.option = next((one for one in self._options() if word in one.names and one.metavar), None)
        elif self.verb is None:
            self.verb = self.verbs.get(word)
        else:
            self.number += 1

    def _options(self) -> Sequence[Parameter]:
        return self.own if self.verb is None else self.verb.options


def read_typed(words: Sequence[str], verbs: Sequence[Usage], own: Sequence[Parameter]) -> Typed:
    """Understand a command line.

    Args:
        words: Behind the program's name; the last one is to be completed, and may be empty.
        own: The options of the program itself.
    """
    *before, word = words or [""]
    reader = _Reader({verb.name: verb for verb in verbs}, own)
    for one in before:
        reader.take(one)
    config = reader.given.get("--config")
    return Typed(
        verb=reader.verb,
        option=reader.option,
        number=reader.number,
        config=Path(config).expanduser() if config else None,
        word=word,
    )


def complete(
    words: Sequence[str], verbs: Sequence[Usage], own: Sequence[Parameter], environ: Mapping[str, str]
) -> list[str]:
    """Give the lines of the answer.

    Raises:
        RetouchdError: Jobs or pauses are wanted, and cannot be read.
    """
    typed = read_typed(words, verbs, own)
    if typed.option is None and typed.word.startswith("-"):
        options = own if typed.verb is None else typed.verb.options
        return _answer(typed, {name: one.help for one in (*options, _HELP) for name in one.names})
    wanted = typed.option or _argument(typed)
    if wanted is not None:
        return _complete_value(typed, wanted, environ)
    return _answer(typed, {verb.name: verb.about[0] for verb in verbs}) if typed.verb is None else []


def _complete_value(typed: Typed, wanted: Parameter, environ: Mapping[str, str]) -> list[str]:
    if wanted.is_path:
        return ["folders" if wanted.is_folder else "files"]
    return _answer(typed, _values(typed, wanted, environ))


def _argument(typed: Typed) -> Parameter | None:
    arguments = typed.verb.arguments if typed.verb else []
    return arguments[typed.number] if typed.number < len(arguments) else None


def _values(typed: Typed, wanted: Parameter, environ: Mapping[str, str]) -> Mapping[str, str]:
    if wanted.metavar == "JOB":
        return _jobs(typed, environ)
    if typed.verb is not None and typed.verb.name == "resume":
        return _pauses(typed, environ)
    words = wanted.choices or _WORDS.get("".join(wanted.names), [])
    return dict.fromkeys(words, "")


def _answer(typed: Typed, values: Mapping[str, str]) -> list[str]:
    found = [f"{value}\t{about}" for value, about in values.items() if value.startswith(typed.word)]
    return ["words", *found] if found else []


def _jobs(typed: Typed, environ: Mapping[str, str]) -> Mapping[str, str]:
    with closing(_open(typed, environ)) as view:
        states = _STATES.get(typed.verb.name if typed.verb else "", tuple(JobState))
        jobs = [job for state in states for job in view.newest_jobs_in(state, _MOST_JOBS)]
        newest = sorted(jobs, key=lambda job: job.created, reverse=True)[:_MOST_JOBS]
        return {
            job.id: f"{shown_path(view.source_of(job.bundle))} ({STATE_WORDS[job.state]})" for job in newest
        }


def _pauses(typed: Typed, environ: Mapping[str, str]) -> Mapping[str, str]:
    with closing(_open(typed, environ)) as view:
        pauses = {pause.reason.value: printable(pause.detail) for pause in view.pauses()}
        alike = view.jobs_held_for(HoldReason.REFUSED_ALIKE)
    more = (
        {HoldReason.REFUSED_ALIKE.value: f"{len(alike)} photos whose options were refused"} if alike else {}
    )
    return {**pauses, **more}


def _open(typed: Typed, environ: Mapping[str, str]) -> JournalView:
    return JournalView.open_for_reading(load_settings(typed.config, environ).places().journal)
