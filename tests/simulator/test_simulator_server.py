"""The simulator's HTTP manners, its ledger, and how it starts and stops."""

import hashlib
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from simulator_requests import HEADERS, Client, fields, halves

from retouchd.simulator.ledger import Call, Outcome
from retouchd.simulator.server import Simulator, serve_forever

PHOTO = halves("#d04030", "#3060d0", (64, 48))


def _wait_for(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not is_true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def _edit(simulator: Simulator, **options: object) -> httpx.Response:
    return httpx.post(
        f"{simulator.base_url}/images/edits", json=fields(PHOTO, **options), headers=HEADERS, timeout=20
    )


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "missing_api_key"),
        ("Bearer", "missing_api_key"),
        ("Bearer wrong", "invalid_api_key"),
        ("Bearer demo-key-2", "invalid_api_key"),
        ("Bearer démo", "invalid_api_key"),
        ("Basic demo-key", "invalid_api_key"),
    ],
)
def test_a_wrong_key_is_refused_everywhere(client: Client, header: str, code: str) -> None:
    """Edits and status both answer 401 with the documented envelope."""
    headers = {"Authorization": header.encode("latin-1")}
    answers = [
        client.http.post(f"{client.base_url}/images/edits", json=fields(PHOTO), headers=headers),
        client.http.get(f"{client.base_url}/status", headers=headers),
    ]

    for answer in answers:
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == code
        assert answer.json()["error"]["type"] == "authentication_error"


def test_status_tells_that_the_key_is_taken(client: Client) -> None:
    """The probe after a refused key costs nothing and is answered with 200."""
    answer = client.http.get(f"{client.base_url}/status", headers={"Authorization": "bearer demo-key"})

    assert (answer.status_code, answer.json()["ok"]) == (200, True)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/image/edits", 404),
        ("POST", "/images/edits/", 404),
        ("GET", "/images/edits", 405),
        ("POST", "/status", 405),
    ],
)
def test_wrong_paths_and_methods_get_the_envelope(
    client: Client, method: str, path: str, status: int
) -> None:
    """Nothing is redirected; 404 and 405 look like every other refusal."""
    answer = client.http.request(method, f"{client.base_url}{path}", headers=HEADERS)

    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"message", "type", "code", "details"}
    assert ("allow" in answer.headers) is (status == 405)


def test_chunked_bodies_are_refused(client: Client) -> None:
    """A body without a promised length cannot be known to be whole."""

    def pieces() -> Iterator[bytes]:
        yield b'{"prompt": '
        yield b'"hi"}'

    answer = client.http.post(f"{client.base_url}/images/edits", content=pieces(), headers=HEADERS)

    assert (answer.status_code, answer.json()["error"]["code"]) == (411, "chunked_body")


def _send_raw(simulator: Simulator, data: bytes) -> bytes:
    port = httpx.URL(simulator.base_url).port
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(data)
        return connection.recv(65_536)


_HEAD = b"POST /api/v1/images/edits HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer demo-key\r\n"


def test_a_length_is_required(simulator: Simulator) -> None:
    """A request without Content-Length is answered with 411."""
    answer = _send_raw(simulator, _HEAD + b"Content-Type: application/json\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 411 ")


def test_only_json_is_taken(client: Client) -> None:
    """Another kind of body is answered with 415."""
    answer = client.http.post(f"{client.base_url}/images/edits", data={"prompt": "hi"}, headers=HEADERS)

    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_media_type")


def test_too_large_a_request_is_refused_and_still_answered() -> None:
    """413 reaches a client that is still sending, and the ledger knows the body's hash."""
    body = json.dumps({"prompt": "x" * 3_000_000}).encode()
    headers = HEADERS | {"Content-Type": "application/json"}
    with Simulator(max_request_bytes=1_000_000) as simulator:
        answer = httpx.post(f"{simulator.base_url}/images/edits", content=body, headers=headers)
        calls = simulator.calls()

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")
    assert [call.request_sha256 for call in calls] == [hashlib.sha256(body).hexdigest()]


def test_the_ledger_tells_every_call() -> None:
    """Charged and refused calls are listed in order, over HTTP and to the owner, with what they cost."""
    began = datetime.now(UTC)
    with Simulator() as simulator:
        url = f"{simulator.base_url}/images/edits"
        request = json.dumps(fields(PHOTO, savePath="/a.png", quality="low")).encode()
        headers = HEADERS | {"Content-Type": "application/json", "Idempotency-Key": "retouchd:e1:1"}
        paid = httpx.post(url, content=request, headers=headers)
        refused = _edit(simulator, size="1x1")
        listed = httpx.get(f"{simulator.root_url}/_simulator/calls").json()
        calls = simulator.calls()

    assert [answer.headers["x-request-id"] for answer in (paid, refused)] == ["sim-1", "sim-2"]
    assert [call.as_json() for call in calls] == listed
    first, second = calls
    assert began <= first.at <= datetime.now(UTC)
    assert first == Call(
        number=1,
        at=first.at,
        outcome=Outcome.CHARGED,
        status=200,
        cost_usd=Decimal("0.0160"),
        prompt="hello",
        save_path="/a.png",
        idempotency_key="retouchd:e1:1",
        request_sha256=hashlib.sha256(request).hexdigest(),
        seconds=first.seconds,
    )
    assert (second.number, second.outcome, second.status, second.cost_usd) == (2, Outcome.REFUSED, 400, 0)
    assert (second.prompt, second.idempotency_key) == (None, None)


