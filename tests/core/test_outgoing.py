"""Messages on their way out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from retouchd.core.messages import Message
from retouchd.core.outgoing import Outgoing, add_messages, find_due, note_failure, note_sent
from retouchd.core.topics import Topic
from strategies import NOW

WAYS = ("hook", "mail")


def messages(*names: str) -> Sequence[Message]:
    """Give messages with these texts."""
    return [Message(id=name, topic=Topic.IDLE, subject="s", text=name, document={}) for name in names]


def texts(waiting: Sequence[Outgoing]) -> list[str]:
    """Give what would be read of them."""
    return [one.text for one in waiting]


def test_a_message_goes_out_on_every_way_in_its_order() -> None:
    """Each way gets each message, the oldest first; one way that fails holds up no other."""
    queue = add_messages((), messages("a", "b"), WAYS, NOW)
    first = find_due(queue.waiting, WAYS, NOW)
    assert [(one.way, one.text) for one in first] == [("hook", "a"), ("mail", "a")]

    queue = note_sent(queue.waiting, first[0])
    queue = note_failure(queue.waiting, first[1], NOW, is_final=False)

    assert [(one.way, one.text) for one in find_due(queue.waiting, WAYS, NOW)] == [("hook", "b")]
    assert queue.given_up == ()
    later = NOW + timedelta(seconds=30)
    assert [(one.way, one.text) for one in find_due(queue.waiting, WAYS, later)] == [
        ("hook", "b"),
        ("mail", "a"),
    ]


def test_a_failure_is_tried_ever_more_seldom_and_given_up_in_the_end() -> None:
    """A way that is shut is tried for six hours; then the message is given up, and the next one says so."""
    waiting = add_messages((), messages("a", "b"), ("mail",), NOW).waiting
    now, tries = NOW, 0
    while texts(waiting)[0] == "a":
        (due,) = find_due(waiting, WAYS, waiting[0].next_try)
        now = due.next_try
        queue = note_failure(waiting, due, now, is_final=False)
        waiting, tries = queue.waiting, tries + 1

    assert tries == 18
    assert timedelta(hours=6) < now - NOW < timedelta(hours=7)
    assert texts(queue.given_up) == ["a"]
    assert texts(waiting) == ["b\nAn earlier message could not be sent; retouchd status tells all."]


def test_what_can_never_be_sent_is_given_up_at_once() -> None:
    """A hook that is missing is not tried again for the same message; nothing comes after it."""
    waiting = add_messages((), messages("a"), ("hook",), NOW).waiting

    queue = note_failure(waiting, waiting[0], NOW, is_final=True)

    assert (queue.waiting, texts(queue.given_up)) == ((), ["a"])


def test_what_belongs_to_no_way_any_more_goes() -> None:
    """A way that is no longer named is not used; what waits for it is kept for as long as for any other."""
    waiting = add_messages((), messages("a"), WAYS, NOW).waiting
    soon = NOW + timedelta(hours=6)

    kept = add_messages(waiting, messages("b"), ("mail",), soon).waiting
    gone = add_messages(waiting, messages("b"), ("mail",), soon + timedelta(seconds=1)).waiting

    assert sorted(one.way for one in kept) == ["hook", "mail", "mail"]
    assert [one.way for one in find_due(kept, ("mail",), soon)] == ["mail"]
    assert [one.way for one in gone] == ["mail", "mail"]


@given(st.lists(st.integers(0, 9), max_size=12))
def test_a_way_that_is_shut_keeps_no_more_than_twenty(rounds: list[int]) -> None:
    """However much happens, twenty wait at most, the newest; the first of them tells how many are missing."""
    waiting: tuple[Outgoing, ...] = ()
    names: list[str] = []
    given_up = 0
    for number, size in enumerate(rounds):
        fresh = [f"{number}.{index}" for index in range(size)]
        queue = add_messages(waiting, messages(*fresh), ("mail",), NOW)
        waiting, names = queue.waiting, names + fresh
        given_up += len(queue.given_up)

    assert [one.message.text for one in waiting] == names[-20:]
    assert given_up == max(0, len(names) - 20)
    assert sum(one.missed for one in waiting) == given_up
    assert all(one.missed == 0 for one in waiting[1:])


def test_several_missing_messages_are_counted() -> None:
    """The text says how many are missing."""
    one = replace(add_messages((), messages("a"), ("mail",), NOW).waiting[0], missed=3)

    assert one.text == "a\n3 earlier messages could not be sent; retouchd status tells all."
