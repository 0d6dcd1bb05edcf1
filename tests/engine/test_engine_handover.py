"""What the scanner finds is handed over no faster than the engine takes it in."""

from collections.abc import Callable
from functools import partial
from pathlib import PurePosixPath
from threading import Thread

from engine_house import bundle_of

from retouchd.core.sightings import FolderBack, News, Sighting
from retouchd.engine.handover import Handover
from waiting import eventually

TOP = PurePosixPath()
MANY = News(folder=TOP, seen=tuple(bundle_of(f"{number}.jpg") for number in range(1600)), gone=("x.jpg",))


class Mailbox:
    """Keeps what it is told until the engine looks."""

    def __init__(self) -> None:
        self.told: list[Callable[[], object]] = []

    def tell(self, work: Callable[..., object], /, *arguments: object) -> None:
        """Keep it."""
        self.told.append(partial(work, *arguments))


def test_no_more_is_handed_over_than_is_taken_in() -> None:
    """The second part of a backlog is not there before the first is taken in, so that memory stays (I12)."""
    mailbox, taken = Mailbox(), list[Sighting]()
    scanner = Thread(target=Handover(mailbox.tell, taken.append).hand, args=(MANY,))
    scanner.start()
    most = 0
    while scanner.is_alive() or mailbox.told:
        if eventually(lambda: mailbox.told or not scanner.is_alive()) and mailbox.told:
            most = max(most, len(mailbox.told))
            mailbox.told.pop(0)()

    news = [one for one in taken if isinstance(one, News)]
    assert most == 1
    assert [bundle for one in news for bundle in one.seen] == list(MANY.seen)
    assert [one.gone for one in news if one.gone] == [("x.jpg",)]


def test_the_scanner_does_not_wait_for_an_engine_that_has_ended() -> None:
    """Nobody takes anything in any more: the scanner goes on, and can be stopped."""
    mailbox = Mailbox()
    handover = Handover(mailbox.tell, lambda _: None)
    scanner = Thread(target=handover.hand, args=(MANY,))
    scanner.start()
    assert eventually(lambda: mailbox.told)

    handover.end()
    scanner.join()
    handover.hand(MANY)

    assert len(mailbox.told) == 1


def test_other_sightings_wait_for_nothing() -> None:
    """That a folder is back is told at once, whatever is being taken in."""
    mailbox, taken = Mailbox(), list[Sighting]()
    back = FolderBack(which="inbox")
    handover = Handover(mailbox.tell, taken.append)
    handover.hand(News(folder=TOP, gone=("x.jpg",)))
    handover.hand(back)
    for told in mailbox.told:
        told()

    assert taken[1:] == [back]
