"""Edits: what is recognised as the same wish, and the key of its calls."""

import re
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from hypothesis import given

from retouchd.core.edits import Edit, fingerprint_of
from retouchd.core.pictures import PictureFormat
from retouchd.core.request import AutoSize, Background, EditRequest, Quality
from retouchd.core.values import EditId, Fingerprint, JobId, Sha256
from strategies import REQUEST, SOURCE, WISH, requests

A, B = Sha256("a" * 64), Sha256("b" * 64)


def test_a_fingerprint_knows_no_path() -> None:
    """The same photo with the same wish is the same edit wherever it lies and whoever set the options."""
    elsewhere = replace(SOURCE, path=PurePosixPath("other/copy.jpeg"))
    wish = replace(WISH, pictures=(elsewhere,), origins={"prompt": "default"}, take=2)

    assert wish.fingerprint == WISH.fingerprint


def test_every_option_makes_another_edit() -> None:
    """Wishes that differ in anything that is sent are different edits: nobody gets another wish's picture."""
    changes: list[dict[str, Any]] = [
        {},
        {"prompt": "make the sky grey"},
        {"size": AutoSize.AUTO},
        {"quality": Quality.HIGH},
        {"background": Background.OPAQUE},
        {"format": PictureFormat.WEBP},
        {"format": PictureFormat.WEBP, "output_compression": 90},
        {"format": PictureFormat.WEBP, "output_compression": 91},
    ]

    fingerprints = {fingerprint_of(replace(REQUEST, **one), [A]) for one in changes}

    assert len(fingerprints) == len(changes)


def test_a_mask_makes_another_edit() -> None:
    """Another mask edits another part: nobody gets the picture that was paid for with the first."""
    masks = [None, replace(SOURCE, sha256=A), replace(SOURCE, sha256=B)]

    fingerprints = {replace(WISH, mask=mask).fingerprint for mask in masks}

    assert len(fingerprints) == len(masks)


def test_the_order_of_pictures_counts() -> None:
    """The first picture is the one that is edited, so another order is another edit."""
    assert fingerprint_of(REQUEST, [A, B]) != fingerprint_of(REQUEST, [B, A])


def test_the_fingerprint_never_changes_between_versions() -> None:
    """This very edit has this very fingerprint for ever: another one would be paid for again."""
    assert WISH.fingerprint == "68dc7cff6b7fbcd7d149cac275285bb52a58bfcb8f296f7c5e5a6cf9bcc06066"


@given(request=requests())
def test_a_fingerprint_is_a_digest(request: EditRequest) -> None:
    """Any request has a fingerprint of 64 hexadecimal characters, the same each time."""
    fingerprint = fingerprint_of(request, [A])

    assert re.fullmatch("[0-9a-f]{64}", fingerprint)
    assert fingerprint_of(request, [A]) == fingerprint


def test_the_idempotency_key_grows_with_the_permission() -> None:
    """Every call for one edit and permission carries one key, within the alphabet and length of keys."""
    edit = Edit(
        id=EditId(1), fingerprint=Fingerprint("f" * 64), take=2, permission=1, owner=JobId("k7f3bcdg")
    )

    assert edit.idempotency_key == f"retouchd:{'f' * 64}-2:1"
    assert replace(edit, permission=2).idempotency_key == f"retouchd:{'f' * 64}-2:2"
    assert re.fullmatch("[A-Za-z0-9:_-]{1,200}", edit.idempotency_key)
