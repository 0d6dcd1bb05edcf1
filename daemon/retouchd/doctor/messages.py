"""Whether people can be told what happens, as far as that is known without telling anything."""

from collections.abc import Iterator
from typing import Final

from retouchd.adapters.notify.program import Runner
from retouchd.core.findings import Finding, doubtful, fine
from retouchd.doctor.case import Case
from retouchd.notifying import build_ways

NAME: Final = "notify"
SUSPECT: Final = "the hook or the file of addresses may lie on a share that does not answer"


def examine_messages(case: Case) -> Iterator[Finding]:
    """Look at every way; where nobody wants to be told there is none."""
    if not case.settings.notify.is_on:
        return
    ways = build_ways(case.settings, case.environ, Runner())
    faults = [f"{way.shown} {fault}" for way in ways.by_name.values() if (fault := way.find_fault())]
    for fault in [*faults, *filter(None, [ways.fault])]:
        yield doubtful(NAME, f"nobody is told this way: {fault}", case.command("notify", "--test"))
    if not faults and not ways.fault:
        shown = ", ".join(way.shown for way in ways.by_name.values())
        yield fine(NAME, f"{shown}; to try it: {case.command('notify', '--test')}")
