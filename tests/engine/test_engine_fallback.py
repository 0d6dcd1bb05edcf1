"""Where an answer gives no picture its link may: downloaded for nothing, never paid for again (I7)."""

from pathlib import Path

import pytest
from engine_answers import Counter, answer_body, picture
from engine_house import House

from retouchd.core.downloads import DownloadTrouble
from retouchd.core.jobs import HoldReason, Job, JobState
from retouchd.core.outcomes import Answered

LINK = "https://store.example/x.png?token=capability"
PASSING = DownloadTrouble(detail="no connection came about", passes=True)
FINAL = DownloadTrouble(detail="the answer to it was 404", passes=False)


@pytest.fixture
def counter(house: House, tmp_path: Path) -> Counter:
    """Give an empty outbox and its deliveries."""
    return Counter(house, tmp_path)


def unusable(counter: Counter) -> Job:
    """Give a job whose answer has nothing but its link."""
    return counter.take(answer_body(b64_json=None, signedUrl=LINK, estimatedCostUsd=0.07))


OTHERS = [
    pytest.param(answer_body(b64_json=None, signedUrl=LINK), 200, None, id="no picture"),
    pytest.param(answer_body(b64_json="no base64!", signedUrl=LINK), 200, None, id="broken base64"),
    pytest.param(answer_body(b64_json="QUJDRA==", signedUrl=LINK), 200, None, id="no picture in it"),
    pytest.param(answer_body(ok=False, signedUrl=LINK), 200, None, id="not ok"),
    pytest.param(answer_body(signedUrl=LINK), 201, None, id="201"),
    pytest.param(answer_body(signedUrl=LINK), 206, None, id="206"),
    pytest.param(b'{"signedUrl": "%b", "b64_json": "AAAA' % LINK.encode(), 200, "it broke", id="cut"),
]


@pytest.mark.parametrize(("body", "status", "cut"), OTHERS)
def test_the_link_gives_what_the_answer_does_not(
    counter: Counter, body: bytes, status: int, cut: str | None
) -> None:
    """Every answer without a usable picture is delivered by its link; the metadata says so, without it."""
    job = counter.take(body, Answered(status=status, elapsed_seconds=1, cut=cut))

    job = counter.deliver(job)

    assert job.state is JobState.DELIVERED, job.detail
    assert counter.links.asked == [LINK]
    assert (counter.outbox / "beach.png").read_bytes() == picture()
    (told,) = (one for one in counter.metadata()["oddities"] if "signedUrl" in one and "missing" not in one)
    assert told.startswith("the picture was downloaded by the signedUrl: ")
    assert "capability" not in (counter.outbox / "beach.png.json").read_text("utf-8")
    assert "capability" not in str(counter.house.log.lines)


def test_the_reported_cost_counts(counter: Counter) -> None:
    """What the rest of the answer says of its cost is what is booked."""
    job = counter.deliver(unusable(counter))

    assert job.answer is not None
    assert counter.house.journal.get_attempt(job.answer).charged.micro == 70_000


def test_trouble_that_passes_is_waited_for(counter: Counter) -> None:
    """Trouble on the way is tried again a few times, ever later, before a person is asked."""
    counter.links.content = PASSING
    job = unusable(counter)
    times = []

    for _ in range(3):
        job = counter.deliver(job)
        assert job.state is JobState.RECEIVED
        assert job.next_try is not None
        assert "no connection came about" in job.detail
        times.append((job.next_try - counter.house.clock.now()).total_seconds())
    last = counter.deliver(job)

    assert times == sorted(set(times))
    assert (last.state, last.hold) == (JobState.HELD, HoldReason.UNREADABLE_ANSWER)
    assert "it has no picture, and its picture cannot be downloaded: no connection" in last.detail
    assert "capability" not in last.detail + str(counter.house.log.lines)
    assert len(counter.links.asked) == 4


def test_trouble_that_was_over_in_time_is_forgotten(counter: Counter) -> None:
    """A picture that comes at the second try is delivered."""
    counter.links.content = PASSING
    job = counter.deliver(unusable(counter))
    counter.links.content = picture()

    assert counter.deliver(job).state is JobState.DELIVERED


def test_final_trouble_is_held_at_once(counter: Counter) -> None:
    """What will not pass is told with both faults, and the answer is kept."""
    counter.links.content = FINAL

    job = counter.deliver(unusable(counter))

    assert job.state is JobState.HELD
    assert "it has no picture, and its picture cannot be downloaded: the answer to it was 404" in job.detail
    assert len(counter.links.asked) == 1


def test_what_was_downloaded_is_not_downloaded_again(counter: Counter) -> None:
    """A delivery that is tried again, after a crash too, uses the picture that is there (I8)."""
    job = unusable(counter)
    assert job.answer is not None
    with counter.house.spool.open_picture_writer(job.answer) as writer:
        writer.write(picture())
        writer.finish(Answered(status=200, elapsed_seconds=1))

    job = counter.deliver(job)

    assert job.state is JobState.DELIVERED
    assert counter.links.asked == []


def test_a_link_to_something_else_is_held(counter: Counter) -> None:
    """A page in place of the picture is told beside what was wrong with the answer."""
    counter.links.content = b"<!doctype html>This link has expired"

    job = counter.deliver(unusable(counter))

    assert job.state is JobState.HELD
    assert "it has no picture, and what its link gives is none either" in job.detail
    assert counter.outputs() == []


def test_a_shared_edit_uses_the_download(counter: Counter) -> None:
    """The same photo again gets the downloaded picture while it is kept, and downloads nothing itself."""
    counter.deliver(unusable(counter))
    (counter.outbox / "beach.png").unlink()
    (again,) = counter.house.accept("again.jpg")

    shared = counter.deliver(again)

    assert shared.state is JobState.DELIVERED
    assert (counter.outbox / "again.png").read_bytes() == picture()
    assert len(counter.links.asked) == 1


def test_a_shared_edit_of_which_nothing_is_left_is_held(counter: Counter) -> None:
    """When picture and download are gone the same photo again needs you; nothing is asked anew."""
    first = counter.deliver(unusable(counter))
    (counter.outbox / "beach.png").unlink()
    assert first.answer is not None
    (counter.outbox.parent / "spool" / f"{first.answer}.fetched").unlink()
    (again,) = counter.house.accept("again.jpg")

    shared = counter.deliver(again)

    assert (shared.state, shared.hold) == (JobState.HELD, HoldReason.OUTPUT_GONE)
    assert len(counter.links.asked) == 1
