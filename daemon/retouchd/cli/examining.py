"""`retouchd doctor`: everything behind "nothing happens", one line for each thing that was looked at."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from retouchd.adapters.statefolder import read_lock_holder
from retouchd.cli.opening import check_history
from retouchd.cli.screen import Screen, Tone, command_line, print_json
from retouchd.core.errors import CommandRefusedError, ConfigurationError
from retouchd.core.findings import Finding, Level, worst, wrong
from retouchd.core.values import printable
from retouchd.doctor.case import Case
from retouchd.doctor.examination import CONFIGURATION, examine
from retouchd.settings import load_settings

_TONES: Final = {Level.OK: Tone.GOOD, Level.WARN: Tone.WARN, Level.FAIL: Tone.BAD}
_TEXT_COLUMN: Final = 16


def examine_all(config: Path | None, environ: Mapping[str, str], *, as_json: bool) -> int:
    """Look at everything and tell it.

    Returns:
        The exit status: 0 when nothing is wrong, 1 when something is, 78 when the configuration is.
    """
    try:
        settings = load_settings(config, environ)
    except ConfigurationError as exc:
        remedy = "put it right; all else is looked at then"
        faults = [wrong(CONFIGURATION, printable(fault), remedy) for fault in exc.faults]
        _tell(faults, as_json=as_json)
        return exc.exit_status
    program = command_line(config)
    try:
        check_history(settings.places(), config)
        holder = read_lock_holder(settings.places().state)
    except CommandRefusedError as exc:
        _tell([wrong("history", str(exc), "")], as_json=as_json)
        return exc.exit_status
    case = Case(settings=settings, environ=environ, holder=holder, program=program)
    found = _tell(examine(case), as_json=as_json)
    return int(worst(found) is Level.FAIL)


def _tell(findings: Iterable[Finding], *, as_json: bool) -> list[Finding]:
    if as_json:
        found = list(findings)
        print_json({"level": worst(found).value, "checks": [_as_json(one) for one in found]})
        return found
    return list(_write(findings, Screen()))


def _write(findings: Iterable[Finding], screen: Screen) -> Iterator[Finding]:
    for one in findings:
        yield one
        remedy = f" To do: {one.remedy}." if one.remedy else ""
        line = f"{one.level.value:<4}  {one.check:<8}  {one.text.removesuffix('.')}.{remedy}"
        screen.say(line, _TONES[one.level], hang=_TEXT_COLUMN)


def _as_json(finding: Finding) -> dict[str, object]:
    return {
        "check": finding.check,
        "level": finding.level.value.lower(),
        "text": finding.text,
        "remedy": finding.remedy,
        "facts": dict(finding.facts),
    }
