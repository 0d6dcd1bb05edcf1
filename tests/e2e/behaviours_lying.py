"""Behaviours of a service that is paid and whose answer lies: what it holds, and how it is written down.

What is usable is delivered, with what was odd about it in the metadata; what is not is held and kept.
"""

import base64
import gzip
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from answers import answer_body
from behaviour import Behaviour, Money, delivered, unreadable
from misbehaving import answer_to, edited, replying
from workshop import picture

from servers import Exchange, Script, answering, reply_bytes

_OK: Final = partial(reply_bytes, 200)
_PNG: Final = picture(7, "PNG", (816, 816))
_ESCAPES: Final = "\x1b]0;owned\x07\x1b[2J\x9b31mred\r\n\u202egnp"
_DEEP: Final = 100_000


def changed(**changes: object) -> Script:
    """Give a script whose answer is good but for these fields; ... stands for a missing one."""
    return rewritten(lambda body: body, **changes)


def rewritten(rewrite: Callable[[bytes], bytes], **changes: object) -> Script:
    """Give a script whose answer has these fields, ... for a missing one, and whose bytes are rewritten."""
    gone = [name for name, value in changes.items() if value is ...]
    given = {name: value for name, value in changes.items() if value is not ...}
    return replying(lambda body: _OK(rewrite(_without(body, gone))), **given)


def holding(data: bytes) -> Script:
    """Give a script whose answer has these bytes for a picture."""
    return changed(b64_json=base64.b64encode(data).decode(), sizeBytes=len(data))


def _without(body: bytes, names: list[str]) -> bytes:
    fields = json.loads(body)
    return json.dumps({name: value for name, value in fields.items() if name not in names}).encode()


def _base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _added(text: bytes) -> Callable[[bytes], bytes]:
    """Put more text before the end of the answer's object."""
    return lambda body: body.removesuffix(b"}") + b", " + text + b"}"


def _usable() -> Iterator[Behaviour]:
    yield delivered("a good answer", changed())
    for name in ("model", "endpoint", "path", "signedUrl", "prompt"):
        yield delivered(f"{name} is missing", changed(**{name: ...}), f"{name} is missing")
    yield delivered("ok is missing", changed(ok=...), "ok is not true")
    yield delivered("ok in words", changed(ok="true"), "ok is not true")
    odd = {"model": [1], "endpoint": 7, "path": {"a": 1}, "revisedPrompt": False}
    yield delivered("wrong types", changed(**odd, usage="none"), *(f"{name} is no text" for name in odd))
    yield delivered("unknown fields", changed(futureField={"deep": [1, {"er": None}]}))
    yield delivered("another prompt", changed(prompt="as I understood it"), "the prompt in the answer")
    yield delivered("a wrong size", changed(sizeBytes=17), "sizeBytes is 17")
    yield delivered("a size in words", changed(sizeBytes="many"), "sizeBytes is no number")
    yield delivered("a wrong hash", changed(contentHash="sha256:" + "0" * 64), "contentHash")
    yield delivered("a hash of no known kind", changed(contentHash="blake3:xyz"))
    prefixed = "data:image/jpeg;base64," + _base64_of(edited())
    yield delivered("a data prefix", changed(b64_json=prefixed), "data: prefix")
    yield delivered(
        "line breaks in base64", changed(b64_json=base64.encodebytes(edited()).decode()), "line breaks"
    )
    url_safe = base64.urlsafe_b64encode(edited()).decode()
    yield delivered("base64 for URLs", changed(b64_json=url_safe), "alphabet for URLs")
    yield delivered("the picture's key in a text", changed(revisedPrompt='"b64_json": "AAAA"'))
    yield delivered(
        "terminal escapes in texts", changed(model=_ESCAPES, revisedPrompt=_ESCAPES, path=_ESCAPES)
    )
    climbing = changed(path="../../../etc/passwd", format="../../x", mimeType="a/../../b")
    yield delivered("paths that leave the outbox", climbing, "mimeType")
    png = changed(b64_json=_base64_of(_PNG), sizeBytes=len(_PNG), format="jpeg", mimeType="image/jpeg")
    yield delivered("a PNG announced as JPEG", png, "png came", "mimeType", picture=_PNG)
    tiny = picture(7, "JPEG", (16, 16))
    yield delivered("a tiny picture", holding(tiny), "816x816 was asked for, 16x16 came", picture=tiny)