def test_the_ledger_file_holds_what_was_charged(tmp_path: Path) -> None:
    """Each charged call is one JSON line, there before its answer is; refused calls leave none."""
    path = tmp_path / "ledger.jsonl"
    with Simulator(ledger_path=path) as simulator:
        _edit(simulator, size="1x1")
        _edit(simulator)
        lines = path.read_text().splitlines()
        calls = simulator.calls()

    assert [json.loads(line) for line in lines] == [calls[1].as_json()]


def test_who_hangs_up_still_pays(tmp_path: Path) -> None:
    """A complete request is charged when the work is done, though nobody waits for the answer any more."""
    with Simulator(latency_seconds=0.3, ledger_path=tmp_path / "ledger.jsonl") as simulator:
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{simulator.base_url}/images/edits", json=fields(PHOTO), headers=HEADERS, timeout=0.1)
        assert simulator.calls() == []
        _wait_for(lambda: len(simulator.calls()) == 1)
        (call,) = simulator.calls()

    assert call.outcome is Outcome.CHARGED
    assert call.seconds >= 0.3


def test_half_a_request_is_neither_charged_nor_listed() -> None:
    """A body that ends before its promised length was never a request."""
    with Simulator() as simulator:
        port = httpx.URL(simulator.base_url).port
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(
                _HEAD + b'Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{"prompt"'
            )
        _edit(simulator)
        calls = simulator.calls()

    assert [call.status for call in calls] == [200]


def test_a_slow_edit_holds_up_nobody_else() -> None:
    """While one edit takes its time the status is answered, and edits run side by side."""
    with Simulator(latency_seconds=0.4) as simulator:
        began = time.monotonic()
        workers = [threading.Thread(target=_edit, args=(simulator,)) for _ in range(4)]
        for worker in workers:
            worker.start()
        httpx.get(f"{simulator.base_url}/status", headers=HEADERS)
        status_took = time.monotonic() - began
        for worker in workers:
            worker.join()
        all_took = time.monotonic() - began
        numbers = [call.number for call in simulator.calls()]

    assert status_took < 0.4
    assert 0.4 <= all_took < 1.4
    assert numbers == [1, 2, 3, 4]


def test_stopping_finishes_and_charges_what_is_under_way() -> None:
    """Leaving the block cuts the latency short; the work under way is answered and charged."""
    body = json.dumps(fields(PHOTO)).encode()
    head = _HEAD + f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with Simulator(latency_seconds=60) as simulator:
        port = httpx.URL(simulator.base_url).port
        connection = socket.create_connection(("127.0.0.1", port), timeout=10)
        connection.sendall(head + body)
        # One loop serves both in turn: when this is answered, the edit above was taken in.
        httpx.get(f"{simulator.base_url}/status", headers=HEADERS)
    with connection:
        answer = connection.recv(64)

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert [call.outcome for call in simulator.calls()] == [Outcome.CHARGED]


def test_a_taken_port_is_said_at_once(simulator: Simulator) -> None:
    """Two simulators cannot share a port."""
    port = httpx.URL(simulator.base_url).port

    with pytest.raises(OSError, match="in use"), Simulator(port=port or 0):
        pass


def test_a_port_can_be_used_again_at_once() -> None:
    """A restart on the same port works straight after the stop."""
    with Simulator() as first:
        port = httpx.URL(first.base_url).port
        _edit(first)

    with Simulator(port=port or 0) as second:
        assert second.base_url == first.base_url
        assert _edit(second).status_code == 200


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_serving_in_the_foreground_ends_with_a_signal(stop: signal.Signals) -> None:
    """SIGINT and SIGTERM both end it in order, after the callback has named the base URL."""
    program = (
        "from retouchd.simulator.server import Simulator, serve_forever\n"
        "serve_forever(Simulator(), lambda url: print(url, flush=True))\n"
        "print('ended')\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        base_url = process.stdout.readline().strip()
        answer = httpx.get(f"{base_url}/status", headers=HEADERS)
        process.send_signal(stop)
        rest = process.stdout.read()

    assert answer.status_code == 200
    assert (process.returncode, rest) == (0, "ended\n")


def test_serving_leaves_the_signal_mask_as_it_was() -> None:
    """Afterwards signals reach the program as before."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())

    # To this thread alone: other tests' simulators have threads which do not block it.
    serve_forever(Simulator(), lambda _url: signal.pthread_kill(threading.get_ident(), signal.SIGTERM))

    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
