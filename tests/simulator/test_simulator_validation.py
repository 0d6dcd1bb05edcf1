"""The simulator refuses everything that the vendor documents as wrong, each with its own code."""

import json
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from simulator_requests import Client, encode, fields, halves, picture_bytes, to_base64

from retouchd.core.pictures import PictureFormat
from retouchd.simulator.photos import read_photo
from retouchd.simulator.refusals import RefusedError
from retouchd.simulator.validation import KNOWN_FIELDS, read_request

PHOTO = halves("#d04030", "#3060d0", (64, 48))
CLEAR_MASK = Image.new("RGBA", PHOTO.size, (0, 0, 0, 0))


def _refused(client: Client, request: object) -> tuple[int, str, str | None]:
    response = client.post(request)
    error = response.json()["error"]
    assert set(error) == {"message", "type", "code", "details"}
    assert error["message"]
    assert error["type"] == "invalid_request_error"
    return response.status_code, error["code"], error["details"].get("field")


@pytest.mark.parametrize(
    ("options", "code", "field"),
    [
        ({"prompt": ""}, "prompt_blank", "prompt"),
        ({"prompt": "\ufeff \r\n\t"}, "prompt_blank", "prompt"),
        ({"prompt": "x" * 32_001}, "prompt_too_long", "prompt"),
        ({"prompt": "\U0001f427" * 16_001}, "prompt_too_long", "prompt"),
        ({"prompt": 7}, "invalid_type", "prompt"),
        ({"size": "huge"}, "size_malformed", "size"),
        ({"size": "01024x1024"}, "size_malformed", "size"),
        ({"size": "1024X1024"}, "size_malformed", "size"),
        ({"size": "1024x1024\n"}, "size_malformed", "size"),
        ({"size": "1024x1000"}, "size_not_divisible", "size"),
        ({"size": "3856x2048"}, "size_edge_too_long", "size"),
        ({"size": "1600x528"}, "size_ratio", "size"),
        ({"size": "800x800"}, "size_pixels", "size"),
        ({"size": "3840x2176"}, "size_pixels", "size"),
        ({"size": 1024}, "invalid_type", "size"),
        ({"quality": "best"}, "quality_unknown", "quality"),
        ({"format": "gif"}, "format_unknown", "format"),
        ({"format": "jpg", "output_compression": 101}, "output_compression_range", "output_compression"),
        ({"format": "webp", "output_compression": -1}, "output_compression_range", "output_compression"),
        ({"format": "jpeg", "output_compression": True}, "invalid_type", "output_compression"),
        ({"format": "jpeg", "output_compression": 80.0}, "invalid_type", "output_compression"),
        ({"format": "png", "output_compression": 80}, "output_compression_format", "output_compression"),
        ({"output_compression": 80}, "output_compression_format", "output_compression"),
        ({"background": "pink"}, "background_unknown", "background"),
        ({"background": "transparent", "format": "jpeg"}, "background_format", "background"),
        ({"savePath": "a.png"}, "save_path_not_absolute", "savePath"),
        ({"savePath": ""}, "save_path_not_absolute", "savePath"),
        ({"savePath": "/a/../b.png"}, "save_path_parent", "savePath"),
        ({"savePath": "/a\n.png"}, "save_path_characters", "savePath"),
        ({"savePath": "/a\x85.png"}, "save_path_characters", "savePath"),
        ({"savePath": "/a.jpg"}, "save_path_suffix", "savePath"),
        ({"savePath": "/a.png/"}, "save_path_suffix", "savePath"),
        ({"savePath": "/a.png", "format": "webp"}, "save_path_suffix", "savePath"),
        ({"input_images_base64": []}, "images_count", "input_images_base64"),
        ({"input_images_base64": [encode(PHOTO)] * 9}, "images_count", "input_images_base64"),
        ({"input_images_base64": encode(PHOTO)}, "invalid_type", "input_images_base64"),
        ({"input_images_base64": [encode(PHOTO), 1]}, "invalid_type", "input_images_base64[1]"),
        ({"mask_base64": 1}, "invalid_type", "mask_base64"),
        ({"n": 1}, "unknown_parameter", "n"),
        ({"mask_base64": None}, "null_parameter", "mask_base64"),
    ],
)
def test_each_documented_rule_has_a_refusal_of_its_own(
    client: Client, options: dict[str, object], code: str, field: str
) -> None:
    """A request that breaks one rule is answered with 400, the rule's code and the field at fault."""
    answer = _refused(client, fields(PHOTO) | options)

    assert answer == (400, code, field)


