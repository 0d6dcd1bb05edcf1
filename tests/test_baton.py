"""One thread runs at a time, and nobody waits long for one who hangs."""

import threading
from collections.abc import Callable

from retouchd.baton import Baton

# Far longer than a test takes: who waits gets the baton, and takes it from nobody.
_PATIENT_SECONDS = 60.0


def _run(*works: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class _Desk:
    """Counts how many are at work at the same moment."""

    def __init__(self) -> None:
        self._at_work = 0
        self.most = 0

    def work(self) -> None:
        self._at_work += 1
        self.most = max(self.most, self._at_work)
        # Long enough for others to come in between.
        threading.Event().wait(0.002)
        self._at_work -= 1


def test_one_works_at_a_time() -> None:
    """Who takes part works alone, also after having stepped aside."""
    baton, desk = Baton(_PATIENT_SECONDS), _Desk()

    def take_part() -> None:
        with baton.carried():
            for _ in range(5):
                desk.work()
                with baton.aside():
                    pass

    _run(*[take_part] * 4)
    assert desk.most == 1


def test_others_work_while_one_is_aside() -> None:
    """What is waited for aside may be the work of one who waits for the baton."""
    baton, done = Baton(_PATIENT_SECONDS), threading.Event()

    def wait() -> None:
        with baton.carried(), baton.aside():
            done.wait()

    def work() -> None:
        with baton.carried():
            done.set()

    _run(wait, work)
    assert done.is_set()


def test_who_hangs_loses_it() -> None:
    """A thread that a dead share holds up stops nobody; when the share is back, all is as it was."""
    baton, is_back, has_begun = Baton(0.001), threading.Event(), threading.Event()

    def hang() -> None:
        with baton.carried():
            has_begun.set()
            is_back.wait()

    def work() -> None:
        has_begun.wait()
        for _ in range(2):
            with baton.carried():
                pass
        is_back.set()

    _run(hang, work)
    with baton.carried():
        pass
    assert is_back.is_set()


def test_who_takes_no_part_waits_for_nobody() -> None:
    """A command makes things durable, too, with nobody else in the process."""
    baton, is_through = Baton(_PATIENT_SECONDS), threading.Event()

    def outsider() -> None:
        with baton.aside():
            is_through.set()

    with baton.carried():
        _run(outsider)
    assert is_through.is_set()
