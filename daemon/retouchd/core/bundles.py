"""Bundles: what lies together in one folder of the inbox, and whether it could become a job.

Works on names and signatures alone; nothing here is read or opened.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Final

from retouchd.core.values import Signature, fold_name

PHOTO_SUFFIXES: Final = (".png", ".jpg", ".jpeg", ".webp")
SIDECAR_SUFFIXES: Final = (".txt", ".toml")

# Names under which programs write what is not finished yet; the rest of the long list comes with its issue.
IGNORED_PATTERNS: Final = (".*", "*.tmp", "*.part", "*.partial")


class Role(StrEnum):
    """What a member is to its bundle."""

    PHOTO = "photo"
    PROMPT = "prompt"
    OPTIONS = "options"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One regular file of a folder, by the name it has on disk."""

    name: str
    signature: Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file of a bundle."""

    name: str
    role: Role
    signature: Signature


class Standing(StrEnum):
    """What a bundle lacks, if anything, by its names alone."""

    COMPLETE = "complete"
    LACKS_PROMPT = "lacks_prompt"
    AMBIGUOUS = "ambiguous"


class AmbiguousSidecars(StrEnum):
    """What is done with a prompt file that fits several photos."""

    HOLD = "hold"
    EACH = "each"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A photo with what belongs to it.

    Attributes:
        folder: Where it lies, relative to the inbox.
        key: The photo's folded name: unique in its folder among live bundles.
        members: The photo first.
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
        return self.folder / self.photo.name

    def sidecar(self, role: Role) -> Member | None:
        """Give the member with this role, or None."""
        return next((member for member in self.members if member.role is role), None)


def is_ignored(name: str, patterns: Sequence[str] = IGNORED_PATTERNS) -> bool:
    """Say whether a file or directory of this name is never looked at."""
    folded = fold_name(name)
    return any(fnmatchcase(folded, pattern) for pattern in patterns)


def is_photo_name(name: str) -> bool:
    """Say whether the suffix is one of a photo."""
    return _suffix(name) in PHOTO_SUFFIXES


def is_sidecar_name(name: str) -> bool:
    """Say whether the suffix is one of a prompt or options file."""
    return _suffix(name) in SIDECAR_SUFFIXES


def form_bundles(
    folder: PurePosixPath,
    entries: Iterable[Entry],
    ambiguous: AmbiguousSidecars = AmbiguousSidecars.HOLD,
) -> list[Bundle]:
    """Give the bundles of one folder, in the order of their keys.

    A sidecar named after the whole photo (`a.png.txt`) beats one named after its stem (`a.txt`). A stem's
    sidecar that fits several photos without one of their own makes each of them ambiguous.
    """
    by_key = {fold_name(entry.name): entry for entry in entries if not is_ignored(entry.name)}
    photos = {key: entry for key, entry in by_key.items() if is_photo_name(key)}
    fits = _stem_sidecar_fits(photos, by_key)
    return [
        _form_bundle(folder, key, by_key, {} if ambiguous is AmbiguousSidecars.EACH else fits)
        for key in sorted(photos)
    ]


def _stem_sidecar_fits(photos: Mapping[str, Entry], by_key: Mapping[str, Entry]) -> dict[str, list[str]]:
    """Give, for each sidecar named after a stem, the keys of the photos that have none nearer."""
    fits = defaultdict(list)
    for key in sorted(photos):
        for suffix in SIDECAR_SUFFIXES:
            stem_name = _stem(key) + suffix
            if key + suffix not in by_key and stem_name in by_key:
                fits[stem_name].append(key)
    return fits


def _form_bundle(
    folder: PurePosixPath, key: str, by_key: Mapping[str, Entry], fits: Mapping[str, list[str]]
) -> Bundle:
    sidecars = {suffix: _sidecar_key(key, suffix, by_key) for suffix in SIDECAR_SUFFIXES}
    shared = [one for one in sidecars.values() if one and len(fits.get(one, ())) > 1]
    roles = {".txt": Role.PROMPT, ".toml": Role.OPTIONS}
    members = [_member(by_key[key], Role.PHOTO)]
    members += [_member(by_key[one], roles[suffix]) for suffix, one in sidecars.items() if one]
    if shared:
        names = [by_key[one].name for one in fits[shared[0]]]
        detail = _ambiguity(by_key[shared[0]].name, names)
        return _bundle(folder, key, members, Standing.AMBIGUOUS, detail)
    return _bundle(folder, key, members, Standing.COMPLETE if len(members) > 1 else Standing.LACKS_PROMPT)


def _bundle(
    folder: PurePosixPath, key: str, members: Sequence[Member], standing: Standing, detail: str = ""
) -> Bundle:
    return Bundle(folder=folder, key=key, members=tuple(members), standing=standing, detail=detail)


def _sidecar_key(key: str, suffix: str, by_key: Mapping[str, Entry]) -> str | None:
    return next((name for name in (key + suffix, _stem(key) + suffix) if name in by_key), None)


def _member(entry: Entry, role: Role) -> Member:
    return Member(name=entry.name, role=role, signature=entry.signature)


def _ambiguity(sidecar: str, photos: Sequence[str]) -> str:
    suffix = PurePosixPath(sidecar).suffix
    names = " and ".join(photos)
    ways_out = " or ".join(f"{photo}{suffix}" for photo in photos)
    return f"{sidecar} fits {names}: name it {ways_out}"


def _stem(key: str) -> str:
    return key[: -len(_suffix(key))]


def _suffix(name: str) -> str:
    dot = name.rfind(".")
    return fold_name(name[dot:]) if dot > 0 else ""
