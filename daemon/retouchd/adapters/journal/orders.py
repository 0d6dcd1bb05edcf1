"""The journal's pauses, and the commands that people leave for the daemon."""

from datetime import datetime

from retouchd.adapters.journal.codec import to_moment, to_seconds, to_sure_moment, to_words
from retouchd.adapters.journal.table import Table
from retouchd.core.pauses import Pause, PauseReason
from retouchd.core.records import Command, Verb


class OrdersTable(Table):
    """Fits the engine's Protocol Orders."""

    def pauses(self) -> list[Pause]:
        """Give the pauses, oldest first."""
        return [
            Pause(
                reason=PauseReason(row["reason"]),
                detail=row["detail"],
                since=to_sure_moment(row["since"]),
                until=to_moment(row["until"]),
            )
            for row in self.connection.execute("SELECT * FROM pauses ORDER BY since, reason")
        ]

    def begin_pause(self, pause: Pause) -> None:
        """Add a pause, or renew the one with its reason; the first begin stays."""
        self.connection.execute(
            "INSERT INTO pauses (reason, detail, since, until) VALUES (:reason, :detail, :since, :until)"
            " ON CONFLICT (reason) DO UPDATE SET detail = :detail, until = :until",
            {
                "reason": pause.reason,
                "detail": to_words(pause.detail),
                "since": to_seconds(pause.since),
                "until": to_seconds(pause.until),
            },
        )

    def end_pause(self, reason: PauseReason) -> None:
        """Remove a pause."""
        self.connection.execute("DELETE FROM pauses WHERE reason = ?", (reason,))

    def give_command(self, verb: Verb, argument: str, now: datetime) -> int:
        """Leave a command for the daemon."""
        row = self.connection.execute(
            "INSERT INTO commands (verb, argument, given) VALUES (?, ?, ?) RETURNING id",
            (verb, to_words(argument), to_seconds(now)),
        ).fetchone()
        return int(row["id"])

    def commands(self) -> list[Command]:
        """Give the commands that are not obeyed yet; what a later version may have left is not understood."""
        known = ", ".join(f"'{verb}'" for verb in Verb)
        rows = self.connection.execute(
            f"SELECT * FROM commands WHERE obeyed IS NULL AND verb IN ({known}) ORDER BY id"
        )
        return [Command(id=row["id"], verb=Verb(row["verb"]), argument=row["argument"]) for row in rows]

    def answer_command(self, command: int, answer: str, now: datetime) -> None:
        """Note that a command was obeyed, and what came of it."""
        self.connection.execute(
            "UPDATE commands SET obeyed = ?, answer = ? WHERE id = ?",
            (to_seconds(now), to_words(answer), command),
        )

    def command_answer(self, command: int) -> str | None:
        """Give what came of a command, or None while it waits."""
        row = self.connection.execute("SELECT answer FROM commands WHERE id = ?", (command,)).fetchone()
        return None if row is None or row["answer"] is None else str(row["answer"])

    def set_note(self, name: str, value: str) -> None:
        """Keep one small fact for the status."""
        self.connection.execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, to_words(value)),
        )

    def note(self, name: str) -> str | None:
        """Give a fact that was kept, or None."""
        row = self.connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row["value"])
