"""`retouchd plan`: what would be sent, what it would cost, how long it would take, and what limits it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from retouchd.adapters.clock import calendar
from retouchd.cli.entries import as_iso
from retouchd.cli.finding import Where, find_spot
from retouchd.cli.foreseeing import Foreseen, Foresight
from retouchd.cli.impatience import ending_when_stuck
from retouchd.cli.opening import House, open_house
from retouchd.cli.screen import Screen, Tone, print_json
from retouchd.core.errors import CommandRefusedError
from retouchd.core.money import MICRO, Caps, Money, Spent
from retouchd.core.periods import counting_period
from retouchd.core.plan import ASSUMED_SECONDS, Pace, PlannedFolder, Span, add_up, foresee_span, total
from retouchd.core.spending import allow_command, with_allowance
from retouchd.core.story import pause_sentence
from retouchd.core.values import EditId, printable, shown_path

# More folders than fit a screen are added up, not listed.
_MOST_LISTED: Final = 10
_LEFT_OUT: Final = {
    "without_prompt": "without prompt",
    "needs_you": "need you",
    "over_limit": "cost more than budget.per_job_usd",
    "not_photos": "not photos",
    "paid_before": "wait for the same photo and prompt ($0)",
    "unreadable": "cannot be read just now",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that a plan tells."""

    folders: tuple[PlannedFolder, ...]
    left_out: Mapping[str, int]
    caps: Caps
    spent: Spent
    pace: Pace
    is_measured: bool
    span: Span

    @property
    def pictures(self) -> int:
        """How many would be paid for."""
        return sum(one.pictures for one in self.folders)

    @property
    def photos(self) -> int:
        """How many would be sent."""
        return sum(one.photos for one in self.folders)

    @property
    def about(self) -> Money:
        """What all of it will cost about."""
        return total(one.about for one in self.folders)

    @property
    def at_most(self) -> Money:
        """What would be set aside for all of it together."""
        return total(one.at_most for one in self.folders)


def show_plan(config: Path | None, environ: Mapping[str, str], typed: Path | None, *, as_json: bool) -> None:
    """Print what would be sent. Sends nothing, writes nothing.

    Args:
        typed: A folder of the inbox or a photo; None for all of it.

    Raises:
        CommandRefusedError: The path does not lead into the inbox.
        RetouchdError: The configuration is wrong, or something cannot be read.
    """
    with open_house(config, environ) as house:
        with ending_when_stuck(f'"{house.command("doctor")}"'):
            plan = _make_plan(house, typed)
        if as_json:
            print_json(_to_json(house, plan))
        else:
            _write(house, plan, Screen())


def _make_plan(house: House, typed: Path | None) -> Plan:
    view, settings = house.view, house.settings
    spot = find_spot(typed or house.places.inbox, house.places)
    if spot.where is not Where.INBOX:
        message = f"{printable(spot.path)} is not in the inbox {printable(house.places.inbox)}"
        raise CommandRefusedError(message)
    period = counting_period(house.moments.now, calendar(settings.budget.day_start()), view.last_period())
    caps = with_allowance(settings.budget.caps(), view.allowance_of(period.day))
    spent = view.spent(EditId(0), period)
    measured = view.usual_seconds()
    pace = Pace(
        seconds=measured or ASSUMED_SECONDS,
        at_once=settings.limits.concurrency,
        per_minute=settings.limits.requests_per_minute,
    )
    found: Foreseen = Foresight(house, spot, caps).foresee()
    folders = add_up(found.photos)
    pictures, about = sum(one.pictures for one in folders), total(one.about for one in folders)
    return Plan(
        folders=folders,
        left_out={name: found.left_out[name] for name in _LEFT_OUT},
        caps=caps,
        spent=spent,
        pace=pace,
        is_measured=measured is not None,
        span=foresee_span(pictures, about, caps, spent, pace),
    )


