"""Reading metadata back: what was written comes back, and what anybody may have changed is refused."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

import pytest

from retouchd.core.metadata import (
    AttemptFacts,
    CostFacts,
    OutputFacts,
    PictureFacts,
    RequestFacts,
    Result,
    SentFacts,
    TimingFacts,
)
from retouchd.core.money import Money
from retouchd.core.outcomes import OutcomeKind
from retouchd.core.recorded import read_result
from retouchd.core.values import Sha256
from strategies import NOW, REQUEST, SOURCE, WISH

CALL = AttemptFacts(
    number=2,
    permission=3,
    started=NOW,
    ended=NOW + timedelta(seconds=40.5),
    outcome="answered",
    charged_usd=0.0123,
    reserved_usd=0.0,
    request_id="r1",
)


def result_of(**changes: Any) -> bytes:
    """Give the metadata of a delivery."""
    facts: dict[str, Any] = {
        "sha256": SOURCE.sha256,
        "bytes": SOURCE.bytes,
        "width": SOURCE.width,
        "height": SOURCE.height,
        "format": SOURCE.format,
    }
    source, sent = PictureFacts(path=str(SOURCE.path), **facts), SentFacts(why=None, **facts)
    fields: dict[str, Any] = {
        "job": "k7f3bcdg",
        "edit": "x",
        "fingerprint": WISH.fingerprint,
        "take": WISH.take,
        "source": [source],
        "sent": [sent],
        "mask": None,
        "request": RequestFacts(
            prompt=REQUEST.prompt,
            size=str(REQUEST.size),
            quality=REQUEST.quality,
            format=REQUEST.format,
            background=REQUEST.background,
            output_compression=REQUEST.output_compression,
            save_path="/retouchd/x.png",
            origins=WISH.origins,
        ),
        "answer": {},
        "oddities": [],
        "output": OutputFacts(
            path="x.png",
            sha256="e" * 64,
            bytes=1,
            width=1,
            height=1,
            format="png",
            has_alpha=False,
            hash_verified=None,
        ),
        "cost": CostFacts(estimated_usd=0.0123, reserved_usd=0.1),
        "attempts": [CALL],
        "timing": TimingFacts(seen=NOW, settled=NOW, submitted=NOW, received=NOW, delivered=NOW),
        "reused_from": None,
        "software": "retouchd",
    }
    return Result(**{**fields, **changes}).as_json()


def changed(path: str, value: object) -> bytes:
    """Give metadata in which one value was changed; `...` removes it."""
    fields = json.loads(result_of())
    *way, last = path.split(".")
    inner: Any = fields
    for step in way:
        inner = inner[int(step) if step.isdigit() else step]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return json.dumps(fields).encode()


def test_what_was_written_comes_back() -> None:
    """The edit, the wish, the money and the times are those of the delivery."""
    recorded = read_result(result_of())

    assert recorded is not None
    assert (recorded.job, recorded.fingerprint) == ("k7f3bcdg", WISH.fingerprint)
    assert recorded.wish == WISH
    assert recorded.wish.fingerprint == recorded.fingerprint
    assert recorded.source == SOURCE.path
    assert (recorded.sha256, recorded.delivered) == ("e" * 64, NOW)
    (call,) = recorded.calls
    assert (call.number, call.permission, call.outcome) == (2, 3, OutcomeKind.ANSWERED)
    assert (call.charged, call.reserved) == (Money(12_300), Money(0))
    assert (call.started, call.ended) == (NOW, NOW + timedelta(seconds=40.5))


def test_mask_comes_back() -> None:
    """An edit of a part of a photo is another one than that of the whole, also when it is read back."""
    mask = replace(SOURCE, path=PurePosixPath("beach.mask.png"), sha256=Sha256("7" * 64))
    wish = replace(WISH, mask=mask)
    fields = json.loads(result_of(fingerprint=wish.fingerprint))
    fields["mask"] = {"source": {**fields["source"][0], "path": str(mask.path), "sha256": mask.sha256}}

    recorded = read_result(json.dumps(fields).encode())

    assert recorded is not None
    assert recorded.wish == wish
    assert recorded.wish.fingerprint == recorded.fingerprint


def test_metadata_without_a_mask_at_all_is_read() -> None:
    """The first metadata files knew of no masks."""
    recorded = read_result(changed("mask", ...))

    assert recorded is not None
    assert recorded.wish.mask is None


def test_a_call_that_did_not_end_and_a_shared_result_come_back() -> None:
    """A call without an end and a result without calls are as they are written."""
    begun = AttemptFacts(
        number=1, permission=1, started=NOW, ended=None, outcome=None, charged_usd=0.0, reserved_usd=0.5
    )

    with_begun, shared = read_result(result_of(attempts=[begun])), read_result(changed("attempts", []))

    assert with_begun is not None
    assert (with_begun.calls[0].ended, with_begun.calls[0].outcome) == (None, None)
    assert with_begun.calls[0].reserved == Money(500_000)
    assert shared is not None
    assert shared.calls == ()


def test_the_first_metadata_files_are_read() -> None:
    """Files without the money of each call: the sum was paid for the last one, what is unclear stays so."""
    fields = json.loads(result_of(attempts=[CALL, CALL]))
    for call, outcome in zip(fields["attempts"], ("unknown", "answered"), strict=True):
        for name in ("number", "permission", "charged_usd", "reserved_usd"):
            del call[name]
        call["outcome"] = outcome

    recorded = read_result(json.dumps(fields).encode())

    assert recorded is not None
    assert [(one.number, one.permission) for one in recorded.calls] == [(1, 1), (2, 1)]
    assert [one.charged for one in recorded.calls] == [Money(0), Money(12_300)]
    assert [one.reserved for one in recorded.calls] == [Money(100_000), Money(0)]


def test_other_sizes_and_compressions_come_back() -> None:
    """The size "auto" and a compression are read as they were asked for."""
    request = json.loads(result_of())["request"]
    for size, compression in (("auto", None), ("1536x1024", 80)):
        told = {
            **request,
            "size": size,
            "output_compression": compression,
            "format": "jpeg",
            "save_path": None,
        }
        recorded = read_result(changed("request", told))

        assert recorded is not None
        assert str(recorded.wish.request.size) == size
        assert recorded.wish.request.output_compression == compression
        assert recorded.save_path == ""


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"[]", b"null", b"{}", b'{"schema": "other/1"}', b'{"schema": 1}', b"[" * 100_000],
)
def test_what_is_not_ours_is_none(content: bytes) -> None:
    """Other programs put JSON beside pictures too."""
    assert read_result(content) is None


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("job", None),
        ("job", ...),
        ("fingerprint", "short"),
        ("take", "many"),
        ("source", 5),
        ("source", []),
        ("source.0.path", 7),
        ("source.0.format", "gif"),
        ("output", None),
        ("output.sha256", ...),
        ("request.prompt", ""),
        ("request.size", "10x10"),
        ("request.origins", []),
        ("request.quality", "odd"),
        ("attempts", None),
        ("attempts.0.started", "yesterday"),
        ("attempts.0.started", "2026-11-23T12:00:00"),
        ("attempts.0.outcome", "odd"),
        ("attempts.0.charged_usd", -1),
        ("attempts.0.charged_usd", "much"),
        ("attempts.0.number", 1e999),
        ("timing.delivered", None),
    ],
)
def test_what_is_not_as_we_write_it_is_refused(path: str, value: object) -> None:
    """A metadata file that somebody changed, or a later version wrote, is refused and never guessed."""
    with pytest.raises(ValueError, match=r"."):
        read_result(changed(path, value))


def test_moments_keep_their_zone() -> None:
    """A moment is the same whatever zone it was written in."""
    recorded = read_result(changed("timing.seen", "2026-11-23T13:00:00+01:00"))

    assert recorded is not None
    assert recorded.seen == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
