"""An edit: what is paid for, and by what it is recognised when the same is wanted again."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import PurePosixPath

from retouchd.core.pictures import PhotoFormat
from retouchd.core.request import EditRequest
from retouchd.core.values import EditId, Fingerprint, JobId, Sha256


class DuplicatePolicy(StrEnum):
    """What happens when an edit that was paid for is wanted again."""

    REUSE = "reuse"
    SUBMIT = "submit"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePicture:
    """A photo as it was found, and as it was sent: untouched."""

    path: PurePosixPath
    sha256: Sha256
    bytes: int
    width: int
    height: int
    format: PhotoFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What one job wants: the request, where each of its values came from, and the pictures.

    Attributes:
        pictures: The photos, then the references.
        origins: For each option the file or section that set it: "beach.toml", "default".
        mask: What says where the first picture is edited; None for all of it.
        output_name: A template for the result's name, see naming.py; None for the owner's.
    """

    request: EditRequest
    take: int
    pictures: tuple[SourcePicture, ...]
    origins: Mapping[str, str] = field(default_factory=dict)
    mask: SourcePicture | None = None
    output_name: str | None = None

    @property
    def fingerprint(self) -> Fingerprint:
        """The fingerprint of the edit that is wanted."""
        mask = self.mask.sha256 if self.mask else None
        return fingerprint_of(self.request, [picture.sha256 for picture in self.pictures], mask)


def another_take(wish: Wish, take: int) -> Wish:
    """Give the same wish for another version, which a person asked for by a command."""
    return replace(wish, take=take, origins={**wish.origins, "take": "retouchd redo"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What is paid for, unique by fingerprint and take.

    Attributes:
        permission: 1; grows only when a person allows that the same edit is paid for once more.
        owner: The job that sends it; others that want it wait for that one.
    """

    id: EditId
    fingerprint: Fingerprint
    take: int
    permission: int
    owner: JobId

    @property
    def idempotency_key(self) -> str:
        """The key that every call for this edit and permission carries."""
        return f"retouchd:{self.fingerprint}-{self.take}:{self.permission}"


def fingerprint_of(
    request: EditRequest, pictures: Sequence[Sha256], mask: Sha256 | None = None
) -> Fingerprint:
    """Hash the pictures' hashes in order, the mask's, the prompt and the effective options; no path."""
    content: dict[str, object] = {
        "version": 1,
        "pictures": list(pictures),
        "prompt": request.prompt,
        "size": str(request.size),
        "quality": request.quality,
        "format": request.format,
        "background": request.background,
        "output_compression": request.output_compression,
    }
    if mask is not None:
        # What has no mask keeps the fingerprint that it had before there were any.
        content["mask"] = mask
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return Fingerprint(hashlib.sha256(canonical.encode("ascii")).hexdigest())
