"""One call under way: from the moment it is wanted to the value that says how it ended.

Nothing that the network does raises out of here, nothing is logged, and nothing is ever sent twice.
"""

import time
from collections.abc import Mapping
from typing import Any, Final

import httpcore
import httpx

from retouchd.adapters.endpoint.answers import AnswerWriter, CensoredWriter
from retouchd.adapters.endpoint.body import Body
from retouchd.adapters.endpoint.censor import Censor
from retouchd.adapters.endpoint.deadline import Line
from retouchd.adapters.endpoint.mapping import NETWORK_ERRORS, describe_failure
from retouchd.adapters.endpoint.reply import copy_body, finish, headers_of
from retouchd.baton import BATON
from retouchd.core.errors import FileTroubleError
from retouchd.core.outcomes import Answered, CallEnd, NoAnswer, NotSent, NotSentKind

_CONNECTED: Final = "connection.connect_tcp.complete"
_BODY_FAILED: Final = "http11.send_request_body.failed"
# The steps that take long with nothing to do; others run meanwhile.
_WAITS: Final = frozenset(
    {"connection.connect_tcp", "connection.start_tls", "http11.receive_response_headers"}
)
_STARTED: Final = "started"
# Who stopped taking the request has answered it by now, or will not.
_EARLY_ANSWER_SECONDS: Final = 5.0


class Call:
    """One call, made once.

    Attributes:
        line: Its connection, which can be ended from outside.
        key: Is struck out of whatever comes back.
        timeouts: httpcore's own, in seconds; looked up anew before each read and write.

    Args:
        body: What is sent, or None for a question that costs nothing.
        key: As it is now; printable ASCII.
    """

    def __init__(self, body: Body | None, key: str, timeouts: dict[str, float | None]) -> None:
        self.line = Line()
        self.key = key
        self.timeouts = timeouts
        self._stalled = False
        self._body = body
        self._begin = time.monotonic()

    def elapsed_seconds(self) -> float:
        """Give the time since the call's begin."""
        return time.monotonic() - self._begin

    def note_event(self, event: str, details: Mapping[str, Any]) -> None:
        """Follow httpcore's trace: take over the connection before any TLS, let others run in waits.

        Raises:
            WriteError: In place of the time-out of a body that is not taken: only after this error does
                httpcore read the answer that may have come before, which may have been charged.
        """
        step, _, phase = event.rpartition(".")
        if step in _WAITS:
            BATON.put_down() if phase == _STARTED else BATON.pick_up()
        if event == _CONNECTED:
            self.line.attach(details["return_value"].get_extra_info("socket"))
        elif event == _BODY_FAILED and isinstance(details["exception"], httpcore.WriteTimeout):
            self._stalled = True
            self.timeouts["read"] = min(self.timeouts["read"] or _EARLY_ANSWER_SECONDS, _EARLY_ANSWER_SECONDS)
            raise httpcore.WriteError from details["exception"]

    def make(
        self, client: httpx.Client, request: httpx.Request, answer: AnswerWriter, max_answer_bytes: int
    ) -> CallEnd:
        """Send the request and keep what is answered."""
        try:
            # An Auth that does nothing: httpx would take one out of a URL or a .netrc otherwise.
            response = client.send(request, stream=True, auth=httpx.Auth(), follow_redirects=False)
        except (*NETWORK_ERRORS, FileTroubleError) as exc:
            return self._describe(exc)
        try:
            return self._take(response, answer, max_answer_bytes)
        finally:
            response.close()

    def _take(self, response: httpx.Response, answer: AnswerWriter, max_answer_bytes: int) -> CallEnd:
        censor = Censor(self.key)
        censored = CensoredWriter(answer, censor)
        cut = copy_body(response, censored, max_answer_bytes, self.line)
        head = Answered(
            status=response.status_code,
            headers=headers_of(response, censor.strike_out),
            elapsed_seconds=self.elapsed_seconds(),
            body_sent=self._body is None or self._body.sent,
            cut=cut,
        )
        return finish(censored, head)

    def _describe(self, error: BaseException) -> NotSent | NoAnswer:
        if self._body is not None and self._body.trouble is not None:
            return self.not_sent(*self._body.trouble)
        return describe_failure(
            httpx.WriteTimeout("") if self._stalled else error,
            sent=self._body is not None and self._body.sent,
            ended_by=self.line.ended_by,
            elapsed_seconds=self.elapsed_seconds(),
        )

    def not_sent(self, kind: NotSentKind, detail: str) -> NotSent:
        """Give the end of this call before its body went out whole."""
        return NotSent(kind=kind, detail=detail, elapsed_seconds=self.elapsed_seconds())
