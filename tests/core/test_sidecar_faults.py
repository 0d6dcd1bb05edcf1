"""Wrong sidecars: what people write by mistake, and strangers on purpose, with the sentence that helps."""

import codecs
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from retouchd.core.options import SidecarError
from retouchd.core.sidecars import MAX_SIDECAR_BYTES, read_json, read_preset, read_text, read_toml

_READERS: Final[dict[str, Callable[[bytes], object]]] = {
    "txt": read_text,
    "toml": read_toml,
    "_preset.toml": read_preset,
    "json": read_json,
}
_LINES: Final = (
    Path(__file__).with_name("wrong_sidecars.txt").read_text("utf-8").split("\n\n", 1)[1].splitlines()
)
_TABLE: Final = list(zip(_LINES[::2], _LINES[1::2], strict=True))


def fault_of(read: Callable[[bytes], object], content: bytes) -> str:
    """Give the sentence with which a file is refused."""
    with pytest.raises(SidecarError) as fault:
        read(content)
    return str(fault.value)


@pytest.mark.parametrize(("written", "sentence"), _TABLE)
def test_wrong_sidecars(written: str, sentence: str) -> None:
    """What cannot be understood is never guessed at nor paid for, and the sentence says how to write it."""
    kind, _, text = written.partition(":")
    content = text.strip().replace("\N{DOWNWARDS ARROW WITH CORNER LEFTWARDS}", "\n").encode()

    assert fault_of(_READERS[kind], content) == sentence.strip()


def test_there_are_many_wrong_sidecars() -> None:
    """The table was read."""
    assert len(_TABLE) > 100


@pytest.mark.parametrize("read", [read_text, read_toml, read_preset])
@pytest.mark.parametrize(
    "content",
    [
        b"a\0b",
        b"caf\xe9",
        b"\xed\xa0\x80",
        codecs.BOM_UTF16_LE + b"a",
        codecs.BOM_UTF16_BE + b"\xd8\x00",
        codecs.BOM_UTF32_LE + "a".encode("utf-32-le"),
    ],
)
def test_files_that_are_no_text(read: Callable[[bytes], object], content: bytes) -> None:
    """Whatever it is that somebody gave the suffix of a text, no byte of it is taken for a prompt."""
    assert fault_of(read, content) == "it is no plain text: save it as plain text in UTF-8"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(b"a=" + b"[" * 5000, "brackets within brackets", id="nested arrays"),
        pytest.param(b"a=" + b"{a=" * 5000, "brackets within brackets", id="nested tables"),
        pytest.param(
            b"take=" + b"9" * 5000, "write for example take = 2", id="more figures than Python reads"
        ),
        pytest.param(b"size=0x" + b"f" * 5000, "size must be", id="more figures than Python writes"),
        pytest.param(b"megapixels=1" + b"0" * 500_000 + b".0", "megapixels must be", id="a long number"),
        pytest.param(b"a." * 400_000 + b"a=1", "more than 1000 dots", id="a key that would take hours"),
        pytest.param(b".".join([b"a"] * 1000) + b"=1", "is a section", id="the longest key that is read"),
        pytest.param(b"k" * 100_000 + b"=1", "is no option", id="a long key"),
        pytest.param(b"[a]\n[b" * 170_000, "line 2", id="many tables"),
        pytest.param(b"a={" + b"b={}," * 170_000 + b"}", "is not understood", id="many keys"),
        pytest.param(b'prompt="' + b"\\n" * 500_000, "is not understood", id="many escapes"),
        pytest.param(b'prompt = "' + b"x" * MAX_SIDECAR_BYTES, "larger than 1 MiB", id="too large"),
    ],
)
def test_options_that_attack_the_parser(content: bytes, sentence: str) -> None:
    """What is written to break the parser is a short sentence, and soon (I11)."""
    fault = fault_of(read_toml, content)

    assert sentence in fault
    assert len(fault) < 500


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(b'{"prompt": ' + b"[" * 500_000, "brackets within brackets", id="nested arrays"),
        pytest.param(b'{"prompt": ' + b'{"a": ' * 100_000, "brackets within brackets", id="nested objects"),
        pytest.param(b'{"prompt": "x", "take": ' + b"9" * 5000 + b"}", "thousands of figures", id="figures"),
        pytest.param(b'{"prompt": "x"' + b', "take": 1' * 90_000 + b"}", "stands twice", id="many keys"),
        pytest.param(b'{"prompt": "' + b"x" * MAX_SIDECAR_BYTES + b'"}', "larger than 1 MiB", id="too large"),
    ],
)
def test_objects_that_attack_the_parser(content: bytes, sentence: str) -> None:
    """The same for JSON (I11)."""
    fault = fault_of(read_json, content)

    assert sentence in fault
    assert len(fault) < 500


@pytest.mark.parametrize("content", [b"+++\n" + b"+++ x\n" * 170_000, b"+++" + b" " * 1_000_000 + b"x"])
def test_texts_that_attack_the_parser(content: bytes) -> None:
    """The same for text: lines of + are not searched again and again (I11)."""
    assert "+++" in fault_of(read_text, content)


def test_a_text_that_is_too_large() -> None:
    """No more than the size that is read is ever looked at."""
    assert fault_of(read_text, b"x" * (MAX_SIDECAR_BYTES + 1)) == (
        "it is larger than 1 MiB, so it was not read: a prompt has at most 32000 characters"
    )
