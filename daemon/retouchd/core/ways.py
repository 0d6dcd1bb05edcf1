"""What comes of a message on one of its ways."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a message was not taken.

    Attributes:
        reason: For people, after the way's name; the same as long as nothing changes.
        said: The beginning of what a program said.
        is_final: Another try would be of no use.
    """

    reason: str
    said: str = ""
    is_final: bool = False
