"""A service that answers when a test says so."""

import threading

from answers import waiting_for


class Gate:
    """Lets a test do something while a call is under way.

    Attributes:
        script: For a scripted server.
    """

    def __init__(self, reply: bytes) -> None:
        self._open = threading.Event()
        self.script = waiting_for(self._open.wait, reply)

    def open(self) -> None:
        """Let the service answer."""
        self._open.set()
