"""What the journal knows beside the attempts of how much may be spent: the prices that were seen."""

from retouchd.adapters.journal.table import Table
from retouchd.core.money import Money
from retouchd.core.prices import Price
from retouchd.core.request import EditRequest


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
