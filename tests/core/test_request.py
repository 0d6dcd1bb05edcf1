"""What is asked of the endpoint: a request that it would refuse cannot be made."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from retouchd.core.pictures import PictureFormat
from retouchd.core.request import (
    AutoSize,
    Background,
    EditRequest,
    Order,
    Size,
    check_prompt,
    check_save_path,
)
from strategies import REQUEST, any_text, requests


@pytest.mark.parametrize("text", ["1024x1024", "1536x1024", "3840x2160", "2160x3840", "1024x640", "2304x768"])
def test_legal_sizes(text: str) -> None:
    """Every size within the endpoint's rules is taken and written as it was read."""
    assert str(Size.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("1000x1024", "divisible by 16"),
        ("1024x1000", "divisible by 16"),
        ("3856x2048", "above 3840"),
        ("2320x768", "longer than 3 to 1"),
        ("768x2320", "longer than 3 to 1"),
        ("1024x624", "pixels, allowed are"),
        ("3840x2176", "pixels, allowed are"),
        ("0x0", "is no size"),
        ("1024", "is no size"),
        ("1024X1024", "is no size"),
        ("-1024x-1024", "is no size"),
        ("1024x1024\n", "is no size"),
        ("\u0661\u0660\u0662\u0664x1024", "is no size"),
        ("9" * 5000 + "x16", "is no size"),
    ],
)
def test_illegal_sizes(text: str, fault: str) -> None:
    """A size that the endpoint would refuse is refused before money moves, with the rule that it breaks."""
    with pytest.raises(ValueError, match=fault):
        Size.parse(text)


@pytest.mark.parametrize(("width", "height"), [(0, 0), (0, 1024), (-1024, -1024), (-16, -51_200)])
def test_a_size_has_two_sides(width: int, height: int) -> None:
    """Numbers that are no sides make no size either."""
    with pytest.raises(ValueError, match=r"longer than|pixels"):
        Size(width=width, height=height)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"prompt": " \n\u3000"}, "empty"),
        ({"prompt": "x" * 32_001}, "32001 characters"),
        ({"prompt": "🏖" * 16_001}, "32002 characters"),
        ({"image_count": 0}, "takes 1 to 8"),
        ({"image_count": 9}, "takes 1 to 8"),
        ({"output_compression": 50}, "jpeg"),
        ({"format": PictureFormat.JPEG, "output_compression": 101}, "within 0 to 100"),
        ({"format": PictureFormat.JPEG, "output_compression": -1}, "within 0 to 100"),
        ({"format": PictureFormat.JPEG, "background": Background.TRANSPARENT}, "transparent"),
    ],
)
def test_requests_that_would_be_refused(changes: dict[str, Any], fault: str) -> None:
    """What the endpoint would refuse is refused before any money moves, in words for people."""
    with pytest.raises(ValueError, match=fault):
        replace(REQUEST, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"prompt": "x" * 32_000},
        {"prompt": "🏖" * 16_000},
        {"size": AutoSize.AUTO, "image_count": 8},
        {"format": PictureFormat.WEBP, "output_compression": 0, "background": Background.TRANSPARENT},
        {"format": PictureFormat.JPEG, "output_compression": 100, "background": Background.OPAQUE},
    ],
)
def test_requests_at_the_limits(changes: dict[str, Any]) -> None:
    """What is just allowed is allowed."""
    assert isinstance(replace(REQUEST, **changes), EditRequest)


@given(request=requests())
def test_a_request_stays_within_the_rules(request: EditRequest) -> None:
    """A request that exists has a prompt that fits and no transparency that its format cannot hold."""
    check_prompt(request.prompt)

    assert not (request.background is Background.TRANSPARENT and request.format is PictureFormat.JPEG)
    assert request.output_compression is None or request.format is not PictureFormat.PNG


@pytest.mark.parametrize("path", ["/a", "/retouchd/2026-11/beach-k7f3bcdg-a1.png", "/ä b/c.png", "/.a/b"])
def test_save_paths(path: str) -> None:
    """An absolute path in the workspace is taken."""
    check_save_path(path)


@pytest.mark.parametrize(
    "path",
    ["", "/", "a/b", "/a/", "//a", "/a//b", "/../a", "/a/..", "/a..b", "/a\n", "/a\x7f", "/a\x85b", "/a\0"],
)
def test_save_paths_that_would_be_refused(path: str) -> None:
    """A path that is relative, leaves the workspace or hides a control character is refused."""
    with pytest.raises(ValueError, match="no absolute path"):
        check_save_path(path)


@given(text=any_text)
def test_a_save_path_that_passes_has_nothing_in_it(text: str) -> None:
    """Any text either is refused or is an absolute path without "..", whatever stands in it (I10)."""
    try:
        check_save_path(f"/{text}")
    except ValueError:
        return

    assert ".." not in text
    assert text.isprintable() or not any(ord(one) < 32 for one in text)


def test_an_order_saves_under_its_formats_suffix() -> None:
    """The path of an order must fit its format, or the service would refuse the whole call."""
    order = Order(request=REQUEST, save_path="/a.png", idempotency_key="k")

    with pytest.raises(ValueError, match=r"does not end in \.webp"):
        replace(order, request=replace(REQUEST, format=PictureFormat.WEBP))
    with pytest.raises(ValueError, match="no absolute path"):
        replace(order, save_path="a.png")
