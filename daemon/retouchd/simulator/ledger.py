"""What was asked and what was charged, in order: the proof that nobody paid twice.

Kept in memory; charged calls are also appended to a file if one is named, so that a test which kills
processes can read them afterwards.
"""

import json
import os
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path


class Outcome(StrEnum):
    """Whether money moved."""

    CHARGED = "charged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A request whose body was read to its end.

    Attributes:
        at: When the first byte of the request was looked at, in UTC.
        idempotency_key: The header of that name. Recorded, otherwise ignored: nothing is documented.
        request_sha256: Hex digest of the body, also of one that was read only to be refused.
    """

    at: datetime
    idempotency_key: str | None
    request_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One answered call of the edit endpoint.

    Attributes:
        number: From 1, in the order in which the calls ended.
        prompt: Of a charged call; None when refused.
        save_path: Of a charged call that named one; None when refused.
        seconds: From arrival until the call was charged or refused.
    """

    number: int
    at: datetime
    outcome: Outcome
    status: int
    cost_usd: Decimal
    prompt: str | None
    save_path: str | None
    idempotency_key: str | None
    request_sha256: str
    seconds: float

    def as_json(self) -> dict[str, object]:
        """The same as JSON knows it: the time in ISO 8601, the cost as a number."""
        return {
            "number": self.number,
            "at": self.at.isoformat(),
            "outcome": self.outcome,
            "status": self.status,
            "cost_usd": float(self.cost_usd),
            "prompt": self.prompt,
            "save_path": self.save_path,
            "idempotency_key": self.idempotency_key,
            "request_sha256": self.request_sha256,
            "seconds": self.seconds,
        }


class Ledger:
    """All calls of one simulator; safe to use from any thread.

    Args:
        path: JSON-lines file to which every charged call is appended, or None.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._calls: list[Call] = []

    def calls(self) -> list[Call]:
        """Every call so far, oldest first."""
        with self._lock:
            return list(self._calls)

    def charge(self, arrival: Arrival, *, cost_usd: Decimal, prompt: str, save_path: str | None) -> Call:
        """Records a paid call, in the file too before it returns."""
        return self._record(arrival, Outcome.CHARGED, 200, cost_usd, (prompt, save_path))

    def refuse(self, arrival: Arrival, status: int) -> Call:
        """Records a call that was answered with an error and cost nothing."""
        return self._record(arrival, Outcome.REFUSED, status, Decimal(0), (None, None))

    def _record(
        self,
        arrival: Arrival,
        outcome: Outcome,
        status: int,
        cost_usd: Decimal,
        asked: tuple[str | None, str | None],
    ) -> Call:
        with self._lock:
            call = Call(
                number=len(self._calls) + 1,
                at=arrival.at,
                outcome=outcome,
                status=status,
                cost_usd=cost_usd,
                prompt=asked[0],
                save_path=asked[1],
                idempotency_key=arrival.idempotency_key,
                request_sha256=arrival.request_sha256,
                seconds=round((datetime.now(UTC) - arrival.at).total_seconds(), 3),
            )
            self._calls.append(call)
            if self._path is not None and outcome is Outcome.CHARGED:
                _append_line(self._path, json.dumps(call.as_json()))
            return call


def _append_line(path: Path, line: str) -> None:
    """Appends in one write, so that a reader or a kill never sees half a line."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        os.write(descriptor, f"{line}\n".encode())
    finally:
        os.close(descriptor)
