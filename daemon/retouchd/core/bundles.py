"""Bundles: what lies together in one folder of the inbox, and whether it could become a job.

Works on names and signatures alone; nothing here is read or opened.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import blake2b
from pathlib import PurePosixPath
from typing import Final

from retouchd.core.ignore import USUAL_RULES, IgnoreRules, find_original
from retouchd.core.values import Signature, fold_name, printable

PHOTO_SUFFIXES: Final = (".png", ".jpg", ".jpeg", ".webp")
SIDECAR_SUFFIXES: Final = (".txt", ".toml")
# A mask is never a photo itself.
MASK_SUFFIX: Final = ".mask.png"


class Role(StrEnum):
    """What a member is to its bundle."""

    PHOTO = "photo"
    PROMPT = "prompt"
    OPTIONS = "options"
    MASK = "mask"
    REFERENCE = "reference"
    FOLDER_PROMPT = "folder_prompt"
    PRESET = "preset"


# Files that many bundles use: they are never moved, and a change of one after a photo was sent concerns
# only those that were not.
COMMON_ROLES: Final = frozenset({Role.REFERENCE, Role.FOLDER_PROMPT, Role.PRESET})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One regular file of a folder, by the name it has on disk."""

    name: str
    signature: Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file of a bundle.

    Attributes:
        path: Below the inbox; presets and references may lie in other folders than the photo.
    """

    path: PurePosixPath
    role: Role
    signature: Signature

    @property
    def name(self) -> str:
        """The file's name on disk."""
        return self.path.name


_ROLES: Final = {".txt": Role.PROMPT, ".toml": Role.OPTIONS}
_ByKey = Mapping[str, Sequence[Entry]]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A photo with what belongs to it.

    Attributes:
        folder: Where it lies, relative to the inbox.
        key: The photo's folded name: unique in its folder among live bundles.
        members: The photo first; of an ambiguous one also the files whose names are the same when folded.
        detail: For an ambiguous one, what fits what, with both ways out, for people.
    """

    folder: PurePosixPath
    key: str
    members: tuple[Member, ...]
    standing: Standing
    detail: str = ""

    @property
    def photo(self) -> Member:
        """The photo."""
        return self.members[0]

    @property
    def path(self) -> PurePosixPath:
        """The photo's path, relative to the inbox."""
        return self.photo.path

    @property
    def digest(self) -> str:
        """What changes when the standing, or a member's name, role or signature does, in hexadecimal."""
        digest = blake2b(self.standing.encode(), digest_size=16)
        for member in self.members:
            signature = member.signature
            numbers = (signature.size, signature.mtime_ns, signature.ctime_ns, signature.inode)
            digest.update(repr((str(member.role), str(member.path), numbers)).encode())
        return digest.hexdigest()

    def sidecar(self, role: Role) -> Member | None:
        """Give the member with this role, or None."""
        return next((member for member in self.members if member.role is role), None)


def is_photo_name(name: str) -> bool:
    """Say whether the suffix is one of a photo."""
    return _suffix(name) in PHOTO_SUFFIXES


def is_sidecar_name(name: str) -> bool:
    """Say whether the suffix is one of a prompt or options file."""
    return _suffix(name) in SIDECAR_SUFFIXES


def form_bundles(
    folder: PurePosixPath,
    entries: Iterable[Entry],
    rules: FormingRules,
) -> list[Bundle]:
    """Give the bundles of one folder, in the order of their keys.

    A sidecar named after the whole photo (`a.png.txt`) beats one named after its stem (`a.txt`). A stem's
    sidecar that fits several photos without one of their own makes each of them ambiguous, and so do names
    that differ on this file system only: which of two prompts is meant would be a guess, and be paid for.
    """
    by_key = _group(entries, rules.ignore)
    photos = [key for key in sorted(by_key) if is_photo_name(key) and not key.endswith(MASK_SUFFIX)]
    fits = {} if rules.ambiguous is AmbiguousSidecars.EACH else _stem_sidecar_fits(photos, by_key)
    bundles = [_form_bundle(folder, key, by_key, fits) for key in photos]
    return bundles if rules.conflict_copies is ConflictCopies.PROCESS else list(map(_hold_copy, bundles))


