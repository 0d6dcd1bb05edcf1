"""`retouchd try`: one paid edit now, under the same limits as all others.

A running daemon is asked to hurry; without one the service runs in this process for that photo alone.
"""

import json
import os
import time
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Final

import typer

from retouchd.adapters.coredumps import forbid_core_dumps
from retouchd.adapters.durable import Durable
from retouchd.adapters.inbox.files import InboxFolder
from retouchd.adapters.journal.views import JournalView
from retouchd.adapters.servicemanager import ServiceManager
from retouchd.adapters.statefolder import read_lock_holder
from retouchd.api_key import read_key
from retouchd.assembly import Errand
from retouchd.cli.dropping import drop_copy, opened_photo
from retouchd.cli.giving import order
from retouchd.cli.opening import House, load_used_settings, open_house
from retouchd.cli.screen import Screen, Tone
from retouchd.configuration import Configuration, Source
from retouchd.core.errors import CommandRefusedError, PausedError, WorkLeftError
from retouchd.core.jobs import Job, JobState
from retouchd.core.limits import make_request
from retouchd.core.options import Layer, SidecarError, merge
from retouchd.core.prices import estimate, expected_cost
from retouchd.core.records import BundleState, PhotoPlace, Verb
from retouchd.core.sidecars import read_text, read_toml
from retouchd.core.story import bundle_sentence, job_sentence, pause_sentence
from retouchd.core.values import printable
from retouchd.engine.focus import Focus
from retouchd.logs import configure_logs
from retouchd.ownership import check_ownership
from retouchd.policies import engine_policy, forming_rules
from retouchd.service import run
from retouchd.settings import Settings
from retouchd.systemlog import SystemLog

_LOOK_EVERY_SECONDS: Final = 0.1
# A call may take a quarter of an hour, and may be tried four times.
_PATIENCE: Final = timedelta(hours=1)
_STOPPED: Final = 130
_IN_OUTBOX: Final = frozenset({JobState.DELIVERED, JobState.DONE})
_ENDED_BADLY: Final = frozenset({JobState.HELD, JobState.FAILED, JobState.CANCELLED, JobState.WAITING})


def try_photo(
    config: Path | None, environ: Mapping[str, str], photo: Path, prompt: str, options: Mapping[str, str]
) -> None:
    """Have one copy of a photo edited now, and print where the result is, its cost and its time.

    Args:
        options: By name as in an options file: "quality", "size", "format".

    Raises:
        CommandRefusedError: Photo, prompt or options cannot be taken; nothing was done.
        PausedError: Nothing is sent now; the photo waits in the inbox if it was put there.
        WorkLeftError: The photo failed or needs a person.
    """
    settings = load_used_settings(config, environ)
    is_running = read_lock_holder(settings.places().state) is not None
    # Before the key is known to this process; a missing key is told before anything is done.
    forbid_core_dumps()
    if not is_running:
        read_key(settings.endpoint, environ)
    texts = _texts(prompt, options)
    with open_house(config, environ) as house:
        _check_inbox(house)
        if is_running:
            _refuse_paused(house)
        Screen().say(f"Trying {printable(photo.name)}: {_foresee(house, photo, dict(texts))}.")
    place, began = None, time.monotonic()
    try:
        place = drop_copy(settings.places().inbox, photo, texts)
        if is_running:
            _wait(settings, place)
        else:
            _run_here(config, environ, place)
    except KeyboardInterrupt:
        copy = f"inbox/{place.folder / place.key}" if place else "what lies in inbox/try/ by now"
        Screen().say(f"It goes on without you: {copy} is done when its turn comes.")
        raise typer.Exit(_STOPPED) from None
    with open_house(config, environ) as house:
        _report(house, place, time.monotonic() - began)


def _texts(prompt: str, options: Mapping[str, str]) -> list[tuple[str, str]]:
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in options.items()]
    return [(".txt", f"{prompt}\n"), *([(".toml", "".join(lines))] if lines else [])]


