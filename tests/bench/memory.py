"""How much memory a daemon takes beyond its idle state while photos and answers pass through it (I12).

Run on request: `python tests/bench/memory.py`. A server in this process answers each call with a picture of
18 MB (25 MB as base64); the daemon is a real process whose resident memory the kernel tells.
"""

import base64
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from PIL import Image

MEGABYTE = 1024 * 1024
PHOTOS = 8


def noise(width: int, height: int, **options: object) -> bytes:
    """Give a picture of noise, which no format can make small."""
    file = io.BytesIO()
    picture = Image.frombytes("RGB", (width, height), os.urandom(width * height * 3))
    picture.save(file, **options)
    return file.getvalue()


def make_handler(answer: bytes) -> type[BaseHTTPRequestHandler]:
    """Give a handler that takes any call and answers it with this body."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            left = int(self.headers["Content-Length"])
            while left:
                left -= len(self.rfile.read(min(left, 65536)))
            time.sleep(0.5)  # so that all calls are under way at once
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_arguments: object) -> None:
            """Stay silent."""

    return Handler


def memory(pid: int, field: str) -> float:
    """Give a figure of /proc/PID/status in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    raise LookupError(field)


def measure(photo: bytes, port: int, settled: Callable[[Path], bool]) -> tuple[float, float, int]:
    """Run a daemon over eight copies of a photo; give idle and peak resident MiB, and what was delivered."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        config = root / "config.toml"
        config.write_text(
            f'[folders]\nroot = "{root}/r"\nstate = "{root}/state"\n'
            f'[endpoint]\nbase_url = "http://127.0.0.1:{port}/api/v1"\n'
            '[limits]\nconcurrency = 8\n[budget]\nper_day_usd = "unlimited"\n'
        )
        command = [sys.executable, "-m", "retouchd", "--config", str(config)]
        environ = {**os.environ, "DENCH_API_KEY": "bench"}
        subprocess.run([*command, "init"], check=True, stdout=subprocess.DEVNULL)
        daemon = subprocess.Popen([*command, "run"], env=environ, stderr=subprocess.DEVNULL)
        time.sleep(3)
        idle = memory(daemon.pid, "VmRSS")
        for number in range(PHOTOS):
            (root / f"r/inbox/{number}.txt").write_text(f"a wish of its own: {number}")
            (root / f"r/inbox/{number}.jpg").write_bytes(photo)
        deadline = time.monotonic() + 120
        while not settled(root / "r/outbox") and time.monotonic() < deadline:
            time.sleep(0.1)
        peak = memory(daemon.pid, "VmHWM")
        delivered = len(list((root / "r/outbox").glob("*.json")))
        daemon.terminate()
        daemon.wait()
    return idle, peak, delivered


def main() -> None:
    """Measure small and large photos and print the figures."""
    picture = noise(2600, 2400, format="PNG", compress_level=0)
    fields = {"ok": True, "b64_json": base64.b64encode(picture).decode(), "estimatedCostUsd": 0.1}
    answer = json.dumps(fields).encode()
    server = ThreadingHTTPServer(("127.0.0.1", 0), make_handler(answer))
    Thread(target=server.serve_forever, daemon=True).start()
    sizes = {"0.2 MB": (430, 300), "10 MB": (3700, 3000)}
    for name, (width, height) in sizes.items():
        photo = noise(width, height, format="JPEG", quality=92)
        idle, peak, delivered = measure(
            photo, server.server_port, lambda outbox: len(list(outbox.glob("*.json"))) == PHOTOS
        )
        print(
            f"{PHOTOS} photos of {len(photo) / MEGABYTE:.1f} MiB ({name}), answers of"
            f" {len(answer) / MEGABYTE:.1f} MiB: idle {idle:.1f} MiB, peak {peak:.1f} MiB,"
            f" more by {peak - idle:.1f} MiB, {delivered} delivered"
        )
    server.shutdown()


if __name__ == "__main__":
    main()
