"""The journal's pauses, commands and notes."""

from datetime import timedelta

import pytest
from journal_samples import Reader

from retouchd.adapters.journal.journal import SqliteJournal
from retouchd.core.pauses import PauseReason, begin_pause
from retouchd.core.records import Command, Verb
from strategies import NOW

LATER = NOW + timedelta(minutes=5)


def test_pauses_survive_a_restart(journal: SqliteJournal, again: Reader) -> None:
    """Several pauses may stand at once, each with its reason; the oldest is told first."""
    pauses = [
        begin_pause(PauseReason.OPERATOR, "by you", NOW),
        begin_pause(PauseReason.BUDGET, "\udcff", LATER, until=LATER + timedelta(hours=12)),
        begin_pause(PauseReason.OFFLINE, "no network", LATER, until=LATER),
    ]
    with journal.transaction():
        for pause in reversed(pauses):
            journal.begin_pause(pause)

    found = again().pauses()

    assert [one.reason for one in found] == [PauseReason.OPERATOR, PauseReason.BUDGET, PauseReason.OFFLINE]
    assert (found[0], found[2]) == (pauses[0], pauses[2])
    assert found[1].detail == "\\udcff"


def test_a_pause_is_renewed(journal: SqliteJournal, again: Reader) -> None:
    """A reason that comes again has its new words and end; when it first began stays."""
    with journal.transaction():
        journal.begin_pause(begin_pause(PauseReason.OFFLINE, "first", NOW, until=NOW))
        journal.begin_pause(begin_pause(PauseReason.OFFLINE, "second", LATER, until=LATER))

    assert again().pauses() == [begin_pause(PauseReason.OFFLINE, "second", NOW, until=LATER)]


def test_a_pause_ends_alone(journal: SqliteJournal, again: Reader) -> None:
    """Ending one reason leaves the others; ending none is no error."""
    with journal.transaction():
        journal.begin_pause(begin_pause(PauseReason.OFFLINE, "", NOW))
        journal.begin_pause(begin_pause(PauseReason.OPERATOR, "", NOW))
        journal.end_pause(PauseReason.OFFLINE)
        journal.end_pause(PauseReason.CREDITS)

    assert [one.reason for one in again().pauses()] == [PauseReason.OPERATOR]


@pytest.mark.parametrize(
    ("argument", "stored"),
    [("", ""), ("k7f3", "k7f3"), ("a\n'; DROP TABLE jobs", "a\n'; DROP TABLE jobs"), ("\udcff", "\\udcff")],
)
def test_commands_wait_until_they_are_obeyed(
    journal: SqliteJournal, again: Reader, argument: str, stored: str
) -> None:
    """A command is neither lost nor changed by a restart, whatever its argument is."""
    with journal.transaction():
        command = journal.give_command(Verb.RETRY, argument, NOW)

    assert again().commands() == [Command(id=command, verb=Verb.RETRY, argument=stored)]
    assert again().command_answer(command) is None


def test_commands_are_obeyed_in_order(journal: SqliteJournal, again: Reader) -> None:
    """An obeyed command is not given again, and its answer is kept for who waits for it."""
    with journal.transaction():
        first = journal.give_command(Verb.PAUSE, "", NOW)
        second = journal.give_command(Verb.RESUME, "operator", NOW)
        third = journal.give_command(Verb.PAUSE, "", NOW)
        journal.answer_command(second, "resumed \udcff", LATER)

    assert [one.id for one in again().commands()] == [first, third]
    assert again().command_answer(second) == "resumed \\udcff"
    assert again().command_answer(99) is None


def test_notes(journal: SqliteJournal, again: Reader) -> None:
    """A small fact for the status is kept and replaced; one that was never set is none."""
    with journal.transaction():
        journal.set_note("ignored", "1")
        journal.set_note("ignored", "2 \udcff")

    assert again().note("ignored") == "2 \\udcff"
    assert again().note("other") is None
