"""Sidecars: what anyone may have written becomes valid options, or a fault with the way to write it."""

import codecs
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouchd.core.pictures import PictureFormat
from retouchd.core.request import AutoSize, Background, EditRequest, Quality, Size
from retouchd.core.sidecars import (
    MAX_SIDECAR_BYTES,
    OPTION_NAMES,
    Layer,
    Limits,
    Options,
    SidecarError,
    make_request,
    merge,
    read_options,
    read_prompt,
)
from strategies import any_text, sidecar_bytes

LIMITS = Limits()
SHOWN = (4032, 3024)
PROMPT = Options(prompt="x")


def attempted(read: Callable[[bytes], object], content: bytes) -> tuple[object, str]:
    """Give what was read and nothing, or None and the fault."""
    try:
        return read(content), ""
    except SidecarError as exc:
        return None, str(exc)


@given(content=sidecar_bytes)
def test_any_bytes_are_a_prompt_or_a_fault(content: bytes) -> None:
    """Nothing that lies in an inbox makes reading a prompt end in anything but text or a fault (I11)."""
    read, fault = attempted(read_prompt, content)

    assert isinstance(read, str) or fault


@given(content=sidecar_bytes)
def test_any_bytes_are_options_or_a_fault(content: bytes) -> None:
    """Nothing that lies in an inbox makes reading options end otherwise, nor its fault forge a line (I11)."""
    read, fault = attempted(read_options, content)

    assert isinstance(read, Options) or fault
    assert fault.isprintable()
    assert len(fault) < 500


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"a=" + b"[" * 5000, id="nested arrays"),
        pytest.param(b"a=" + b"{a=" * 5000, id="nested tables"),
        pytest.param(b"take=" + b"9" * 5000, id="more figures than Python reads"),
        pytest.param(b"size=0x" + b"f" * 5000, id="more figures than Python writes"),
        pytest.param(b"a." * 400_000 + b"a=1", id="a key that would take hours"),
        pytest.param(b"k" * 100_000 + b"=1", id="a long key"),
        pytest.param(b'"\\u001b[2J\\n"=1', id="a key that steers terminals"),
    ],
)
def test_options_that_attack_the_parser(content: bytes) -> None:
    """What is written to break the parser is a short, printable fault, and soon (I11)."""
    with pytest.raises(SidecarError) as fault:
        read_options(content)

    assert str(fault.value).isprintable()
    assert len(str(fault.value)) < 500


@given(text=any_text)
def test_normalising_twice_changes_nothing(text: str) -> None:
    """The prompt that was read is the prompt that would be read again: its fingerprint stays."""
    prompt, fault = attempted(read_prompt, text.encode("utf-8", "surrogatepass"))

    assert fault or read_prompt(str(prompt).encode()) == prompt


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

    assert len({read_prompt(one) for one in written[:4]}) == 1
    assert "\r" not in read_prompt(written[4])
    assert "\ufeff" not in read_prompt(written[0])


@pytest.mark.parametrize(
    ("content", "prompt"),
    [
        (b"", ""),
        (b" \r\n\t", ""),
        (b"\xef\xbb\xbf", ""),
        (b"  make it\r\nblue \r\n", "make it\nblue"),
        (b"old\rMac", "old\nMac"),
        (b"-- two dashes", "-- two dashes"),
        (b"\xef\xbb\xbf\xef\xbb\xbf twice", "twice"),
    ],
)
def test_prompts(content: bytes, prompt: str) -> None:
    """Marks, newlines and blank ends are no part of a prompt; an empty one is still being typed."""
    assert read_prompt(content) == prompt


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"a\0b", "NUL"),
        (codecs.BOM_UTF16_LE + "a\0b".encode("utf-16-le"), "NUL"),
        (codecs.BOM_UTF32_LE + "a".encode("utf-32-le"), "NUL"),
        (b"caf\xe9", "save it as plain text in UTF-8"),
        (codecs.BOM_UTF16_LE + b"a", "save it as plain text in UTF-8"),
        (codecs.BOM_UTF16_BE + b"\xd8\x00", "save it as plain text in UTF-8"),
        (b"\xed\xa0\x80", "save it as plain text in UTF-8"),
        (b"---\nsize: 1\n---\nblue", "options go into a .toml file"),
        (b"\n\n+++\nsize = 1\n+++\nblue", "put the options into a .toml file"),
        (b"x" * (MAX_SIDECAR_BYTES + 1), "larger than 1 MiB"),
    ],
)
def test_prompts_that_are_held(content: bytes, fault: str) -> None:
    """What cannot be a plain prompt is not paid for, and the fault says how to write it."""
    with pytest.raises(SidecarError, match=fault):
        read_prompt(content)


