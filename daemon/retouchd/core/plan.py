"""What would be sent and what it would cost and take: added up, and set against the limits."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from retouchd.core.money import NOTHING, Caps, Money, Spent

# What a picture takes at the service until calls were measured here.
ASSUMED_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPhoto:
    """A photo that would be sent.

    Attributes:
        folder: Below the inbox.
        pictures: How many are made of it, each of them paid.
        about: What all of them will cost about.
        at_most: What is set aside for all of them.
    """

    folder: PurePosixPath
    prompt: str
    pictures: int
    about: Money
    at_most: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFolder:
    """The photos of one folder together.

    Attributes:
        prompts: How many different ones.
    """

    folder: PurePosixPath
    photos: int
    prompts: int
    pictures: int
    about: Money
    at_most: Money


def add_up(photos: Iterable[PlannedPhoto]) -> tuple[PlannedFolder, ...]:
    """Give the folders in order of their names."""
    by_folder: dict[PurePosixPath, list[PlannedPhoto]] = {}
    for photo in photos:
        by_folder.setdefault(photo.folder, []).append(photo)
    return tuple(_add_up(folder, by_folder[folder]) for folder in sorted(by_folder))


def _add_up(folder: PurePosixPath, photos: list[PlannedPhoto]) -> PlannedFolder:
    return PlannedFolder(
        folder=folder,
        photos=len(photos),
        prompts=len({photo.prompt for photo in photos}),
        pictures=sum(photo.pictures for photo in photos),
        about=total(photo.about for photo in photos),
        at_most=total(photo.at_most for photo in photos),
    )


def total(amounts: Iterable[Money]) -> Money:
    """Add up."""
    return sum(amounts, NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """How long a plan takes, and what limits it.

    Attributes:
        seconds: Of sending, without the limits.
        days: Calendar days that the day's limit spreads it over: 1 when it fits today; None when that limit
            allows nothing at all.
        left_today: What may still be spent today; None without a limit.
        left_this_month: The same of the month.
    """

    seconds: float
    days: int | None
    left_today: Money | None
    left_this_month: Money | None

    def is_beyond_month(self, about: Money) -> bool:
        """Say whether the month's limit ends the plan before it is done."""
        return self.left_this_month is not None and about > self.left_this_month


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast pictures are made.

    Attributes:
        seconds: What one takes.
        at_once: How many are under way together.
        per_minute: How many may begin in a minute; 0 without a limit.
    """

    seconds: float
    at_once: int
    per_minute: int = 0


def foresee_span(pictures: int, about: Money, caps: Caps, spent: Spent, pace: Pace) -> Span:
    """Give how long it takes and what limits it.

    Args:
        about: What all pictures will cost about: reservations are given back, so they do not count.
        spent: Of today and this month, with what is set aside.
    """
    rounds = math.ceil(pictures / pace.at_once)
    begins = 60.0 * pictures / pace.per_minute if pace.per_minute else 0.0
    left_today = _left(caps.per_day, spent.day)
    return Span(
        seconds=max(rounds * pace.seconds, begins),
        days=_days(about, caps.per_day, left_today),
        left_today=left_today,
        left_this_month=_left(caps.per_month, spent.month),
    )


def _left(cap: Money | None, used: Money) -> Money | None:
    return None if cap is None else Money(max(0, cap.micro - used.micro))


def _days(about: Money, cap: Money | None, left_today: Money | None) -> int | None:
    if cap is None or left_today is None or about <= left_today:
        return 1
    if not cap.micro:
        return None
    return 1 + math.ceil((about.micro - left_today.micro) / cap.micro)