def _written_oddly() -> Iterator[Behaviour]:
    twice = "a key stands twice"
    yield delivered("lone surrogates", rewritten(_added(b'"revisedPrompt": "\\ud800"')))
    yield delivered("nesting sixty deep", rewritten(_added(b'"usage": ' + b"[" * 60 + b"]" * 60)))
    yield delivered("a number of 400 digits", rewritten(_added(b'"usage": ' + b"9" * 400)))
    escaped = rewritten(lambda body: body.replace(b"/", b"\\/").replace(b"+", b"\\u002b"))
    yield delivered("escaped base64", escaped)
    yield delivered("an escaped key", rewritten(lambda body: body.replace(b"b64_json", b"b64\\u005fjson")))
    inside = rewritten(lambda body: b'{"usage": {"b64_json": "AAAA"}, ' + body[1:])
    yield delivered("the picture's key in an object", inside)
    yield delivered("the picture twice", rewritten(lambda body: b'{"b64_json": "AAAA", ' + body[1:]), twice)
    yield delivered("a mark at the beginning", rewritten(lambda body: b"\xef\xbb\xbf" + body))
    for encoding in ("utf-16", "utf-32"):
        encoded = rewritten(lambda body, encoding=encoding: body.decode().encode(encoding))
        yield delivered(encoding, encoded, f"written in {encoding}")
    broken = rewritten(lambda body: body.replace(b"gpt-image-2", b"gpt\xff\xc0image"))
    yield delivered("broken UTF-8", broken, "is no utf-8")
    yield delivered("white space around", rewritten(lambda body: b"\r\n \t" * 99 + body + b"\n" * 999))
    yield delivered("indented JSON", rewritten(lambda body: json.dumps(json.loads(body), indent=9).encode()))
    costs = {"NaN": b"NaN", "infinite": b"1e999", "negative": b"-3", "in words": b'"free"', "true": b"true"}
    for name, cost in costs.items():
        lying = rewritten(_added(b'"estimatedCostUsd": ' + cost), estimatedCostUsd=...)
        yield delivered(f"a cost that is {name}", lying, "no amount of money", money=Money.IN_FULL)
    two_costs = rewritten(_added(b'"estimatedCostUsd": 0.0123'), estimatedCostUsd=0.5)
    yield delivered("two costs", two_costs, twice)
    yield delivered("a missing cost", changed(estimatedCostUsd=...), money=Money.IN_FULL)
    absurd = changed(estimatedCostUsd=1e12)
    yield delivered("an absurd cost", absurd, "not believable", money=Money.IN_FULL)


def _useless() -> Iterator[Behaviour]:
    bodies = {
        "nothing": b"",
        "white space": b" \n",
        "null": b"null",
        "a list": b"[1]",
        "a text": b'"picture"',
        "a page": b"<!doctype html><html><body>200 OK</body></html>",
        "cut JSON": answer_body()[:500],
        "nesting without end": b"[" * _DEEP,
        "nested objects without end": b'{"a":' * _DEEP,
        "an error object": b'{"error": {"message": "odd", "type": "x", "code": "odd"}}',
        "NUL bytes": b"\0" * 5000,
        "random bytes": bytes(range(256)) * 20,
    }
    for name, body in bodies.items():
        yield unreadable(f"200 with {name}", answering(200, body))
    yield unreadable("not ok", changed(ok=False))
    yield unreadable("no picture", changed(b64_json=...))
    for name, value in {
        "null": None,
        "a number": 5,
        "a list": ["QUJD"],
        "empty": "",
        "no base64": "n?!",
        "one letter": "A",
    }.items():
        yield unreadable(f"a picture that is {name}", changed(b64_json=value))
    yield unreadable("cut base64", changed(b64_json=_base64_of(edited())[:-7]))
    yield unreadable(
        "base64 that goes on after its end", changed(b64_json=_base64_of(b"ab") + _base64_of(edited()))
    )
    yield unreadable("two answers in one body", rewritten(lambda body: body + body))
    deep = b'"usage": ' + b"[" * _DEEP + b"]" * _DEEP
    yield unreadable("a picture beside nesting without end", rewritten(_added(deep)))


