"""The engine's mailbox: other threads put work in, the engine thread carries it out and answers."""

import queue
from collections.abc import Callable
from dataclasses import dataclass

from retouchd.baton import BATON
from retouchd.core.errors import RetouchdError
from retouchd.engine.desk import Answer, Asked


@dataclass(slots=True, kw_only=True)
class Request:
    """Work for the engine thread; answered only after the commit.

    Attributes:
        answered: Where somebody waits for it to be answered; None when nobody does.
    """

    work: Callable[[], object]
    answered: queue.SimpleQueue[None] | None = None
    error: RetouchdError | None = None

    def resolve(self) -> None:
        """Have whoever waits go on."""
        if self.answered is not None:
            self.answered.put(None)


class Mailbox:
    """Fits the workers' Desk."""

    def __init__(self) -> None:
        self._requests: queue.SimpleQueue[Request] = queue.SimpleQueue()

    def ask(self, work: Callable[Asked, Answer], /, *args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
        """Have `work` done in the engine thread and give its result once it is durable."""
        answers: list[Answer] = []
        answered: queue.SimpleQueue[None] = queue.SimpleQueue()
        request = Request(work=lambda: answers.append(work(*args, **kwargs)), answered=answered)
        self._requests.put(request)
        with BATON.aside():
            answered.get()
        if request.error is not None:
            raise request.error
        return answers[0]

    def tell(self, work: Callable[Asked, object], /, *args: Asked.args, **kwargs: Asked.kwargs) -> None:
        """Have `work` done without waiting for it. Safe in a signal handler."""
        self._requests.put(Request(work=lambda: work(*args, **kwargs)))

    def take(self, find_patience: Callable[[], float]) -> list[Request]:
        """Wait for work and give all there is: it is committed together.

        Args:
            find_patience: Gives for how many seconds to wait at most; asked only when there is no work.
        """
        try:
            # Who was just answered goes on while it is found out how long to wait.
            with BATON.aside():
                seconds = 0.0 if not self._requests.empty() else max(0.0, find_patience())
                batch = [self._requests.get(timeout=seconds)]
        except queue.Empty:
            return []
        while not self._requests.empty():
            batch.append(self._requests.get_nowait())
        return batch
