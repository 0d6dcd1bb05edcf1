"""The journal's bundles: what lies in the inbox, and what became of it."""

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache, partial
from pathlib import PurePosixPath

from retouchd.adapters.journal.codec import (
    to_bytes,
    to_fields,
    to_json,
    to_moment,
    to_path,
    to_rows,
    to_seconds,
    to_sure_moment,
    to_text,
    to_words,
)
from retouchd.adapters.journal.sharing import SharingTable
from retouchd.adapters.journal.table import REMEMBERED_ROWS
from retouchd.adapters.journal.turns import Waiting, choose_in_turn
from retouchd.core.bundles import Bundle, Role
from retouchd.core.records import LIVE_BUNDLES, Accepted, BundleRecord, BundleState, Moments, Sight
from retouchd.core.turns import Turns, top_folder
from retouchd.core.values import BundleId, Sha256, Signature

_LIVE = "state NOT IN ('filed', 'detached')"
_INSERT = (
    "INSERT INTO bundles (folder, key, photo, detail, seen, boot, digest, state, quiet_at, looks, claims,"
    " accepted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, '[]')"
)
# One step, in which other threads run: with a step for each row the engine waited for the scanner at each.
_INSERT_ALL = """
INSERT INTO bundles (folder, key, photo, detail, digest, state, quiet_at, seen, boot, looks, claims, accepted)
SELECT CAST(json_extract(value, '$[0]') AS BLOB), CAST(json_extract(value, '$[1]') AS BLOB),
CAST(json_extract(value, '$[2]') AS BLOB), json_extract(value, '$[3]'), json_extract(value, '$[4]'),
json_extract(value, '$[5]'), json_extract(value, '$[6]'), :seen, :boot, 0, 0, '[]'
FROM json_each(:rows) ORDER BY key
"""
_SHARE_ALL = """
INSERT OR IGNORE INTO shared_files SELECT CAST(shared.value AS BLOB), :first + sight.key
FROM json_each(:rows) AS sight, json_each(sight.value, '$[7]') AS shared
"""
# From one folder to the next in the index, however many bundles lie in it: DISTINCT would read them all, and
# it is asked for each folder that is moved in.
_LIVE_FOLDERS = f"""
WITH RECURSIVE found(folder) AS (
    SELECT min(folder) FROM bundles WHERE {_LIVE}
    UNION ALL
    SELECT (SELECT min(folder) FROM bundles WHERE folder > found.folder AND {_LIVE}) FROM found
    WHERE found.folder IS NOT NULL
)
SELECT folder FROM found WHERE folder IS NOT NULL
"""
IS_QUIET = "CASE boot WHEN :boot THEN quiet_at <= :monotonic ELSE :monotonic >= :strangers_quiet END"
_LOOK_IS_DUE = f"state = 'arriving' AND (look_at IS NULL OR look_at <= :now) AND {IS_QUIET}"


def _due(where: str) -> str:
    """Give the question for what is due among the bundles of which a condition holds.

    Each line reads, off one index, no more bundles than are asked for, however many wait: those of this boot,
    of boots whose ids sort before and after it, and those that are to be looked at again.
    """
    lines = (
        "look_at IS NULL AND boot = :boot AND quiet_at <= :monotonic ORDER BY quiet_at",
        "look_at IS NULL AND boot < :boot AND :monotonic >= :strangers_quiet ORDER BY boot, quiet_at",
        "look_at IS NULL AND boot > :boot AND :monotonic >= :strangers_quiet ORDER BY boot, quiet_at",
        f"look_at <= :now AND {IS_QUIET} ORDER BY look_at",
    )
    ids = " UNION ALL ".join(
        f"SELECT id FROM (SELECT id FROM bundles WHERE {where} AND {line}, id LIMIT :limit)" for line in lines
    )
    return f"SELECT * FROM bundles WHERE id IN ({ids}) ORDER BY id LIMIT :limit"


_DUE = _due("state = 'arriving'")
_DUE_IN = _due("state = 'arriving' AND top = :top")


