"""Answers put into a spool as the endpoint does it."""

import json
from collections.abc import Mapping

from retouchd.adapters.spool.store import AnswerSpool
from retouchd.core.outcomes import Answered
from retouchd.core.values import AttemptId
from strategies import LABEL

ATTEMPT = AttemptId(12)
HEAD = Answered(status=200, headers={"x-request-id": "r\xff1"}, elapsed_seconds=41.5)


def receive(spool: AnswerSpool, body: bytes, head: Answered = HEAD) -> None:
    """Spool one answer, in place of an earlier one, in pieces as they come from a socket."""
    spool.discard(ATTEMPT)
    spool.begin(ATTEMPT, LABEL)
    with spool.open_writer(ATTEMPT) as writer:
        for at in range(0, len(body), 65536):
            writer.write(body[at : at + 65536])
        writer.finish(head)


def receive_json(spool: AnswerSpool, fields: Mapping[str, object], head: Answered = HEAD) -> bytes:
    """Spool one answer made of these fields."""
    body = json.dumps(fields).encode()
    receive(spool, body, head)
    return body