def _pictures() -> Iterator[Behaviour]:
    for name, data in {
        "a text": b"no picture at all",
        "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        "a page": b"<!doctype html><html></html>",
        "a GIF": picture(3, "GIF"),
        "a BMP": picture(3, "BMP"),
        "a cut JPEG": edited()[:-40],
        "a cut PNG": _PNG[:-20],
        "a JPEG's beginning": edited()[:3],
    }.items():
        yield unreadable(f"a picture that is {name}", holding(data))


def _encodings() -> Iterator[Behaviour]:
    gzipped = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    yield delivered("plain text called gzip", replying(lambda body: _OK(body, gzipped)), "it came as gzip")
    yield delivered("gzip", replying(lambda body: _OK(gzip.compress(body), gzipped)), "it came as gzip")
    yield delivered("gzip without its name", replying(lambda body: _OK(gzip.compress(body))))
    half = replying(lambda body: _OK(gzip.compress(body)[:-20], gzipped))
    yield unreadable("cut gzip", half, outcome="unreadable", says="its compression is cut")
    yield unreadable("another compression", answering(200, b"\x8b\x00\x80", {"Content-Encoding": "br"}))
    bomb = answering(200, gzip.compress(b" " * 200_000_000, 9), gzipped)
    yield unreadable("a gzip bomb", bomb, outcome="unreadable", says="larger than")
    as_page = {"Content-Type": "text/html; charset=utf-16"}
    yield delivered("a good answer called a page", replying(lambda body: _OK(body, as_page)))
    yield delivered("a good answer without a type", replying(_OK))
    yield delivered("identity", replying(lambda body: _OK(body, {"Content-Encoding": "Identity"})))


def _successes() -> Iterator[Behaviour]:
    def with_picture(status: int) -> Script:
        return replying(partial(reply_bytes, status))

    for status in (201, 203):
        yield unreadable(f"{status} with a picture", with_picture(status), outcome="unreadable")
    yield unreadable("201 without a picture", answering(201, b'{"ok": true}'), outcome="unreadable")
    yield unreadable(
        "202 for later", answering(202, b'{"ok": true, "status": "queued"}'), outcome="unreadable"
    )
    yield unreadable("204", answering(204), outcome="unreadable")
    yield unreadable("205", answering(205), outcome="unreadable")
    yield unreadable("206 with half an answer", answering(206, answer_body()[:600]), outcome="unreadable")
    yield unreadable("299 with a page", answering(299, b"<html>"), outcome="unreadable")


def endless(exchange: Exchange) -> None:
    """Be a script whose answer's object never ends."""
    body = answer_to(exchange)
    exchange.send(b"HTTP/1.1 200 OK\r\n\r\n" + body.removesuffix(b"}"))
    while True:
        exchange.send(b" " * 65536)


def endless_picture(exchange: Exchange) -> None:
    """Be a script whose answer's picture never ends."""
    exchange.read_request()
    exchange.send(b'HTTP/1.1 200 OK\r\n\r\n{"ok": true, "b64_json": "')
    while True:
        exchange.send(b"QUJD" * 16384)


LYING: Final = (*_usable(), *_written_oddly(), *_useless(), *_pictures(), *_encodings(), *_successes())
ENDLESS: Final = (
    unreadable("an endless answer", endless, outcome="unreadable", says="larger than"),
    unreadable("an endless picture", endless_picture, outcome="unreadable", says="larger than"),
)
