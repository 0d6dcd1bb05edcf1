"""Requests that are refused alike: what counts as alike, and what ends a run."""

from dataclasses import replace

from hypothesis import given

from retouchd.core.outcomes import Envelope
from retouchd.core.refusals import Judged, find_alike, options_of, refusal_of
from retouchd.core.request import AutoSize, EditRequest, Quality
from retouchd.core.values import JobId
from strategies import REQUEST, requests

SAME = refusal_of(400, Envelope(code="invalid_size", message="no"))
OTHER = refusal_of(400, Envelope(code="invalid_prompt", message="no"))


def judged(*ends: tuple[str, str | None, str]) -> list[Judged]:
    """Give what was judged, newest first: job, refusal, options."""
    return [Judged(job=JobId(job), refusal=refusal, options=options) for job, refusal, options in ends]


def test_three_jobs_refused_alike_are_too_many() -> None:
    """Three different photos running that are refused with the same words; two are not, nor one thrice."""
    three = judged(("c", SAME, "x"), ("b", SAME, "x"), ("a", SAME, "x"))

    assert find_alike(SAME, three) == (3, {"x"})
    assert find_alike(SAME, three[:2]) == (0, frozenset())
    assert find_alike(SAME, judged(("a", SAME, "x"), ("a", SAME, "x"), ("a", SAME, "x"))) == (0, frozenset())


def test_other_words_are_another_refusal() -> None:
    """A photo that was refused in other words, or not at all, with the same options ends the run."""
    for between in (OTHER, None):
        ends = judged(("d", SAME, "x"), ("c", SAME, "x"), ("b", between, "x"), ("a", SAME, "x"))
        assert find_alike(SAME, ends) == (0, frozenset())


def test_what_other_options_led_to_says_nothing() -> None:
    """Photos with other options that go through in between do not end the run."""
    ends = judged(
        ("c", SAME, "x"), ("other", None, "y"), ("b", SAME, "x"), ("third", OTHER, "z"), ("a", SAME, "x")
    )

    assert find_alike(SAME, ends) == (3, {"x"})


def test_all_options_that_were_refused_alike_are_found() -> None:
    """Where the shapes of photos make different sizes, each of these sizes is refused."""
    ends = judged(("c", SAME, "x"), ("b", SAME, "y"), ("a", SAME, "x"))

    assert find_alike(SAME, ends) == (3, {"x", "y"})


def test_words_are_compared_with_status_and_code() -> None:
    """A refusal is the same when status, code and message are; one without words has its status."""
    assert len({SAME, OTHER, refusal_of(422, Envelope(code="invalid_size", message="no"))}) == 3
    assert refusal_of(400, None) == refusal_of(400, Envelope())
    assert len(refusal_of(400, Envelope(message="x" * 100_000))) == 500
    assert refusal_of(400, Envelope(code="a", message="b\ud800")) == "400 a b\\ud800"


@given(requests(), requests())
def test_options_are_all_but_the_words_and_pictures(one: EditRequest, other: EditRequest) -> None:
    """Requests have the same options exactly if they differ in prompt and pictures alone."""
    same = replace(other, prompt=one.prompt, image_count=one.image_count) == one

    assert (options_of(one) == options_of(other)) == same


def test_options_are_for_people() -> None:
    """The options are told as they are written in a prompt file."""
    request = replace(REQUEST, size=AutoSize.AUTO, quality=Quality.LOW)

    assert options_of(request) == "size auto, quality low, format png, background auto"
