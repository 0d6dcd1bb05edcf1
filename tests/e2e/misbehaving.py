"""A paid service that misbehaves as the photo's prompt says, and keeps a ledger of what it charged.

It stands on raw sockets, so that it can break HTTP where a library would not let it. Nothing here knows what
retouchd should do about it: that stands in the tables of behaviours.
"""

import base64
import json
import os
import re
import socket
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from answers import COST_USD, answer_body
from workshop import picture

from servers import Certificate, Exchange, Recorded, Script, ScriptedServer, answering, reply_bytes

_PROMPT: Final = re.compile(rb'"prompt": "((?:[^"\\]|\\.)*)"')
_ORDER: Final = "behave: "
_FILES: Final = "/files/"
_RECEIVE_BUFFER_BYTES: Final = 65_536


@dataclass(frozen=True, kw_only=True)
class Act:
    """What the service does with one call.

    Attributes:
        script: From the whole request, of which the prompt was read, to the end of the connection.
        charges: The service works for this call as soon as it has the whole request, and wants money for it.
    """

    script: Script
    charges: bool


def paid(script: Script) -> Act:
    """Give an act that a real service would charge for."""
    return Act(script=script, charges=True)


def free(script: Script) -> Act:
    """Give an act that a real service would not charge for: it refuses before it works."""
    return Act(script=script, charges=False)


def order_for(name: str) -> str:
    """Give the prompt that makes the service behave so."""
    return f"{_ORDER}{name}"


@dataclass(frozen=True, kw_only=True)
class Charge:
    """One line of the ledger."""

    key: str
    behaviour: str
    usd: float


class Ledger:
    """What was charged, one durable line for each complete request that was worked on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def charge(self, key: str, behaviour: str) -> None:
        """Write down that this request costs money, before anything is answered."""
        line = json.dumps(asdict(Charge(key=key, behaviour=behaviour, usd=COST_USD)))
        with self._lock, self._path.open("a") as stream:
            stream.write(f"{line}\n")
            stream.flush()
            os.fsync(stream.fileno())

    def charges(self) -> list[Charge]:
        """Give everything that was charged, the oldest first."""
        lines = self._path.read_text().splitlines() if self._path.exists() else []
        return [Charge(**json.loads(line)) for line in lines]

    def charged_twice(self) -> list[str]:
        """Give the idempotency keys for which more than one complete request was charged."""
        keys = Counter(charge.key for charge in self.charges())
        return [key for key, number in keys.items() if number > 1]


class MisbehavingService:
    """Acts by photo: the n-th call for a photo is treated by its n-th act, further ones get a picture.

    Args:
        acts: By the name that a prompt gives after "behave: "; other photos get a picture.
        links: What is done with the n-th download by a link, by the same name; the last one for all others.
        ledger: A file that need not be there.
        door: What is done to the first connections before anything of them is read.
    """

    def __init__(
        self,
        acts: Mapping[str, Sequence[Act]],
        ledger: Path,
        *,
        links: Mapping[str, Sequence[Script]] | None = None,
        door: Sequence[Script] = (),
        tls: Certificate | None = None,
    ) -> None:
        self.ledger = Ledger(ledger)
        self._acts = acts
        self._links = links or {}
        self._lock = threading.Lock()
        self._calls: defaultdict[str, list[Recorded]] = defaultdict(list)
        self._downloads: defaultdict[str, list[Recorded]] = defaultdict(list)
        self.server = ScriptedServer(*door, self._serve, tls=tls)
        self.base_url = f"{self.server.url}/api/v1"

    def calls(self, behaviour: str) -> list[Recorded]:
        """Give the calls for a photo, as far as each was read."""
        with self._lock:
            return list(self._calls[behaviour])

    def _serve(self, exchange: Exchange) -> None:
        request = exchange.read_head()
        if request.method == "GET":
            self._serve_get(request)(exchange)
            return
        # A buffer that grew would take the rest of a request that nobody reads any more.
        exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
        name = read_prompt(exchange).removeprefix(_ORDER)
        act = self._take_act(name, request)
        if act.charges:
            key = request.headers["idempotency-key"]
            exchange.tell_when_complete(lambda: self.ledger.charge(key, name))
        act.script(exchange)

    def _serve_get(self, request: Recorded) -> Script:
        """Give what is done with a download, or with a question for the status."""
        path = urlsplit(request.path).path
        if not path.startswith(_FILES):
            return answering(200, b'{"ok": true}')
        name = unquote(path.removeprefix(_FILES))
        with self._lock:
            self._downloads[name].append(request)
            number = len(self._downloads[name])
        scripts = self._links[name]
        return scripts[min(number, len(scripts)) - 1]

    def downloads(self) -> list[Recorded]:
        """Give all downloads by links."""
        with self._lock:
            return [request for requests in self._downloads.values() for request in requests]

    def _take_act(self, name: str, request: Recorded) -> Act:
        with self._lock:
            calls, acts = self._calls[name], self._acts.get(name, ())
            calls.append(request)
            return acts[len(calls) - 1] if len(calls) <= len(acts) else paid(picture_reply)


def read_prompt(exchange: Exchange) -> str:
    """Read a request only until its prompt is there, which stands first in it."""
    exchange.read_head()
    while not (found := _PROMPT.search(exchange.request.body)):
        if exchange.request.complete:
            message = "a request without a prompt"
            raise ValueError(message)
        exchange.read_body(at_most=len(exchange.request.body) + 1)
    prompt: str = json.loads(b'"' + found[1] + b'"')
    return prompt


@cache
def edited() -> bytes:
    """Give the picture that every edit results in, as large as it is asked for."""
    return picture(1000, "JPEG", (816, 816))


def answer_to(exchange: Exchange, **changes: object) -> bytes:
    """Give the body of a good answer to this very request, with these changes; the request is read whole."""
    prompt = read_prompt(exchange)
    exchange.read_request()
    data = edited()
    good = {"prompt": prompt, "b64_json": base64.b64encode(data).decode(), "sizeBytes": len(data)}
    return answer_body(**{**good, **changes})


def picture_reply(exchange: Exchange) -> None:
    """Be a script that answers with a picture."""
    exchange.send(reply_bytes(200, answer_to(exchange), {"Content-Type": "application/json"}))


def replying(make_reply: Callable[[bytes], bytes], **changes: object) -> Script:
    """Give a script that makes its whole reply of the body of a good answer with these changes."""

    def script(exchange: Exchange) -> None:
        exchange.send(make_reply(answer_to(exchange, **changes)))

    return script


def link_to(exchange: Exchange) -> str:
    """Give a link to the service's own file for this request."""
    name = read_prompt(exchange).removeprefix(_ORDER)
    return f"http://{exchange.request.headers['host']}{_FILES}{quote(name)}"