def _check_inbox(house: House) -> None:
    settings, places = house.settings, house.places
    identity = check_ownership(places, house.view)
    InboxFolder(places.inbox, identity, forming_rules(settings), settings.watch.settle_seconds).check_mark()


def _refuse_paused(house: House) -> None:
    for pause in house.view.pauses():
        message = f"nothing was done: {pause_sentence(pause, house.moments.now)}"
        raise PausedError(message)


def _foresee(house: House, photo: Path, texts: Mapping[str, str]) -> str:
    """Say what it will cost.

    Raises:
        CommandRefusedError: Photo, prompt or options cannot be taken.
    """
    policy = engine_policy(house.settings)
    with opened_photo(photo) as (_, picture):
        try:
            read = (read_text(texts[".txt"].encode()), read_toml(texts.get(".toml", "").encode()))
            layers = [Layer(origin="try", options=options) for options in read]
            effective = merge(*layers, policy.defaults).options
            if not effective.prompt:
                message = 'say what to change: retouchd try PHOTO "remove the people"'
                raise CommandRefusedError(message)
            request = make_request(effective, picture, policy.limits)
        except SidecarError as exc:
            raise CommandRefusedError(str(exc)) from exc
    price = house.view.price_of(request)
    return f"about {expected_cost(request, price)}, at most {estimate(request, price)}"


def _wait(settings: Settings, place: PhotoPlace) -> None:
    """Ask the running daemon to hurry, and wait until the photo has ended or would wait for long."""
    places = settings.places()
    with closing(JournalView.open_for_reading(places.journal)) as view:
        focus, has_asked = Focus(view, place), False
        while read_lock_holder(places.state) is not None:
            with view.snapshot():
                is_over = focus.find_ending(view.pauses()) is not None
            if is_over:
                return
            if focus.was_seen and not has_asked:
                order(places, Verb.HURRY, json.dumps([str(place.folder), place.key]))
                has_asked = True
            time.sleep(_LOOK_EVERY_SECONDS)


def _run_here(config: Path | None, environ: Mapping[str, str], place: PhotoPlace) -> None:
    """Run the service for that photo alone; a signal ends it in order. What it tells is told here."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:

        def set_up_log(configuration: Configuration) -> None:
            configure_logs(
                format="json",
                level="error",
                stream=nowhere,
                redact=lambda: configuration.key.last,
                system_log=SystemLog(announced=""),
            )

        source = Source(config=config, environ=environ, set_up_log=set_up_log)
        errand = Errand(patience=_PATIENCE, photo=place)
        run(source, Durable(), errand, ServiceManager.from_environ(os.environ))


def _report(house: House, place: PhotoPlace, seconds: float) -> None:
    """Print the result, or raise why there is none."""
    record = house.view.newest_at(place.folder, place.key)
    jobs = house.view.jobs_of_bundle(record.id) if record else []
    job = jobs[0] if jobs else None
    if job is not None and job.state in _IN_OUTBOX:
        _tell_result(house, job, seconds)
        return
    if job is not None and job.state in _ENDED_BADLY:
        message = f"{job_sentence(job, house.moments.now)} More: {house.command('show', job.id)}"
        raise WorkLeftError(message)
    if record is not None and record.state in {BundleState.NEEDS_YOU, BundleState.LACKS_PROMPT}:
        raise WorkLeftError(bundle_sentence(record, is_quiet=True))
    stays = f"The photo stays in inbox/{printable(place.folder / place.key)} and goes on when retouchd runs"
    told = [pause_sentence(pause, house.moments.now) for pause in house.view.pauses()]
    message = " ".join([*told[:1], f"{stays}."])
    raise PausedError(message)


def _tell_result(house: House, job: Job, seconds: float) -> None:
    screen = Screen()
    path = house.places.outbox / job.output.path if job.output else ""
    paid = house.view.charged_for(job)
    screen.line(f"{printable(path)}   {paid}   {seconds:.1f} s", Tone.GOOD)
    if job.reused_from:
        again = house.command("redo", job.id)
        screen.say(f"Same photo and prompt as before, so you got that picture again for $0. Another: {again}")
