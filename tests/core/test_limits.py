"""Options become a request: what the service would refuse or the owner does not allow is refused before."""

from dataclasses import replace
from typing import Any

import pytest

from retouchd.core.limits import Limits, full_prompt, make_request
from retouchd.core.options import Options, SameFormat, SidecarError
from retouchd.core.pictures import PhotoFormat, PictureFormat
from retouchd.core.request import AutoSize, Background, EditRequest, Quality, Size
from strategies import PICTURE as PHOTO

LIMITS = Limits()
PROMPT = Options(prompt="x")


def test_the_plainest_request() -> None:
    """A prompt alone makes a request of the photo's own shape; size, quality and format are always stated."""
    assert make_request(PROMPT, PHOTO, LIMITS) == EditRequest(
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
    plain = make_request(PROMPT, PHOTO, LIMITS)

    assert make_request(replace(PROMPT, **changes), PHOTO, LIMITS) == replace(plain, **expected)


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
        make_request(replace(PROMPT, **changes), PHOTO, limits)


@pytest.mark.parametrize(
    ("size", "most"), [("3840x2160", 8.29), ("1536x1024", 1.57), ("auto", 1.57), ("1024x1024", 1.05)]
)
def test_a_limit_is_meant_as_it_is_written(size: str, most: float) -> None:
    """The default limit allows the largest size; nobody writes a picture's size to the last pixel."""
    request = make_request(replace(PROMPT, size=size), PHOTO, Limits(max_megapixels=most))

    assert str(request.size) == size


def test_a_size_that_is_left_to_the_service_stays_below_the_owners_limit() -> None:
    """Where the owner allows less than the service may choose, the choice is not left to it."""
    request = make_request(replace(PROMPT, size="auto"), PHOTO, Limits(max_megapixels=1.0))

    assert request.size == Size(width=1152, height=864)


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
    assert make_request(PROMPT, PHOTO, Limits(max_quality=limit)).quality is asked


def test_match_stays_below_the_owners_limit() -> None:
    """A limit on megapixels makes matched pictures smaller, it fails none of them."""
    request = make_request(PROMPT, PHOTO, Limits(max_megapixels=1.0))

    assert isinstance(request.size, Size)
    assert request.size.pixels <= 1_050_000


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        (PhotoFormat.PNG, PictureFormat.PNG),
        (PhotoFormat.JPEG, PictureFormat.JPEG),
        (PhotoFormat.WEBP, PictureFormat.WEBP),
        (PhotoFormat.HEIC, PictureFormat.JPEG),
        (PhotoFormat.AVIF, PictureFormat.JPEG),
        (PhotoFormat.TIFF, PictureFormat.PNG),
        (PhotoFormat.BMP, PictureFormat.PNG),
    ],
)
def test_the_same_kind_as_the_photo(kind: PhotoFormat, asked: PictureFormat) -> None:
    """The photo's own kind is asked for, or the nearest that the service can give."""
    photo = replace(PHOTO, format=kind)

    assert make_request(replace(PROMPT, format=SameFormat.SAME), photo, LIMITS).format is asked


@pytest.mark.parametrize(("kind", "sent"), [(PhotoFormat.PNG, None), (PhotoFormat.WEBP, 90)])
def test_compression_among_photos_of_several_kinds(kind: PhotoFormat, sent: int | None) -> None:
    """A preset with "same" and a compression fails no PNG: it just is not compressed."""
    options = replace(PROMPT, format=SameFormat.SAME, output_compression=90)

    assert make_request(options, replace(PHOTO, format=kind), LIMITS).output_compression == sent


def test_a_jpeg_cannot_stay_one_and_become_transparent() -> None:
    """The fault names both ways out."""
    options = replace(PROMPT, format=SameFormat.SAME, background=Background.TRANSPARENT)

    with pytest.raises(SidecarError) as fault:
        make_request(options, PHOTO, LIMITS)

    assert str(fault.value) == (
        'format = "same" makes a JPEG of it, which cannot be transparent: write format = "png", '
        'or take background = "transparent" out'
    )


def test_how_many_pictures_are_sent() -> None:
    """Photo and references together are at most what the service takes."""
    assert make_request(PROMPT, PHOTO, LIMITS, images=8).image_count == 8
    with pytest.raises(SidecarError, match="9 pictures; the service takes 1 to 8"):
        make_request(PROMPT, PHOTO, LIMITS, images=9)


def test_a_prompt_stands_between_prefix_and_suffix() -> None:
    """Each part that there is stands on lines of its own."""
    assert full_prompt(Options(prompt_prefix="a", prompt="b", prompt_suffix="c")) == "a\nb\nc"
    assert full_prompt(Options(prompt_prefix="", prompt="b", prompt_suffix="c")) == "b\nc"


@pytest.mark.parametrize("prompt", [None, ""])
def test_prefix_and_suffix_alone_are_no_prompt(prompt: str | None) -> None:
    """Nothing is paid for before somebody wrote what to change."""
    with pytest.raises(SidecarError, match="the prompt is empty"):
        full_prompt(Options(prompt_prefix="a", prompt=prompt, prompt_suffix="c"))


def test_the_length_is_that_of_the_whole_prompt() -> None:
    """A prompt that is possible alone can be too long with what the folder adds; emoji count twice."""
    assert len(full_prompt(Options(prompt="x" * 31_998, prompt_suffix="y"))) == 32_000
    with pytest.raises(SidecarError, match="32001 characters"):
        full_prompt(Options(prompt="x" * 31_999, prompt_suffix="y"))
    with pytest.raises(SidecarError, match="40001 characters"):
        full_prompt(
            Options(prompt="\N{BEACH WITH UMBRELLA}\N{CAMERA}" * 8_000, prompt_prefix="\N{CAMERA}" * 4_000)
        )
