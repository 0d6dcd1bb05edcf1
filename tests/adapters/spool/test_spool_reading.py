"""Finding the picture by its position: the same as parsing everything, but in little memory."""

import base64
import gc
import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from spool_answers import ATTEMPT, HEAD, receive, receive_json

from retouchd.adapters.durable import Durable
from retouchd.adapters.spool.decoding import decode_blocks, unescape_blocks
from retouchd.adapters.spool.store import AnswerSpool
from retouchd.core.answer import Answer, Unreadable
from retouchd.core.outcomes import Answered

PICTURE = bytes(range(256)) * 4000
BASE64 = base64.b64encode(PICTURE).decode()
REST = {"model": "m", "endpoint": "images/edits", "prompt": "grey", "path": "/x.png", "signedUrl": None}
FIELDS = {"ok": True, **REST, "b64_json": BASE64, "usage": {"a": [1]}}


def read(spool: AnswerSpool) -> tuple[Answer | Unreadable, bytes | None]:
    """Give what the spool makes of its answer: fields, and the picture unless it is broken.

    It is the same with what was seen while the answer was written and without.
    """
    spool.find(ATTEMPT)
    seen = _read(spool)
    assert repr(_read(spool)) == repr(seen)
    return seen


def _read(spool: AnswerSpool) -> tuple[Answer | Unreadable, bytes | None]:
    answer = spool.read_answer(ATTEMPT)
    try:
        return answer, b"".join(spool.picture_pieces(ATTEMPT))
    except ValueError:
        return answer, None


def reason(spool: AnswerSpool) -> str:
    """Give why the answer is unreadable, which also means that it gives no picture."""
    answer, picture = read(spool)
    assert isinstance(answer, Unreadable)
    assert picture is None
    return answer.reason


def test_an_ordinary_answer_gives_fields_and_picture(spool: AnswerSpool) -> None:
    """Everything but the picture is in the fields, and the picture's bytes come out as they were."""
    receive_json(spool, FIELDS)

    answer, picture = read(spool)

    assert isinstance(answer, Answer)
    assert answer.fields == {key: value for key, value in FIELDS.items() if key != "b64_json"}
    assert answer.oddities == ()
    assert picture == PICTURE


@pytest.mark.parametrize(
    ("change", "oddity"),
    [
        (lambda text: text, None),
        (lambda text: text.replace("+", "-").replace("/", "_"), "the alphabet for URLs"),
        (lambda text: text.rstrip("="), "lacks its padding"),
        (lambda text: "data:image/png;base64," + text, "b64_json begins with a data: prefix"),
        (lambda text: "\n".join(text[at : at + 76] for at in range(0, len(text), 76)), "line breaks"),
        (
            lambda text: "\r\n".join(text[at : at + 64] for at in range(0, len(text), 64)) + "\r\n",
            "line breaks",
        ),
    ],
    ids=["plain", "urlsafe", "unpadded", "prefix", "lf", "crlf"],
)
@pytest.mark.parametrize(
    "escape",
    [lambda text: text, lambda text: text.replace("/", r"\/").replace("+", r"\u002b")],
    ids=["bare", "escaped"],
)
@pytest.mark.parametrize("raw", [False, True])
def test_usual_ways_to_write_base64_are_read(
    spool: AnswerSpool, change: object, oddity: str | None, escape: object, *, raw: bool
) -> None:
    """A data: prefix, line breaks and escapes are read, in large answers and small, and said to be odd."""
    for repeat in (1, 8):
        text = change(base64.b64encode(PICTURE * repeat).decode())
        value = text if raw else escape(json.dumps(text)[1:-1])
        rest = json.dumps(REST)[1:-1].encode()
        receive(spool, b'{"ok": true, ' + rest + b', "b64_json" \n: "' + value.encode() + b'"}')

        answer, picture = read(spool)

        assert isinstance(answer, Answer)
        assert picture == PICTURE * repeat
        assert (oddity or "") in " ".join(answer.oddities)
        assert bool(answer.oddities) == (oddity is not None)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32-be"])
def test_other_encodings_are_read(spool: AnswerSpool, encoding: str) -> None:
    """A byte order mark, UTF-16 and UTF-32 are read while they are small enough to be parsed whole."""
    receive(spool, json.dumps({**FIELDS, "b64_json": BASE64[:400]}).encode(encoding))

    answer, picture = read(spool)

    assert isinstance(answer, Answer)
    assert picture == PICTURE[:300]


