"""`retouchd notify`: who is told what, and whether messages arrive."""

from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex
from typing import Final

from retouchd.adapters.clock import SystemClock
from retouchd.adapters.notify.program import Runner
from retouchd.api_key import take_environment
from retouchd.cli.screen import Screen, Tone, command_line
from retouchd.core.errors import CommandRefusedError
from retouchd.core.messages import Material, compose
from retouchd.core.outgoing import Outgoing
from retouchd.core.story import sentence
from retouchd.core.topics import Topic
from retouchd.notifier import Way
from retouchd.notifying import Ways, build_sender, build_ways
from retouchd.settings import Settings, load_settings

_OFF: Final = "nobody is told anything: set notify.hook or notify.urls_file in the configuration"


def show_ways(config: Path | None, environ: Mapping[str, str]) -> None:
    """Say who is told what.

    Raises:
        ConfigurationError: Something is wrong with the configuration.
        CommandRefusedError: A way is of no use.
    """
    settings, screen = load_settings(config, environ), Screen()
    ways = _ways(settings, environ)
    if not settings.notify.is_on:
        screen.say(sentence(_OFF))
        return
    for way in ways.by_name.values():
        screen.line(way.shown)
    screen.say(f"Told: {', '.join(topic.value for topic in settings.notify.events)}.")
    screen.line(f"To try it: {command_line(config, 'notify', '--test')}")
    _judge(ways, [])


def send_test(config: Path | None, environ: Mapping[str, str]) -> None:
    """Send a test on every way, and say what came of it.

    Raises:
        ConfigurationError: Something is wrong with the configuration.
        CommandRefusedError: It was not taken on every way.
    """
    settings, screen = load_settings(config, environ), Screen()
    ways = _ways(settings, environ)
    if not settings.notify.is_on:
        raise CommandRefusedError(_OFF)
    now = SystemClock().now()
    message = compose(Material(topic=Topic.TEST, counts={}), build_sender(settings), token_hex(8), now)
    refused = []
    for name, way in ways.by_name.items():
        outgoing = Outgoing(message=message, way=name, made=now, next_try=now)
        refused += [] if _try(way, outgoing, screen) else [way.shown]
    _judge(ways, refused)


def _ways(settings: Settings, environ: Mapping[str, str]) -> Ways:
    return build_ways(settings, take_environment(dict(environ)), Runner())


def _try(way: Way, outgoing: Outgoing, screen: Screen) -> bool:
    failure = way.send(outgoing)
    if failure is None:
        screen.line(f"ok    {way.shown}", Tone.GOOD)
        return True
    said = f" ({failure.said})" if failure.said else ""
    screen.say(f"FAIL  {way.shown}: {failure.reason}{said}", Tone.BAD, hang=6)
    return False


def _judge(ways: Ways, refused: list[str]) -> None:
    faults = [ways.fault] if ways.fault else []
    if refused:
        faults.append(f"{len(refused)} of {len(ways.by_name)} ways did not take the message")
    if faults:
        raise CommandRefusedError("; ".join(faults))
