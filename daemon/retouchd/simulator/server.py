"""Runs the simulator on a loopback port: in a thread for tests and the demo, or in the foreground.

Never binds to anything but 127.0.0.1: its key is a toy and its ledger is open.
"""

import signal
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import uvicorn

from retouchd.simulator.app import PREFIX, House, build_app
from retouchd.simulator.ledger import Call, Ledger

LOOPBACK: Final = "127.0.0.1"
DEMO_KEY: Final = "demo-key"

# Room for a 50 MB photo with references and a mask in base64; the vendor's real cap is not known.
MAX_REQUEST_BYTES: Final = 128 * 1024 * 1024
# A client that stopped in the middle of its upload must not keep the simulator from ending.
_STOP_SECONDS: Final = 5
_BACKLOG: Final = 128
_STOP_SIGNALS: Final = frozenset({signal.SIGINT, signal.SIGTERM})


class Simulator:
    """The documented endpoint in a thread of this process; a context manager.

    Args:
        port: 0 takes any free one.
        api_key: The one key that is taken.
        latency_seconds: How long every accepted edit takes at least.
        ledger_path: JSON-lines file to which every charged call is appended.
        max_request_bytes: Larger bodies are refused with 413.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        api_key: str = DEMO_KEY,
        latency_seconds: float = 0.0,
        ledger_path: Path | None = None,
        max_request_bytes: int = MAX_REQUEST_BYTES,
    ) -> None:
        self._port = port
        self._hurry = threading.Event()
        self._ledger = Ledger(ledger_path)
        house = House(
            api_key=api_key,
            latency_seconds=latency_seconds,
            max_request_bytes=max_request_bytes,
            hurry=self._hurry,
            ledger=self._ledger,
        )
        self._server = uvicorn.Server(_configure(house))
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        """Binds and starts.

        Raises:
            OSError: The port is taken.
        """
        listener = _listen(self._port)
        self._port = listener.getsockname()[1]
        thread = threading.Thread(target=self._server.run, args=([listener],), name="simulator", daemon=True)
        thread.start()
        self._closing.callback(thread.join)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Finishes and charges the work under way without its latency, then stops."""
        self._hurry.set()
        self._server.should_exit = True
        self._closing.close()

    @property
    def base_url(self) -> str:
        """Where to send calls to: `http://127.0.0.1:40213/api/v1`."""
        return f"http://{LOOPBACK}:{self._port}{PREFIX}"

    @property
    def root_url(self) -> str:
        """The same without the prefix; the ledger is below it."""
        return self.base_url.removesuffix(PREFIX)

    def calls(self) -> list[Call]:
        """Every answered call so far, oldest first."""
        return self._ledger.calls()


def serve_forever(simulator: Simulator, on_ready: Callable[[str], None]) -> None:
    """Serves until SIGINT or SIGTERM; for a program that has no threads besides.

    Args:
        simulator: What to serve, not yet entered.
        on_ready: Called once with the base URL, when calls can be made.

    Raises:
        OSError: The port is taken.
    """
    # Blocked before the server's thread is born, which inherits it: the signals wait for sigwait, and no
    # handler runs in the middle of anything.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    try:
        with simulator:
            on_ready(simulator.base_url)
            signal.sigwait(_STOP_SIGNALS)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _listen(port: int) -> socket.socket:
    # With its protocol named, because asyncio sets TCP_NODELAY only then; else every answer takes 40 ms more.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # So that a restart on the same port need not wait for old connections to fade.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _configure(house: House) -> uvicorn.Config:
    return uvicorn.Config(
        build_app(house),
        http="h11",
        ws="none",
        lifespan="off",
        loop="asyncio",
        # Logging belongs to the program around the simulator.
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