def test_a_bom_does_not_hide_a_large_picture(spool: AnswerSpool) -> None:
    """A byte order mark before a large answer changes nothing."""
    receive(
        spool, b"\xef\xbb\xbf" + json.dumps({"b64_json": base64.b64encode(PICTURE * 3).decode()}).encode()
    )

    assert read(spool)[1] == PICTURE * 3


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "it is no JSON"),
        (b"<html>Bad gateway</html>", "it is no JSON"),
        (b'{"b64_json": "AAAA"', "it is no JSON"),
        (b'{"b64_json": "AAAA', "it is no JSON"),
        (b"\xff\xfe\x00", "it is no JSON"),
        (b'["b64_json", "AAAA"]', "it is no JSON object"),
        (b'"b64_json"', "it is no JSON object"),
        (b"NaN", "it is no JSON object"),
        (b"[" * 100_000 + b"]" * 100_000, "it is nested too deeply"),
        (b'{"b64_json": "AAAA", "a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "it is nested too deeply"),
        (b'{"b64_json": "AAAA", "a": ' + b"[" * 500 + b"]" * 500 + b"}", "it is nested too deeply"),
        (b'{"ok": true}', "it has no picture"),
        (b'{"b64_json": null}', "it has no picture"),
        (b'{"b64_json": ["AAAA"]}', "it has no picture"),
        (b'{"b64_json": {"b64_json": "AAAA"}}', "it has no picture"),
        (b'{"data": [{"b64_json": "AAAA"}]}', "it has no picture"),
        (b'{"prompt": "\\"b64_json\\": \\"AAAA\\""}', "it has no picture"),
        (b'{"b64_json": "AAAA", "b64_json": null}', "it has no picture"),
        (b" " * 3_000_000, "no picture was found in it"),
        (b'{"b64_json": "' + b"A" * 3_000_000, "no picture was found in it"),
        (b'{"data": [{"b64_json": "' + b"A" * 3_000_000 + b'"}]}', "no picture was found in it"),
        (b'{"b64_json": "AAAA", "a": "' + b"A" * 3_000_000 + b'"}', "no picture was found in it"),
    ],
)
def test_what_cannot_be_read_says_why(spool: AnswerSpool, body: bytes, expected: str) -> None:
    """Whatever comes is a reason for people and never a crash."""
    receive(spool, body)

    assert reason(spool) == expected


def test_the_last_of_duplicate_keys_stands(spool: AnswerSpool) -> None:
    """Of two pictures the last one stands, as it does for every JSON parser; that is told as odd."""
    receive(spool, b'{"b64_json": "AAAA", "prompt": "a", "b64_json": "BBBB"}')

    answer, picture = read(spool)

    assert isinstance(answer, Answer)
    assert "a key stands twice in it; the last value counts" in answer.oddities
    assert picture == base64.b64decode("BBBB")


@pytest.mark.parametrize("repeat", [1, 8])
def test_broken_characters_do_not_take_the_picture_away(spool: AnswerSpool, repeat: int) -> None:
    """A text that is no UTF-8 beside a picture is told as odd, in large answers and small."""
    picture = base64.b64encode(PICTURE * repeat)
    receive(spool, b'{"prompt": "\xff\xc3(", "b64_json": "' + picture + b'"}')

    answer, decoded = read(spool)

    assert isinstance(answer, Answer)
    assert answer.prompt == "\ufffd\ufffd("
    assert "a text in it is no utf-8" in answer.oddities
    assert decoded == PICTURE * repeat


@pytest.mark.parametrize("status", [201, 202, 203, 206, 299])
def test_another_status_is_unreadable(spool: AnswerSpool, status: int) -> None:
    """Any other success than 200 is not what was documented; what came beside the picture is told."""
    receive_json(spool, {**FIELDS, "signedUrl": "https://a.b/c"}, Answered(status=status, elapsed_seconds=1))

    answer, _ = read(spool)

    assert isinstance(answer, Unreadable)
    assert answer.reason == f"its status is {status}, not 200"
    assert answer.rest.signed_url == "https://a.b/c"