class BundlesTable(SharingTable):
    """Fits the engine's Protocol Bundles."""

    def record_seen(
        self, bundle: Bundle, digest: str, state: BundleState, now: datetime, quiet_from: float
    ) -> BundleId:
        """Note a bundle that is new or has changed, and from when on it is quiet, on this boot's clock."""
        row = self.connection.execute(
            f"{_INSERT} ON CONFLICT (folder, key) WHERE {_LIVE} DO UPDATE SET photo = excluded.photo,"
            " digest = excluded.digest, state = excluded.state, detail = excluded.detail,"
            " boot = excluded.boot, quiet_at = excluded.quiet_at, looks = 0, first_look = NULL, claims = 0,"
            " look_at = NULL RETURNING id",
            (*self._seen(bundle, now), digest, state, quiet_from),
        ).fetchone()
        return BundleId(row["id"])

    def record_new(self, sights: Sequence[Sight], now: datetime) -> None:
        """Note bundles at places where none is live, in this order, and which files they share."""
        rows = to_rows([_row(one) for one in sights])
        if rows is None:  # A name is no text.
            for one in sights:
                number = self.record_seen(one.bundle, one.bundle.digest, one.state, now, one.quiet_from)
                self.share_files(number, one.shared)
            return
        values = {"rows": rows, "seen": to_seconds(now), "boot": self.boot}
        self.connection.execute(_INSERT_ALL, values)
        # One is added after the other, and nobody else adds any meanwhile.
        last = self.connection.execute("SELECT last_insert_rowid()").fetchone()[0]
        self.connection.execute(_SHARE_ALL, {"rows": rows, "first": last - len(sights) + 1})

    def _seen(self, bundle: Bundle, now: datetime) -> tuple[object, ...]:
        return (
            to_bytes(bundle.folder),
            to_bytes(bundle.key),
            to_bytes(bundle.photo.name),
            to_words(bundle.detail),
            to_seconds(now),
            self.boot,
        )

    def live_at(self, folder: PurePosixPath, keys: Collection[str]) -> Mapping[str, BundleRecord]:
        """Give the live bundles at some places of a folder by their keys."""
        holes = ", ".join("?" for _ in keys)
        rows = self.connection.execute(
            f"SELECT * FROM bundles WHERE folder = ? AND key IN ({holes}) AND {_LIVE}",
            (to_bytes(folder), *map(to_bytes, keys)),
        )
        return {record.key: record for record in map(_record, rows)}

    def find_live(self, folder: PurePosixPath, key: str) -> BundleRecord | None:
        """Give the live bundle at a place."""
        row = self.connection.execute(
            f"SELECT * FROM bundles WHERE folder = ? AND key = ? AND {_LIVE}",
            (to_bytes(folder), to_bytes(key)),
        ).fetchone()
        return None if row is None else _record(row)

    def get_bundle(self, bundle: BundleId) -> BundleRecord:
        """Give one bundle."""
        return _record(self.connection.execute("SELECT * FROM bundles WHERE id = ?", (bundle,)).fetchone())

    def update_bundle(self, record: BundleRecord) -> None:
        """Store what changed of a bundle; its place and quiet stay."""
        accepted = [
            [_place(one.path, record.folder), one.role, one.sha256, to_fields(one.signature)]
            for one in record.accepted
        ]
        self.connection.execute(
            "UPDATE bundles SET digest = ?, state = ?, detail = ?, settled = ?, looks = ?, first_look = ?,"
            " claims = ?, look_at = ?, accepted = ?, filing = ? WHERE id = ?",
            (
                record.digest,
                record.state,
                to_words(record.detail),
                to_seconds(record.settled),
                record.looks,
                to_seconds(record.first_look),
                record.claims,
                to_seconds(record.look_at),
                to_json(accepted),
                record.filing,
                record.id,
            ),
        )
        if record.state not in LIVE_BUNDLES:
            self.share_files(record.id, ())

    def plan_filing(self, bundle: BundleId, number: int) -> None:
        """Store the number with which a bundle's files are filed."""
        self.connection.execute("UPDATE bundles SET filing = ? WHERE id = ?", (number, bundle))

    def forget_bundle(self, bundle: BundleId) -> None:
        """Remove a bundle that vanished before it became a job."""
        self.connection.execute("DELETE FROM bundles WHERE id = ?", (bundle,))
        self.share_files(bundle, ())

    def bundles_to_look_at(self, moments: Moments, turns: Turns) -> list[BundleRecord]:
        """Give bundles that are quiet and due: in turn over the top folders, the oldest of each first."""
        values = {**self._moments(moments), "limit": turns.limit}

        def due(question: str, top: bytes = b"") -> list[BundleRecord]:
            rows = self.connection.execute(question, {**values, "top": top})
            return [_record(row) for row in rows]

        waiting = Waiting(
            oldest=partial(due, _DUE),
            oldest_in=partial(due, _DUE_IN),
            next_top=self._next_top_to_look_at,
            folder_of=lambda record: top_folder(record.folder),
        )
        return choose_in_turn(waiting, turns)

    def _next_top_to_look_at(self, last: bytes) -> bytes | None:
        row = self.connection.execute(
            "SELECT top FROM bundles WHERE state = 'arriving' AND top > ? ORDER BY top LIMIT 1", (last,)
        ).fetchone()
        return None if row is None else bytes(row["top"])

    def mark_urgent(self, bundle: BundleId) -> None:
        """Note that a person waits for a bundle."""
        self.connection.execute("UPDATE bundles SET urgent = 1 WHERE id = ?", (bundle,))

    def urgent_bundles(self) -> list[BundleRecord]:
        """Give the live bundles that a person waits for, oldest first."""
        rows = self.connection.execute(f"SELECT * FROM bundles WHERE urgent = 1 AND {_LIVE} ORDER BY id")
        return [_record(row) for row in rows]

    def urgent_to_look_at(self, moments: Moments) -> list[BundleRecord]:
        """Give those of them that are quiet and due."""
        rows = self.connection.execute(
            # Else SQLite reads all that arrive, of which there may be many.
            "SELECT * FROM bundles INDEXED BY bundles_urgent"
            f" WHERE urgent = 1 AND {_LIVE} AND {_LOOK_IS_DUE} ORDER BY id",
            self._moments(moments),
        )
        return [_record(row) for row in rows]

    def is_look_due(self, bundle: BundleId, moments: Moments) -> bool:
        """Say whether a bundle is quiet and due to be looked at."""
        row = self.connection.execute(
            f"SELECT {_LOOK_IS_DUE} AS due FROM bundles WHERE id = :id",
            {**self._moments(moments), "id": bundle},
        ).fetchone()
        return bool(row["due"])

    def bundles_to_file(self, now: datetime, limit: int) -> list[BundleRecord]:
        """Give bundles all of whose jobs have ended, due ones only."""
        rows = self.connection.execute(
            "SELECT * FROM bundles WHERE state = 'ending' AND (look_at IS NULL OR look_at <= ?)"
            " ORDER BY id LIMIT ?",
            (to_seconds(now), limit),
        )
        return [_record(row) for row in rows]

    def bundles_in(self, state: BundleState) -> list[BundleRecord]:
        """Give all bundles of a state; only for states that hold few."""
        rows = self.connection.execute("SELECT * FROM bundles WHERE state = ? ORDER BY id", (state,))
        return [_record(row) for row in rows]

    def folders_with_live_bundles(self) -> list[PurePosixPath]:
        """Give every folder below the inbox that has a live bundle."""
        rows = self.connection.execute(_LIVE_FOLDERS)
        return [to_path(row["folder"]) for row in rows]

    def live_in_folder(self, folder: PurePosixPath) -> Mapping[str, str]:
        """Give the digests of a folder's live bundles by their keys."""
        rows = self.connection.execute(
            f"SELECT key, digest FROM bundles WHERE folder = ? AND {_LIVE}", (to_bytes(folder),)
        )
        return {to_text(row["key"]): row["digest"] for row in rows}

    def count_bundles(self, moments: Moments) -> Mapping[str, int]:
        """Count "arriving", "queued", "waiting_for_prompt" and "needs_you".

        A bundle is queued, not arriving, once it is quiet and no look at it failed.
        """
        row = self.connection.execute(
            "SELECT count(*) FILTER (WHERE state = 'lacks_prompt') AS waiting_for_prompt,"
            " count(*) FILTER (WHERE state = 'needs_you') AS needs_you,"
            " count(*) FILTER (WHERE state IN ('arriving', 'looked_at')) AS all_coming,"
            f" count(*) FILTER (WHERE state IN ('arriving', 'looked_at') AND looks = 0 AND {IS_QUIET})"
            " AS queued FROM bundles WHERE state IN ('lacks_prompt', 'needs_you', 'arriving', 'looked_at')",
            self._moments(moments),
        ).fetchone()
        return {
            "arriving": row["all_coming"] - row["queued"],
            "queued": row["queued"],
            "waiting_for_prompt": row["waiting_for_prompt"],
            "needs_you": row["needs_you"],
        }

    def next_bundle_due(self, moments: Moments) -> float | None:
        """Give the seconds until the next bundle becomes quiet or is to be looked at again."""
        row = self.connection.execute(
            "SELECT (SELECT min(quiet_at) - :monotonic FROM bundles WHERE state = 'arriving'"
            "  AND look_at IS NULL AND boot = :boot AND quiet_at > :monotonic) AS quiet,"
            " (SELECT min(look_at) - :now FROM bundles WHERE state = 'arriving' AND look_at > :now) AS look,"
            " (SELECT min(look_at) - :now FROM bundles WHERE state = 'ending' AND look_at > :now) AS filing,"
            " (SELECT :strangers_quiet - :monotonic WHERE :strangers_quiet > :monotonic AND ("
            "  EXISTS (SELECT 1 FROM bundles WHERE state = 'arriving' AND look_at IS NULL AND boot < :boot)"
            "  OR EXISTS (SELECT 1 FROM bundles WHERE state = 'arriving' AND look_at IS NULL"
            "   AND boot > :boot))) AS stranger",
            self._moments(moments),
        ).fetchone()
        return min((value for value in tuple(row) if value is not None), default=None)

    def _moments(self, moments: Moments) -> dict[str, object]:
        return {
            "now": to_seconds(moments.now),
            "monotonic": moments.monotonic,
            "boot": self.boot,
            "strangers_quiet": self.strangers_quiet_at,
        }


