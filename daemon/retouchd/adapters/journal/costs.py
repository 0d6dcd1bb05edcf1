"""What was paid, set aside or is unclear, by day and top folder of the inbox; for screens."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from retouchd.adapters.journal.codec import to_path
from retouchd.adapters.journal.table import Table
from retouchd.core.money import NOTHING, Money
from retouchd.core.outcomes import OutcomeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What calls cost; the three never overlap, and together they are what the limits count.

    Attributes:
        set_aside: For calls under way, and for some that failed until their job ends.
        unclear: Perhaps paid: the answer was lost.
    """

    calls: int = 0
    charged: Money = NOTHING
    set_aside: Money = NOTHING
    unclear: Money = NOTHING

    def __add__(self, other: "Costs") -> "Costs":
        return Costs(
            calls=self.calls + other.calls,
            charged=self.charged + other.charged,
            set_aside=self.set_aside + other.set_aside,
            unclear=self.unclear + other.unclear,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """The costs of one day and one folder at the inbox's top; "." is the inbox itself."""

    day: str
    month: str
    folder: PurePosixPath
    costs: Costs


class CostsTable(Table):
    """The attempts as whoever pays wants to see them."""

    def cost_lines(self) -> Iterator[CostLine]:
        """Give a line for each day and folder, the newest day first."""
        rows = self.connection.execute(
            "SELECT day, month, top_folder, sum(calls) AS calls, sum(charged) AS charged,"
            " sum(set_aside) AS set_aside, sum(unclear) AS unclear FROM ("
            "  SELECT day, month, top_folder, count(*) AS calls, sum(charged) AS charged,"
            "   sum(reserved) FILTER (WHERE outcome IS NOT :unknown) AS set_aside,"
            "   sum(reserved) FILTER (WHERE outcome IS :unknown) AS unclear"
            "  FROM attempts GROUP BY day, month, top_folder"
            "  UNION ALL SELECT day, month, top_folder, calls, charged, 0, 0 FROM past_costs"
            " ) GROUP BY day, month, top_folder ORDER BY day DESC, month DESC, top_folder",
            {"unknown": OutcomeKind.UNKNOWN},
        )
        for row in rows:
            costs = Costs(
                calls=row["calls"],
                charged=Money(row["charged"]),
                set_aside=Money(row["set_aside"] or 0),
                unclear=Money(row["unclear"] or 0),
            )
            yield CostLine(day=row["day"], month=row["month"], folder=to_path(row["top_folder"]), costs=costs)