@pytest.mark.parametrize(
    "body",
    [
        b'{"signedUrl": "https://a.b/c", "b64_json": null}',
        b'{"signedUrl": "https://a.b/c", "b64_json": "' + b"A" * 3_000_000,
        b'{"b64_json": "' + b"A" * 3_000_000 + b'", "signedUrl": "https:\\/\\/a.b\\/c"',
        b'{"signedUrl": "https://a.b/c", "a": ' + b"[" * 100_000,
        b'{"signedUrl": "https://a.b/c"',
    ],
    ids=["no picture", "cut picture", "cut end", "nested", "cut"],
)
def test_the_signed_url_is_found_without_a_picture(spool: AnswerSpool, body: bytes) -> None:
    """Where no picture can be read the link to it is found, whether the rest can be parsed or not."""
    receive(spool, body)

    answer, _ = read(spool)

    assert isinstance(answer, Unreadable)
    assert answer.rest.signed_url == "https://a.b/c"


def test_an_escaped_key_is_found(spool: AnswerSpool) -> None:
    """A key that is written with escapes is found by parsing a small answer whole."""
    receive(spool, b'{"b64\\u005fjson": "' + BASE64[:80000].encode() + b'"}')

    assert read(spool)[1] == PICTURE[:60000]


def test_absurd_numbers_cost_nothing(spool: AnswerSpool) -> None:
    """NaN and integers of 5000 digits beside a picture do not take it away."""
    body = b'{"ok": true, "estimatedCostUsd": ' + b"9" * 5000 + b', "sizeBytes": NaN, "b64_json": "AAAA"}'
    receive(spool, body)

    answer, picture = read(spool)

    assert isinstance(answer, Answer)
    assert answer.estimated_cost_usd is None
    assert picture == bytes(3)


def test_a_cut_answer_says_where(spool: AnswerSpool) -> None:
    """An answer that was cut is unreadable with how much came and why no more."""
    head = Answered(status=200, elapsed_seconds=1, cut="the connection was lost")
    receive(spool, json.dumps(FIELDS).encode()[:1_200_000], head)

    assert reason(spool) == "it is cut after 1.2 MB: the connection was lost"


def test_a_whole_picture_in_a_cut_reply_is_used(spool: AnswerSpool) -> None:
    """JSON that is whole though its reply did not end as announced was paid for and is used."""
    receive_json(spool, FIELDS, Answered(status=200, elapsed_seconds=1, cut="the connection was lost"))

    answer, picture = read(spool)

    assert isinstance(answer, Answer)
    assert answer.oddities == ("the reply did not end as announced: the connection was lost",)
    assert picture == PICTURE


def test_a_compressed_answer_is_unreadable(spool: AnswerSpool) -> None:
    """Compression was not asked for: what is still compressed here is unreadable for that reason."""
    receive(spool, b"\x8b\x00", Answered(status=200, headers={"content-encoding": "br"}, elapsed_seconds=1))

    assert reason(spool) == "it came compressed although that was not asked for"


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_an_encoding_that_is_only_named(spool: AnswerSpool, encoding: str) -> None:
    """An answer that is readable counts, whatever its headers say of it."""
    head = Answered(status=200, headers={"content-encoding": encoding}, elapsed_seconds=1)
    receive_json(spool, FIELDS, head)

    answer, picture = read(spool)

    assert isinstance(answer, Answer)
    assert bool(answer.oddities) == (encoding == "gzip")
    assert picture == PICTURE


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            "A",
            "AA==AA",
            "AA=A",
            "AA==AAAA",
            "A AA",
            "AAAA=",
            "====",
            "A\u00e9AA",
            "data:image/png;base64,",
        ),
        *(r"\n", r"\t", r"AAA\\", r"AAA\u005c", r"AA\u00e9A", r"AAAA\u00", r"\"AAA"),
    ],
)
def test_broken_base64_is_a_value_error(spool: AnswerSpool, value: str) -> None:
    """Whatever is not strictly base64 is refused, in small answers and large."""
    for before in ("", "AAAA" * 600_000):
        receive(spool, f'{{"b64_json": "{before}{value}"}}'.encode())
        if before and value in {"", r"\n"}:
            continue

        with pytest.raises(ValueError, match=r"."):
            b"".join(spool.picture_pieces(ATTEMPT))


@pytest.mark.parametrize("blocks", [[b"AA==", b"AAAA"], [b"AA==", b"="], [b"AAAA", b"A"], [b"\n", b""], []])
def test_broken_base64_in_any_split_is_a_value_error(blocks: list[bytes]) -> None:
    """Text that goes on after its padding, is cut or is empty is refused wherever it is split."""
    with pytest.raises(ValueError, match="base64"):
        b"".join(decode_blocks(iter(blocks)))


