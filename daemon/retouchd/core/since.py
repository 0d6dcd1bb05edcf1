"""Moments in the past as people type them."""

import re
from datetime import datetime, timedelta
from typing import Final

_AGO: Final = re.compile(r"(\d{1,6}) ?([mhdw])", re.IGNORECASE)
_UNITS: Final = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
FORMS: Final = '2h, 3d, 1w, 2026-01-31 or "2026-01-31 14:05"'


def parse_since(text: str, now: datetime) -> datetime:
    """Give the moment that is meant: so long ago, or a date, or a date with a time.

    Args:
        now: Aware; a date is in its zone unless it says another.

    Raises:
        ValueError: It is none of these, or lies further back than there are dates.
    """
    ago = _AGO.fullmatch(text.strip())
    try:
        if ago:
            return now - int(ago[1]) * _UNITS[ago[2].lower()]
        moment = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError) as exc:
        message = f"no moment: {text}"
        raise ValueError(message) from exc
    return moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)
