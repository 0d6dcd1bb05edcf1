"""What is done where the name of an output is taken in the outbox, as the owner decided.

Runs in a worker.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any, Final

from retouchd.core.errors import NameTakenError
from retouchd.core.jobs import Job
from retouchd.core.naming import OnConflict, metadata_path
from retouchd.core.pictures import PictureFormat
from retouchd.core.values import JobId, Sha256
from retouchd.engine.deliveries import Deliveries
from retouchd.engine.desk import Desk
from retouchd.engine.moves import Moves
from retouchd.engine.needs import Outbox, Staged
from retouchd.engine.office import Office

# The answer's own kind gives the suffix, so that it is not known for sure before it is paid for.
_SUFFIXES: Final = (*(kind.suffix for kind in PictureFormat), ".jpeg")
# Our own metadata files are a few kB; more of a stranger's is not read.
_MAX_METADATA_BYTES: Final = 1024 * 1024


class Conflicts:
    """Sees to names that are taken."""

    def __init__(
        self, office: Office, desk: Desk, moves: Moves, deliveries: Deliveries, outbox: Outbox
    ) -> None:
        self._office = office
        self._desk = desk
        self._moves = moves
        self._deliveries = deliveries
        self._outbox = outbox

    def skip(self, job: Job) -> Job:
        """End a job whose output's name is taken, unless it was sent already; give it as it is then.

        A name that is taken later than this gives the output a number: it was paid for.
        """
        if self._office.policy.on_conflict is not OnConflict.SKIP:
            return job
        taken = self._outbox.find_taken(job.stem, _SUFFIXES)
        return job if taken is None else self._desk.ask(self._moves.skip, job.id, taken)

    def publish(self, job: JobId, staged: Staged, path: PurePosixPath) -> None:
        """Give a picture its name, in the place of an earlier output of ours where that is wanted.

        A crash after any step leaves a whole picture under the name, the earlier or the new one, or where two
        names cannot be exchanged none until the next try; metadata, if there is any, describes it.

        Raises:
            NameTakenError: The name, or its metadata's, is not ours to give.
        """
        is_overwriting = self._office.policy.on_conflict is OnConflict.OVERWRITE
        earlier = self._make_way(job, staged, path) if is_overwriting else None
        place = metadata_path(path)
        if self._outbox.is_taken(place) and not self.is_metadata_of(job, staged.sha256, place):
            raise NameTakenError(operation="publish", path=path, reason="its metadata's name is taken")
        if earlier is None or earlier == staged.sha256:
            self._outbox.publish(staged, path)
        else:
            self._outbox.replace(staged, path, earlier)

    def is_metadata_of(self, job: JobId, sha256: Sha256, place: PurePosixPath) -> bool:
        """Say whether a metadata file is this delivery's own, written by an earlier version of us."""
        fields = _read(self._outbox.read(place, _MAX_METADATA_BYTES))
        return (fields.get("job"), _described_in(fields)) == (job, sha256)

    def _make_way(self, job: JobId, staged: Staged, path: PurePosixPath) -> Sha256 | None:
        """Remove the metadata of an earlier output that is ours and unchanged; give that output's hash.

        What a person has changed, or put there, stays and is told.
        """
        place = metadata_path(path)
        for one in (place, path):
            self._outbox.bring_back(one)
        earlier = self._outbox.hash_of(path)
        content = self._outbox.read(place, _MAX_METADATA_BYTES)
        described = _described_in(_read(content))
        if earlier is None:
            is_ours = described is not None  # Its picture was taken away.
        else:
            known = {staged.sha256, *self._desk.ask(self._deliveries.outputs_at, path, job)}
            is_ours = earlier == described or (content is None and earlier in known)
        if earlier is not None and not is_ours:
            self._desk.ask(self._deliveries.tell_kept, job, path)
        if not is_ours:
            return None
        if content is not None:
            # Before the picture that it describes; from here on the journal alone tells that one for ours.
            self._outbox.withdraw(place, Sha256(sha256(content).hexdigest()))
        return earlier


def _read(content: bytes | None) -> Mapping[str, Any]:
    try:
        fields = json.loads(content or b"")
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _described_in(fields: Mapping[str, Any]) -> Sha256 | None:
    """Give the hash of the picture that our metadata describes, or None when it is not ours."""
    output = fields.get("output")
    sha256 = output.get("sha256") if isinstance(output, dict) else None
    return Sha256(sha256) if isinstance(sha256, str) else None
