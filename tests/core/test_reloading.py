"""Which settings count when the configuration is read again, and what people are told of it."""

from datetime import timedelta

import pytest

from retouchd.core.reloading import COUNTS, RESTARTING, Change, Counts, Reading, reloaded_answer, unread_line
from strategies import NOW

CAP = Change(key="budget.per_day_usd", before="10", after="25")
INBOX = Change(key="folders.inbox", before="/old", after="/new")


def test_only_the_folders_need_a_restart() -> None:
    """Everything else counts without one."""
    assert set(RESTARTING) == {key for key in COUNTS if key.startswith("folders.")}
    assert INBOX.needs_restart
    assert not CAP.needs_restart


@pytest.mark.parametrize("counts", Counts)
def test_each_way_to_count_is_used(counts: Counts) -> None:
    """The table says nothing that never holds."""
    assert counts in COUNTS.values()


def test_a_change_is_told_with_both_values() -> None:
    """What it was, what it is, and from when on; a secret shows neither."""
    secret = Change(key="endpoint.base_url", before="***", after="***")

    assert CAP.line == "budget.per_day_usd: 10 -> 25, at once"
    assert secret.line == "endpoint.base_url: changed, from the next call on"
    assert INBOX.line == (
        "folders.inbox was changed to /new, which counts after a restart; until then it is /old: restart"
        " retouchd (with systemd: systemctl restart retouchd)"
    )


def test_the_answer_has_a_line_for_each_change() -> None:
    """What was read, what is other than before, or that nothing is."""
    both = reloaded_answer("/etc/config.toml", [CAP, INBOX], has_new_key=True)
    none = reloaded_answer("/etc/config.toml", [], has_new_key=False)

    assert both.splitlines() == [
        "the configuration was read again from /etc/config.toml",
        CAP.line,
        INBOX.line,
        "the key is another one than before; it is sent from the next call on",
    ]
    assert none == "the configuration was read again from /etc/config.toml: nothing in it has changed"


def test_a_reading_survives_the_journal() -> None:
    """What is left to tell is the same after it was written down."""
    reading = Reading(refused=NOW, faults=("a: wrong", "b: wrong"), pending=(INBOX,))

    assert Reading.from_text(reading.as_text()) == reading
    assert Reading.from_text(Reading().as_text()) == Reading()


def test_a_refused_reading_is_told_with_its_faults() -> None:
    """When it was, each fault, what still counts and what to do; then what waits for a restart."""
    reading = Reading(refused=NOW, faults=("a: wrong", "b: wrong"), pending=(INBOX,))

    first, *others = reading.lines(NOW + timedelta(hours=1))

    assert first.startswith("The configuration that was read at ")
    assert first.endswith("is not right, so the one before still counts. Put it right, then: retouchd reload")
    assert others == ["a: wrong", "b: wrong", INBOX.line]


def test_a_reading_that_was_right_is_not_told() -> None:
    """There is nothing that anybody would have to know."""
    assert list(Reading().lines(NOW)) == []


def test_many_faults_are_counted() -> None:
    """A file that is all wrong fills no status; where the rest can be read is said."""
    reading = Reading(refused=NOW, faults=tuple(f"{number}: wrong" for number in range(13)))

    lines = list(reading.lines(NOW))

    assert lines[-2:] == ["9: wrong", "And 3 more; all of them: retouchd config --check"]
    assert len(lines) == 12


def test_what_was_not_read_yet_is_told_by_its_keys() -> None:
    """Whoever edits the file and forgets to say so is reminded."""
    assert unread_line(["budget.per_day_usd"]) == (
        "budget.per_day_usd was changed in the configuration and not read yet: retouchd reload"
    )
    assert unread_line(["a.b", "c.d"]).startswith("a.b, c.d were changed")
