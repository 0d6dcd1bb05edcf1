"""What a scan leaves out."""

import pytest

from retouchd.core.leftovers import Leftovers


def test_leftovers_survive_being_written_down() -> None:
    """What the journal keeps comes back as it was."""
    leftovers = Leftovers(seen=30, reasons={"videos": 3, "names like *.part": 1}, hints=("a", "b"))

    assert Leftovers.from_text(leftovers.as_text()) == leftovers
    assert leftovers.total == 4


@pytest.mark.parametrize(
    ("seen", "reasons", "alarm"),
    [
        (100, {"names like *.part": 60, "videos": 31}, "names like *.part"),
        (100, {"names like *.part": 60, "videos": 30}, ""),
        (19, {"videos": 19}, ""),
        (20, {"videos": 19}, "videos"),
        (0, {}, ""),
    ],
)
def test_an_alarm_needs_nearly_everything(seen: int, reasons: dict[str, int], alarm: str) -> None:
    """More than nine of ten names left out is hardly meant so; a few names are no case."""
    leftovers = Leftovers(seen=seen, reasons=reasons)

    assert leftovers.alarm == alarm
    assert (f"{leftovers.total} of {seen} files" in leftovers.alarm_sentence) == bool(alarm)
    assert alarm in leftovers.alarm_sentence
