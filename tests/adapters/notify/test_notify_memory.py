"""What was told, in its file."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from notify_samples import outgoing

from durable import Cut, CuttingDurable, When
from retouchd.adapters.durable import Durable
from retouchd.adapters.notify.memory import MEMORY_NAME, Memory, MemoryFile
from retouchd.core.pauses import PauseReason
from retouchd.core.telling import LimitKey, Pace, Told
from retouchd.core.telling_pauses import Bout
from retouchd.core.topics import Topic
from strategies import NOW

MEMORY = Memory(
    told=Told(
        topics=frozenset({Topic.IDLE, Topic.FAILED}),
        ended_up_to={Topic.IDLE: NOW + timedelta(microseconds=1)},
        lacking_up_to=NOW,
        needs={"k7f3": "1 abc", "bundle 3": "x"},
        hints={"a.cr2": NOW, "b.cr2": None},
        limits=frozenset({LimitKey("per_day", "2026-11-23", 1)}),
        pauses={PauseReason.OFFLINE: Bout(times=2, last=NOW, began=NOW, gone=NOW)},
        paces={Topic.IDLE: Pace(last=NOW, gap=timedelta(seconds=60))},
    ),
    waiting=(outgoing(),),
)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """All of it comes back, and nobody else can read it."""
    file = MemoryFile(tmp_path, Durable())
    assert file.read() is None

    file.write(MEMORY)

    assert file.read() == MEMORY
    assert (tmp_path / MEMORY_NAME).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("when", When)
@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_crash_leaves_the_earlier_or_the_later(tmp_path: Path, at: int, when: When) -> None:
    """I8: cut at each step, the file is whole: the earlier one up to the rename, then the later."""
    MemoryFile(tmp_path, Durable()).write(Memory(told=Told()))

    with pytest.raises(Cut):
        MemoryFile(tmp_path, CuttingDurable(at, when)).write(MEMORY)

    is_renamed = at > 2 or (at == 2 and when is When.AFTER)
    assert MemoryFile(tmp_path, Durable()).read() == (MEMORY if is_renamed else Memory(told=Told()))
    MemoryFile(tmp_path, Durable()).write(MEMORY)
    assert MemoryFile(tmp_path, Durable()).read() == MEMORY


@pytest.mark.parametrize("content", ["", "{", "[]", '{"told": 1}', json.dumps({"told": {"topics": ["x"]}})])
def test_what_cannot_be_understood_counts_as_nothing(tmp_path: Path, content: str) -> None:
    """A file that somebody has spoilt, or of another version, begins anew."""
    (tmp_path / MEMORY_NAME).write_text(content)

    assert MemoryFile(tmp_path, Durable()).read() is None


def test_it_can_be_forgotten(tmp_path: Path) -> None:
    """What nobody wants is removed, whether it is there or not."""
    file = MemoryFile(tmp_path, Durable())
    file.write(MEMORY)

    file.forget()
    file.forget()

    assert file.read() is None
