"""As fast as httpx goes in eight threads: all in pieces, and nothing checked, hashed or made durable.

Run by the benches: `ceiling.py ROOT BASE_URL`; it says "ready" when it looks for photos. It is no tool for
anybody: an answer that is broken off, a full disk or a second photo of the same name would go unnoticed.
"""

import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import local

import httpx
import pybase64

AT_ONCE = 8
ROOT, BASE_URL = Path(sys.argv[1]), sys.argv[2]
INBOX, OUTBOX, DONE = ROOT / "inbox", ROOT / "outbox", ROOT / "done"
# A multiple of three, so that the encoded pieces fit together.
PIECE = 3 * 64 * 1024
PICTURE = b'"b64_json": "'
of_this_thread = local()


def client() -> httpx.Client:
    """Give this thread's own client."""
    if not hasattr(of_this_thread, "client"):
        of_this_thread.client = httpx.Client(timeout=900)
    made: httpx.Client = of_this_thread.client
    return made


def body(photo: Path, head: bytes, tail: bytes) -> Iterator[bytes]:
    """Give the request piece by piece."""
    yield head
    with photo.open("rb") as file:
        while piece := file.read(PIECE):
            yield pybase64.b64encode(piece)
    yield tail


def edit(photo: Path) -> None:
    """Send a photo, write what comes back, and put the photo away."""
    prompt = photo.with_suffix(".txt")
    head = b'{"prompt": "%b", "input_images_base64": ["' % prompt.read_bytes()
    tail = b'"], "size": "1536x1024", "quality": "auto", "format": "png"}'
    encoded = (photo.stat().st_size + 2) // 3 * 4
    headers = {
        "Authorization": f"Bearer {os.environ['DENCH_API_KEY']}",
        "Idempotency-Key": photo.stem,
        "Content-Type": "application/json",
        "Content-Length": str(len(head) + encoded + len(tail)),
    }
    url = f"{BASE_URL}/images/edits"
    with client().stream("POST", url, content=body(photo, head, tail), headers=headers) as response:
        response.raise_for_status()
        fields = receive(response.iter_raw(), OUTBOX / f"{photo.stem}.png")
    (OUTBOX / f"{photo.stem}.png.json").write_bytes(fields)
    photo.rename(DONE / photo.name)
    prompt.rename(DONE / prompt.name)


def receive(pieces: Iterator[bytes], picture: Path) -> bytes:
    """Decode the picture of an answer into a file, and give the rest of the answer."""
    start = b""
    while PICTURE not in start:
        start += next(pieces)
    fields, _, encoded = start.partition(PICTURE)
    with picture.open("wb") as file:
        while b'"' not in encoded:
            whole = len(encoded) // 4 * 4
            file.write(pybase64.b64decode(encoded[:whole]))
            encoded = encoded[whole:] + next(pieces)
        encoded, _, rest = encoded.partition(b'"')
        file.write(pybase64.b64decode(encoded))
    return fields + b'"b64_json": null' + rest + b"".join(pieces)


def main() -> None:
    """Look for photos until the process is ended."""
    pool, known = ThreadPoolExecutor(AT_ONCE), set[Path]()
    print("ready", flush=True)
    while True:
        new = set(INBOX.glob("*.jpg")) - known
        known |= new
        for photo in new:
            pool.submit(edit, photo)
        time.sleep(0.02)


if __name__ == "__main__":
    main()
