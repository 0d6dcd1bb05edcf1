"""Replies of a service, byte by byte, for scripted servers: good ones, refusals, and broken ones."""

import base64
import json
from collections.abc import Callable, Mapping
from functools import cache

from workshop import picture

from servers import Exchange, Script, reply_bytes, sending

COST_USD = 0.0123


@cache
def result(seed: int = 0) -> bytes:
    """Give the picture that an edit results in."""
    return picture(1000 + seed, "JPEG", (96, 96))


def answer_body(**changes: object) -> bytes:
    """Give a good answer with these changes."""
    data = result()
    fields: dict[str, object] = {
        "ok": True,
        "model": "gpt-image-2",
        "endpoint": "images/edits",
        "prompt": "as sent",
        "b64_json": base64.b64encode(data).decode(),
        "path": "/retouchd/x.jpg",
        "signedUrl": None,
        "estimatedCostUsd": COST_USD,
        "sizeBytes": len(data),
    }
    return json.dumps({**fields, **changes}).encode()


def good_reply() -> bytes:
    """Give a reply with a picture."""
    return reply_bytes(200, answer_body(), {"Content-Type": "application/json"})


def good() -> Script:
    """Give a script that answers with a picture."""
    return sending(good_reply())


def refusal_reply(status: int, code: str, headers: Mapping[str, str] | None = None, **more: object) -> bytes:
    """Give a reply with the service's own error object."""
    error = {"message": f"said {code}", "type": "test", "code": code, "details": None, **more}
    return reply_bytes(status, json.dumps({"error": error}).encode(), headers)


def refusal(status: int, code: str, headers: Mapping[str, str] | None = None, **more: object) -> Script:
    """Give a script that answers with the service's own error object."""
    return sending(refusal_reply(status, code, headers, **more))


def cutting_after_the_body() -> Script:
    """Give a script that takes the whole request and closes without a word."""

    def script(exchange: Exchange) -> None:
        exchange.read_request()
        exchange.reset()

    return script


def cut_answer(share: float = 0.5) -> Script:
    """Give a script whose answer breaks off in the middle of its body."""
    whole = reply_bytes(200, answer_body())

    def script(exchange: Exchange) -> None:
        exchange.read_request()
        exchange.send(whole[: int(len(whole) * share)])

    return script


def waiting_for(go_on: Callable[[float], object], reply: bytes) -> Script:
    """Give a script that reads the request and answers when it may."""

    def script(exchange: Exchange) -> None:
        exchange.read_request()
        go_on(15.0)
        exchange.send(reply)

    return script
