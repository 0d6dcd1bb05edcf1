"""Where a picture may be that was paid for, or perhaps, and did not come: what people are told of it."""

from collections.abc import Sequence

from retouchd.core.money import Money
from retouchd.core.records import Attempt
from retouchd.core.values import JobId, printable


def describe_lost_answer(attempts: Sequence[Attempt], elapsed_seconds: float, told: str) -> str:
    """Say what a lost answer means and the ways on.

    Args:
        attempts: All calls of the edit, the lost one last.
        elapsed_seconds: How long the lost one took; zero when nobody knows.
        told: How it ended.
    """
    after = f" after {elapsed_seconds:.1f} s" if elapsed_seconds else ""
    kept = Money(sum(one.reserved.micro for one in attempts))
    return (
        f"the answer was lost{after} and may have been paid ({kept} stays set aside; {told}):"
        f" {ways_on(attempts[-1].job, attempts)}"
    )


def describe_no_picture(job: JobId, attempts: Sequence[Attempt], told: str) -> str:
    """Say that an edit was paid for and brought no picture, and the ways on.

    Args:
        attempts: All calls of the edit.
        told: Why there is no picture, with its subject.
    """
    paid = Money(sum(one.charged.micro for one in attempts))
    return f"{told} ({paid} was paid): {ways_on(job, attempts)}"


def ways_on(job: JobId, attempts: Sequence[Attempt]) -> str:
    """Say where the picture may lie, and the commands that hand it in or pay once more."""
    saved = [one.save_path for one in attempts if one.reserved.micro or one.charged.micro]
    again = f'pay once more with "retouchd retry {job}"'
    if not saved:
        return again
    earlier = f" (and {len(saved) - 1} earlier)" if len(saved) > 1 else ""
    return (
        f"look for {printable(saved[-1])}{earlier} in your workspace and hand it in for nothing"
        f' with "retouchd resolve {job} --accept FILE", or {again}'
    )
