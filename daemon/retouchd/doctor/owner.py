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
from retouchd.core.story import clock_time
from retouchd.core.values import printable
from retouchd.doctor.case import Case, own_user, shown, shown_user
from retouchd.reporting import Outlook

NAME: Final = "owner"
DAEMON: Final = "daemon"


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
        text = f"{shown(folder)} has no {MARK_NAME}: it is not mounted, or the mark was deleted"
        return wrong(NAME, text, f"mount it; if it is the right folder: {case.command('init')}")
    if mark.owner != outlook.view.id:
        since = f"{mark.since:%-d %B %Y}"
        host = printable(mark.host)
        text = f"{shown(folder)} belongs to retouchd on {host} since {since}; two would both pay"
        return wrong(NAME, text, f"stop that one for good, then {case.command('init --take-over')}")
    if mark.inbox_id != outlook.view.note(INBOX_NOTE):
        text = f"the mark of {shown(folder)} is that of another inbox"
        return wrong(NAME, text, "put the right folder there, or name it in the configuration")
    return None


def examine_daemon(case: Case) -> Iterator[Finding]:
    """Look who runs, and whether that is the user who asks."""
    holder = case.holder
    if holder is None:
        yield doubtful(
            DAEMON,
            "retouchd does not run, so nothing is edited",
            f"start it: {case.command('run')}, or as a service: systemctl start retouchd",
            running=False,
        )
    else:
        since = f" since {clock_time(holder.since, SystemClock().now())}" if holder.since else ""
        yield fine(DAEMON, f"runs as process {holder.pid}{since}", running=True, pid=holder.pid)
    yield from _examine_user(case)


def _examine_user(case: Case) -> Iterator[Finding]:
    """Tell when another user's retouchd is looked at: what this one may do says nothing about it."""
    try:
        owner = case.places.journal.stat().st_uid
    except OSError:
        return
    if owner != os.geteuid():
        yield doubtful(
            DAEMON,
            f"this command runs as {own_user()}, and retouchd as {shown_user(owner)}, who has other rights",
            f"sudo -u '#{owner}' {case.program} doctor",
            uid=os.geteuid(),
            owner=owner,
        )
