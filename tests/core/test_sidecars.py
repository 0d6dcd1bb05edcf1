"""Sidecars: what anyone may have written becomes valid options, or a fault with the way to write it."""

import codecs
import json
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouchd.core.optionrules import PRESET_OPTIONS, SIDECAR_OPTIONS
from retouchd.core.options import Options, SameFormat, SidecarError
from retouchd.core.pictures import PictureFormat
from retouchd.core.request import Background, Quality
from retouchd.core.sidecars import MAX_SIDECAR_BYTES, read_json, read_preset, read_text, read_toml
from retouchd.core.values import printable
from strategies import any_text, sidecar_bytes

ALL_OPTIONS: Final[dict[str, tuple[Any, object]]] = {
    "prompt": (" make it\r\nblue ", "make it\nblue"),
    "size": ("1536x1024", "1536x1024"),
    "megapixels": (2, 2.0),
    "quality": ("high", Quality.HIGH),
    "format": ("same", SameFormat.SAME),
    "output_compression": (0, 0),
    "background": ("opaque", Background.OPAQUE),
    "mask": ("masks/beach.png", "masks/beach.png"),
    "references": (["_logo.png", "a/b c.jpg"], ("_logo.png", "a/b c.jpg")),
    "variants": (3, 3),
    "take": (2, 2),
    "prompt_prefix": ("Photo.\n", "Photo."),
    "prompt_suffix": ("Sharp.", "Sharp."),
    "output_name": ("{stem}-{take}", "{stem}-{take}"),
    "require_mask": (False, False),
}


def attempted(read: Callable[[bytes], object], content: bytes) -> tuple[object, str]:
    """Give what was read and nothing, or None and the fault."""
    try:
        return read(content), ""
    except SidecarError as exc:
        return None, str(exc)


def as_toml(names: tuple[str, ...]) -> bytes:
    """Write all of these options."""
    return "\n".join(f"{name} = {json.dumps(ALL_OPTIONS[name][0])}" for name in names).encode()


def read_options(names: tuple[str, ...]) -> Options:
    """Give what these options are when they were read."""
    values: dict[str, Any] = {name: ALL_OPTIONS[name][1] for name in names}
    return Options(**values)


def prompt_of(content: bytes) -> str:
    """Give the prompt of a text file."""
    return read_text(content).prompt or ""


@pytest.mark.parametrize("read", [read_text, read_toml, read_preset, read_json])
@given(content=sidecar_bytes)
def test_any_bytes_are_options_or_a_fault(read: Callable[[bytes], object], content: bytes) -> None:
    """Nothing that lies in an inbox makes reading end otherwise, nor its fault forge a line (I11)."""
    options, fault = attempted(read, content)

    assert isinstance(options, Options) or fault or (read is read_json and options is None)
    assert printable(fault) == fault
    assert len(fault) < 500


@given(text=any_text)
def test_reading_twice_changes_nothing(text: str) -> None:
    """The prompt that was read is the prompt that would be read again: its fingerprint stays."""
    options, fault = attempted(read_text, text.encode("utf-8", "surrogatepass"))

    assert fault or not isinstance(options, Options) or read_text(str(options.prompt).encode()) == options


@given(text=st.text(st.sampled_from("ä\ufeff\r\n\t .🏖x"), max_size=12))
def test_the_encoding_does_not_matter(text: str) -> None:
    """Editors save one text in several ways; the prompt is the same."""
    written = [
        text.encode(),
        codecs.BOM_UTF8 + text.encode(),
        codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
        text.replace("\n", "\r\n").encode(),
    ]

    assert len({prompt_of(one) for one in written[:4]}) == 1
    assert "\r" not in prompt_of(written[4])
    assert "\ufeff" not in prompt_of(written[0])


