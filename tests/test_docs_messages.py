"""docs/messages.md has what the program says, word for word, and leaves no reason out."""

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from documents import GAP, PACKAGE, is_said, rows, text_of
from retouchd.core import errors
from retouchd.core.errors import RetouchdError
from retouchd.core.hints import Kind, stranger_sentence
from retouchd.core.jobs import HoldReason
from retouchd.core.outcomes import OutcomeKind
from retouchd.core.pauses import PauseReason
from retouchd.core.story import outcome_words
from retouchd.doctor import (
    examination,
    folders,
    history,
    key,
    messages,
    network,
    numbers,
    owner,
    room,
    watching,
)
from retouchd.engine.ending import Ending

PAGE = "docs/messages.md"
# By these names the doctor's modules know what they look at.
CHECKS = ("NAME", "CONFIGURATION", "DAEMON", "PAUSE", "INBOX", "CLOCK")
# In which column of the first table below a heading the message stands.
COLUMNS = {
    "Paused": 1,
    "Needs you: perhaps paid, or paid": 1,
    "Needs you: something in the inbox is in doubt": 0,
    "How a call ended": 1,
    "Failed": 0,
    "It waits": 0,
    "Files that are not edited": 0,
    "Notices about money": 1,
    "It does not start": 1,
    "How a one-shot run ends": 1,
    "A command is not obeyed": 0,
}


def column(heading: str, number: int) -> list[str]:
    """Give the cells of one column of the table below a heading."""
    return [row[number].strip("`") for row in rows(PAGE, heading)]


def test_every_message_is_one_of_the_program() -> None:
    """No message is documented that the program does not say, word for word."""
    messages = [message for heading, number in COLUMNS.items() for message in column(heading, number)]

    assert [message for message in messages if not is_said(message)] == []
    assert not is_said("a message that nobody … ever says")


def test_every_pause_is_documented() -> None:
    """Whatever stops everything stands there, with what ends it."""
    assert set(column("Paused", 0)) == {reason.value for reason in PauseReason}


def test_every_reason_to_need_somebody_is_documented() -> None:
    """Whatever a job can be held for stands there."""
    assert set(column("Needs you: perhaps paid, or paid", 0)) == {reason.value for reason in HoldReason}


def test_every_end_of_a_call_is_documented() -> None:
    """Each way in which a call can end stands there with the words that people read."""
    documented = {(row[0].strip("`"), row[1]) for row in rows(PAGE, "How a call ended")}

    assert {word for word, _ in documented} == {kind.value for kind in OutcomeKind}
    assert {(kind.value, outcome_words(kind.value)) for kind in OutcomeKind} <= documented


def test_every_end_of_a_one_shot_run_is_documented() -> None:
    """Each result of a run that ends by itself stands there with its status."""
    assert set(column("How a one-shot run ends", 1)) == {ending.value for ending in Ending}


def test_every_kind_of_file_that_is_no_photo_is_documented() -> None:
    """Whoever drops something else finds what to do about it."""
    told = column("Files that are not edited", 0)
    said = [stranger_sentence(PurePosixPath("a.b"), kind).removeprefix("a.b ").rstrip(".") for kind in Kind]

    assert [
        text for text in said if not any(text.replace("a.txt", f"{GAP}.txt") == row for row in told)
    ] == []


def test_every_check_of_the_doctor_is_documented() -> None:
    """Each word with which a line of the doctor can begin stands there, and no other."""
    modules = (examination, folders, history, key, messages, network, numbers, owner, room, watching)
    names = {vars(module).get(name) for module in modules for name in CHECKS}

    assert set(column("The doctor", 0)) == names - {None}


def test_every_refusal_with_words_of_its_own_is_documented() -> None:
    """What the program raises to end a start or a command with stands there: its longest words at least."""
    text = text_of(PAGE)
    refusals = {words for path in PACKAGE.rglob("*.py") for words in _refusals(ast.parse(path.read_bytes()))}

    assert len(refusals) > 30
    assert sorted(words for words in refusals if words not in text) == []


def _refusals(tree: ast.Module) -> Iterator[str]:
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        named = {
            node.targets[0].id: node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        for raised in (node.exc for node in ast.walk(function) if isinstance(node, ast.Raise)):
            if isinstance(raised, ast.Call) and _is_refusal(raised) and raised.args:
                given = raised.args[0]
                told = named.get(given.id, given) if isinstance(given, ast.Name) else given
                yield from _longest_words(told)


def _is_refusal(raised: ast.Call) -> bool:
    """Say whether people read it when a command or a start ends; trouble with files is told with its path."""
    kind = getattr(errors, raised.func.id, None) if isinstance(raised.func, ast.Name) else None
    is_ours = isinstance(kind, type) and issubclass(kind, RetouchdError)
    others = (errors.FileTroubleError, errors.IllegalTransitionError, errors.UnsendableError)
    return is_ours and not issubclass(kind, others)


def _longest_words(told: ast.expr) -> Iterator[str]:
    parts = told.values if isinstance(told, ast.JoinedStr) else [told]
    texts = [one.value for one in parts if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    longest = max(texts, key=len, default="").strip(" .:;,()\"'")
    if len(longest) > len("cannot be used"):
        yield longest
