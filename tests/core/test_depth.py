"""How deep in the inbox photos are looked for."""

from pathlib import PurePosixPath

import pytest

from retouchd.core.depth import MOST_LEVELS, lies_too_deep, too_deep_sentence


@pytest.mark.parametrize(
    ("folder", "is_too_deep"),
    [
        ("", False),
        ("/".join("d" * MOST_LEVELS), False),
        ("/".join("d" * (MOST_LEVELS + 1)), True),
        ("/".join(["n" * 249] * 12), False),
        ("/".join(["n" * 249] * 12 + ["n"]), True),
        # Bytes count, also those that are no text.
        ("/".join(["ä" * 125] * 12), True),
        ("/".join(["\udcff" * 249] * 12), False),
    ],
)
def test_very_deep_folders_are_not_entered(folder: str, is_too_deep: bool) -> None:  # noqa: FBT001 - a result
    """A hundred folders in each other are looked at, and paths of 3000 bytes; more is not."""
    assert lies_too_deep(PurePosixPath(folder)) == is_too_deep


def test_a_very_long_path_is_told_in_one_line() -> None:
    """The sentence names where it begins, and what to do."""
    told = too_deep_sentence(PurePosixPath("/".join(["n\n"] * 1000)))

    assert len(told) < 250
    assert "\n" not in told
    assert "move it further up" in told
    assert too_deep_sentence(PurePosixPath("a/b")).startswith("a/b lies too deep")
