"""`retouchd show`: everything about one job."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from retouchd.cli.entries import as_iso, entry_as_json
from retouchd.cli.opening import House, open_house
from retouchd.cli.screen import Screen, Tone, print_json
from retouchd.cli.wishes import LABEL_WIDTH, wish_as_json, wish_rows
from retouchd.core.jobs import PAID_HOLDS, Job, JobState, cabinet_of
from retouchd.core.naming import filed_path
from retouchd.core.prices import Price
from retouchd.core.records import Attempt, BundleRecord, BundleState, Permission
from retouchd.core.story import (
    attempt_money,
    clock_time,
    job_sentence,
    money_sentence,
    outcome_and_status,
    permission_sentence,
    sentence,
)
from retouchd.core.values import Cabinet, printable
from retouchd.reporting import entry_of

_TONES = {JobState.DONE: Tone.GOOD, JobState.HELD: Tone.BAD, JobState.FAILED: Tone.BAD}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """One job with all that belongs to it.

    Attributes:
        price: What answers of its quality and size cost so far.
        attempts: Of its edit: its own calls, and those of the job whose picture it shares.
        permissions: Why its edit may be paid for more than once.
    """

    job: Job
    bundle: BundleRecord
    price: Price | None
    attempts: Sequence[Attempt]
    permissions: Sequence[Permission]


def show_job(config: Path | None, environ: Mapping[str, str], beginning: str, *, as_json: bool) -> None:
    """Print everything about the job whose id begins so.

    Raises:
        UnknownJobError: None does, or several do.
        RetouchdError: The configuration is wrong, or the history cannot be read.
    """
    with open_house(config, environ) as house:
        dossier = open_dossier(house, house.view.find_job(beginning))
        if as_json:
            print_json(_to_json(house, dossier))
        else:
            _write(house, dossier, Screen())


def open_dossier(house: House, job: Job) -> Dossier:
    """Read all that belongs to a job."""
    return Dossier(
        job=job,
        bundle=house.view.get_bundle(job.bundle),
        price=house.view.price_of(job.wish.request) if job.wish else None,
        attempts=house.view.attempts_of(job.edit) if job.edit is not None else (),
        permissions=house.view.permissions_of(job.edit) if job.edit is not None else (),
    )


def filed_as(house: House, bundle: BundleRecord, jobs: Sequence[Job]) -> Path | None:
    """Give where a photo was moved when all was over, or None when it was not."""
    if bundle.state is not BundleState.FILED:
        return None
    folder = house.places.done if cabinet_of(jobs) is Cabinet.DONE else house.places.failed
    return folder / filed_path(bundle.path, bundle.path, bundle.filing or 1)


def _to_json(house: House, dossier: Dossier) -> dict[str, object]:
    job = dossier.job
    return {
        **entry_as_json(entry_of(house, job)),
        "detail": job.detail,
        "reused_from": job.reused_from,
        "wish": wish_as_json(job.wish, dossier.price) if job.wish else None,
        "calls": [_attempt_as_json(one) for one in dossier.attempts],
        "permissions": [_permission_as_json(one) for one in dossier.permissions],
        "timing": {name: as_iso(moment) for name, moment in moments_of(job, dossier.bundle).items()},
        "output_sha256": job.output.sha256 if job.output else None,
    }


def _attempt_as_json(attempt: Attempt) -> dict[str, object]:
    return {
        "number": attempt.number,
        "job": attempt.job,
        "started": as_iso(attempt.started),
        "ended": as_iso(attempt.ended),
        "seconds": attempt.elapsed_seconds,
        "outcome": attempt.outcome,
        "status": attempt.status,
        "first_reserved_usd": attempt.first_reserved.usd,
        "reserved_usd": attempt.reserved.usd,
        "charged_usd": attempt.charged.usd,
        "save_path": printable(attempt.save_path),
        "request_ids": dict(attempt.request_ids),
    }


def _permission_as_json(permission: Permission) -> dict[str, object]:
    return {
        "number": permission.number,
        "job": permission.job,
        "given": as_iso(permission.given),
        "why": permission.why.value,
    }


def moments_of(job: Job, bundle: BundleRecord) -> dict[str, datetime | None]:
    """Give when what happened, in the order in which it happens."""
    is_delivered = job.state in {JobState.DELIVERED, JobState.DONE}
    return {
        "seen": bundle.seen,
        "settled": bundle.settled,
        "created": job.created,
        "submitted": job.submitted,
        "received": job.received,
        "delivered": job.delivered if is_delivered else None,
        "ended": job.ended,
    }


_MOMENT_WORDS = {
    "seen": "seen",
    "settled": "completely arrived",
    "submitted": "sent",
    "received": "answered",
    "delivered": "delivered",
}
_END_WORDS = {
    JobState.DONE: "original moved",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "let go",
}


def told_moments(job: Job, bundle: BundleRecord) -> list[tuple[str, datetime]]:
    """Give what happened when, in words."""
    moments = moments_of(job, bundle)
    told = [(words, moments[name]) for name, words in _MOMENT_WORDS.items()]
    told.append((_END_WORDS.get(job.state, ""), moments["ended"]))
    return [(words, moment) for words, moment in told if moment is not None]


def history_words(job: Job, bundle: BundleRecord, now: datetime) -> str:
    """Tell in one line what happened when."""
    return ", ".join(f"{words} {clock_time(moment, now)}" for words, moment in told_moments(job, bundle))


def _write(house: House, dossier: Dossier, screen: Screen) -> None:
    job, now = dossier.job, house.moments.now
    screen.line(f"{job.id}   {printable(dossier.bundle.path)}", Tone.HEAD)
    screen.say(job_sentence(job, now, is_paused=house.is_paused), _TONES.get(job.state, Tone.PLAIN))
    if job.reused_from:
        screen.say(f"Same photo and prompt as job {job.reused_from}, so nothing was paid for this one.")
    else:
        screen.say(sentence(money_sentence(dossier.attempts)))
    for permission in dossier.permissions:
        screen.say(permission_sentence(permission, now))
    screen.line()
    if job.wish:
        screen.table(wish_rows(job.wish, dossier.price, is_over=job.has_ended))
    screen.table(_file_rows(house, dossier))
    if dossier.attempts:
        screen.line()
        screen.line("Calls to the service", Tone.HEAD)
        screen.table([_attempt_row(one, now) for one in dossier.attempts])
    screen.line()
    screen.line("What happened", Tone.HEAD)
    screen.table(
        [
            [f"{moment.astimezone(now.tzinfo):%Y-%m-%d %H:%M:%S}", words]
            for words, moment in told_moments(job, dossier.bundle)
        ]
    )
    if job.state is JobState.HELD and job.hold in PAID_HOLDS and job.wish:
        accept = house.command("resolve", job.id, "--accept", "FILE")
        screen.line(f"To hand in what you found in your workspace: {accept}")
    if job.state in {JobState.HELD, JobState.FAILED, JobState.DEFERRED}:
        screen.line(f"To try it again: {house.command('retry', job.id)}")


def _file_rows(house: House, dossier: Dossier) -> list[list[str]]:
    job, rows = dossier.job, []
    if job.state in {JobState.DELIVERED, JobState.DONE} and job.output:
        path = house.places.outbox / job.output.path
        rows += [["picture", _shown(path)], ["details", f"{_shown(path)}.json"]]
    filed = filed_as(house, dossier.bundle, house.view.jobs_of_bundle(job.bundle))
    place = filed or house.places.inbox / dossier.bundle.path
    rows.append(["original", _shown(place)])
    return [[f"{name:<{LABEL_WIDTH}}", value] for name, value in rows]


def _shown(path: Path) -> str:
    return printable(os.fspath(path))


def _attempt_row(attempt: Attempt, now: datetime) -> list[str]:
    seconds = f"{attempt.elapsed_seconds:.1f} s" if attempt.elapsed_seconds is not None else ""
    told = outcome_and_status(attempt.outcome, attempt.status)
    request = " ".join(f"{name} {value}" for name, value in attempt.request_ids.items())
    when = clock_time(attempt.started, now)
    return [str(attempt.number), when, seconds, told, attempt_money(attempt), printable(request)]