def test_a_mebibyte_is_read() -> None:
    """The largest sidecar that is read is 1 MiB."""
    assert len(read_prompt(b"x" * MAX_SIDECAR_BYTES)) == MAX_SIDECAR_BYTES


def test_all_options() -> None:
    """Every option can be set, and each becomes a typed value."""
    content = b"""
        prompt = " make it\\r\\nblue "
        size = "1536x1024"
        megapixels = 2
        quality = "high"
        format = "jpg"
        output_compression = 90
        background = "opaque"
        variants = 3
        take = 2
    """

    options = read_options(content)

    assert options == Options(
        prompt="make it\nblue",
        size="1536x1024",
        megapixels=2.0,
        quality=Quality.HIGH,
        format=PictureFormat.JPEG,
        output_compression=90,
        background=Background.OPAQUE,
        variants=3,
        take=2,
    )
    assert None not in [getattr(options, one.name) for one in fields(Options)]


@pytest.mark.parametrize("content", [b"", b"# nothing yet\n", b"\xef\xbb\xbf"])
def test_an_empty_option_file_sets_nothing(content: bytes) -> None:
    """An option file that says nothing is valid."""
    assert read_options(content) == Options()


@pytest.mark.parametrize("size", ["match", "auto", "1024x1024"])
def test_sizes_are_kept_as_written(size: str) -> None:
    """The two words and a legal size are taken; "match" is resolved later, by the photo."""
    assert read_options(f'size = "{size}"'.encode()).size == size


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (
            b"qualty = 1",
            r'"qualty" is no option \(did you mean "quality"\?\); the options are prompt, size, meg',
        ),
        (b"xyz = 1", "the options are prompt, size, megapixels, quality, format, output_compression, back"),
        (b'mask = "m.png"', '"mask" is not understood by this version: remove it'),
        (b'references = ["_logo.png"]', '"references" is not understood by this version'),
        (b"a = ", "no valid TOML"),
        (b"take = 1\ntake = 2", "no valid TOML"),
        (b"prompt = 1", "prompt must be text in quotes"),
        (b'prompt = "a\\u0000"', "NUL character in the prompt"),
        (b"size = 1024", "size must be text in quotes"),
        (b"size = [1]", "size must be text in quotes"),
        (b'size = "1000x1000"', "size: both sides of 1000x1000 must be divisible by 16"),
        (b'size = "huge"', 'size: "huge" is no size: write "match", "auto" or for example'),
        (b'quality = "best"', "quality must be one of auto, low, medium, high"),
        (b"quality = 1", "quality must be one of"),
        (b'format = "gif"', "format must be one of png, jpeg, webp, jpg"),
        (b'background = "blue"', "background must be one of auto, opaque, transparent"),
        (b"megapixels = 0", "megapixels must be a number above 0"),
        (b"megapixels = nan", "megapixels must be a number above 0"),
        (b"megapixels = 101", "at most 100"),
        (b'megapixels = "2"', "megapixels must be a number"),
        (b"megapixels = true", "megapixels must be a number"),
        (b"output_compression = 101", "output_compression must be a whole number from 0 to 100"),
        (b"output_compression = true", "output_compression must be a whole number"),
        (b"variants = 0", "variants must be a whole number from 1 to 100"),
        (b"variants = 1.5", "variants must be a whole number"),
        (b"take = 0", "take must be a whole number from 1"),
        (b"prompt = '" + b"." * 4001 + b"'", "more than 4000 dots"),
    ],
)
def test_options_that_are_held(content: bytes, fault: str) -> None:
    """A wrong key or value is never guessed at; the fault lists what is valid."""
    with pytest.raises(SidecarError, match=fault):
        read_options(content)


