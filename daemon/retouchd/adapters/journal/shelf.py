"""What the journal knows of kept answers: whose they are, and whether anybody needs them."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from retouchd.adapters.journal.codec import to_sure_moment
from retouchd.adapters.journal.table import Table
from retouchd.core.outcomes import RULES, Effect
from retouchd.core.values import AttemptId

_THESE: Final = "id IN (SELECT value FROM json_each(:ids))"
_IS_FREE: Final = "reserved = 0 AND charged = 0 AND outcome NOT IN (SELECT value FROM json_each(:answered))"
# Its job has its picture, or will never have it, and so has everybody who wants the same. One that is done
# without a picture stands for a photo that is not known any more: its answer is all that there is.
_IS_OVER: Final = (
    "NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.edit = attempts.edit AND (state NOT IN ('done', 'failed',"
    " 'cancelled') OR (state = 'done' AND output_path IS NULL)))"
)
_ANSWERED: Final = [kind for kind, rule in RULES.items() if rule.effect is Effect.RECEIVE]


class ShelfTable(Table):
    """Fits a part of the engine's Protocol Ledger."""

    def known_attempts(self, attempts: Sequence[AttemptId]) -> set[AttemptId]:
        """Give those of these attempts that are known."""
        rows = self.connection.execute(
            f"SELECT id FROM attempts WHERE {_THESE}", {"ids": json.dumps(list(attempts))}
        )
        return {AttemptId(row["id"]) for row in rows}

    def spare_attempts(self, attempts: Sequence[AttemptId]) -> Mapping[AttemptId, datetime]:
        """Give those of these attempts whose answers nobody needs any more, and since when.

        What cost nothing was never needed.
        """
        rows = self.connection.execute(
            f"SELECT id, CASE WHEN {_IS_FREE} THEN 0.0 ELSE ended END AS since FROM attempts"
            f" WHERE {_THESE} AND ended IS NOT NULL AND ({_IS_FREE} OR {_IS_OVER})",
            {"ids": json.dumps(list(attempts)), "answered": json.dumps(_ANSWERED)},
        )
        return {AttemptId(row["id"]): to_sure_moment(row["since"]) for row in rows}
