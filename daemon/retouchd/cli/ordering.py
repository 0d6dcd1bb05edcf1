"""`retouchd pause`, `resume`, `allow` and `reload`: what a person decides over everything at once."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from retouchd.cli.giving import find_answer, give, tell_answer
from retouchd.cli.opening import load_used_settings
from retouchd.cli.screen import Screen, command_line
from retouchd.core.errors import CommandRefusedError, ConfigurationError
from retouchd.core.jobs import HoldReason
from retouchd.core.pauses import PauseReason
from retouchd.core.records import Verb
from retouchd.core.values import printable

_STAYS: Final = "A retouchd that runs goes on with the configuration that it has read before"


def pause(config: Path | None, environ: Mapping[str, str], why: str) -> None:
    """Have nothing sent any more."""
    settings = load_used_settings(config, environ)
    give(settings, Verb.PAUSE, why)
    Screen().say(f"To go on: {command_line(config, 'resume')}")


def resume(config: Path | None, environ: Mapping[str, str], reason: str) -> None:
    """End one pause, or all that a person may end, or have photos with refused options tried.

    Raises:
        CommandRefusedError: There is no such reason.
    """
    known = [*(one.value for one in PauseReason), HoldReason.REFUSED_ALIKE.value]
    if reason and reason not in known:
        valid = ", ".join(known)
        message = f'"{printable(reason)}" is no reason for a pause; valid: {valid}'
        raise CommandRefusedError(message)
    give(load_used_settings(config, environ), Verb.RESUME, reason)


def reload(config: Path | None, environ: Mapping[str, str]) -> None:
    """Have the running daemon read its configuration and key again.

    Raises:
        ConfigurationError: It is wrong; a daemon that runs goes on with what it has read before.
        CommandRefusedError: No daemon runs.
    """
    try:
        refusal = tell_answer(find_answer(load_used_settings(config, environ), Verb.RELOAD, ""))
    except ConfigurationError as exc:
        raise ConfigurationError(*str(exc).splitlines(), _STAYS) from exc
    if refusal:
        raise ConfigurationError(*refusal.splitlines(), _STAYS)


def allow(config: Path | None, environ: Mapping[str, str], amount: str, *, is_today: bool) -> None:
    """Make an amount of dollars the limit of this one day.

    Raises:
        CommandRefusedError: It is no amount, or it is not said that it is for today.
    """
    if amount.strip().lower() == "unlimited":
        message = (
            'a day without a limit must be configured: put per_day_usd = "unlimited" under [budget] into the'
            ' configuration, then "retouchd reload"'
        )
        raise CommandRefusedError(message)
    if not is_today:
        message = (
            f'this changes the limit of today alone: write "retouchd allow {printable(amount)} --today". For'
            " every day put per_day_usd under [budget] into the configuration"
        )
        raise CommandRefusedError(message)
    give(load_used_settings(config, environ), Verb.ALLOW, amount)
