"""From a durable answer into a real outbox, with strangers in between."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from engine_answers import Desk
from engine_house import IDENTITY, House, conflicts_of, make_outbox, outputs_in
from PIL import Image

from retouchd.adapters.durable import Durable
from retouchd.adapters.images import structure
from retouchd.adapters.marks import MARK_NAME
from retouchd.adapters.modes import Modes
from retouchd.adapters.outbox.publish import OutboxFolder
from retouchd.core.jobs import HoldReason, Job, JobState
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
        super().__init__(root, Durable(), IDENTITY, Modes())
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
    return RacedOutbox(make_outbox(tmp_path / "outbox"))


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
    conflicts = conflicts_of(house, Desk(house), outbox)
    return Delivery(house.office, Desk(house), house.deliveries, tools, conflicts)


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

    delivery.deliver(house.job(job))

    assert house.job(job).state is JobState.RECEIVED
    assert outputs_in(outbox.root) == ["beach.png.json"]
    delivery.deliver(house.job(job))
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

    delivery_into(house, outbox).deliver(house.job(job))

    assert house.job(job).state is JobState.DELIVERED
    assert (outbox.root / "beach.png.json").read_bytes() == ours
    assert (outbox.root / "beach.png").read_bytes() == PICTURE


def _lose(path: Path) -> None:
    path.unlink()


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _spoil_the_end(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20] + b"\xa5" * 20)


def _spoil_the_body(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[content.index(b"b64_json") + 40] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [_lose, _cut, _empty, _spoil_the_end, _spoil_the_body])
def test_answer_that_is_gone_or_damaged_is_held(
    house: House, outbox: RacedOutbox, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    """A paid answer whose file was lost, cut or changed needs a person; it is not asked for again (I7)."""
    job = received(house)
    damage(tmp_path / "spool" / "1.answer")

    delivery_into(house, outbox).deliver(house.job(job))

    held = house.job(job)
    assert (held.state, held.hold) == (JobState.HELD, HoldReason.UNREADABLE_ANSWER)
    assert "its file is not there any more, or is damaged" in held.detail
    assert house.reserved(job) == [0]
    assert outputs_in(outbox.root) == []


def test_answer_that_cannot_be_read_now_is_delivered_later(
    house: House, outbox: RacedOutbox, tmp_path: Path
) -> None:
    """A trouble with the disk or with permissions is waited for: what was paid for is not given up."""
    job = received(house)
    answer = tmp_path / "spool" / "1.answer"
    answer.rename(tmp_path / "elsewhere")
    answer.symlink_to(tmp_path / "elsewhere")

    delivery_into(house, outbox).deliver(house.job(job))

    waiting = house.job(job)
    assert (waiting.state, waiting.next_try) == (JobState.RECEIVED, house.clock.now() + timedelta(seconds=30))
    answer.unlink()
    (tmp_path / "elsewhere").rename(answer)
    delivery_into(house, outbox).deliver(house.job(job))
    assert house.job(job).state is JobState.DELIVERED


def test_job_that_has_moved_on_is_not_delivered(house: House, outbox: RacedOutbox) -> None:
    """A task that comes too late does nothing."""
    (job,) = house.accept("beach.jpg")

    delivery_into(house, outbox).deliver(house.job(job))

    assert house.job(job).state is JobState.READY
    assert outputs_in(outbox.root) == []


def test_nothing_is_delivered_into_an_outbox_that_is_not_mounted(house: House, outbox: RacedOutbox) -> None:
    """A share that went away during the call gets the picture when it is back; nothing is made before."""
    job = received(house)
    mark = (outbox.root / MARK_NAME).read_bytes()
    (outbox.root / MARK_NAME).unlink()

    delivery_into(house, outbox).deliver(house.job(job))

    assert list(outbox.root.iterdir()) == []
    waiting = house.job(job)
    assert waiting.state is JobState.RECEIVED
    (outbox.root / MARK_NAME).write_bytes(mark)
    delivery_into(house, outbox).deliver(waiting)
    assert house.job(job).state is JobState.DELIVERED
