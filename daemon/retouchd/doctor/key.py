"""Whether the service takes the key, and what time it has."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

from retouchd.adapters.clock import SystemClock
from retouchd.adapters.endpoint.client import HttpEndpoint
from retouchd.adapters.endpoint.way import find_way
from retouchd.api_key import ApiKey, read_key
from retouchd.core.errors import ConfigurationError
from retouchd.core.findings import Finding, doubtful, fine, wrong
from retouchd.core.outcomes import Answered, CallEnd, NoAnswer, NotSent
from retouchd.core.values import printable
from retouchd.doctor.case import Case, own_user
from retouchd.doctor.network import SUSPECT
from retouchd.terms import endpoint_terms

NAME: Final = "key"
CLOCK: Final = "clock"
_ANSWER_SECONDS: Final = 8.0
_CLOCK_APART: Final = timedelta(minutes=2)
_REFUSED: Final = frozenset({401, 403})
_LONGEST_NAME: Final = 80


def examine_key(case: Case, *, is_reached: bool) -> Iterator[Finding]:
    """Ask the service, which costs nothing, and compare the clocks by its answer."""
    try:
        key = read_key(case.settings.endpoint, case.environ)
    except ConfigurationError as exc:
        yield _missing_key(case, str(exc))
        return
    if not is_reached:
        yield doubtful(NAME, f"it comes from {key.source}, and could not be tried", "see network")
        return
    endpoint = HttpEndpoint(endpoint_terms(case.settings, lambda: key.value))
    try:
        end, body = endpoint.ask_status(_ANSWER_SECONDS)
    finally:
        endpoint.close()
    yield _judge_key(case, key, end, body)
    if isinstance(end, Answered):
        yield from _compare_clocks(end.headers)


def _missing_key(case: Case, why: str) -> Finding:
    file = case.settings.endpoint.api_key_file
    if case.holder is None:
        remedy = (
            f"put the key alone into {printable(file)}, a file that is {own_user()}'s, and chmod 600 it"
            if file is not None
            else "as a service it may have one all the same, which its service manager gives to it alone:"
            " then start it and look at its log"
        )
        return wrong(NAME, f"this command finds none: {why}", remedy)
    text = "the running retouchd has one that only it can see, so it is not tried here"
    return fine(NAME, text)


def _judge_key(case: Case, key: ApiKey, end: CallEnd, body: bytes) -> Finding:
    base_url = case.settings.endpoint.base_url
    match end:
        case Answered(status=200):
            name = find_workspace(body)
            where = f", workspace {name}" if name else ""
            return fine(NAME, f"taken by the service{where}; from {key.source}", workspace=name)
        case Answered(status=status) if status in _REFUSED:
            text = f"refused ({status}) by {_host(base_url)}"
            return wrong(NAME, text, key.advice, status=status)
        case Answered(status=status):
            text = f"the service answered {status} when it was asked whether it takes the key"
            remedy = _remedy_for(status, base_url)
            return doubtful(NAME, text, remedy, status=status)
        case NotSent(detail=detail) | NoAnswer(detail=detail):
            return wrong(NAME, f"it could not be tried: {printable(detail)}", SUSPECT)


def _remedy_for(status: int, base_url: str) -> str:
    if status == HTTPStatus.PAYMENT_REQUIRED:
        return "look whether there is credit left at the service"
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "the service is busy or has trouble of its own: look again in a while"
    return f"look whether endpoint.base_url ({printable(base_url)}) is right; one photo will tell"


def _host(base_url: str) -> str:
    return printable(find_way(base_url).service.host)


def find_workspace(body: bytes) -> str:
    """Give the workspace's name out of what a service says of itself, safe to print; empty without one."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    found = answer.get("workspace") if isinstance(answer, dict) else None
    name = found.get("name") if isinstance(found, dict) else found
    return printable(name)[:_LONGEST_NAME] if isinstance(name, str) else ""


def _compare_clocks(headers: Mapping[str, str]) -> Iterator[Finding]:
    theirs = _read_date(headers.get("date", ""))
    if theirs is None:
        return
    apart = SystemClock().now() - theirs
    if abs(apart) < _CLOCK_APART:
        return
    way = "ahead of" if apart > timedelta() else "behind"
    text = f"this machine's clock is {abs(apart).total_seconds() / 60:.0f} min {way} the service's"
    remedy = "set it (timedatectl set-ntp true): limits of a day begin and times are told by it"
    yield doubtful(CLOCK, text, remedy, seconds=round(apart.total_seconds()))


def _read_date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def examine_clock(case: Case) -> Iterator[Finding]:
    """Tell what time it is here, and when a new day begins."""
    now = SystemClock().now()
    begin = case.settings.budget.day_starts
    text = f"{now:%-d %B %Y, %H:%M} {now.tzname()}; a new day of the limits begins at {printable(begin)}"
    yield fine(CLOCK, text, now=now.isoformat(timespec="seconds"))
