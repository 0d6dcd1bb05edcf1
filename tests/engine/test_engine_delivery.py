"""From a durable answer into a real outbox, with strangers in between."""

import base64
import json
from hashlib import sha256
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from engine_answers import Desk
from engine_house import House
from PIL import Image

from retouchd.adapters.durable import Durable
from retouchd.adapters.images import structure
from retouchd.adapters.outbox.publish import OutboxFolder
from retouchd.core.jobs import Job, JobState
from retouchd.core.outcomes import Answered
from retouchd.engine.calls import Reply
from retouchd.engine.delivery import Delivery
from retouchd.engine.tools import Tools


def _png() -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (16, 16), "red").save(buffer, "PNG")
    return buffer.getvalue()


PICTURE = _png()
ANSWER = json.dumps({"ok": True, "b64_json": base64.b64encode(PICTURE).decode()}).encode()


class RacedOutbox(OutboxFolder):
    """An outbox in which a stranger takes the first metadata name just before we do."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, Durable(), "inbox", None, None)
        self.root = root
        self.stranger: bytes | None = None

    def publish(self, staged: object, path: PurePosixPath) -> None:
        """Let the stranger be first, once."""
        if self.stranger is not None and path.name.endswith(".json"):
            (self.root / path).write_bytes(self.stranger)
            self.stranger = None
        super().publish(staged, path)


@pytest.fixture
def outbox(tmp_path: Path) -> RacedOutbox:
    """Give an empty outbox."""
    root = tmp_path / "outbox"
    root.mkdir()
    return RacedOutbox(root)


def delivery_into(house: House, outbox: RacedOutbox) -> Delivery:
    """Give what delivers from the house's spool into an outbox."""
    unused: Any = None
    tools = Tools(
        inbox=unused,
        outbox=outbox,
        filing=unused,
        returns=unused,
        spool=house.spool,
        endpoint=unused,
        pictures=structure,
        darkroom=unused,
    )
    return Delivery(Desk(house), house.deliveries, tools, keep_signed_url=False)


def received(house: House, name: str = "beach.jpg") -> Job:
    """Give a job whose answer is durable."""
    (job,) = house.accept(name)
    job = house.submit(job)
    end = Answered(status=200, elapsed_seconds=1.0)
    assert job.answer is not None
    with house.spool.open_writer(job.answer) as writer:
        writer.write(ANSWER)
        writer.finish(end)
    with house.act():
        return house.calls.book(job.id, job.answer, Reply(end=end))


def test_metadata_name_that_is_taken_in_between(house: House, outbox: RacedOutbox) -> None:
    """A stranger's file at the last moment is not touched; no picture stays without metadata (I2, I4)."""
    job = received(house)
    delivery = delivery_into(house, outbox)
    outbox.stranger = b"[1]"

    delivery.deliver(job.id)

    assert house.job(job).state is JobState.RECEIVED
    assert sorted(path.name for path in outbox.root.iterdir()) == ["beach.png.json"]
    delivery.deliver(job.id)
    assert house.job(job).state is JobState.DELIVERED
    assert (outbox.root / "beach.png.json").read_bytes() == b"[1]"
    assert (outbox.root / "beach-2.png").read_bytes() == PICTURE


@pytest.mark.parametrize("moment", ["before", "between"])
def test_metadata_of_an_earlier_version_is_ours(house: House, outbox: RacedOutbox, moment: str) -> None:
    """Metadata that this delivery wrote before a crash counts, though a later version writes other bytes."""
    job = received(house)
    ours = json.dumps({"job": job.id, "output": {"sha256": sha256(PICTURE).hexdigest()}}).encode()
    if moment == "before":
        (outbox.root / "beach.png.json").write_bytes(ours)
    else:
        outbox.stranger = ours

    delivery_into(house, outbox).deliver(job.id)

    assert house.job(job).state is JobState.DELIVERED
    assert (outbox.root / "beach.png.json").read_bytes() == ours
    assert (outbox.root / "beach.png").read_bytes() == PICTURE


def test_answer_that_is_not_kept_any_more_is_held(house: House, outbox: RacedOutbox) -> None:
    """A paid answer that was lost with its file needs a person; it is not asked for again (I7)."""
    job = received(house)
    assert job.answer is not None
    house.spool.discard(job.answer)

    delivery_into(house, outbox).deliver(job.id)

    assert house.job(job).state is JobState.HELD
    assert "not in the spool" in house.job(job).detail


def test_job_that_has_moved_on_is_not_delivered(house: House, outbox: RacedOutbox) -> None:
    """A task that comes too late does nothing."""
    (job,) = house.accept("beach.jpg")

    delivery_into(house, outbox).deliver(job.id)

    assert house.job(job).state is JobState.READY
    assert list(outbox.root.iterdir()) == []
