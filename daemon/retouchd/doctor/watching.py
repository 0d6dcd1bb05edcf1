"""How the inbox is watched, whether the system's limits allow it, and what lies in it."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from retouchd.adapters.inbox.limits import WATCHES_USED_UP, are_watches_used_up
from retouchd.adapters.inbox.mounts import read_ground
from retouchd.core.findings import Finding, doubtful, fine
from retouchd.core.status import Status, trouble_sentence
from retouchd.core.story import clock_time
from retouchd.core.watching import FAILURE_NOTE, Manner, WatchMode, choose_manners, describe_manner
from retouchd.doctor.case import Case
from retouchd.reporting import report_status

NAME: Final = "watching"
INBOX: Final = "inbox"
_MAX_WATCHES: Final = Path("/proc/sys/fs/inotify/max_user_watches")
# Who has more folders than this in an inbox has enough other things to wait for.
_MOST_FOLDERS: Final = 200_000


def examine_watching(case: Case) -> Iterator[Finding]:
    """Tell for each mount how changes are noticed."""
    with case.open_history() as outlook:
        failure = outlook.view.note(FAILURE_NOTE) if case.holder else None
    inbox = PurePosixPath(case.places.inbox.resolve())
    watch = case.settings.watch
    ground = read_ground(inbox)
    manners = choose_manners(inbox, WatchMode(watch.mode), ground.networks(inbox), failure or "")
    told = "; ".join(describe_manner(one, watch.rescan_seconds, watch.poll_seconds) for one in manners)
    facts = [{"folder": str(one.folder), "mode": one.mode.value, "why": one.why} for one in manners]
    if failure:
        remedy = (
            "photos are found all the same, a little later; retouchd tries events again at its next start"
        )
        yield doubtful(NAME, told, remedy, mounts=facts)
        return
    yield fine(NAME, told, mounts=facts)
    if any(one.mode is WatchMode.EVENTS for one in manners):
        yield from _examine_limits(manners)


def _examine_limits(manners: tuple[Manner, ...]) -> Iterator[Finding]:
    if are_watches_used_up():
        yield doubtful(NAME, "no more folders can be watched by events", WATCHES_USED_UP)
        return
    folders, allowed = _count_folders(Path(manners[0].folder)), _allowed_watches()
    if allowed is not None and folders > allowed:
        remedy = f"sudo sysctl fs.inotify.max_user_watches={folders * 2}, and the same in /etc/sysctl.d"
        text = f"the inbox has {folders} folders, and this user may watch {allowed}: not all tell of changes"
        yield doubtful(NAME, text, remedy, folders=folders, max_user_watches=allowed)


def _allowed_watches() -> int | None:
    try:
        return int(_MAX_WATCHES.read_text())
    except (OSError, ValueError):
        return None


def _count_folders(top: Path) -> int:
    count = 0
    for _path, folders, _files in os.walk(top):
        count += 1
        folders[:] = [one for one in folders if not one.startswith(".")]
        if count >= _MOST_FOLDERS:
            break
    return count


def examine_inbox(case: Case) -> Iterator[Finding]:
    """Tell what lies in the inbox, and what it waits for."""
    with case.open_history() as outlook:
        status = report_status(outlook, [])
    if status.silent_since is not None:
        since = clock_time(status.silent_since, status.now)
        remedy = "a share in it may not answer: look at its server, or unmount it (umount -l)"
        yield doubtful(INBOX, f"it has been looked through since {since} without an end", remedy)
    if status.leftovers.closed:
        remedy = "give it to the group of the inbox, with the right to read and enter it (chmod g+rwx)"
        yield doubtful(INBOX, status.leftovers.closed_sentence, remedy)
    if status.troubled is not None:
        remedy = "where the permission is missing, give the file to the group of the inbox (chmod g+rw)"
        yield doubtful(INBOX, trouble_sentence(status), remedy)
    told = ", ".join(f"{number} {words}" for words, number in _waiting(status).items() if number)
    facts = dict(status.counts)
    if status.counts["held"]:
        yield doubtful(INBOX, told, f"{case.command('status')} names them", **facts)
    elif status.leftovers.alarm_sentence:
        remedy = "look at watch.ignore, and at the names of the files"
        yield doubtful(INBOX, status.leftovers.alarm_sentence, remedy, **facts)
    elif status.counts["waiting_for_prompt"]:
        remedy = f"add a prompt file beside each, or _prompt.txt; {case.command('explain FILE')} tells more"
        yield doubtful(INBOX, told, remedy, **facts)
    else:
        yield fine(INBOX, told or "no photo waits", **facts)


def _waiting(status: Status) -> dict[str, int]:
    counts = status.counts
    return {
        "need you": counts["held"],
        "without a prompt": counts["waiting_for_prompt"],
        "still arriving": counts["arriving"],
        "queued": counts["queued"] + counts["ready"] + counts["waiting"],
        "to be tried again": counts["deferred"],
        "files that are not photos": counts["ignored"],
    }