@pytest.mark.parametrize(
    ("content", "prompt"),
    [
        (b"", ""),
        (b" \r\n\t", ""),
        (b"\xef\xbb\xbf", ""),
        (b"  make it\r\nblue \r\n", "make it\nblue"),
        (b"old\rMac", "old\nMac"),
        (b"-- two dashes", "-- two dashes"),
        (b"++ two", "++ two"),
        (b"# A heading\n\n- brighter", "# A heading\n\n- brighter"),
        (b"{soft} light", "{soft} light"),
        (b"Quality: make it crisp, size = small", "Quality: make it crisp, size = small"),
        (b"a prompt\n+++\nwith a line\n+++", "a prompt\n+++\nwith a line\n+++"),
        (b"\xef\xbb\xbf\xef\xbb\xbf twice", "twice"),
        (b"x" * MAX_SIDECAR_BYTES, "x" * MAX_SIDECAR_BYTES),
    ],
)
def test_prompts(content: bytes, prompt: str) -> None:
    """Marks, newlines and blank ends are no part of a prompt; an empty one is still being typed."""
    assert read_text(content) == Options(prompt=prompt)


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (b'+++\nquality = "low"\n+++\nblue\n\nsky', Options(quality=Quality.LOW, prompt="blue\n\nsky")),
        (b"\xef\xbb\xbf\r\n+++ \r\ntake = 2\r\n+++\t\r\n blue", Options(take=2, prompt="blue")),
        (b"+++\n+++\nblue", Options(prompt="blue")),
        (b"+++\ntake = 2\n+++\n \n", Options(take=2)),
        (b'+++\nprompt = "blue"\n+++', Options(prompt="blue")),
        (b"+++\ntake = 2\n+++\nblue\n+++\ngrey", Options(take=2, prompt="blue\n+++\ngrey")),
        (b"+++\n+++\n---\nblue", Options(prompt="---\nblue")),
    ],
)
def test_options_above_a_prompt(content: bytes, options: Options) -> None:
    """TOML between two lines of +++ sets options; what stands below is the prompt, whatever it looks like."""
    assert read_text(content) == options


def test_all_options() -> None:
    """Every option of a photo can be set in each notation, and becomes the same typed value."""
    table = {name: ALL_OPTIONS[name][0] for name in SIDECAR_OPTIONS}

    assert read_toml(as_toml(SIDECAR_OPTIONS)) == read_options(SIDECAR_OPTIONS)
    assert read_text(b"+++\n%s\n+++" % as_toml(SIDECAR_OPTIONS)) == read_options(SIDECAR_OPTIONS)
    assert read_json(json.dumps(table).encode("utf-8-sig")) == read_options(SIDECAR_OPTIONS)
    assert read_json(json.dumps(table).encode("utf-16")) == read_options(SIDECAR_OPTIONS)


def test_all_options_of_a_preset() -> None:
    """A preset sets everything but what belongs to one photo alone, and some things more."""
    assert read_preset(as_toml(PRESET_OPTIONS)) == read_options(PRESET_OPTIONS)
    assert {*PRESET_OPTIONS, "mask", "take"} == set(ALL_OPTIONS)


@pytest.mark.parametrize("content", [b"", b"# nothing yet\n", b"\xef\xbb\xbf"])
def test_an_empty_option_file_sets_nothing(content: bytes) -> None:
    """An option file that says nothing is valid."""
    assert read_toml(content) == read_preset(content) == Options()


@pytest.mark.parametrize("size", ["match", "auto", "1024x1024"])
def test_sizes_are_kept_as_written(size: str) -> None:
    """The two words and a legal size are taken; "match" is resolved later, by the photo."""
    assert read_toml(f'size = "{size}"'.encode()).size == size


def test_a_format_has_two_spellings() -> None:
    """Most people write jpg."""
    assert read_toml(b'format = "jpg"').format is PictureFormat.JPEG


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no JSON",
        b"\xff\xfe",
        b"[" * 100_000,
        b"x" * (MAX_SIDECAR_BYTES + 1),
        b'["prompt"]',
        b'"prompt"',
        b"{}",
        b'{"title": "Beach", "photoTakenTime": {"timestamp": "1"}}',
        b'{"title": "Beach", "title": "twice"}',
        b'{"prompt": 1, "seed": 2}',
        b'{"prompt": null}',
        b'{"text": {"prompt": "within"}}',
        b'{"schema": "retouchd.result/1", "prompt": "blue", "unknown": []}',
    ],
)
def test_json_that_is_no_sidecar(content: bytes) -> None:
    """Photo exports and results lie beside pictures as JSON too; they say nothing, and are no fault."""
    assert read_json(content) is None


def test_an_empty_prompt_in_json_is_still_being_typed() -> None:
    """A text "prompt" makes the object a sidecar, also an empty one."""
    assert read_json(b'{"prompt": " "}') == Options(prompt="")
