"""A log for the tests of metrics."""

from collections.abc import Callable


class Notebook:
    """Keeps what it was told."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, object]]] = []

    def __getattr__(self, level: str) -> Callable[..., None]:
        return lambda event, **fields: self.lines.append((event, {"level": level, **fields}))

    def told(self, event: str) -> list[dict[str, object]]:
        """Give what was told of an event."""
        return [fields for name, fields in self.lines if name == event]
