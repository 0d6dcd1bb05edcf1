"""The key is in no file but its own, whatever the service sends back and however chatty the log is (I9)."""

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from answers import answer_body, result
from invariants import check_all
from workshop import KEY, OpenShop, Workshop, picture

from servers import Exchange, ScriptedServer, reply_bytes

ESCAPED = "".join(f"\\u{ord(character):04x}" for character in KEY)
HEADERS = {"X-Request-Id": f"id-{KEY}", "Set-Cookie": f"key={KEY}", KEY: KEY, "CF-Ray": KEY}


def escape(body: bytes) -> bytes:
    """Have a body say the key in escapes."""
    return body.replace(b"KEY", ESCAPED.encode())


def echo(status: int, **fields: object) -> bytes:
    """Give a reply that says the key in every place, plain and escaped."""
    body = json.dumps({**fields, "echo": [KEY, {KEY: "KEY"}]}).encode()
    return reply_bytes(status, escape(body), HEADERS)


def refuse(status: int, code: str) -> bytes:
    """Give a refusal that says the key."""
    error = {
        "message": f"bad {KEY} KEY",
        "type": KEY,
        "code": code,
        "details": {"authorization": f"Bearer {KEY}"},
    }
    return echo(status, error=error, topUpUrl=f"https://pay.example/{KEY}")


GOOD = json.loads(answer_body())
REPLIES = {
    "good": echo(200, **{**GOOD, "prompt": f"{KEY} KEY", "path": KEY, "mimeType": KEY, "usage": {KEY: KEY}}),
    "unreadable": echo(200, ok=False, error={"message": f"{KEY} KEY"}),
    "no json": reply_bytes(200, f"<html>{KEY}".encode(), HEADERS),
    "invalid": refuse(422, "invalid_size"),
    "blocked": refuse(400, "moderation_blocked"),
    "gateway": reply_bytes(502, f"<html>{KEY}".encode(), HEADERS),
    "failing": refuse(500, KEY),
    "no http": f"HTTP/1.1 200 {KEY}\r\nContent-Length: {KEY}\r\n\r\n{KEY}".encode(),
    "linked": echo(200, **{**GOOD, "b64_json": KEY, "signedUrl": "LINK"}),
    "elsewhere": echo(200, **{**GOOD, "b64_json": None, "signedUrl": f"https://10.0.0.1/{KEY}"}),
    "credits": refuse(402, "insufficient_credits"),
}


def serve(exchange: Exchange) -> None:
    """Answer each photo by its prompt, and links with a picture that says the key."""
    request = exchange.read_request()
    if request.method == "GET":
        exchange.send(reply_bytes(200, result(), HEADERS))
        return
    prompt = json.loads(request.body)["prompt"]
    host = request.headers["host"]
    exchange.send(REPLIES[prompt].replace(b"LINK", f"http://{host}/x.jpg".encode()))


def places_of_the_key(folder: Path) -> Iterator[str]:
    """Give every file whose name or content has the key, plain or escaped."""
    forms = (KEY.encode(), ESCAPED.encode(), base64.b64encode(KEY.encode()))
    for path in folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        if any(form in content or form in bytes(path) for form in forms):
            yield str(path)


def screens(shop: Workshop) -> str:
    """Give what the commands print."""
    ids = [job["id"] for job in shop.jobs()]
    asked = [["status"], ["status", "--json"], ["jobs"], ["jobs", "--json"], ["config"]]
    asked += [["show", one] for one in ids] + [["explain", str(shop.inbox / "good.jpg")]]
    program = [str(Path(sys.executable).with_name("retouchd")), "--config", str(shop.config)]
    runs = [
        subprocess.run(
            [*program, *one], env=shop.environ, capture_output=True, text=True, timeout=30, check=False
        )
        for one in asked
    ]
    return "".join(run.stdout + run.stderr for run in runs)


@pytest.mark.parametrize("source", ["environment", "file"])
def test_i9_a_key_that_is_echoed_is_nowhere(open_shop: OpenShop, tmp_path: Path, source: str) -> None:
    """I9: a service that says the key in every way leaves it in no file, no log line and on no screen."""
    with ScriptedServer(serve) as server:
        shop = open_shop(f"{server.url}/api/v1", log__level="debug", retry__max_attempts=2)
        if source == "file":
            key_file = tmp_path / "elsewhere.key"
            key_file.write_text(KEY)
            key_file.chmod(0o600)
            shop.configure(endpoint__api_key_file=str(key_file))
            del shop.environ["DENCH_API_KEY"]
        for number, name in enumerate(REPLIES):
            # What needs credit pauses everything, so that it comes last.
            if name != "credits":
                shop.drop(f"{name}.jpg", picture(number), name)
        first = shop.until_idle(60)
        shop.drop("credits.jpg", picture(99), "credits")
        second = shop.until_idle(60)
        told = screens(shop)

    found = set(places_of_the_key(tmp_path)) - {str(tmp_path / "elsewhere.key")}
    assert found == set()
    assert KEY not in told + first.text + second.text
    assert (first.code, second.code) == (1, 4), first.text
    assert shop.outputs() == ["good.jpg", "linked.jpg"]
    assert [one.headers.get("authorization") for one in server.requests if one.method == "GET"] == [None]
    check_all(shop)
