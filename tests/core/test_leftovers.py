"""What a scan leaves out."""

import pytest

from retouchd.core.leftovers import Leftovers


def test_leftovers_survive_being_written_down() -> None:
    """What the journal keeps comes back as it was."""
    reasons = {"videos": 3, "names like *.part": 1}
    leftovers = Leftovers(seen=30, reasons=reasons, hints=("a", "b"), closed=("cannot open trip: I/O error",))

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


def test_what_a_daemon_before_wrote_down_is_read() -> None:
    """It did not say which folders were closed."""
    assert Leftovers.from_text('{"seen": 3, "reasons": {}, "hints": []}') == Leftovers(seen=3)


def test_a_folder_that_cannot_be_opened_is_told() -> None:
    """Promise 3: whoever waits for photos in it hears that they are not seen; further folders are counted."""
    closed = ("cannot open /in/trip: permission denied", "cannot open /in/x: I/O error")

    told = [Leftovers(closed=closed[:number]).closed_sentence for number in range(3)]

    assert told[0] == ""
    first = "Cannot open /in/trip: permission denied."
    assert told[1] == f"{first} Photos in it are not seen until retouchd's user may read it."
    assert told[2] == f"{told[1]} The same goes for 1 more."