@pytest.mark.parametrize("name", ["prompt", "input_images_base64"])
def test_required_fields_are_required(client: Client, name: str) -> None:
    """A request without a prompt or without photos is refused."""
    request = fields(PHOTO)
    del request[name]

    assert _refused(client, request) == (400, "missing_required_parameter", name)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_json"),
        (b"{", "invalid_json"),
        (b"[]", "invalid_json"),
        (b"\xff\xfe", "invalid_json"),
        (b'{"prompt": NaN}', "invalid_json"),
        (b"[" * 100_000, "invalid_json"),
        (b'{"prompt": "a", "prompt": "b"}', "duplicate_parameter"),
        (b'{"prompt": "\\ud83d"}', "prompt_not_unicode"),
        (b'{"\\ud83d": 1}', "unknown_parameter"),
    ],
)
def test_what_is_no_plain_json_object_is_refused(client: Client, body: bytes, code: str) -> None:
    """Broken, ambiguous and foreign JSON is refused, whatever it holds."""
    response = client.post_bytes(body)

    assert (response.status_code, response.json()["error"]["code"]) == (400, code)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _huge_png() -> bytes:
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IEND", b"")


def _animation(kind: str) -> bytes:
    return picture_bytes(PHOTO, kind, save_all=True, append_images=[halves("#000000", "#ffffff", PHOTO.size)])


