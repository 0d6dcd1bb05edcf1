"""Behaviours of a service, or of a network, that breaks HTTP after it got the whole request."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from answers import answer_body, good_reply
from behaviour import Behaviour, delivered, unknown, unreadable
from misbehaving import answer_to, replying

from servers import Exchange, Script, answering, reply_bytes, sending

_HEAD: Final = b"HTTP/1.1 200 OK\r\n"
_ENDED_EARLY: Final = "did not end as announced"
# What a server that speaks HTTP/2 only says first: an empty SETTINGS frame, then that this is no HTTP/2.
_HTTP2: Final = bytes.fromhex("00000004000000000000000807000000000000000000000001")
_TLS_ALERT: Final = bytes.fromhex("15030300020246")


def framed(head: bytes, *, short_by: int = 0) -> Script:
    """Give a script whose good answer has this head; `short_by` bytes at its end are missing."""
    return replying(lambda body: head + b"\r\n" + body[: len(body) - short_by])


def with_length(change: int) -> Script:
    """Give a script that announces another length than its good answer has."""
    return replying(lambda body: _HEAD + b"Content-Length: %d\r\n\r\n" % (len(body) + change) + body)


def chunked(end: bytes, head: bytes = b"", *, last_share: int = 100) -> Script:
    """Give a script with a good answer in two chunks: of the second only some per cent, then this end."""

    def reply(body: bytes) -> bytes:
        first, last = body[:100], body[100:]
        begin = _HEAD + b"Transfer-Encoding: chunked\r\n" + head + b"\r\n"
        pieces = b"%x;extension=1\r\n%b\r\n%X\r\n" % (len(first), first, len(last))
        return begin + pieces + last[: len(last) * last_share // 100] + end

    return replying(reply)


def _with_length_twice(body: bytes) -> bytes:
    return _HEAD + b"Content-Length: %d\r\n" % len(body) * 2 + b"\r\n" + body


def cut_at(share: float, *, with_reset: bool) -> Script:
    """Give a script whose good answer breaks off, with a reset or as if it were whole."""

    def script(exchange: Exchange) -> None:
        reply = reply_bytes(200, answer_to(exchange))
        exchange.send(reply[: int(len(reply) * share)])
        if with_reset:
            exchange.pause(0.2)
            exchange.reset()

    return script


def in_pieces(exchange: Exchange) -> None:
    """Be a script whose good answer comes slowly, but in time."""
    reply = reply_bytes(200, answer_to(exchange))
    for at in range(0, len(reply), 400):
        exchange.send(reply[at : at + 400])
        exchange.pause(0.05)


def reset(exchange: Exchange) -> None:
    """Be a script that takes the whole request and resets the connection."""
    exchange.read_request()
    exchange.reset()


def _no_answer() -> Iterator[Behaviour]:
    yield unknown("the connection ends", sending())
    yield unknown("the connection is reset", reset)
    yield unknown("half a status line", sending(b"HTTP/1.1 20"))
    yield unknown("half of the headers", sending(_HEAD + b"Content-Type: appl"))
    for name, reply in {
        "no HTTP": b"220 smtp.example ESMTP ready\r\n",
        "an SSH banner": b"SSH-2.0-OpenSSH_9.9\r\n",
        "HTTP/2": _HTTP2,
        "a TLS alert": _TLS_ALERT,
        "bare JSON": answer_body(),
        "NUL bytes": b"\0" * 100,
        "a NUL in the status line": b"HTTP/1.1 200 O\0K\r\n\r\n",
        "a NUL in a header": _HEAD + b"X-Odd: a\0b\r\n\r\n" + answer_body(),
        "a header without a name": _HEAD + b": odd\r\n\r\n" + answer_body(),
        "a header without a colon": _HEAD + b"odd\r\n\r\n" + answer_body(),
        "a header of a megabyte": _HEAD + b"X-Odd: " + b"x" * 1_000_000 + b"\r\n\r\n" + answer_body(),
        "a hundred thousand headers": _HEAD + b"X-Odd: x\r\n" * 100_000 + b"\r\n" + answer_body(),
        "two different lengths": _HEAD + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\n" + answer_body(),
        "an absurd length": _HEAD + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n" + answer_body(),
        "a negative length": _HEAD + b"Content-Length: -5\r\n\r\n" + answer_body(),
        "an unknown transfer coding": _HEAD + b"Transfer-Encoding: zip\r\n\r\n" + answer_body(),
    }.items():
        yield unknown(f"a reply with {name}", sending(reply))


def _absurd_statuses() -> Iterator[Behaviour]:
    odd = partial(unknown, row="anything else after the body was sent")
    for status in (600, 999):
        yield odd(f"status {status}", answering(status, answer_body()))
    for status in ("000", "099", "1000", "20", "abc"):
        line = f"HTTP/1.1 {status} Odd\r\nContent-Length: 0\r\n\r\n"
        yield odd(f"status {status}", sending(line.encode()))
    yield odd("101 switching protocols", sending(b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n"))
    yield odd("101 without an upgrade", sending(b"HTTP/1.1 101 Switching\r\n\r\n", good_reply()))
    yield odd("only 100 Continue", sending(b"HTTP/1.1 100 Continue\r\n\r\n"))


def _usable() -> Iterator[Behaviour]:
    yield delivered(
        "ten thousand times 100",
        replying(lambda body: b"HTTP/1.1 100 Go\r\n\r\n" * 10_000 + reply_bytes(200, body)),
    )
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    yield delivered("early hints", replying(lambda body: hints + reply_bytes(200, body)))
    yield delivered("no length", framed(_HEAD))
    yield delivered("HTTP/1.0", framed(b"HTTP/1.0 200 OK\r\n"))
    yield delivered("HTTP/3.7", framed(b"HTTP/3.7 200 OK\r\n"))
    yield delivered("no reason", framed(b"HTTP/1.1 200\r\n"))
    yield delivered("line feeds only", replying(lambda body: b"HTTP/1.1 200 OK\nX-Odd: 1\n\n" + body))
    yield delivered("folded headers", framed(_HEAD + b"X-Odd: one\r\n two\r\n"))
    yield delivered("headers in Latin-1", framed(_HEAD + b"X-Odd: \xe4\xff\r\nX-Request-Id: r\xe9q\r\n"))
    yield delivered(
        "a cookie and a way to keep it", framed(_HEAD + b"Set-Cookie: a=b\r\nConnection: keep-alive\r\n")
    )
    yield delivered("the same length twice", replying(_with_length_twice))
    yield delivered("chunks", chunked(b"\r\n0\r\nX-Trailer: 1\r\n\r\n"))
    yield delivered("chunks and a length", chunked(b"\r\n0\r\n\r\n", b"Content-Length: 5\r\n"))
    yield delivered("in slow pieces", in_pieces)
    yield delivered(
        "two answers",
        replying(lambda body: reply_bytes(200, body) + reply_bytes(200, answer_body(prompt="surplus"))),
    )
    cut = partial(delivered, outcomes=("unreadable",), row="paid, unreadable")
    yield cut("a length that is too long", with_length(10), _ENDED_EARLY)
    yield cut("chunks without an end", chunked(b""), _ENDED_EARLY)
    yield cut("chunks with another end", chunked(b"\r\nno chunk\r\n"), _ENDED_EARLY)


def _cut() -> Iterator[Behaviour]:
    yield unreadable("a length that is too short", with_length(-300))
    yield unreadable("no length and cut", framed(_HEAD, short_by=300))
    lost = partial(unreadable, outcome="unreadable", says="cut")
    yield lost("cut after the headers", sending(_HEAD + b"Content-Length: 9\r\n\r\n"), says="")
    yield lost("cut in the middle", cut_at(0.5, with_reset=False))
    yield lost("reset in the middle", cut_at(0.5, with_reset=True))
    yield lost("reset before the last byte", cut_at(0.999, with_reset=True))
    yield lost("cut in a chunk", chunked(b"", last_share=50))
    yield lost("a broken chunk", chunked(b"\r\nno chunk\r\n", last_share=50))


WIRE: Final = (*_usable(), *_cut())
NO_ANSWER: Final = (*_no_answer(), *_absurd_statuses())