def test_many_keys_do_not_take_for_ever(spool: AnswerSpool) -> None:
    """A body full of the key's name is given up, not searched to its end a million times."""
    receive(spool, b'{"b64_json":"A",' * 1_000_000)

    assert reason(spool) == "no picture was found in it"


def test_i12_a_large_answer_is_read_in_little_memory(spool: AnswerSpool) -> None:
    """I12: a picture of 25 MB is found and decoded with less than 1 MB of memory."""
    receive(
        spool, b'{"prompt": "' + b"p" * 32_000 + b'", "b64_json": "' + b"AAAA" * 6_250_000 + b'", "ok": true}'
    )
    gc.collect()
    tracemalloc.start()

    answer = spool.read_answer(ATTEMPT)
    size = sum(map(len, spool.picture_pieces(ATTEMPT)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert isinstance(answer, Answer)
    assert size == 18_750_000
    assert peak < 1_000_000


_TEXT = st.text(max_size=20) | st.sampled_from(["b64_json", '"b64_json": "AAAA"', "\\", '"', 'b64_json":"'])
_BASE64 = st.binary(max_size=40).map(lambda content: base64.b64encode(content).decode())
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | _TEXT | _BASE64
_KEYS = st.sampled_from(["b64_json", "prompt", "ok"]) | _TEXT
_VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3)
)
_PAIRS = st.lists(st.tuples(_KEYS, _VALUES | _BASE64), max_size=6)


def write(pairs: list[tuple[str, object]], separator: str) -> bytes:
    """Write an object's text, duplicate keys and all."""
    lines = (f"{json.dumps(key)}{separator}{json.dumps(value)}" for key, value in pairs)
    return ("{" + ",".join(lines) + "}").encode()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pairs=_PAIRS, separator=st.sampled_from([":", ": ", "\n :\t"]), padding=st.sampled_from([0, 2_200_000])
)
@example(pairs=[("b64_json", "000000")], separator=":", padding=0)
def test_the_position_agrees_with_a_parser(
    tmp_path: Path, pairs: list[tuple[str, object]], separator: str, padding: int
) -> None:
    """Wherever b64_json stands, however often, in whatever text, the picture is the one a parser finds."""
    spool = AnswerSpool(tmp_path / "spool", Durable())
    if padding:
        pairs = [*pairs, ("b64_json", "A" * padding)]
    body = write(pairs, separator)
    parsed = json.loads(body)
    receive(spool, body)

    answer, picture = read(spool)

    expected = parsed.get("b64_json")
    if not isinstance(expected, str) or not expected:
        assert isinstance(answer, Unreadable)
    else:
        assert isinstance(answer, Answer)
        del parsed["b64_json"]
        assert repr(answer.fields) == repr(parsed)
    assert picture == _decoded(expected)


def _decoded(text: object) -> bytes | None:
    """Decode strictly, but for line breaks, the alphabet for URLs and missing padding."""
    if not isinstance(text, str):
        return None
    plain = text.translate(str.maketrans("-_", "+/", "\r\n"))
    padding = "" if len(plain) % 4 == 1 else "=" * (-len(plain) % 4)
    try:
        return base64.b64decode(plain + padding, validate=True) or None
    except ValueError:
        return None


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(min_value=0, max_value=len(json.dumps(FIELDS)) - 1) | st.integers(0, 200))
def test_no_truncation_is_an_answer(tmp_path: Path, cut: int) -> None:
    """However much is missing at the end, an answer is unreadable and gives no picture."""
    spool = AnswerSpool(tmp_path / "spool", Durable())
    receive(spool, json.dumps(FIELDS).encode()[:cut], HEAD)

    assert reason(spool)


@settings(max_examples=300, deadline=None)
@given(
    content=st.binary(min_size=1, max_size=200),
    cuts=st.lists(st.integers(1, 9), min_size=1),
    escaped=st.booleans(),
)
def test_any_split_decodes_to_the_same(content: bytes, cuts: list[int], *, escaped: bool) -> None:
    """However the text is cut into blocks, within escapes and groups too, the bytes are the same."""
    text = base64.b64encode(content).decode()
    if escaped:
        text = text.replace("+", r"\u002B").replace("/", r"\/").replace("=", r"\u003d").replace("a", r"a\r\n")
    blocks = []
    for number in range(len(text)):
        step = cuts[number % len(cuts)]
        blocks.append(text[:step].encode())
        text = text[step:]

    decoded = b"".join(decode_blocks(unescape_blocks(iter(blocks))))

    assert decoded == content
