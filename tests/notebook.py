"""A log that keeps what it was told."""

from collections.abc import Callable


class Notebook:
    """Keeps the event, and its fields with the level among them, of all that it was told."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, object]]] = []

    def __getattr__(self, level: str) -> Callable[..., None]:
        return lambda event, **fields: self.lines.append((event, {"level": level, **fields}))

    def events(self) -> list[str]:
        """Give the names of what was told."""
        return [event for event, _fields in self.lines]

    def told(self, event: str) -> list[dict[str, object]]:
        """Give what was told of an event."""
        return [fields for name, fields in self.lines if name == event]