def test_the_nearest_layer_wins() -> None:
    """Each option comes from the first layer that sets it, and it is known from which."""
    near = Layer(origin="beach.toml", options=Options(quality=Quality.LOW))
    far = Layer(origin="default", options=Options(quality=Quality.HIGH, size="match", output_compression=0))

    effective = merge(near, far)

    assert effective.options == Options(quality=Quality.LOW, size="match", output_compression=0)
    assert effective.origins == {"quality": "beach.toml", "size": "default", "output_compression": "default"}


def test_no_layer_sets_nothing() -> None:
    """Merging nothing gives no option and no origin."""
    assert merge().options == Options()
    assert merge().origins == {}


@given(
    names=st.lists(st.sets(st.sampled_from(OPTION_NAMES)), max_size=4),
)
def test_every_set_option_has_its_origin(names: list[set[str]]) -> None:
    """What is set has an origin, what is not has none, and the origin is the first layer with it."""
    layers = [
        Layer(origin=str(number), options=Options(**dict.fromkeys(chosen, number)))  # type: ignore[arg-type]
        for number, chosen in enumerate(names)
    ]

    effective = merge(*layers)

    for name in OPTION_NAMES:
        first = next((number for number, chosen in enumerate(names) if name in chosen), None)
        assert getattr(effective.options, name) == first
        assert effective.origins.get(name) == (None if first is None else str(first))


def test_the_plainest_request() -> None:
    """A prompt alone makes a request of the photo's own shape; size, quality and format are always stated."""
    assert make_request(PROMPT, SHOWN, LIMITS) == EditRequest(
        prompt="x",
        size=Size(width=1472, height=1104),
        quality=Quality.AUTO,
        format=PictureFormat.PNG,
        background=Background.AUTO,
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"size": "auto"}, {"size": AutoSize.AUTO}),
        ({"size": "1024x1024"}, {"size": Size(width=1024, height=1024)}),
        ({"size": "match", "megapixels": 1.0}, {"size": Size(width=1152, height=864)}),
        ({"quality": Quality.LOW}, {"quality": Quality.LOW}),
        (
            {"format": PictureFormat.WEBP, "output_compression": 0, "background": Background.TRANSPARENT},
            {"format": PictureFormat.WEBP, "output_compression": 0, "background": Background.TRANSPARENT},
        ),
    ],
)
def test_options_become_the_request(changes: dict[str, Any], expected: dict[str, Any]) -> None:
    """Every option that is sent arrives in the request."""
    plain = make_request(PROMPT, SHOWN, LIMITS)

    assert make_request(replace(PROMPT, **changes), SHOWN, LIMITS) == replace(plain, **expected)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"prompt": None}, "the prompt is empty"),
        ({"prompt": "x" * 32_001}, "32001 characters"),
        ({"quality": Quality.HIGH}, r"quality = high is above the owner's limit \(medium\)"),
        ({"variants": 5}, r"variants = 5 is above the owner's limit \(4\)"),
        ({"megapixels": 3.0}, r"megapixels = 3.0 is above the owner's limit \(2.0\)"),
        ({"size": "2048x1024"}, "size = 2048x1024 is above the owner's limit of 2.0 megapixels"),
        ({"output_compression": 1}, "jpeg"),
    ],
)
def test_requests_that_are_held(changes: dict[str, Any], fault: str) -> None:
    """Strangers may write to an inbox: nothing gets past the endpoint's rules or the owner's limits."""
    limits = Limits(max_variants=4, max_quality=Quality.MEDIUM, max_megapixels=2.0)

    with pytest.raises(SidecarError, match=fault):
        make_request(replace(PROMPT, **changes), SHOWN, limits)


@pytest.mark.parametrize(
    ("limit", "asked"),
    [
        (Quality.LOW, Quality.LOW),
        (Quality.MEDIUM, Quality.MEDIUM),
        (Quality.HIGH, Quality.AUTO),
        (Quality.AUTO, Quality.AUTO),
    ],
)
def test_auto_does_not_get_round_the_owners_limit(limit: Quality, asked: Quality) -> None:
    """Where the owner limits the quality, the choice is not left to the service, which may take a dearer."""
    assert make_request(PROMPT, SHOWN, Limits(max_quality=limit)).quality is asked


def test_match_stays_below_the_owners_limit() -> None:
    """A limit on megapixels makes matched pictures smaller, it fails none of them."""
    request = make_request(PROMPT, SHOWN, Limits(max_megapixels=1.0))

    assert isinstance(request.size, Size)
    assert request.size.pixels <= 1_050_000