def _row(sight: Sight) -> tuple[object, ...]:
    bundle = sight.bundle
    return (
        str(bundle.folder),
        bundle.key,
        bundle.photo.name,
        bundle.detail,
        bundle.digest,
        sight.state,
        sight.quiet_from,
        sight.shared,
    )


@lru_cache(REMEMBERED_ROWS)
def _record(row: sqlite3.Row) -> BundleRecord:
    folder = to_path(row["folder"])
    accepted = [
        Accepted(
            path=_path(place, folder),
            role=Role(role),
            sha256=Sha256(sha256),
            signature=Signature(**signature),
        )
        for place, role, sha256, signature in json.loads(row["accepted"])
    ]
    return BundleRecord(
        id=BundleId(row["id"]),
        folder=folder,
        key=to_text(row["key"]),
        photo=to_text(row["photo"]),
        digest=row["digest"],
        state=BundleState(row["state"]),
        detail=row["detail"],
        seen=to_sure_moment(row["seen"]),
        settled=to_moment(row["settled"]),
        looks=row["looks"],
        first_look=to_moment(row["first_look"]),
        claims=row["claims"],
        look_at=to_moment(row["look_at"]),
        accepted=tuple(accepted),
        filing=row["filing"],
    )


def _place(path: PurePosixPath, folder: PurePosixPath) -> str:
    """Give a bundle's file as it is stored: a bare name, or a slash and the path below the inbox."""
    return path.name if path.parent == folder else f"/{path}"


def _path(place: str, folder: PurePosixPath) -> PurePosixPath:
    return PurePosixPath(place[1:]) if place.startswith("/") else folder / place
