"""Between the journal's columns and our values."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from retouchd.adapters.journal.table import REMEMBERED_ROWS
from retouchd.core.edits import SourcePicture, Wish
from retouchd.core.pictures import PhotoFormat, PictureFormat, SentPicture
from retouchd.core.request import AutoSize, Background, EditRequest, Quality, Size
from retouchd.core.values import Sha256

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_ENCODING: Final = sys.getfilesystemencoding()
_ERRORS: Final = sys.getfilesystemencodeerrors()


def to_seconds(moment: datetime | None) -> float | None:
    """Give a moment as seconds since 1970."""
    return None if moment is None else moment.timestamp()


def to_moment(seconds: float | None) -> datetime | None:
    """Give a moment from seconds since 1970."""
    return None if seconds is None else to_sure_moment(seconds)


def to_sure_moment(seconds: float) -> datetime:
    """Give a moment from seconds that are never missing."""
    return datetime.fromtimestamp(seconds, UTC)


def to_bytes(path: PurePosixPath | str) -> bytes:
    """Give the bytes on disk."""
    # As os.fsencode, which takes three times as long: for 100 000 photos it is asked for 500 000 times.
    return str(path).encode(_ENCODING, _ERRORS)


def to_text(content: bytes) -> str:
    """Give a name from the bytes on disk."""
    return os.fsdecode(content)


def to_path(content: bytes) -> PurePosixPath:
    """Give a path from the bytes on disk."""
    return PurePosixPath(os.fsdecode(content))


def to_digest(text: str) -> bytes:
    """Give a hash in half the room; what anybody has written in the place of one keeps its bytes."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return text.encode("utf-8", "surrogateescape")


def to_words(text: str) -> str:
    """Give text that the database takes: bytes of names that are no text become escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def to_rows(rows: Sequence[object]) -> str | None:
    """Give rows as JSON whose texts have the bytes of names on disk, or None when they cannot have them."""
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return None
    return text if _ENCODING == "utf-8" else None


def to_json(value: object) -> str:
    """Give ASCII JSON: bytes in names that are no text survive it as escapes."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"), default=str)


def to_fields(value: "DataclassInstance") -> dict[str, object]:
    """Give the fields of a value as they are; asdict copies them, which takes five times as long."""
    return {one.name: getattr(value, one.name) for one in fields(value)}


def dump_wish(wish: Wish | None) -> str | None:
    """Give a wish as JSON."""
    if wish is None:
        return None
    request = {**to_fields(wish.request), "size": str(wish.request.size)}
    content = {
        "request": request,
        "take": wish.take,
        "pictures": [_dump_picture(picture) for picture in wish.pictures],
        "origins": dict(wish.origins),
    }
    if wish.mask is not None:
        content["mask"] = _dump_picture(wish.mask)
    if wish.output_name is not None:
        content["output_name"] = wish.output_name
    return to_json(content)


@lru_cache(REMEMBERED_ROWS)
def load_wish(text: str | None) -> Wish | None:
    """Give a wish from JSON."""
    if text is None:
        return None
    content = json.loads(text)
    return Wish(
        request=_load_request(content["request"]),
        take=content["take"],
        pictures=tuple(_load_picture(picture) for picture in content["pictures"]),
        origins=content["origins"],
        mask=_load_picture(content["mask"]) if "mask" in content else None,
        output_name=content.get("output_name"),
    )


def dump_sent(sent: Sequence[SentPicture]) -> str | None:
    """Give the pictures that went out changed as JSON, or None when none did."""
    return to_json([to_fields(picture) for picture in sent]) if sent else None


def load_sent(text: str | None) -> tuple[SentPicture, ...]:
    """Give the pictures that went out changed from JSON."""
    return tuple(
        SentPicture(
            sha256=Sha256(fields["sha256"]),
            bytes=fields["bytes"],
            width=fields["width"],
            height=fields["height"],
            format=PictureFormat(fields["format"]),
            # Not there in what was written before there were masks.
            why=fields.get("why", ""),
            is_mask=fields.get("is_mask", False),
        )
        for fields in json.loads(text or "[]")
    )


def _load_request(fields: Mapping[str, object]) -> EditRequest:
    size = str(fields["size"])
    compression = fields["output_compression"]
    return EditRequest(
        prompt=str(fields["prompt"]),
        size=AutoSize.AUTO if size == AutoSize.AUTO else Size.parse(size),
        quality=Quality(str(fields["quality"])),
        format=PictureFormat(str(fields["format"])),
        background=Background(str(fields["background"])),
        output_compression=None if compression is None else int(str(compression)),
        image_count=int(str(fields["image_count"])),
    )


def _dump_picture(picture: SourcePicture) -> dict[str, object]:
    return {**to_fields(picture), "path": str(picture.path)}


def _load_picture(fields: Mapping[str, object]) -> SourcePicture:
    return SourcePicture(
        path=PurePosixPath(str(fields["path"])),
        sha256=Sha256(str(fields["sha256"])),
        bytes=int(str(fields["bytes"])),
        width=int(str(fields["width"])),
        height=int(str(fields["height"])),
        format=PhotoFormat(str(fields["format"])),
    )
