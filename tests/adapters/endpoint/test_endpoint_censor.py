"""The key never gets past the endpoint, however a server gives it back (I9)."""

import json
import re
from pathlib import Path

import pytest
from endpoint_calls import KEY, MakeCaller
from hypothesis import given
from hypothesis import strategies as st

from retouchd.adapters.endpoint.answers import CensoredWriter
from retouchd.adapters.endpoint.censor import Censor
from retouchd.core.outcomes import Answered
from servers import ScriptedServer, sending

ODD_KEY = 'a/b"c\\d+e.f*[g]-0123456789'


class Memory:
    """An AnswerWriter that remembers."""

    def __init__(self) -> None:
        self.body = b""

    def write(self, piece: bytes) -> None:
        """Remember."""
        self.body += piece

    def finish(self, head: Answered) -> None:
        """Do nothing."""


def escaped(text: str) -> str:
    """Write each character as JSON's escape."""
    return "".join(f"\\u{ord(character):04X}" for character in text)


def mixed(text: str) -> str:
    """Write every other character as JSON's escape, as plain JSON the others."""
    return "".join(json.dumps(one)[1:-1] if at % 2 else escaped(one).lower() for at, one in enumerate(text))


FORMS = [
    pytest.param(str, "utf-8", id="plain"),
    pytest.param(lambda text: json.dumps(text)[1:-1], "utf-8", id="json"),
    pytest.param(lambda text: text.replace("/", r"\/"), "utf-8", id="slashes"),
    pytest.param(escaped, "utf-8", id="escaped"),
    pytest.param(mixed, "utf-8", id="mixed"),
    *(
        pytest.param(str, f"utf-{bits}-{end}", id=f"utf-{bits}-{end}")
        for bits in (16, 32)
        for end in ("le", "be")
    ),
    pytest.param(escaped, "utf-16-le", id="escaped utf-16"),
]


@pytest.mark.parametrize("key", [KEY, ODD_KEY])
@pytest.mark.parametrize(("write", "encoding"), FORMS)
def test_i9_every_form_of_the_key_is_struck_out(key: str, write: object, encoding: str) -> None:
    """I9: whatever reading JSON turns back into the key is gone, and nothing else moves."""
    text = f'{{"a": "before {write(key)} after", "b": "{write(key)}"}}'.encode(encoding)

    struck = Censor(key).strike_out(text)

    assert len(struck) == len(text)
    assert b"*" in struck
    fields = json.loads(struck)
    assert key not in json.dumps(fields)
    assert key not in "".join(fields.values())
    assert fields["a"].startswith("before ")
    assert fields["a"].endswith(" after")


def test_other_text_stays() -> None:
    """What only resembles the key, and everything without it, stays as it is."""
    data = b"\x00\\u0064" + KEY[:-1].encode() + b"\\" + KEY[1:].encode() + bytes(range(256))

    assert Censor(KEY).strike_out(data) == data


def test_short_keys_are_left() -> None:
    """A key so short that pictures hold it by chance is no secret, and striking it out would break them."""
    assert Censor("short").strike_out(b"a short text") == b"a short text"


@given(
    cuts=st.lists(st.integers(1, 40), min_size=1, max_size=30),
    form=st.sampled_from([str, escaped, mixed]),
    encoding=st.sampled_from(["utf-8", "utf-16-le", "utf-32-be"]),
)
def test_i9_no_split_hides_the_key(cuts: list[int], form: object, encoding: str) -> None:
    """I9: however an answer is cut into pieces, the key is struck out across them."""
    text = f"before{form(KEY)}{form(KEY)}between{form(KEY)}".encode(encoding)
    memory = Memory()
    writer = CensoredWriter(memory, Censor(KEY))

    rest = text
    for cut in cuts:
        writer.write(rest[:cut])
        rest = rest[cut:]
    writer.write(rest)
    writer.flush()

    assert memory.body == Censor(KEY).strike_out(text)
    assert KEY not in re.sub(
        r"\\u([0-9a-fA-F]{4})", lambda one: chr(int(one[1], 16)), memory.body.decode(encoding)
    )


@pytest.mark.parametrize("status", [200, 400, 500, 302])
def test_i9_no_echo_reaches_the_spool(make_caller: MakeCaller, tmp_path: Path, status: int) -> None:
    """I9: a server that sends the key back in body, header names and values leaves it in no file."""
    body = b"x" * 65_500 + KEY.encode() + escaped(KEY).encode() + b"y" * 200_000 + KEY.encode()
    lines = (
        f"HTTP/1.1 {status} {KEY}",
        f"X-Request-Id: {KEY}",
        f"{KEY}: {KEY}",
        f"Location: https://elsewhere/{KEY}",
        f"Content-Length: {len(body)}",
    )
    with ScriptedServer(sending("\r\n".join(lines).encode() + b"\r\n\r\n", body)) as server:
        caller = make_caller(server.url)
        end = caller.submit()

    assert isinstance(end, Answered)
    assert KEY not in str(end)
    assert end.headers["x-request-id"] == "*" * len(KEY)
    (kept,) = (path.read_bytes() for path in (tmp_path / "spool").iterdir())
    assert KEY.encode() not in kept
    assert escaped(KEY).encode() not in kept
    assert len(caller.body()) == len(body)
