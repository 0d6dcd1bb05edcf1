"""The desk at which workers ask the engine: they wait for its answer, and with it for the commit."""

from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


class Desk(Protocol):
    """Fitted by the engine."""

    def ask(self, work: Callable[Asked, Answer], /, *args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
        """Have `work` done in the engine thread and give its result once it is durable.

        Raises:
            RetouchdError: What `work` raised; nothing that it did was kept.
        """
        ...

    def tell(self, work: Callable[Asked, object], /, *args: Asked.args, **kwargs: Asked.kwargs) -> None:
        """Have `work` done without waiting for it: the last word of a task, on which nothing in it depends.

        It is carried out before the task counts as ended, mostly in the same transaction. What it raises is
        logged.
        """
        ...
