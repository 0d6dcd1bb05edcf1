"""All that the doctor looks at, in the order in which it is told."""

from collections.abc import Iterator
from functools import partial

from retouchd.core.findings import Finding, Level, fine, worst
from retouchd.core.values import printable
from retouchd.doctor import folders, history, key, messages, network, numbers, owner, room, watching
from retouchd.doctor.case import PATIENCE_SECONDS, Case
from retouchd.doctor.rounds import Check, make_rounds
from retouchd.settings import Origin, Settings, describe

CONFIGURATION = "config"


def examine(case: Case) -> Iterator[Finding]:
    """Look at everything; what hangs is told after a while and holds up nothing else."""
    yield describe_configuration(case.settings)
    checks = [
        Check(name=owner.DAEMON, examine=partial(owner.examine_daemon, case), suspect=history.SUSPECT),
        Check(name=history.PAUSE, examine=partial(history.examine_pauses, case), suspect=history.SUSPECT),
        Check(name=folders.NAME, examine=partial(folders.examine_folders, case), suspect=folders.SUSPECT),
        Check(name=owner.NAME, examine=partial(owner.examine_owner, case), suspect=folders.SUSPECT),
        Check(name=watching.NAME, examine=partial(watching.examine_watching, case), suspect=folders.SUSPECT),
        Check(name=watching.INBOX, examine=partial(watching.examine_inbox, case), suspect=history.SUSPECT),
        Check(name=room.NAME, examine=partial(room.examine_room, case), suspect=folders.SUSPECT),
        Check(name=key.CLOCK, examine=partial(key.examine_clock, case), suspect=history.SUSPECT),
        Check(name=network.NAME, examine=partial(_examine_service, case), suspect=network.SUSPECT),
        Check(name=messages.NAME, examine=partial(messages.examine_messages, case), suspect=messages.SUSPECT),
        Check(name=numbers.NAME, examine=partial(numbers.examine_numbers, case), suspect=numbers.SUSPECT),
        Check(name=history.NAME, examine=partial(history.examine_history, case), suspect=history.SUSPECT),
    ]
    yield from make_rounds(checks, PATIENCE_SECONDS)


def describe_configuration(settings: Settings) -> Finding:
    """Tell which file counts, and what it changes."""
    changed = [one for one in describe(settings) if one.origin is not Origin.DEFAULT]
    file = printable(settings.file) if settings.file else "no file"
    told = ", ".join(
        f"{one.key} = {one.value}" + (" (environment)" if one.origin is Origin.ENVIRONMENT else "")
        for one in changed
    )
    facts = {one.key: {"value": one.value, "origin": one.origin.value} for one in describe(settings)}
    return fine(CONFIGURATION, f"{file}: {told or 'all defaults'}", settings=facts)


def _examine_service(case: Case) -> Iterator[Finding]:
    """Go the way to the service, then ask whether it takes the key."""
    found = network.examine_network(case)
    yield from found
    yield from key.examine_key(case, is_reached=worst(found) is not Level.FAIL)
