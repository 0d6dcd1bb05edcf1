"""Plays a scene: a real daemon, a service that misbehaves photo by photo, and what came of each photo.

Nothing here asserts: what is not as it must always be is collected as faults, and what came of each photo is
given for a test to compare with its behaviour.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any, Final

from behaviour import Behaviour
from invariants import check_all
from misbehaving import MisbehavingService, order_for
from PIL import Image
from workshop import KEY, Finished, Workshop, picture

from retouchd.core.pauses import PASSING
from retouchd.core.records import Verb
from servers import Script
from waiting import eventually

# A photo that waits for a retry is neither; whoever is held or has ended stays so without a person.
_FINAL: Final = frozenset({"done", "held", "failed", "cancelled"})
_PASSING: Final = frozenset(reason.value for reason in PASSING)
_GOOD: Final = "good"
_PATIENCE_SECONDS: Final = 60.0
_LARGE_PIXELS: Final = (2400, 1900)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Behaviours that one daemon meets.

    Attributes:
        at_once: So many photos are dropped together; a behaviour that pauses is best met alone.
        settings: Of the daemon, by key.
        door: What the service does to the first connections before anything of them is read.
    """

    name: str
    behaviours: tuple[Behaviour, ...]
    at_once: int = 1
    settings: Mapping[str, object] = field(default_factory=dict)
    door: Sequence[Script] = ()


@dataclass(frozen=True, kw_only=True)
class Came:
    """What came of one photo.

    Attributes:
        state: Of its job; a held one by its reason.
        detail: What a person reads about it.
        attempts: Its calls, as the history has them.
        calls: How many reached the service.
        charged_usd: What the service's ledger has for it.
        pauses: Those that began while it was worked on, by reason, with what a person reads about each.
        picture: What lies in the outbox, or None.
        metadata: What lies beside it.
        is_kept: The raw answer to its last call is kept.
    """

    state: str
    detail: str
    attempts: list[dict[str, Any]]
    calls: int
    charged_usd: float
    pauses: dict[str, str]
    picture: bytes | None
    metadata: dict[str, Any]
    is_kept: bool


@dataclass(frozen=True, kw_only=True)
class Played:
    """What came of a scene.

    Attributes:
        faults: Whatever must never be, in a sentence each.
    """

    came: dict[str, Came]
    faults: list[str]


def play(scene: Scene, place: Path) -> Played:
    """Play a scene in an empty folder, and start the daemon once more, which must ask for nothing."""
    place.mkdir()
    acts = {one.name: one.acts for one in scene.behaviours}
    links = {one.name: one.link for one in scene.behaviours}
    service = MisbehavingService(acts, place / "ledger.jsonl", links=links, door=scene.door)
    with service.server, Workshop(place, service.base_url, scene.settings) as shop:
        pauses = _perform(scene, shop)
        again = shop.until_idle()
        came = {one.name: _look_at(one, shop, service, pauses) for one in scene.behaviours}
        return Played(came=came, faults=list(_find_faults(shop, service, again)))


def file_stem(name: str) -> str:
    """Give the file name for a behaviour's photo, without its suffix."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _perform(scene: Scene, shop: Workshop) -> dict[str, dict[str, str]]:
    """Drop the photos, lift the pauses that a person must lift, and wait until nothing more happens."""
    pauses: dict[str, dict[str, str]] = {}
    rest = iter(scene.behaviours)
    with shop.running() as daemon:
        if not scene.door:
            _drop(shop, _GOOD, picture(1))
        while batch := list(islice(rest, scene.at_once)):
            told = len(daemon.told("pause.began"))
            for one in batch:
                _drop(shop, one.name, large_picture() if one.is_large else picture(1))
            _wait_for(shop, [one.name for one in batch])
            began = {line["reason"]: line["detail"] for line in daemon.told("pause.began")[told:]}
            pauses |= {one.name: began for one in batch}
        if scene.door:
            # Else it might be the one to go through the door.
            _drop(shop, _GOOD, picture(1))
        _wait_for(shop, [_GOOD])
    return pauses


def _drop(shop: Workshop, name: str, photo: bytes) -> None:
    suffix = "png" if photo.startswith(b"\x89PNG") else "jpg"
    shop.drop(f"{file_stem(name)}.{suffix}", photo, order_for(name))


def large_picture() -> bytes:
    """Give a picture that no socket's buffers can swallow."""
    buffer = BytesIO()
    noise = Image.effect_noise(_LARGE_PIXELS, 100).convert("RGB")
    noise.save(buffer, "PNG", compress_level=0)
    return buffer.getvalue()


def _wait_for(shop: Workshop, names: Sequence[str]) -> None:
    stems = {file_stem(name).encode() for name in names}

    def are_over() -> bool:
        _resume(shop)
        return stems <= {job["stem"] for job in shop.jobs() if job["state"] in _FINAL}

    assert eventually(are_over, _PATIENCE_SECONDS, every_seconds=0.05), (names, shop.states(), shop.pauses())


def _resume(shop: Workshop) -> None:
    for reason in shop.pauses():
        if reason not in _PASSING:
            shop.command(Verb.RESUME, reason)


def _look_at(
    one: Behaviour, shop: Workshop, service: MisbehavingService, pauses: Mapping[str, dict[str, str]]
) -> Came:
    stem = file_stem(one.name)
    job = next(job for job in shop.jobs() if job["stem"] == stem.encode())
    delivered = next(iter(path for path in shop.outbox.glob(f"{stem}.*") if path.suffix != ".json"), None)
    attempts = shop.rows("SELECT * FROM attempts WHERE edit = ? ORDER BY id", job["edit"])
    return Came(
        state=job["hold"] if job["state"] == "held" else job["state"],
        detail=job["detail"],
        attempts=attempts,
        calls=len(service.calls(one.name)),
        charged_usd=sum(line.usd for line in service.ledger.charges() if line.behaviour == one.name),
        pauses=pauses[one.name],
        picture=None if delivered is None else delivered.read_bytes(),
        metadata={} if delivered is None else json.loads(Path(f"{delivered}.json").read_text("utf-8")),
        is_kept=(shop.state / "spool" / f"{attempts[-1]['id']}.answer").exists(),
    )


def _find_faults(shop: Workshop, service: MisbehavingService, again: Finished) -> Iterator[str]:
    good = next((job for job in shop.jobs() if job["stem"] == _GOOD.encode()), {})
    if good.get("state") != "done":
        yield f"the good photo was not delivered: {good}"
    if again.code not in {0, 1}:
        yield f"a further start ended with {again.code}"
    yield from (f"charged twice: {key}" for key in service.ledger.charged_twice())
    yield from _find_leaks(shop, service)
    logs = "".join(path.read_text("utf-8") for path in shop.place.glob("log-*.jsonl"))
    if "Traceback" in logs or "crashed" in logs:
        yield f"the daemon failed inside: {logs}"
    if "\x1b" in logs:
        yield "terminal escapes reached the log"
    try:
        check_all(shop)
    except AssertionError as exc:
        yield str(exc)


def _find_leaks(shop: Workshop, service: MisbehavingService) -> Iterator[str]:
    yield from (f"the key stands in {path}" for path in find_word(shop, KEY))
    for download in service.downloads():
        if KEY in str(download.headers):
            yield f"a download was sent the key: {download.path}"


def find_word(shop: Workshop, word: str) -> list[str]:
    """Give the files of a workshop in which this word stands: folders, history, kept answers, logs."""
    files = (path for path in shop.place.rglob("*") if path.is_file())
    return [str(path) for path in files if word.encode() in path.read_bytes()]
