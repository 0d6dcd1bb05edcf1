"""Whether what was asked for is transparent is looked at in the picture itself, and told."""

import base64
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from engine_answers import Counter, answer_body, picture
from engine_house import House, wish_of
from PIL import Image

from retouchd.core.answer import NOTHING_TRANSPARENT
from retouchd.core.pictures import PictureFormat
from retouchd.core.request import Background


def cut_out(mode: str, alpha: int, kind: str = "PNG") -> str:
    """Give the base64 of a picture one of whose pixels has this alpha."""
    image = Image.open(BytesIO(picture())).convert("RGBA")
    image.putpixel((3, 3), (9, 9, 9, alpha))
    file = BytesIO()
    image.convert(mode).save(file, kind, lossless=True)
    return base64.b64encode(file.getvalue()).decode()


@pytest.mark.parametrize(
    ("background", "content", "is_odd"),
    [
        (Background.TRANSPARENT, cut_out("RGBA", 0), False),
        (Background.TRANSPARENT, cut_out("RGBA", 254), False),
        (Background.TRANSPARENT, cut_out("RGBA", 255), True),
        (Background.TRANSPARENT, cut_out("RGB", 255), True),
        (Background.TRANSPARENT, cut_out("RGBA", 0, "WEBP"), False),
        (Background.AUTO, cut_out("RGB", 255), False),
        (Background.OPAQUE, cut_out("RGB", 255), False),
    ],
)
def test_transparency_that_was_asked_for(
    house: House, tmp_path: Path, background: Background, content: str, *, is_odd: bool
) -> None:
    """A picture that is opaque all over is delivered, since it was paid for, and it is told that it is."""
    counter, wish = Counter(house, tmp_path), wish_of()
    request = replace(wish.request, background=background, format=PictureFormat.PNG, output_compression=None)

    counter.deliver(counter.take(answer_body(b64_json=content), wish=replace(wish, request=request)))

    assert (NOTHING_TRANSPARENT in counter.metadata()["oddities"]) is is_odd
    (told,) = (fields for event, fields in house.log.lines if event == "job.delivered")
    assert (NOTHING_TRANSPARENT in list(told.get("oddities", []))) is is_odd  # type: ignore[call-overload] # texts
