"""Bundles: what lies together in the inbox, as values, and what names mean there.

How they are formed stands in forming.py. Nothing here is read or opened.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from pathlib import PurePosixPath
from typing import Final, Protocol, Self

from retouchd.core.ignore import USUAL_RULES, IgnoreRules
from retouchd.core.values import Signature, fold_name, quick_value

PHOTO_SUFFIXES: Final = (
    *(".png", ".jpg", ".jpeg", ".webp"),
    *(".heic", ".heif", ".avif", ".tif", ".tiff", ".bmp"),
)
PROMPT_SUFFIXES: Final = (".txt", ".md")
OPTIONS_SUFFIXES: Final = (".toml", ".json")
SIDECAR_SUFFIXES: Final = PROMPT_SUFFIXES + OPTIONS_SUFFIXES
# A scan asks for them with each name.
_OF_PHOTOS: Final = frozenset(PHOTO_SUFFIXES)
_OF_BUNDLES: Final = _OF_PHOTOS | frozenset(SIDECAR_SUFFIXES)
# A mask is never a photo itself.
MASK_SUFFIXES: Final = tuple(f".mask{suffix}" for suffix in PHOTO_SUFFIXES)
# The prompt for the photos of its folder that have none of their own; options for its folder and all below.
FOLDER_PROMPT_NAME: Final = "_prompt.txt"
PRESET_NAME: Final = "_preset.toml"
COMMON_NAMES: Final = frozenset({FOLDER_PROMPT_NAME, PRESET_NAME})
# A folder with such a name is one bundle.
JOB_SUFFIX: Final = ".job"


class Role(StrEnum):
    """What a member is to its bundle."""

    PHOTO = "photo"
    PROMPT = "prompt"
    OPTIONS = "options"
    MASK = "mask"
    REFERENCE = "reference"
    FOLDER_PROMPT = "folder_prompt"
    PRESET = "preset"


# What a folder that is one bundle may hold beside its photos.
JOB_FILES: Final = {
    "prompt.txt": Role.PROMPT,
    "prompt.md": Role.PROMPT,
    "job.toml": Role.OPTIONS,
    "job.json": Role.OPTIONS,
    "mask.png": Role.MASK,
}
# Files that many bundles use: they are never moved, and a change of one after a photo was sent concerns
# only those that were not.
COMMON_ROLES: Final = frozenset({Role.REFERENCE, Role.FOLDER_PROMPT, Role.PRESET})

# Files that several photos may use, each of which is filed with the last of them. No set: it would ask each
# role for its hash, which an Enum makes in Python.
SHARED_ROLES: Final = (Role.PROMPT, Role.OPTIONS, Role.MASK)


@quick_value
class Entry:
    """One regular file of a folder, by the name it has on disk."""

    name: str
    signature: Signature


@quick_value
class Member:
    """One file of a bundle.

    Attributes:
        folder: Below the inbox; presets and references may lie in other folders than the photo.
        name: The file's name on disk.
    """

    folder: PurePosixPath
    name: str
    role: Role
    signature: Signature

    @classmethod
    def at(cls, path: PurePosixPath, role: Role, signature: Signature) -> Self:
        """Give the file that lies at a path."""
        return cls(folder=path.parent, name=path.name, role=role, signature=signature)

    @property
    def path(self) -> PurePosixPath:
        """Where the file lies, below the inbox. It is made when asked for, which a scan never does."""
        return self.folder / self.name

    @property
    def place(self) -> str:
        """The same as text, made five times as fast."""
        folder = str(self.folder)
        return self.name if folder == "." else f"{folder}/{self.name}"


class Standing(StrEnum):
    """What a bundle lacks, if anything, by its names alone."""

    COMPLETE = "complete"
    LACKS_PROMPT = "lacks_prompt"
    AMBIGUOUS = "ambiguous"


class AmbiguousSidecars(StrEnum):
    """What is done with a prompt file that fits several photos."""

    HOLD = "hold"
    EACH = "each"


class ConflictCopies(StrEnum):
    """What is done with a copy that a sync program made when a photo was changed in two places."""

    HOLD = "hold"
    PROCESS = "process"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormingRules:
    """What the owner decided about what belongs together.

    Attributes:
        ambiguous: What is done with a prompt file that fits several photos.
        conflict_copies: What is done with copies that a sync program made of a conflict.
        ignore: Which names are never looked at.
    """

    ambiguous: AmbiguousSidecars = AmbiguousSidecars.HOLD
    conflict_copies: ConflictCopies = ConflictCopies.HOLD
    ignore: IgnoreRules = USUAL_RULES


@quick_value
class Bundle:
    """A photo with what belongs to it.

    Attributes:
        folder: Where it lies, relative to the inbox.
        key: The photo's folded name, or the folder's if that is the bundle: unique in its folder among live
            bundles.
        members: The photos first; of an ambiguous one also the files whose names are the same when folded.
        detail: For an ambiguous one, what fits what, with both ways out, for people.
        borrows_prompt: It has no prompt of its own, so that it takes its folder's or a preset's.
        digest: What changes when the standing, or a member's name, role or signature does, in hexadecimal.
    """

    folder: PurePosixPath
    key: str
    members: tuple[Member, ...]
    standing: Standing
    detail: str = ""
    borrows_prompt: bool = False
    digest: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # The journal remembers it: written otherwise, all that is known would count as changed.
        text = self.standing + "".join(map(_digested, self.members))
        object.__setattr__(self, "digest", blake2b(text.encode(), digest_size=16).hexdigest())

    @property
    def photo(self) -> Member:
        """The photo; of several the first."""
        return self.members[0]

    @property
    def path(self) -> PurePosixPath:
        """The photo's path, relative to the inbox."""
        return self.photo.path

    @property
    def may_grow(self) -> bool:
        """Say whether more may be on its way: a prompt of its own, or another photo of a whole folder."""
        return self.borrows_prompt or is_job_folder(self.folder)

    def with_role(self, role: Role) -> tuple[Member, ...]:
        """Give the members with this role."""
        return tuple(member for member in self.members if member.role is role)


