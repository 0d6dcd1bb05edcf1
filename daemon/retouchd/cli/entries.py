"""One photo as programs read it in `status` and `jobs`; the JSON keys are stable."""

from datetime import datetime

from retouchd.core.status import Entry


def entry_as_json(entry: Entry) -> dict[str, object]:
    """Give the stable keys."""
    return {
        "id": entry.id,
        "state": entry.state.value,
        "source": entry.source,
        "reason": entry.reason,
        "attempts": entry.attempts,
        "next_try": as_iso(entry.next_try),
        "output": entry.output,
    }


def as_iso(moment: datetime | None) -> str | None:
    """Give a moment as ISO 8601 with its zone."""
    return None if moment is None else moment.isoformat(timespec="milliseconds")
