"""Behaviours of a service whose answer has no picture but a link to it, and of one that echoes the key."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from answers import refusal_reply
from behaviour import Behaviour, delivered, failed, pausing, unreadable
from behaviours_refused import PAGE
from misbehaving import answer_to, edited, link_to

from servers import Exchange, Script, answering, reply_bytes, sending

_BY_LINK: Final = "downloaded by the signedUrl"


def linking(link: str | None = None, **changes: object) -> Script:
    """Give a script whose answer has this link in place of its picture, or one to a file of the service."""

    def script(exchange: Exchange) -> None:
        url = link_to(exchange) if link is None else link
        exchange.send(
            reply_bytes(200, answer_to(exchange, **{"b64_json": None, "signedUrl": url, **changes}))
        )

    return script


def leading_to(place: str) -> Script:
    """Give a script that redirects a download."""
    return answering(302, b"", {"Location": place})


def endless(exchange: Exchange) -> None:
    """Be a script whose file never ends."""
    exchange.read_request()
    exchange.send(b"HTTP/1.1 200 OK\r\n\r\n" + edited())
    while True:
        exchange.send(b"\0" * 65536)


def _links() -> Iterator[Behaviour]:
    whole = answering(200, edited())
    by_link = partial(delivered, row="paid, unreadable")
    yield by_link("a link in the picture's place", linking(), _BY_LINK, link=(whole,))
    broken = linking(b64_json="n?!?")
    yield by_link("a link beside a broken picture", broken, _BY_LINK, link=(whole,))
    busy = (answering(503), sending(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\nhalf"), whole)
    yield by_link("a link that works at the third time", linking(), _BY_LINK, link=busy)
    yield by_link("a link that leads on", linking(), _BY_LINK, link=(leading_to("?again"), whole))
    for name, file in {
        "nowhere": answering(404, PAGE),
        "a page": answering(200, PAGE),
        "half a picture": answering(200, edited()[:900]),
        "a private address": leading_to("https://10.0.0.1/secret"),
        "the metadata of a cloud": leading_to("http://169.254.169.254/latest/meta-data"),
        "a file of this machine": leading_to("file:///etc/passwd"),
        "itself again and again": leading_to("?again"),
        "a file that never ends": endless,
        "a failure again and again": answering(500),
    }.items():
        yield unreadable(f"a link to {name}", linking(), link=(file,))
    for name, link in {
        "in the clear": "http://198.51.100.7/x.png",
        "into a private network": "https://192.168.1.1/x.png",
        "to a file": "file:///etc/passwd",
        "to nothing": "",
        "that is none": "https://[::bad",
        "to a host without end": f"https://{'a.' * 5000}example/",
    }.items():
        yield unreadable(f"a link {name}", linking(link))


def _echoes() -> Iterator[Behaviour]:
    def refusing(status: int, **headers: str) -> Script:
        def script(exchange: Exchange) -> None:
            key = exchange.read_request().headers["authorization"]
            named = {name: value.replace("KEY", key) for name, value in headers.items()}
            more = {"message": f"bad {key}", "details": {"sent": key}, "topUpUrl": f"https://x/?{key}"}
            exchange.send(refusal_reply(status, "odd", named, **more))

        return script

    def telling(exchange: Exchange) -> None:
        key = exchange.request.headers["authorization"]
        body = answer_to(exchange, model=key, usage={key: [key]}, revisedPrompt=key[::-1] + key)
        exchange.send(reply_bytes(200, body, {"X-Request-Id": key, "X-Odd": key}))

    def keeping(exchange: Exchange) -> None:
        key = exchange.read_request().headers["authorization"]
        escaped = "".join(f"\\u{ord(one):04x}" for one in key)
        body = f'{{"ok": false, "key": "{key}", "escaped": "{escaped}", "cut": "{key}'
        exchange.send(reply_bytes(200, body.encode(), {"X-Request-Id": key}))

    yield pausing("401 with the key in it", refusing(401), "auth", "auth", "key_refused")
    yield pausing("402 with the key in it", refusing(402), "credits", "credits", "credits")
    moved = refusing(307, Location="https://elsewhere.example/?KEY")
    yield pausing("a redirect with the key in it", moved, "endpoint", "wrong_endpoint", "endpoint")
    yield failed("400 with the key in it", refusing(400), "invalid", "invalid")
    yield delivered("a picture with the key beside it", telling)
    yield unreadable("an unreadable answer with the key in it", keeping)


LINKS: Final = tuple(_links())
ECHOES: Final = tuple(_echoes())
