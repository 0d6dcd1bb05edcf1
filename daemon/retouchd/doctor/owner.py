"""Whose the folders are, who runs, and who asks."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from retouchd.adapters.clock import SystemClock
from retouchd.adapters.journal.journal import INBOX_NOTE
from retouchd.adapters.marks import MARK_NAME, read_mark
from retouchd.core.errors import FileTroubleError
from retouchd.core.findings import Finding, doubtful, fine, wrong
from retouchd.core.status import Holder
from retouchd.core.story import clock_time
from retouchd.core.values import printable
from retouchd.doctor.case import Case, own_user, shown_user
from retouchd.reporting import Outlook, report_status

NAME: Final = "owner"
DAEMON: Final = "daemon"
# What it would work on at once, or is soon to.
_WAITING: Final = ("arriving", "queued", "ready", "waiting", "deferred", "received", "delivered")


def examine_owner(case: Case) -> Iterator[Finding]:
    """Look whether inbox and outbox are this retouchd's."""
    with case.open_history() as outlook:
        faults = [
            fault
            for folder in (case.places.inbox, case.places.outbox)
            if (fault := _examine_mark(case, outlook, folder))
        ]
        yield from faults or [fine(NAME, "inbox and outbox belong to this machine's retouchd")]


def _examine_mark(case: Case, outlook: Outlook, folder: Path) -> Finding | None:
    try:
        mark = read_mark(folder)
    except FileTroubleError as exc:
        return wrong(NAME, str(exc), f"mount it, or mark it anew with {case.command('init')}")
    if mark is None:
        text = f"{printable(folder)} has no {MARK_NAME}: it is not mounted, or the mark was deleted"
        return wrong(NAME, text, f"mount it; if it is the right folder: {case.command('init')}")
    if mark.owner != outlook.view.id:
        since = f"{mark.since:%-d %B %Y}"
        host = printable(mark.host)
        text = f"{printable(folder)} belongs to retouchd on {host} since {since}; two would both pay"
        return wrong(NAME, text, f"stop that one for good, then {case.command('init --take-over')}")
    if mark.inbox_id != outlook.view.note(INBOX_NOTE):
        text = f"the mark of {printable(folder)} is that of another inbox"
        return wrong(NAME, text, "put the right folder there, or name it in the configuration")
    return None


def examine_daemon(case: Case) -> Iterator[Finding]:
    """Look who runs, and whether that is the user who asks."""
    holder = case.holder
    if holder is None:
        yield _examine_absence(case)
    else:
        yield _examine_holder(holder)
    yield from _examine_user(case)


def _examine_absence(case: Case) -> Finding:
    """Tell that nobody works: wrong as soon as a photo waits for it."""
    remedy = f"start it: {case.command('run')}, or as a service: systemctl start retouchd"
    with case.open_history() as outlook:
        counts = report_status(outlook, []).counts
    waiting = sum(counts[name] for name in _WAITING)
    if not waiting:
        return doubtful(DAEMON, "retouchd does not run, so nothing is edited", remedy, running=False)
    photos = "1 photo waits" if waiting == 1 else f"{waiting} photos wait"
    return wrong(DAEMON, f"retouchd does not run, and {photos} for it", remedy, running=False)


def _examine_holder(holder: Holder) -> Finding:
    if holder.is_stopped:
        text = f"process {holder.pid} is stopped and does nothing: it was sent SIGSTOP, or Ctrl-Z was typed"
        return wrong(DAEMON, text, f"let it go on: kill -CONT {holder.pid}", running=True, pid=holder.pid)
    since = f" since {clock_time(holder.since, SystemClock().now())}" if holder.since else ""
    return fine(DAEMON, f"runs as process {holder.pid}{since}", running=True, pid=holder.pid)


def _examine_user(case: Case) -> Iterator[Finding]:
    """Tell when another user's retouchd is looked at: what this one may do says nothing about it."""
    try:
        owner = case.places.journal.stat().st_uid
    except OSError:
        return
    uid = os.geteuid()
    if owner == uid:
        return
    text = f"this command runs as {own_user()}, and retouchd as {shown_user(owner)}, who has other rights"
    remedy = f"sudo -u '#{owner}' {case.program} doctor"
    if os.access(case.places.journal, os.W_OK):
        yield doubtful(DAEMON, text, remedy, uid=uid, owner=owner)
        return
    state = printable(case.places.state)
    text = f"{text}; the history is not {own_user()}'s to write to"
    remedy = (
        f"{remedy}; or, if retouchd is to run as {own_user()}: sudo chown -R {uid}:{os.getegid()} {state}"
    )
    yield wrong(DAEMON, text, remedy, uid=uid, owner=owner)
