"""The simulator's HTTP side: routes, headers, envelopes, and who does the work.

Rules about a request's content are in `validation`; the server's socket and thread are in `server`.
"""

import hashlib
import hmac
import json
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from retouchd.simulator.answers import compose_answer
from retouchd.simulator.edits import edit
from retouchd.simulator.ledger import Arrival, Call, Ledger
from retouchd.simulator.prices import cost_of
from retouchd.simulator.refusals import RefusedError
from retouchd.simulator.validation import read_request

PREFIX: Final = "/api/v1"
CALLS_PATH: Final = "/_simulator/calls"


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What the owner of a simulator decides.

    Attributes:
        api_key: The one key that is taken.
        latency_seconds: How long every accepted edit takes at least.
        max_request_bytes: Larger bodies are refused with 413.
        hurry: When set, the latency is over for all; work under way is finished and charged at once.
    """

    api_key: str
    latency_seconds: float
    max_request_bytes: int
    hurry: threading.Event
    ledger: Ledger


def build_app(house: House) -> Starlette:
    """The ASGI application of one simulator."""
    endpoint = _Endpoint(house)
    app = Starlette(
        routes=[
            Route(f"{PREFIX}/images/edits", endpoint.edit, methods=["POST"]),
            Route(f"{PREFIX}/status", endpoint.status, methods=["GET"]),
            Route(CALLS_PATH, endpoint.calls, methods=["GET"]),
        ],
        exception_handlers={
            HTTPException: _answer_http_error,  # type: ignore[dict-item] # Starlette passes this very class
        },
    )
    # A redirect to the path without a slash would hide a wrong base URL.
    app.router.redirect_slashes = False
    return app


class _Endpoint:
    """The handlers, bound to one house."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def edit(self, request: Request) -> Response:
        """One call: head checked, body read whole, then the work in a thread."""
        try:
            arrival, received = await _receive(request, self._house)
        except ClientDisconnect:
            # The body never came whole: nothing is processed, charged or recorded, and nobody hears this.
            return Response(status_code=HTTPStatus.BAD_REQUEST)
        if isinstance(received, RefusedError):
            return self._refuse(arrival, received)
        # A plain await, not a task that ends with the connection: who hangs up now still pays.
        return await run_in_threadpool(self._work, arrival, received)

    async def status(self, request: Request) -> Response:
        """Whether the key is taken; costs nothing."""
        refused = _find_key_fault(request.headers, self._house.api_key)
        if refused is not None:
            return _respond(refused.envelope(), refused.status)
        return _respond({"ok": True, "simulator": True}, HTTPStatus.OK)

    async def calls(self, _request: Request) -> Response:
        """The ledger, for tests and for people."""
        return _respond([call.as_json() for call in self._house.ledger.calls()], HTTPStatus.OK)

    def _work(self, arrival: Arrival, body: bytes) -> Response:
        try:
            request = read_request(body)
        except RefusedError as refused:
            return self._refuse(arrival, refused)
        edited = edit(request)
        cost_usd = cost_of(
            quality=request.quality,
            size=request.size,
            photo_count=request.photo_count,
            prompt=request.prompt,
        )
        self._house.hurry.wait(self._house.latency_seconds)
        call = self._house.ledger.charge(
            arrival, cost_usd=cost_usd, prompt=request.prompt, save_path=request.save_path
        )
        return _respond(compose_answer(request, edited, cost_usd), HTTPStatus.OK, call)

    def _refuse(self, arrival: Arrival, refused: RefusedError) -> Response:
        call = self._house.ledger.refuse(arrival, refused.status)
        return _respond(refused.envelope(), refused.status, call)


async def _receive(request: Request, house: House) -> tuple[Arrival, bytes | RefusedError]:
    """The body, or why the head alone is enough to refuse it.

    Read to its end either way: a client that is still sending hears no early answer.
    """
    at = datetime.now(UTC)
    refused = _find_fault(request.headers, house)
    body, digest = bytearray(), hashlib.sha256()
    async for chunk in request.stream():
        digest.update(chunk)
        if refused is None:
            body += chunk
    key = request.headers.get("idempotency-key")
    arrival = Arrival(at=at, idempotency_key=key, request_sha256=digest.hexdigest())
    return arrival, bytes(body) if refused is None else refused


def _find_fault(headers: Headers, house: House) -> RefusedError | None:
    """The first fault that the head alone shows: key, framing, kind and length of the body."""
    return (
        _find_key_fault(headers, house.api_key)
        or _find_framing_fault(headers)
        or _find_kind_fault(headers)
        or _find_length_fault(headers, house.max_request_bytes)
    )


def _find_key_fault(headers: Headers, api_key: str) -> RefusedError | None:
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), api_key.encode()):
        return None
    return RefusedError(
        status=HTTPStatus.UNAUTHORIZED,
        code="invalid_api_key" if given else "missing_api_key",
        message="The API key is missing or wrong.",
        kind="authentication_error",
    )


def _find_framing_fault(headers: Headers) -> RefusedError | None:
    if "transfer-encoding" in headers:
        message, code = "Chunked bodies are not taken; send Content-Length.", "chunked_body"
    elif "content-length" not in headers:
        message, code = "Content-Length is required.", "length_required"
    else:
        return None
    return RefusedError(status=HTTPStatus.LENGTH_REQUIRED, code=code, message=message)


def _find_kind_fault(headers: Headers) -> RefusedError | None:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        return None
    return RefusedError(
        status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        code="unsupported_media_type",
        message="The body must be application/json.",
    )


def _find_length_fault(headers: Headers, limit: int) -> RefusedError | None:
    if int(headers["content-length"]) <= limit:
        return None
    return RefusedError(
        status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        code="request_too_large",
        message=f"The request is larger than {limit} bytes.",
    )


async def _answer_http_error(_request: Request, error: HTTPException) -> Response:
    """Starlette's own 404 and 405 in the documented envelope."""
    status = HTTPStatus(error.status_code)
    code = status.phrase.lower().replace(" ", "_")
    refused = RefusedError(status=status, code=code, message=status.description)
    response = _respond(refused.envelope(), status)
    response.headers.update(error.headers or {})
    return response


def _respond(content: object, status: int, call: Call | None = None) -> Response:
    headers = {} if call is None else {"x-request-id": f"sim-{call.number}"}
    # ASCII escapes: a refusal may quote half a surrogate pair, which UTF-8 cannot carry.
    data = json.dumps(content).encode("ascii")
    return Response(data, status_code=status, headers=headers, media_type="application/json")
