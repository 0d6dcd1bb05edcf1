"""The simulator answers as documented and asks deterministic prices."""

import hashlib
from decimal import Decimal

import pytest
from simulator_requests import Client, answer_bytes, fields, halves

from retouchd.simulator.prices import cost_of
from retouchd.simulator.requests import Dimensions, Quality

PHOTO = halves("#d04030", "#3060d0", (64, 48))


def test_the_answer_has_every_documented_field(client: Client) -> None:
    """Required and optional fields are all there, and true to the request and the bytes."""
    request = fields(PHOTO, size="1536x1024", quality="high", format="webp", savePath="/retouchd/a.webp")

    response = client.post(request)

    answer, data = response.json(), answer_bytes(response)
    expected = {
        "ok": True,
        "model": "gpt-image-2",
        "endpoint": "images/edits",
        "prompt": "hello",
        "path": "/retouchd/a.webp",
        "signedUrl": None,
        "revisedPrompt": "Simulated: the prompt as a caption.",
        "quality": "high",
        "requestedSize": "1536x1024",
        "format": "webp",
        "mimeType": "image/webp",
        "estimatedCostUsd": 0.175,
        "contentHash": hashlib.sha256(data).hexdigest(),
        "sizeBytes": len(data),
    }
    assert {name: answer[name] for name in expected} == expected
    assert set(answer) - set(expected) == {"b64_json", "storageId", "usage"}
    assert answer["storageId"].startswith("sim_")
    usage = answer["usage"]
    assert usage["input_tokens"] + usage["output_tokens"] == usage["total_tokens"]


def test_left_out_options_have_the_documented_defaults(client: Client) -> None:
    """Size, quality and format may be left out; a place in the workspace is chosen then, too."""
    request = fields(PHOTO)
    del request["size"]

    answer = client.post(request).json()

    assert (answer["requestedSize"], answer["quality"], answer["format"]) == ("auto", "auto", "png")
    assert answer["path"] == f"/images/{answer['storageId']}.png"
    assert answer["estimatedCostUsd"] == 0.066


@pytest.mark.parametrize(
    ("quality", "size", "cost"),
    [
        (Quality.LOW, (1024, 1024), "0.0160"),
        (Quality.MEDIUM, (1024, 1024), "0.0630"),
        (Quality.HIGH, (1024, 1024), "0.2210"),
        (Quality.LOW, (1536, 1024), "0.0150"),
        (Quality.MEDIUM, (1024, 1536), "0.0510"),
        (Quality.AUTO, (1536, 1024), "0.0540"),
        (Quality.MEDIUM, (832, 832), "0.0630"),
        (Quality.HIGH, (3840, 2160), "1.8609"),
    ],
)
def test_prices_are_the_published_ones(quality: Quality, size: tuple[int, int], cost: str) -> None:
    """Published sizes cost what is published, larger ones a little more than their share of pixels."""
    dimensions = Dimensions(width=size[0], height=size[1])

    assert cost_of(quality=quality, size=dimensions, photo_count=1, prompt="hi") == Decimal(cost)


def test_photos_and_words_cost_a_little() -> None:
    """Each photo costs a cent, and 4000 characters of prompt half a cent."""
    square = Dimensions(width=1024, height=1024)

    cost = cost_of(quality=Quality.LOW, size=square, photo_count=8, prompt="word" * 1000)

    assert cost == Decimal("0.0910")
