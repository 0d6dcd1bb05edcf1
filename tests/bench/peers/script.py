"""What a person would write in an afternoon: watchdog, requests and a pool of eight threads.

Run by the benches: `script.py ROOT BASE_URL`; it says "ready" when it watches.
"""

import base64
import json
import os
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

AT_ONCE = 8
ROOT, BASE_URL = Path(sys.argv[1]), sys.argv[2]
INBOX, OUTBOX, DONE = ROOT / "inbox", ROOT / "outbox", ROOT / "done"


def edit(photo: Path) -> None:
    """Send a photo, write what comes back, and put the photo away."""
    prompt = photo.with_suffix(".txt")
    response = requests.post(
        f"{BASE_URL}/images/edits",
        headers={"Authorization": f"Bearer {os.environ['DENCH_API_KEY']}", "Idempotency-Key": photo.stem},
        json={
            "prompt": prompt.read_text(),
            "input_images_base64": [base64.b64encode(photo.read_bytes()).decode()],
            "size": "1536x1024",
            "quality": "auto",
            "format": "png",
        },
        timeout=900,
    )
    response.raise_for_status()
    answer = response.json()
    picture = OUTBOX / f"{photo.stem}.png"
    picture.write_bytes(base64.b64decode(answer.pop("b64_json")))
    Path(f"{picture}.json").write_text(json.dumps(answer, indent=2))
    shutil.move(photo, DONE / photo.name)
    shutil.move(prompt, DONE / prompt.name)


class Handler(FileSystemEventHandler):
    """Takes every photo that appears."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self.pool = pool

    def on_created(self, event: FileSystemEvent) -> None:
        """Queue a photo."""
        photo = Path(str(event.src_path))
        if photo.suffix.lower() in {".jpg", ".jpeg", ".png"}:
            self.pool.submit(edit, photo)


def main() -> None:
    """Watch until the process is ended."""
    observer = Observer()
    observer.schedule(Handler(ThreadPoolExecutor(AT_ONCE)), str(INBOX))
    observer.start()
    print("ready", flush=True)
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main()