def _digested(member: Member) -> str:
    one = member.signature
    return f"('{member.role}', {member.place!r}, ({one.size}, {one.mtime_ns}, {one.ctime_ns}, {one.inode}))"


def nearness(key: str) -> Callable[[str], bool]:
    """Give what says whether a file decides by its own name what the bundle of a key in the same folder is.

    It holds where every photo must have a prompt of its own: another's prompt file names nothing there. Else
    a sidecar always may: it can name the photo as a picture that goes along with another.
    """
    stem = stem_of(key)
    beginning = f"{stem}."

    def is_near(name: str) -> bool:
        folded = fold_name(name)
        is_named_after = folded.startswith(beginning) or folded == stem
        return is_named_after or folded.endswith(OPTIONS_SUFFIXES) or folded in COMMON_NAMES

    return is_near


def could_belong(name: str) -> bool:
    """Say whether the suffix is one of a photo, or of a prompt or options file."""
    return suffix_of(name) in _OF_BUNDLES


def is_photo_name(name: str) -> bool:
    """Say whether the suffix is one of a photo."""
    return suffix_of(name) in _OF_PHOTOS


def is_mask_name(name: str) -> bool:
    """Say whether a picture is a photo's mask by its name."""
    return fold_name(name).endswith(MASK_SUFFIXES)


def is_sidecar_name(name: str) -> bool:
    """Say whether the suffix is one of a prompt or options file."""
    return suffix_of(name) in SIDECAR_SUFFIXES


def is_job_folder(folder: PurePosixPath) -> bool:
    """Say whether all that lies in a folder is one bundle."""
    name = fold_name(folder.name)
    return name.endswith(JOB_SUFFIX) and name != JOB_SUFFIX


def bundle_key(photo: PurePosixPath) -> str:
    """Give the key of the bundle that a photo belongs to, by its path below the inbox."""
    return fold_name(photo.parent.name if is_job_folder(photo.parent) else photo.name)


def named_after(photo: PurePosixPath) -> PurePosixPath:
    """Give what a photo's results are named after: itself, or the folder that is one bundle."""
    folder = photo.parent
    if not is_job_folder(folder):
        return photo
    return folder.parent / f"{folder.name[: -len(JOB_SUFFIX)]}{photo.suffix}"


def fits_whole_name(sidecar: str, photo: str) -> bool:
    """Say whether a sidecar is named after a whole photo, suffix included, and not after its stem."""
    return fold_name(sidecar).startswith(f"{fold_name(photo)}.")


class Belonging(Protocol):
    """A file of a bundle."""

    @property
    def role(self) -> Role:
        """What it is to the bundle."""
        ...

    @property
    def folder(self) -> PurePosixPath:
        """Where it lies, below the inbox."""
        ...

    @property
    def name(self) -> str:
        """Its name on disk."""
        ...


def may_be_shared(file: Belonging, folder: PurePosixPath, photo: str) -> bool:
    """Say whether other photos may use a photo's file, too: it is not named after that photo alone.

    Args:
        file: The photo's file.
        folder: Where the photo lies.
        photo: The photo's name.
    """
    if file.role not in SHARED_ROLES:
        return False
    return not (fits_whole_name(file.name, photo) and file.folder == folder)


def suffix_of(name: str) -> str:
    """Give the folded suffix, with its dot; a name that begins with its only dot has none."""
    dot = name.rfind(".")
    return fold_name(name[dot:]) if dot > 0 else ""


def stem_of(name: str) -> str:
    """Give a name without its suffix."""
    dot = name.rfind(".")
    return name[:dot] if dot > 0 else name
