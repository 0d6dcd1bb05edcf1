"""How much may be spent: prices that were seen, a person's word for a day, the latest day that counts."""

from datetime import datetime
from typing import Final

from retouchd.adapters.journal.codec import to_seconds
from retouchd.adapters.journal.table import Table
from retouchd.core.money import Money
from retouchd.core.periods import Period
from retouchd.core.prices import Price
from retouchd.core.request import EditRequest

# The last attempt whose day holds no earlier one back.
_FORGOTTEN: Final = "periods_forgotten_up_to"
_NOT_UP_TO: Final = "coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE name = :name), 0)"


def _latest(column: str) -> str:
    """Give the question for the last day or month; read off its indexes, from their ends."""
    lines = (("attempts", "id"), ("past_costs", "last_attempt"))
    latest = " UNION ALL ".join(
        f"SELECT * FROM (SELECT {column} FROM {table} WHERE {number} > {_NOT_UP_TO}"
        f" ORDER BY {column} DESC LIMIT 1)"
        for table, number in lines
    )
    return f"(SELECT max({column}) FROM ({latest}))"


_LAST: Final = f"SELECT {_latest('day')}, {_latest('month')}"


class LimitsTable(Table):
    """Fits the engine's Protocol Limits."""

    def price_of(self, request: EditRequest) -> Price | None:
        """Give what answers of a request's quality and size cost, or None when there was none."""
        row = self.connection.execute(
            "SELECT answers, highest FROM prices WHERE quality = ? AND size = ?",
            (request.quality, str(request.size)),
        ).fetchone()
        return None if row is None else Price(answers=row["answers"], highest=Money(row["highest"]))

    def store_price(self, request: EditRequest, price: Price) -> None:
        """Store what answers of a request's quality and size cost."""
        self.connection.execute(
            "INSERT INTO prices (quality, size, answers, highest) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (quality, size)"
            " DO UPDATE SET answers = excluded.answers, highest = excluded.highest",
            (request.quality, str(request.size), price.answers, price.highest.micro),
        )

    def allowance_of(self, day: str) -> Money | None:
        """Give the limit that a person gave for a day, or None."""
        row = self.connection.execute("SELECT micro FROM allowances WHERE day = ?", (day,)).fetchone()
        return None if row is None else Money(row["micro"])

    def allow(self, day: str, limit: Money, now: datetime) -> None:
        """Store the limit that a person gives for a day; the latest word counts."""
        self.connection.execute(
            "INSERT INTO allowances (day, micro, given) VALUES (?, ?, ?)"
            " ON CONFLICT (day) DO UPDATE SET micro = excluded.micro, given = excluded.given",
            (day, limit.micro, to_seconds(now)),
        )

    def last_period(self) -> Period | None:
        """Give the latest day and month reserved in: a clock that goes back reopens none."""
        day, month = self.connection.execute(_LAST, {"name": _FORGOTTEN}).fetchone()
        return None if day is None or month is None else Period(day=str(day), month=str(month))

    def forget_last_period(self) -> None:
        """Have what was reserved so far hold no earlier day back: the clock was ahead."""
        self.connection.execute(
            "INSERT INTO meta (name, value) SELECT ?, coalesce(max(seq), 0) FROM sqlite_sequence"
            " WHERE name = 'attempts' ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (_FORGOTTEN,),
        )