def _group(entries: Iterable[Entry], ignore: IgnoreRules) -> dict[str, list[Entry]]:
    by_key = defaultdict(list)
    for entry in sorted(entries, key=lambda entry: entry.name):
        if ignore.find_for_file(entry.name) is None:
            by_key[fold_name(entry.name)].append(entry)
    return dict(by_key)


def _stem_sidecar_fits(photos: Iterable[str], by_key: _ByKey) -> dict[str, list[str]]:
    """Give, for each sidecar named after a stem, the keys of the photos that have none nearer."""
    fits = defaultdict(list)
    for key in photos:
        for suffix in SIDECAR_SUFFIXES:
            sidecar = _sidecar_key(key, suffix, by_key)
            if sidecar is not None and sidecar != key + suffix:
                fits[sidecar].append(key)
    return fits


def _form_bundle(
    folder: PurePosixPath, key: str, by_key: _ByKey, fits: Mapping[str, Sequence[str]]
) -> Bundle:
    roles = {key: Role.PHOTO}
    for suffix, role in _ROLES.items():
        sidecar = _sidecar_key(key, suffix, by_key)
        if sidecar is not None:
            roles[sidecar] = role
    detail = _find_ambiguity(list(roles), by_key, fits) or _find_mask(key, by_key)
    standing = Standing.COMPLETE if len(roles) > 1 else Standing.LACKS_PROMPT
    return Bundle(
        folder=folder,
        key=key,
        members=tuple(_member(folder, entry, role) for one, role in roles.items() for entry in by_key[one]),
        standing=Standing.AMBIGUOUS if detail else standing,
        detail=detail,
    )


def _hold_copy(bundle: Bundle) -> Bundle:
    """Give a sync program's conflict copy as one that needs a person; it is mostly the same photo twice."""
    original = find_original(bundle.photo.name)
    if original is None or bundle.standing is Standing.AMBIGUOUS:
        return bundle
    detail = printable(
        f"{bundle.photo.name} is a conflict copy that a sync program made of {original}: remove the one that"
        " you do not want, or rename this one if both are to be edited"
    )
    return replace(bundle, standing=Standing.AMBIGUOUS, detail=detail)


def _sidecar_key(key: str, suffix: str, by_key: _ByKey) -> str | None:
    """Give the key of a photo's sidecar, or None.

    `a.png.txt` belongs to `a.png` alone, although `a.png` is the stem of `a.png.jpg` too.
    """
    if key + suffix in by_key:
        return key + suffix
    stem = _stem(key)
    is_anothers = stem in by_key and is_photo_name(stem)
    return stem + suffix if stem + suffix in by_key and not is_anothers else None


def _member(folder: PurePosixPath, entry: Entry, role: Role) -> Member:
    return Member(path=folder / entry.name, role=role, signature=entry.signature)


def _find_mask(key: str, by_key: _ByKey) -> str:
    """Say that a photo has a mask, which would be paid for without being used, or nothing."""
    for mask in (key + MASK_SUFFIX, _stem(key) + MASK_SUFFIX):
        if mask in by_key:
            name = by_key[mask][0].name
            return f"{name} is a mask, which this version does not understand: move it away"
    return ""


def _find_ambiguity(keys: Sequence[str], by_key: _ByKey, fits: Mapping[str, Sequence[str]]) -> str:
    """Give what is ambiguous about the photo and its sidecars, for people, or nothing."""
    for key in keys:
        if len(by_key[key]) > 1:
            names = " and ".join(printable(entry.name) for entry in by_key[key])
            return f"{names} are one name to most systems: rename one of them"
    for key in keys:
        if len(fits.get(key, ())) > 1:
            return _stem_ambiguity(by_key[key][0].name, [by_key[one][0].name for one in fits[key]])
    return ""


def _stem_ambiguity(sidecar: str, photos: Sequence[str]) -> str:
    suffix = PurePosixPath(sidecar).suffix
    names = " and ".join(photos)
    ways_out = " or ".join(f"{photo}{suffix}" for photo in photos)
    return printable(f"{sidecar} fits {names}: name it {ways_out}")


def _stem(key: str) -> str:
    return key[: -len(_suffix(key))]


def _suffix(name: str) -> str:
    dot = name.rfind(".")
    return fold_name(name[dot:]) if dot > 0 else ""
