"""The service of the benches: nginx, which reads a whole request and answers what it always answers.

Not run by itself. It is a process of its own and looks at nothing in a request, so that it takes as little as
possible of the cores that it shares with what is measured; its CPU is counted for nobody. Its access log says
which calls came, and when.
"""

import base64
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROMPT: Final = "Brighten the sky and keep everything else as it is."
# Debian's; the module makes nginx read a body that it does not need, which it answers early without.
_MODULE: Final = Path("/usr/lib/nginx/modules/ngx_http_echo_module.so")
_PATIENCE_SECONDS: Final = 10.0
_CONFIGURATION: Final = """
load_module {module};
{user}
daemon off;
worker_processes 1;
pid {place}/pid;
error_log {place}/errors.log;
events {{ worker_connections 512; }}
http {{
    client_body_temp_path {place}/bodies;
    proxy_temp_path {place}/unused;
    fastcgi_temp_path {place}/unused;
    uwsgi_temp_path {place}/unused;
    scgi_temp_path {place}/unused;
    client_max_body_size 0;
    # Bodies stay in memory: its disk is that of what is measured.
    client_body_buffer_size 24m;
    sendfile on;
    log_format calls '$msec $request_time $status $request_length $http_idempotency_key';
    access_log {place}/calls.log calls buffer=256k;
    server {{
        listen 127.0.0.1:{port};
        location = /api/v1/images/edits {{
            echo_read_request_body;
            {pause}
            echo_exec /answer.json;
        }}
        location = /api/v1/status {{
            default_type application/json;
            return 200 '{{"ok": true}}';
        }}
        location = /answer.json {{
            internal;
            root {place};
            # A file cannot be posted to; the answer is this file all the same.
            error_page 405 =200 /answer.json;
        }}
    }}
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request that was read whole, by the wall clock in seconds."""

    key: str
    status: int
    begun: float
    ended: float
    request_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An endpoint that runs."""

    base_url: str
    place: Path

    def calls(self) -> list[Call]:
        """Give all calls in the order in which they ended; whole only when the endpoint has ended."""
        return [_read_call(line) for line in (self.place / "calls.log").read_text().splitlines()]


def missing() -> str:
    """Say what to install before an endpoint can run; empty if nothing."""
    if _program() and _MODULE.exists():
        return ""
    return "needs nginx with its echo module: apt install nginx-light libnginx-mod-http-echo"


@contextmanager
def serving(place: Path, picture: bytes, pause_seconds: float = 0.0) -> Iterator[Endpoint]:
    """Serve in a new folder for as long as the context lasts.

    Args:
        picture: What every answer holds.
        pause_seconds: From the end of a request to the beginning of its answer.
    """
    place.mkdir()
    (place / "answer.json").write_text(json.dumps(_answer(picture)))
    port = _free_port()
    text = _CONFIGURATION.format(
        module=_MODULE,
        place=place,
        port=port,
        user="user root;" if os.geteuid() == 0 else "",
        pause=f"echo_sleep {pause_seconds};" if pause_seconds else "",
    )
    (place / "nginx.conf").write_text(text)
    process = subprocess.Popen(
        [str(_program()), "-e", str(place / "errors.log"), "-p", str(place), "-c", str(place / "nginx.conf")]
    )
    try:
        _wait_open(port)
        yield Endpoint(base_url=f"http://127.0.0.1:{port}/api/v1", place=place)
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(_PATIENCE_SECONDS)


def _answer(picture: bytes) -> dict[str, object]:
    """Give an answer with every documented field, in the documented order."""
    return {
        "ok": True,
        "model": "gpt-image-2",
        "endpoint": "images/edits",
        "prompt": PROMPT,
        "b64_json": base64.b64encode(picture).decode(),
        "path": "/retouchd/result.png",
        "signedUrl": None,
        "quality": "medium",
        "requestedSize": "1536x1024",
        "format": "png",
        "mimeType": "image/png",
        "estimatedCostUsd": 0.05,
        "storageId": "bench",
        "contentHash": hashlib.sha256(picture).hexdigest(),
        "sizeBytes": len(picture),
        "usage": {"input_tokens": 1000, "output_tokens": 4000, "total_tokens": 5000},
    }


def _read_call(line: str) -> Call:
    ended, seconds, status, request_bytes, key = line.split(" ", 4)
    return Call(
        key=key,
        status=int(status),
        begun=float(ended) - float(seconds),
        ended=float(ended),
        request_bytes=int(request_bytes),
    )


def _program() -> str | None:
    """Give where nginx lies, which is often not on the path of whoever is not root."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _wait_open(port: int) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
