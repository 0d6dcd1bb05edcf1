"""Messages through Apprise, to real servers."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notify_samples import outgoing

from retouchd.adapters.notify.post import MISSING, Post
from retouchd.adapters.notify.program import Runner
from retouchd.adapters.notify.sender import without_secrets
from retouchd.core.ways import Failure
from servers import Exchange, ScriptedServer, reply_bytes

TOKEN = "tk-very-secret"  # noqa: S105 - to be found nowhere


def post(url: str, **environ: str) -> Post:
    """Give an address as the daemon uses it."""
    return Post(url, {**os.environ, "DENCH_API_KEY": "secret", **environ}, Runner())


def answer(status: int) -> Callable[[Exchange], None]:
    """Give a script that takes a message and answers so."""

    def script(exchange: Exchange) -> None:
        exchange.read_request()
        exchange.send(reply_bytes(status, b"{}"))

    return script


def take_mail(exchange: Exchange) -> None:
    """Take one mail as a mail server does, into the request's body."""
    with exchange.connection.makefile("rb") as lines:
        exchange.send(b"220 here\r\n")
        in_data = False
        for line in lines:
            exchange.request.body += line
            verb = line.strip().upper()[:4]
            if in_data:
                in_data = line != b".\r\n"
                exchange.send(b"" if in_data else b"250 taken\r\n")
            else:
                in_data = verb == b"DATA"
                exchange.send({b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}.get(verb, b"250 fine\r\n"))


def test_a_webhook_gets_the_message() -> None:
    """A program that listens on the net gets subject and text, and nothing of the key."""
    with ScriptedServer(answer(200)) as server:
        way = post(f"json://127.0.0.1:{server.port}/{TOKEN}")
        assert way.send(outgoing(missed=1)) is None

    (request,) = server.requests
    told = json.loads(request.body)
    assert (request.path, told["title"]) == (f"/{TOKEN}", "retouchd: this is a test")
    assert "reach you this way.\n(nas: /srv/photos)\nAn earlier message could not" in told["message"]
    assert "secret" not in str(request.headers)


def test_a_mail_gets_the_message() -> None:
    """Mail is sent as plain text."""
    with ScriptedServer(take_mail) as server:
        url = f"mailto://127.0.0.1:{server.port}?from=a@example.org&to=b@example.org&mode=insecure"
        assert post(url).send(outgoing()) is None

    (request,) = server.requests
    assert b"rcpt to:<b@example.org>" in request.body.lower()
    assert b'text/plain; charset="utf-8"' in request.body
    assert b"retouchd: this is a test" in request.body


def test_a_proxy_is_used() -> None:
    """Messages go through the proxy that the environment names."""
    with ScriptedServer(answer(200)) as server:
        way = post(f"json://{TOKEN}.invalid/x", http_proxy=server.url, no_proxy="", NO_PROXY="")
        assert way.send(outgoing()) is None

    (request,) = server.requests
    assert request.path == f"http://{TOKEN}.invalid/x"


@pytest.mark.parametrize("status", [401, 404, 500])
def test_a_refusal_is_told_without_the_address(status: int) -> None:
    """What a service says is told; the address, which holds secrets, is in no text, and it is tried again."""
    with ScriptedServer(answer(status)) as server:
        way = post(f"json://anna:{TOKEN}@127.0.0.1:{server.port}/{TOKEN}")
        failure = way.send(outgoing())

    assert failure is not None
    assert not failure.is_final
    assert str(status) in failure.reason
    assert TOKEN not in f"{failure}{way.shown}{way.name}"
    assert (way.shown, len(way.name)) == ("json://…", len("url ") + 12)


def test_nobody_there_is_told() -> None:
    """A server that is gone is told as such, and tried again."""
    with ScriptedServer(answer(200)) as server:
        port = server.port

    failure = post(f"json://127.0.0.1:{port}/{TOKEN}").send(outgoing())

    assert failure is not None
    assert not failure.is_final
    assert TOKEN not in failure.reason


def test_what_is_no_address_is_told() -> None:
    """An address of no known kind is told without it."""
    failure = post(f"nosuchthing://{TOKEN}").send(outgoing())

    assert failure == Failure(reason="Apprise does not understand the address")


def test_the_end_of_the_daemon_cuts_it_short() -> None:
    """When no time is left nothing is begun: the message is sent at the next start."""
    runner = Runner()
    runner.hurry(0)

    failure = Post("json://127.0.0.1:9", dict(os.environ), runner).send(outgoing())

    assert failure == Failure(reason="was ended with retouchd")


def test_without_apprise_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has not installed Apprise is told the words to type."""
    monkeypatch.setitem(sys.modules, "apprise", None)

    failure = post("json://127.0.0.1:9").send(outgoing())

    assert failure == Failure(reason=MISSING)


def test_a_defect_shows_no_address(tmp_path: Path) -> None:
    """I9: a process that fails in an unforeseen way tells the error's name and nothing of the address."""
    failure = Post("json://x", {"PYTHONPATH": str(tmp_path)}, Runner())
    (tmp_path / "apprise.py").write_text(f"raise ValueError('{TOKEN}')\n")

    assert failure.send(outgoing()) == Failure(reason="Apprise failed with ValueError")


def test_the_key_is_not_told_to_apprise(tmp_path: Path) -> None:
    """I9: who sends has the proxies of the environment, but neither the key nor anything unknown."""
    found = tmp_path / "found"
    (tmp_path / "apprise.py").write_text(
        f"import os\nopen({str(found)!r}, 'w').write(repr(dict(os.environ)))\n"
    )
    way = post(
        "json://x", PYTHONPATH=str(tmp_path), https_proxy="http://proxy:1", CREDENTIALS_DIRECTORY="/run/c"
    )

    way.send(outgoing())

    assert "http://proxy:1" in found.read_text()
    assert "DENCH_API_KEY" not in found.read_text()
    assert "CREDENTIALS_DIRECTORY" not in found.read_text()


@given(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=3), st.text(max_size=20))
def test_no_part_of_an_address_is_told(secret: str, around: str) -> None:
    """I9: whatever a service says back, no part of the address is told on."""
    url = f"ntfy://user:{secret}@host.example/{secret}"

    assert secret not in without_secrets(f"{around} {secret} {around} failed", url).replace(around, "")