def _to_json(house: House, plan: Plan) -> dict[str, object]:
    span = plan.span
    return {
        "photos": plan.photos,
        "pictures": plan.pictures,
        "about_usd": plan.about.usd,
        "at_most_usd": plan.at_most.usd,
        "seconds": span.seconds,
        "days": span.days,
        "left_today_usd": _usd(span.left_today),
        "left_this_month_usd": _usd(span.left_this_month),
        "folders": [_folder_as_json(one) for one in plan.folders],
        "left_out": dict(plan.left_out),
        "pauses": [
            {"reason": pause.reason.value, "detail": pause.detail, "until": as_iso(pause.until)}
            for pause in house.view.pauses()
        ],
    }


def _folder_as_json(folder: PlannedFolder) -> dict[str, object]:
    return {
        "folder": "" if folder.folder.name == "" else shown_path(folder.folder),
        "photos": folder.photos,
        "prompts": folder.prompts,
        "pictures": folder.pictures,
        "about_usd": folder.about.usd,
        "at_most_usd": folder.at_most.usd,
    }


def _usd(amount: Money | None) -> float | None:
    return None if amount is None else amount.usd


def _write(house: House, plan: Plan, screen: Screen) -> None:
    for folder in plan.folders[:_MOST_LISTED]:
        screen.say(_tell_folder(folder))
    if len(plan.folders) > 1:
        more = len(plan.folders) - _MOST_LISTED
        screen.line(f"and {more} more folders" if more > 0 else "")
        everything = f"All together {_photos(plan.photos, plan.pictures)}"
        screen.say(f"{everything}: about {plan.about}, at most {plan.at_most}.", Tone.HEAD)
    screen.say("Nothing was sent." if plan.folders else "Nothing would be sent.")
    for line in _tell_limits(house, plan) if plan.folders else ():
        screen.say(line)
    counts = plan.left_out.items()
    told = ", ".join(f"{number} {_LEFT_OUT[name]}" for name, number in counts if number)
    if told:
        screen.say(f"Not in this plan: {told}.")
    if plan.folders:
        screen.say(
            "Photos were not opened for this. One that was paid for before with the same prompt costs"
            " nothing, which is found out when its turn comes.",
            Tone.ASIDE,
        )


def _tell_folder(folder: PlannedFolder) -> str:
    where = "the inbox" if folder.folder.name == "" else f"{shown_path(folder.folder)}/"
    prompts = "one prompt" if folder.prompts == 1 else f"{folder.prompts} prompts"
    photos = _photos(folder.photos, folder.pictures)
    return f"{photos} in {where} with {prompts}: about {folder.about}, at most {folder.at_most}."


def _photos(photos: int, pictures: int) -> str:
    made = "" if photos == pictures else f" ({pictures} pictures)"
    return f"{photos} photo{'' if photos == 1 else 's'}{made}"


def _tell_limits(house: House, plan: Plan) -> Iterator[str]:
    for pause in house.view.pauses():
        yield f"Paused now: {pause_sentence(pause, house.moments.now)}"
    basis = "as measured here" if plan.is_measured else "assumed until some were measured"
    yield (
        f"Time: about {_duration(plan.span.seconds)} at {plan.pace.at_once} at once"
        f" ({plan.pace.seconds:.0f} s a picture, {basis})."
    )
    yield from _tell_days(plan)
    if plan.span.is_beyond_month(plan.about):
        yield (
            f"This month's limit of {plan.caps.per_month} leaves {plan.span.left_this_month}: the rest"
            " waits for the next month, or until you raise budget.per_month_usd."
        )
    if house.holder is None:
        yield f"retouchd is not running, so nothing is sent: {house.command('run')}"


def _tell_days(plan: Plan) -> Iterator[str]:
    days, cap = plan.span.days, plan.caps.per_day
    if days == 1 or cap is None:
        return
    everything = Money(plan.about.micro + plan.spent.day.micro)
    whole = Money(-(-everything.micro // MICRO) * MICRO)
    spread = f"spreads it over {days} days" if days else "forbids it"
    yield (
        f"Limit: {cap} a day, of which {plan.span.left_today} is left today, {spread}."
        f" To allow about all of it today: {allow_command(whole)}"
    )


def _duration(seconds: float) -> str:
    span = timedelta(seconds=seconds)
    if span < timedelta(minutes=2):
        return f"{seconds:.0f} s"
    if span < timedelta(hours=2):
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h"
