"""One daemon and one service for all writers: every parcel is carried at the same time as the others."""

import json
import time
from base64 import b64decode
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Self

from answers import good_reply
from invariants import digest
from manners import Manner, missing_programs
from parcels import Order, Parcel
from plain_debounce import PlainDebounce
from workshop import Running, Workshop
from writer_services import Services

from servers import Exchange, ScriptedServer
from waiting import eventually

# The shortest quiet that anybody would set, and shorter than the writers stand still: what is right with it
# is right by the evidence.
_SETTLE_SECONDS: Final = 0.5
_CARRYING_SECONDS: Final = 150.0
_DONE_SECONDS: Final = 60.0


class Desk:
    """Carries all parcels while its context begins, and knows what came of each.

    Args:
        place: An empty folder.
        manners: In which parcels are carried, each photo first and prompt first.

    Attributes:
        calls: The hashes of the photos that the service got, by prompt.
    """

    def __init__(self, place: Path, manners: Sequence[Manner]) -> None:
        self._place = place
        self._manners = [manner for manner in manners if not missing_programs(manner)]
        self._opened = ExitStack()
        self._carried: dict[str, Future[float]] = {}
        self.calls: dict[str, list[str]] = defaultdict(list)
        self.parcels: dict[str, Parcel] = {}

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            self._open(opened)
            self._opened = opened.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._opened.close()

    def receive(self, path: str) -> Parcel:
        """Wait until a parcel was carried and its photo is done with, and give the parcel.

        Raises:
            AssertionError: The program failed, or nothing came of the photo.
        """
        at = self._carried[path].result(_CARRYING_SECONDS)
        parcel = self.parcels[path]
        filed = [self.shop.done / path / file.name for file in parcel.files]
        is_done = eventually(
            lambda: all(file.exists() for file in filed), at + _DONE_SECONDS - time.monotonic()
        )
        assert is_done, self.shop.type("explain", str(self.shop.inbox / path / parcel.photo_name))
        return parcel

    def _open(self, opened: ExitStack) -> None:
        enter = opened.enter_context
        server = enter(ScriptedServer(self._serve))
        settings = {
            "watch.settle_seconds": _SETTLE_SECONDS,
            "budget.per_day_usd": 1000.0,
            "budget.per_month_usd": 1000.0,
        }
        place, sources = self._place / "shop", self._place / "sources"
        place.mkdir()
        self.shop = enter(Workshop(place, f"{server.url}/api/v1", settings))
        self.daemon: Running = enter(self.shop.running())
        self._services = enter(Services(self._place / "services", self.shop.inbox, sources))
        self.debounce = enter(PlainDebounce(self.shop.inbox))
        pairs = [(manner, order) for manner in self._manners for order in Order]
        crew = enter(ThreadPoolExecutor(len(pairs), thread_name_prefix="writer"))
        for manner, order in pairs:
            path = f"{manner.name}/{order}"
            self.parcels[path] = Parcel(path=path, source=sources / path, order=order)
            self._carried[path] = crew.submit(self._carry, manner, self.parcels[path])

    def _carry(self, manner: Manner, parcel: Parcel) -> float:
        """Carry a parcel and give when that was done, on the monotonic clock."""
        parcel.pack()
        folder = self.shop.inbox / parcel.path
        folder.mkdir(parents=True)
        manner.carry(self._services, parcel.files, folder)
        return time.monotonic()

    def _serve(self, exchange: Exchange) -> None:
        request = exchange.read_request()
        fields = json.loads(request.body)
        # Dozens of photos would stay in memory otherwise.
        request.body = b""
        photos = fields["input_images_base64"]
        self.calls[fields["prompt"]] += [digest(b64decode(photo)) for photo in photos]
        exchange.send(good_reply())
