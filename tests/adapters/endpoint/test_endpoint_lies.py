"""Replies that break HTTP or say other than they hold: each is a value, within the caps."""

import gzip
import json
import tracemalloc

import pytest
from endpoint_calls import MakeCaller

from retouchd.core.outcomes import Answered, NoAnswer
from servers import Exchange, ScriptedServer, sending

CAP = 1_000_000
BODY = json.dumps({"ok": True, "b64_json": "QUJD" * 20_000}).encode()
PACKED = gzip.compress(BODY)
OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = b"Content-Length: %d\r\n\r\n"


def said(*lines: bytes, body: bytes = BODY) -> bytes:
    """Give a reply with these header lines."""
    return OK + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


WHOLE = [
    pytest.param(said(b"Content-Length: %d" % len(BODY)), id="ordinary"),
    pytest.param(said(b"Content-Length: %d" % len(BODY), body=BODY * 2), id="surplus behind its length"),
    pytest.param(said(*[b"Content-Length: %d" % len(BODY)] * 2), id="length twice"),
    pytest.param(said(b"Content-Length: %d" % len(BODY)) * 2, id="two answers"),
    pytest.param(said(b"Connection: close"), id="no length"),
    pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000 + said(), id="10 000 times 100 Continue"),
    pytest.param(said(*(b"X-%d: %b" % (number, b"v" * 500) for number in range(180))), id="90 kB of headers"),
    pytest.param(said(b"Content-Encoding: gzip", body=PACKED), id="gzip"),
    pytest.param(said(body=PACKED), id="gzip without a word"),
    pytest.param(said(b"Content-Encoding: gzip"), id="gzip that is none"),
    pytest.param(said(b"Content-Encoding: br, \xff"), id="an encoding that is none"),
    pytest.param(said(b"Content-Type: image/png; charset=../../etc\x1b[2J"[:40]), id="an odd type"),
]


@pytest.mark.parametrize("reply", WHOLE)
def test_what_came_whole_is_kept_as_it_was(make_caller: MakeCaller, reply: bytes) -> None:
    """An answer whose body is there is kept, unpacked, and is found again in the spool."""
    with ScriptedServer(sending(reply)) as server:
        caller = make_caller(server.url, max_answer_bytes=CAP)
        end = caller.submit()

    assert isinstance(end, Answered)
    assert end.cut is None
    assert caller.body() == BODY
    assert caller.spool.find(7) == end


CHUNKED = b"Transfer-Encoding: chunked"
CUT = [
    (said(b"Content-Length: %d" % (len(BODY) + 1)), "the connection was lost"),
    (said(b"Content-Length: 99999999999999999"), "the connection was lost"),
    (said(CHUNKED, body=b"%x\r\n%b\r\n" % (len(BODY), BODY)), "the connection was lost"),
    (said(CHUNKED, body=b"%x\r\n%b" % (10**15, BODY)), "the connection was lost"),
    (said(CHUNKED, body=b"%x\r\n%b\r\nno chunk\r\n" % (len(BODY), BODY)), "the connection was lost"),
    (said(b"Content-Length: %d" % len(PACKED), body=PACKED[:-9]), "the connection was lost"),
    (said(body=PACKED[:-9]), "its compression is cut"),
]


@pytest.mark.parametrize(("reply", "cut"), CUT)
def test_what_did_not_come_whole_is_cut(make_caller: MakeCaller, reply: bytes, cut: str) -> None:
    """An answer that is not all there is kept as far as it came, with the reason."""
    with ScriptedServer(sending(reply)) as server:
        caller = make_caller(server.url, max_answer_bytes=CAP)
        end = caller.submit()

    assert isinstance(end, Answered)
    assert end.cut == cut
    assert BODY.startswith(caller.body())
    assert caller.body()


def test_broken_compression_is_cut(make_caller: MakeCaller) -> None:
    """A damaged compression is kept as far as it could be undone."""
    broken = PACKED[:40] + bytes(40) + PACKED[80:]
    with ScriptedServer(sending(said(body=broken))) as server:
        end = make_caller(server.url).submit()

    assert isinstance(end, Answered)
    assert end.cut == "its compression is broken"


NO_HTTP = [
    pytest.param(said(b"Content-Length: %d" % len(BODY), b"Content-Length: 7"), id="two lengths"),
    pytest.param(said(b"Content-Length: -1"), id="negative"),
    pytest.param(said(b"Content-Length: " + b"9" * 400), id="absurd"),
    pytest.param(said(b"X: " + b"v" * 1_000_000), id="a megabyte of headers"),
    pytest.param(said(*[b"X: y"] * 250_000), id="a megabyte of small headers"),
    pytest.param(b"SSH-2.0-OpenSSH_9.6\r\n", id="another protocol"),
    pytest.param(BODY, id="no head"),
]


@pytest.mark.parametrize("reply", NO_HTTP)
def test_what_is_no_http_is_a_lost_answer(make_caller: MakeCaller, reply: bytes) -> None:
    """What cannot be told from a broken connection is no answer: it may have been paid for."""
    with ScriptedServer(sending(reply)) as server:
        end = make_caller(server.url, max_answer_bytes=CAP).submit()

    assert isinstance(end, NoAnswer)
    assert end.detail in {"what came back is no HTTP", "the connection was closed without an answer"}


@pytest.mark.parametrize("kind", ["endless", "bomb"])
def test_i12_no_answer_takes_more_than_its_cap(make_caller: MakeCaller, kind: str) -> None:
    """I12: of an endless body, and of one that unpacks to a thousand times its size, the cap is kept."""
    bomb = gzip.compress(bytes(60 * CAP))

    def flood(exchange: Exchange) -> None:
        exchange.read_request()
        exchange.send(OK + b"\r\n")
        if kind == "bomb":
            exchange.send(bomb)
            return
        while True:
            exchange.send(b"x" * 65_536)

    with ScriptedServer(flood) as server:
        caller = make_caller(server.url, max_answer_bytes=20 * CAP)
        tracemalloc.start()
        end = caller.submit()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert isinstance(end, Answered)
    assert end.cut == "it is larger than 20 MB"
    assert len(caller.body()) == 20 * CAP
    assert peak < 5 * CAP
