"""The metadata file: a promise to other programs."""

import json
import math
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given

from retouchd.core.metadata import (
    SCHEMA,
    AttemptFacts,
    CostFacts,
    MaskFacts,
    OutputFacts,
    PictureFacts,
    RequestFacts,
    Result,
    SentFacts,
    TimingFacts,
    without_secrets,
)
from retouchd.core.pictures import PhotoFormat, Picture, PictureFormat
from retouchd.core.values import shown_path
from strategies import NOW, answer_fields, names

SOURCE = PictureFacts(
    path="wedding/beach.jpg", sha256="5" * 64, bytes=1000, width=4032, height=3024, format="jpeg"
)
SENT = SentFacts(
    sha256="7" * 64, bytes=900, width=3024, height=4032, format="jpeg", why="it is stored turned"
)
LATER = NOW + timedelta(seconds=9)
RESULT = Result(
    job="k7f3bcdg",
    edit="1",
    fingerprint="f" * 64,
    take=1,
    source=[SOURCE],
    sent=[SENT],
    mask=MaskFacts(source=SOURCE, sent=SENT),
    request=RequestFacts(
        prompt="make the sky blue",
        size="1472x1104",
        quality="auto",
        format="png",
        background="auto",
        output_compression=None,
        save_path="/retouchd/2026-11/beach-k7f3bcdg-a1.png",
        origins={"prompt": "beach.txt"},
    ),
    answer={"ok": True, "usage": {"any": "thing"}},
    oddities=[],
    output=OutputFacts(
        path="wedding/beach.png",
        sha256="6" * 64,
        bytes=2000,
        width=1472,
        height=1104,
        format="png",
        has_alpha=False,
        hash_verified=None,
    ),
    cost=CostFacts(estimated_usd=0.066, reserved_usd=0.5),
    attempts=[
        AttemptFacts(
            number=1,
            permission=1,
            started=NOW,
            ended=NOW + timedelta(seconds=9),
            outcome="answered",
            charged_usd=0.066,
            reserved_usd=0.0,
            request_id="r",
        )
    ],
    timing=TimingFacts(seen=NOW, settled=NOW, submitted=NOW, received=None, delivered=NOW),
    reused_from=None,
    software="retouchd 0.1.0",
)


def test_the_promised_keys() -> None:
    """Keys are added, never renamed or removed: other programs read them for years."""
    content = json.loads(RESULT.as_json())

    assert content["schema"] == SCHEMA == "retouchd.result/1"
    assert set(content) >= {"job", "edit", "fingerprint", "take", "source", "sent", "request", "answer"}
    assert set(content) >= {"output", "cost", "attempts", "timing", "reused_from", "software", "oddities"}
    assert set(content["source"][0]) >= {"path", "sha256", "bytes", "width", "height", "format"}
    assert set(content["output"]) >= {"path", "sha256", "bytes", "width", "height", "format", "has_alpha"}
    assert set(content["cost"]) == {"estimated_usd", "reserved_usd"}
    assert set(content["attempts"][0]) >= {"started", "ended", "outcome", "request_id"}
    assert set(content["timing"]) >= {"seen", "settled", "submitted", "received", "delivered"}
    assert content["output"]["hash_verified"] is None
    assert set(content["mask"]) == {"source", "sent"}
    assert content["sent"][0]["path"] is None
    assert content["sent"][0]["why"] == "it is stored turned"


def test_the_file_is_made_for_people_too() -> None:
    """The file is indented UTF-8 with its newline at the end, and moments have their zone."""
    raw = replace(RESULT, oddities=["größer"]).as_json()

    assert raw.endswith(b"}\n")
    assert "größer" in raw.decode()
    assert b'\n  "job"' in raw
    assert json.loads(raw)["attempts"][0]["ended"] == "2026-11-23T12:00:09.000+00:00"


@given(fields=answer_fields, name=names)
def test_any_answer_can_be_recorded(fields: dict[str, object], name: str) -> None:
    """Whatever an answer or a name holds, the file is strict JSON in UTF-8, since it was paid for."""
    source = replace(SOURCE, path=shown_path(name))

    raw = replace(RESULT, answer=fields, source=[source]).as_json()
    content = json.loads(raw.decode("utf-8"), parse_constant=pytest.fail)

    assert set(content["answer"]) == set(fields)
    assert content["source"][0]["path"] == shown_path(name)


def test_numbers_that_json_lacks_become_null() -> None:
    """NaN and infinity in an answer do not make a file that other programs cannot read."""
    answer = {"usage": {"a": [math.nan, 1.5, (math.inf,)]}}

    assert json.loads(replace(RESULT, answer=answer).as_json())["answer"] == {
        "usage": {"a": [None, 1.5, [None]]}
    }


def test_no_text_steers_a_terminal() -> None:
    """Controls and marks that turn the direction are written as escapes, the same for programs."""
    answer = {"prompt": "a\x1b[2J\x9b31m\u202ecba\u2066\x7f"}

    raw = replace(RESULT, answer=answer).as_json()

    assert not set("\x1b\x9b\u202e\u2066\x7f") & set(raw.decode())
    assert json.loads(raw)["answer"] == answer


def test_what_is_no_json_is_written_as_text() -> None:
    """A value of a kind that JSON does not know is told by its text."""
    answer = {"path": PictureFormat.PNG, "odd": b"x"}

    assert json.loads(replace(RESULT, answer=answer).as_json())["answer"] == {"path": "png", "odd": "b'x'"}


def test_the_signed_url_is_a_secret() -> None:
    """What gives access is left out unless the owner wants it."""
    fields = {"ok": True, "signedUrl": "https://example.com/x?key"}

    assert without_secrets(fields, keep_signed_url=False) == {"ok": True}
    assert without_secrets(fields, keep_signed_url=True) == fields


@pytest.mark.parametrize(("orientation", "shown"), [(1, (4, 3)), (4, (4, 3)), (5, (3, 4)), (8, (3, 4))])
def test_pictures_are_measured_as_people_see_them(orientation: int, shown: tuple[int, int]) -> None:
    """A photo that lies on its side in the file is measured as it is shown."""
    picture = Picture(format=PhotoFormat.JPEG, width=4, height=3, orientation=orientation)

    assert picture.shown_size == shown
    assert picture.pixels == 12