_NAMES = st.sampled_from(sorted(KNOWN_FIELDS - {"input_images_base64"})) | st.text(max_size=9)
_NOISE = Image.effect_noise((256, 256), 80)
_JPEG = picture_bytes(_NOISE, "JPEG")
_WEBP = picture_bytes(_NOISE, "WEBP")
_PNG = picture_bytes(_NOISE)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("data:image/png;base64,AAAA", "image_data_url"),
        ("", "image_unsupported_format"),
        (to_base64(b"GIF89a" + bytes(50)), "image_unsupported_format"),
        (to_base64(_PNG)[:-3], "image_invalid_base64"),
        (to_base64(_PNG)[:100] + "\n" + to_base64(_PNG)[100:], "image_invalid_base64"),
        ("ä" * 8, "image_invalid_base64"),
        (to_base64(_PNG[:-12]), "image_truncated"),
        (to_base64(_PNG[: len(_PNG) // 2] + _PNG[-12:]), "image_truncated"),
        (to_base64(_JPEG[:-2]), "image_truncated"),
        (to_base64(_JPEG[: len(_JPEG) // 2]), "image_truncated"),
        (to_base64(_WEBP[:-9]), "image_truncated"),
        (to_base64(_WEBP[:20] + bytes(len(_WEBP) - 20)), "image_truncated"),
        (to_base64(_animation("PNG")), "image_animated"),
        (to_base64(_animation("WEBP")), "image_animated"),
        (to_base64(_huge_png()), "image_too_many_pixels"),
    ],
)
def test_photos_are_really_looked_at(client: Client, text: str, code: str) -> None:
    """A photo that is no whole still PNG, JPEG or WebP is refused, and the refusal says which photo."""
    request = fields(PHOTO) | {"input_images_base64": [encode(PHOTO), text]}

    assert _refused(client, request) == (400, code, "input_images_base64[1]")


@pytest.mark.parametrize(("characters", "code"), [(66_666_664, None), (66_666_668, "image_too_large")])
def test_photos_are_under_fifty_megabytes(characters: int, code: str | None) -> None:
    """The limit counts decoded bytes, and is found without decoding them."""
    with pytest.raises(RefusedError) as refused:
        read_photo("A" * characters, "input_images_base64[0]")

    assert refused.value.code == (code or "image_unsupported_format")


@pytest.mark.parametrize(
    ("mask", "code"),
    [
        (encode(CLEAR_MASK, "WEBP"), "mask_not_png"),
        (encode(CLEAR_MASK.convert("RGB")), "mask_without_alpha"),
        (encode(CLEAR_MASK.resize((64, 49))), "mask_size_mismatch"),
        (encode(Image.new("RGBA", PHOTO.size, (0, 0, 0, 1))), "mask_nothing_to_edit"),
        ("A" * 5_333_336, "image_too_large"),
    ],
)
def test_masks_must_fit_the_first_photo(client: Client, mask: str, code: str) -> None:
    """A mask is a small PNG with alpha, of the photo's size, with something to edit."""
    assert _refused(client, fields(PHOTO, mask_base64=mask)) == (400, code, "mask_base64")


def test_a_jpeg_with_a_second_picture_in_it_is_no_animation(client: Client) -> None:
    """Phones store previews behind a JPEG; such a photo is taken."""
    phone = picture_bytes(PHOTO, "MPO", save_all=True, append_images=[PHOTO])
    request = fields(PHOTO) | {"input_images_base64": [to_base64(phone)]}

    assert client.post(request).status_code == 200


@pytest.mark.parametrize(
    "options",
    [
        {"size": "3840x2160", "format": "jpeg"},
        {"size": "1536x512", "savePath": "/deep/er/A photo.PNG"},
        {"size": "auto", "format": "jpg", "savePath": "/a.jpeg", "output_compression": 0},
        {"format": "webp", "savePath": "/a.webp", "output_compression": 100, "background": "transparent"},
        {"prompt": "x" * 32_000, "quality": "low", "background": "opaque"},
        {"prompt": "\U0001f427" * 16_000},
        {"input_images_base64": [encode(PHOTO), encode(PHOTO, "JPEG"), encode(PHOTO, "WEBP")] * 2},
    ],
)
def test_what_lies_on_the_border_is_taken(client: Client, options: dict[str, object]) -> None:
    """The largest and smallest documented values are not refused."""
    assert client.post(fields(PHOTO) | options).status_code == 200


@settings(max_examples=50)
@given(st.dictionaries(_NAMES, st.none() | st.booleans() | st.integers() | st.text(max_size=9), max_size=5))
def test_any_small_object_is_refused_and_never_crashes(values: dict[str, Any]) -> None:
    """Whatever the keys and values are, a request without photos ends in a refusal."""
    with pytest.raises(RefusedError):
        read_request(json.dumps(values).encode())


@given(st.integers(1, 300), st.integers(1, 300))
def test_a_size_is_taken_exactly_when_the_four_rules_hold(columns: int, rows: int) -> None:
    """Among sizes in steps of 16, the edge, ratio and pixel rules alone decide."""
    width, height = 16 * columns, 16 * rows
    request = f'{{"prompt": "a", "size": "{width}x{height}", "savePath": 1}}'.encode()
    legal = (
        max(width, height) <= 3840
        and max(width, height) <= 3 * min(width, height)
        and 655_360 <= width * height <= 8_294_400
    )

    with pytest.raises(RefusedError) as refused:
        read_request(request)

    assert (refused.value.field == "savePath") is legal


@pytest.mark.parametrize("kind", list(PictureFormat))
def test_the_kind_comes_from_the_bytes(client: Client, kind: PictureFormat) -> None:
    """PNG, JPEG and WebP are all taken, whatever format is asked for."""
    request = fields(PHOTO, format="png") | {"input_images_base64": [encode(PHOTO, kind.name)]}

    assert client.post(request).status_code == 200
