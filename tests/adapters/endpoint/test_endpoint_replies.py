"""What comes back: early, odd, too large, or while the disk fills."""

from pathlib import PurePath

import pytest
from endpoint_calls import ATTEMPT, BytesImage, MakeCaller, make_order
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retouchd.core.errors import FileTroubleError, NoRoomError
from retouchd.core.outcomes import Answered, NoAnswer
from servers import Exchange, ScriptedServer, answering, reply_bytes, sending

BIG = BytesImage(b"\xff" * 16_000_000)


@pytest.mark.parametrize("status", [401, 413, 429])
def test_an_early_refusal_is_read(make_caller: MakeCaller, status: int) -> None:
    """A refusal that comes before the body was taken is an answer to a request that was not sent whole."""

    def refuse(exchange: Exchange) -> None:
        exchange.read_head()
        exchange.send(reply_bytes(status, b"no"))

    with ScriptedServer(refuse) as server:
        caller = make_caller(server.url)
        end = caller.submit(BIG)

    assert isinstance(end, Answered)
    assert (end.status, end.body_sent) == (status, False)
    assert caller.body() == b"no"


def test_interim_replies_are_passed_over(make_caller: MakeCaller) -> None:
    """Any number of 1xx replies come before the answer and are none."""
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    with ScriptedServer(sending(interim * 3, reply_bytes(200, b"yes"))) as server:
        end = make_caller(server.url).submit()

    assert isinstance(end, Answered)
    assert end.status == 200


def test_headers_are_lower_case_and_the_last_one_stands(make_caller: MakeCaller) -> None:
    """Names are in lower case, of repeated ones the last stands, and no byte of a value is an error."""
    lines = (b"CF-Ray: one", b"cf-ray: tw\xff", b"Set-Cookie: =\xe9;;", b"Content-Length: 0")
    with ScriptedServer(sending(b"HTTP/1.1 200 OK\r\n" + b"\r\n".join(lines) + b"\r\n\r\n")) as server:
        end = make_caller(server.url).submit()

    assert isinstance(end, Answered)
    assert end.headers["cf-ray"] == "tw\xff"


@pytest.mark.parametrize("location", ["http://[::bad/", "http://a:99999999/", "\x80", "//", "http://"])
def test_an_absurd_redirect_is_an_answer(make_caller: MakeCaller, location: str) -> None:
    """A Location that is no URL does not turn an answer into a lost one."""
    with ScriptedServer(answering(302, b"", {"Location": location})) as server:
        end = make_caller(server.url).submit()

    assert isinstance(end, Answered)
    assert end.headers["location"] == location


@pytest.mark.parametrize(
    "headers",
    [{}, {"Transfer-Encoding": "chunked"}, {"Connection": "close"}],
    ids=["length", "chunked", "close"],
)
def test_an_answer_over_the_cap_is_cut(make_caller: MakeCaller, headers: dict[str, str]) -> None:
    """Of an answer above the cap exactly the cap is kept."""
    body = b"x" * 3_000_000
    if "Transfer-Encoding" in headers:
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    lines = headers or {"Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    with ScriptedServer(sending(f"HTTP/1.1 200 OK\r\n{head}\r\n".encode(), body)) as server:
        caller = make_caller(server.url, max_answer_bytes=2_000_000)
        end = caller.submit()

    assert isinstance(end, Answered)
    assert end.cut == "it is larger than 2 MB"
    assert caller.body() == b"x" * 2_000_000


def test_an_answer_of_exactly_the_cap_is_whole(make_caller: MakeCaller) -> None:
    """The cap itself is allowed, and so is an answer that ends with its connection."""
    with ScriptedServer(sending(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 200_000)) as server:
        caller = make_caller(server.url, max_answer_bytes=200_000)
        end = caller.submit()

    assert isinstance(end, Answered)
    assert end.cut is None
    assert caller.body() == b"x" * 200_000


class _Disk:
    """An AnswerWriter on a disk with little room."""

    def __init__(self, room: int, *, finishes: bool, error: type[FileTroubleError] = NoRoomError) -> None:
        self.room = room
        self.finishes = finishes
        self.error = error
        self.heads: list[Answered] = []

    def write(self, piece: bytes) -> None:
        """Take what has room."""
        self.room -= len(piece)
        if self.room < 0:
            raise self.error(operation="write", path=PurePath("7.part"), reason="out of order")

    def finish(self, head: Answered) -> None:
        """Finish, if there is room for that."""
        if not self.finishes:
            raise self.error(operation="write", path=PurePath("7.part"), reason="out of order")
        self.heads.append(head)


def test_a_disk_that_fills_cuts_the_answer(make_caller: MakeCaller) -> None:
    """When the disk fills while the answer arrives it is finished as cut: it was paid for."""
    disk = _Disk(500_000, finishes=True)
    with ScriptedServer(answering(200, b"x" * 1_000_000)) as server:
        end = make_caller(server.url).endpoint.submit(make_order(), [BytesImage(b"a")], None, disk)

    assert isinstance(end, Answered)
    assert end.cut == "the disk filled while the answer arrived"
    assert disk.heads == [end]


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (NoRoomError, "the disk filled while the answer arrived"),
        (FileTroubleError, "the answer could not be kept: out of order"),
    ],
)
def test_an_answer_that_cannot_be_kept_is_none(
    make_caller: MakeCaller, error: type[FileTroubleError], detail: str
) -> None:
    """What could not be made durable is never called answered."""
    disk = _Disk(0, finishes=False, error=error)
    with ScriptedServer(answering(200, b"x")) as server:
        end = make_caller(server.url).endpoint.submit(make_order(), [BytesImage(b"a")], None, disk)

    assert isinstance(end, NoAnswer)
    assert end.detail == detail


_PARTS = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 999 ?\r\n",
        b"HTTP/1.0 204 \xff\r\n",
        b"HTTP/1.1 101 Go\r\n",
        b"HTTP/1.1 301 x\r\nLocation: http://\xe9:x\r\n",
        b"\r\n",
        b"Content-Length: 5\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 99999999999999999999999\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: gzip\r\n",
        b"Content-Encoding: gzip\r\n",
        b"Location: \xff\r\n",
        b"Set-Cookie: a=b; expires=\xff; max-age=x; domain=..\r\n",
        b"Upgrade: h2c\r\n",
        b"Connection: close\r\n",
        b"5\r\nhello\r\n",
        b"0\r\n\r\n",
        b"fffffffffffffffffff\r\n",
        b": \r\n",
        b" folded\r\n",
    ]
)


def test_no_bytes_whatever_raise(make_caller: MakeCaller) -> None:
    """Nothing that a server sends raises: every reply is an answer or a lost one."""
    replies: list[bytes] = []

    def serve(exchange: Exchange) -> None:
        exchange.read_request()
        exchange.send(replies[-1])

    with ScriptedServer(serve) as server:
        caller = make_caller(server.url, total=5.0)

        @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.lists(_PARTS | st.binary(max_size=30), max_size=12).map(b"".join))
        def check(reply: bytes) -> None:
            replies.append(reply)
            end = caller.submit()
            caller.spool.discard(ATTEMPT)
            assert isinstance(end, Answered | NoAnswer)

        check()
