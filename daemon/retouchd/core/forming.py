"""Forming: which files of a folder, and of those that it inherits from, belong to which photo.

Works on names, signatures and what small control files say; nothing here is read or opened.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import PurePosixPath
from typing import Final

from retouchd.core.bundles import (
    COMMON_NAMES,
    FOLDER_PROMPT_NAME,
    JOB_FILES,
    MASK_SUFFIXES,
    OPTIONS_SUFFIXES,
    PRESET_NAME,
    PROMPT_SUFFIXES,
    AmbiguousSidecars,
    Bundle,
    ConflictCopies,
    Entry,
    FormingRules,
    Member,
    Role,
    Standing,
    is_job_folder,
    is_mask_name,
    is_photo_name,
    stem_of,
    suffix_of,
)
from retouchd.core.ignore import IgnoreRules, copy_clause, find_original
from retouchd.core.request import MAX_IMAGES
from retouchd.core.values import fold_name, printable

_ROLES: Final = (
    dict.fromkeys(PROMPT_SUFFIXES, Role.PROMPT)
    | dict.fromkeys(OPTIONS_SUFFIXES, Role.OPTIONS)
    | dict.fromkeys(MASK_SUFFIXES, Role.MASK)
)
_PROMPTING: Final = (Role.PROMPT, Role.OPTIONS)
_ROLE_SUFFIXES: Final = tuple(_ROLES)
_DIGITS: Final = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What a control file says that decides which files belong together.

    Attributes:
        gives_prompt: There is a prompt in it, or nobody knows.
        mask: The mask that it names, below the inbox.
        references: The references that it names, below the inbox.
    """

    gives_prompt: bool
    mask: PurePosixPath | None = None
    references: tuple[PurePosixPath, ...] = ()

    @property
    def named(self) -> tuple[PurePosixPath, ...]:
        """The files that it names."""
        return self.references if self.mask is None else (self.mask, *self.references)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What lies in a folder, and what it inherits.

    Attributes:
        presets: The folder's own and those of the folders above it, the nearest first.
        sheets: What control files say, by their paths; None of a file that is no sidecar. Prompt files are
            read only where it matters which other files they name.
        elsewhere: What lies in other folders and is named by a sheet.
    """

    folder: PurePosixPath
    entries: tuple[Entry, ...]
    presets: tuple[Member, ...] = ()
    sheets: Mapping[PurePosixPath, Sheet | None] = field(default_factory=dict)
    elsewhere: Mapping[PurePosixPath, Entry] = field(default_factory=dict)


_NO_SHEET: Final = Sheet(gives_prompt=True)


def form_bundles(contents: Contents, rules: FormingRules) -> list[Bundle]:
    """Give the bundles of one folder, in the order of their keys.

    A sidecar named after the whole photo (`a.png.txt`) beats one named after its stem (`a.txt`). A stem's
    sidecar that fits several photos without one of their own makes each of them ambiguous, and so do names
    that differ on this file system only: which of two prompts is meant would be a guess, and be paid for.
    """
    return _Former(contents, rules).form()


class _Former:
    """Forms the bundles of one folder."""

    def __init__(self, contents: Contents, rules: FormingRules) -> None:
        self._folder = contents.folder
        self._contents = contents
        self._rules = rules
        self._is_job = is_job_folder(contents.folder)
        self._by_key = _group(contents, rules.ignore)
        self._has_clashes = any(len(entries) > 1 for entries in self._by_key.values())
        self._sheets = {
            path.name: sheet for path, sheet in contents.sheets.items() if path.parent == self._folder
        }
        self._usable = frozenset(filter(self._is_usable, self._by_key))
        # Few kinds of sidecars are in use in one folder; the others need not be asked for at each photo.
        in_use = set(map(suffix_of, self._usable))
        self._roles = {end: role for end, role in _ROLES.items() if end[end.rfind(".") :] in in_use}
        self._common = tuple(self._inherited())
        self._borrowed = self._find_borrowed()
        self._photos = self._find_photos()
        self._named_after = {key: self._sidecars(key) for key in self._photos}
        self._twins = self._find_same_stems()
        self._fits = self._find_fits()

    def form(self) -> list[Bundle]:
        """Form a bundle for each photo, or one of all that lies in a folder which is one."""
        return self._form_job() if self._is_job else [self._form(key) for key in self._photos]

    def _form_job(self) -> list[Bundle]:
        photos = sorted(self._photos, key=_natural_order)
        if not photos:
            return []
        roles = dict.fromkeys(photos, Role.PHOTO)
        roles |= {key: role for key, role in JOB_FILES.items() if key in self._usable}
        roles |= {key: Role.MASK for key in self._by_key if is_mask_name(key)}
        detail = self._find_clash(roles) or self._find_copy(photos) or _find_excess(self._folder, photos)
        return [self._make(fold_name(self._folder.name), roles, detail)]

    def _form(self, key: str) -> Bundle:
        roles = {key: Role.PHOTO, **self._named_after[key]}
        detail = self._find_clash(roles) or self._find_ambiguity(roles) or self._find_copy([key])
        return self._make(key, roles, detail or self._find_twins(key, roles))

    def _make(self, key: str, roles: Mapping[str, Role], detail: str) -> Bundle:
        own = tuple([self._member(entry, role) for one, role in roles.items() for entry in self._by_key[one]])
        is_own = self._gives_prompt(roles)
        # The prompt for photos of this very folder is none for a folder that is one bundle.
        borrowed = () if is_own else self._borrowed
        has_prompt = is_own or bool(borrowed)
        lacking = Standing.COMPLETE if has_prompt else Standing.LACKS_PROMPT
        return Bundle(
            folder=self._folder,
            key=key,
            members=self._with_others(own, roles, borrowed),
            standing=Standing.AMBIGUOUS if detail else lacking,
            detail=detail,
            borrows_prompt=has_prompt and not is_own,
        )

    def _with_others(
        self, own: tuple[Member, ...], roles: Mapping[str, Role], borrowed: tuple[Member, ...]
    ) -> tuple[Member, ...]:
        """Add what a bundle uses of others; what comes first says what a file is to the bundle."""
        if not (borrowed or self._common or self._sheets):
            return own
        keys = [*roles, *(FOLDER_PROMPT_NAME for one in borrowed if one.role is Role.FOLDER_PROMPT)]
        members = (*own, *borrowed, *self._named_by(keys), *self._common)
        return tuple({member.place: member for member in reversed(members)}.values())[::-1]

    def _find_photos(self) -> list[str]:
        """Give the keys of what is a photo: a picture that others name is one only with its own prompt."""
        named = {fold_name(path.name) for path in self._named() if path.parent == self._folder}
        pictures = [key for key in sorted(self._by_key) if is_photo_name(key) and not self._is_mask(key)]
        return [key for key in pictures if key not in named or self._gives_prompt(self._sidecars(key))]

    def _is_mask(self, key: str) -> bool:
        return is_mask_name(key) or (self._is_job and JOB_FILES.get(key) is Role.MASK)

    def _named(self) -> Iterator[PurePosixPath]:
        for sheet in self._contents.sheets.values():
            yield from sheet.named if sheet else ()

    def _sidecars(self, key: str) -> dict[str, Role]:
        """Give the keys of what is named after a photo."""
        sidecars = {}
        for suffix, role in self._roles.items():
            sidecar = self._find_sidecar(key, suffix)
            if sidecar is not None:
                sidecars[sidecar] = role
        return sidecars

    def _find_sidecar(self, key: str, suffix: str) -> str | None:
        """Give the key of a photo's sidecar of one kind, or None.

        `a.png.txt` belongs to `a.png` alone, although `a.png` is the stem of `a.png.jpg` too.
        """
        if key + suffix in self._usable:
            return key + suffix
        stem = stem_of(key)
        sidecar = stem + suffix
        is_anothers = stem in self._by_key and is_photo_name(stem)
        return sidecar if sidecar in self._usable and not is_anothers else None

    def _is_usable(self, key: str) -> bool:
        """Say whether a file of this key may be named after a photo or a whole folder."""
        is_one = key.endswith(_ROLE_SUFFIXES) or key in JOB_FILES
        is_own = is_one and key not in COMMON_NAMES
        return is_own and (not self._sheets or any(map(self._sheet, self._by_key[key])))

    def _sheet(self, entry: Entry) -> Sheet | None:
        return self._sheets.get(entry.name, _NO_SHEET)

    def _gives_prompt(self, roles: Mapping[str, Role]) -> bool:
        prompting = [key for key, role in roles.items() if role in _PROMPTING]
        return bool(prompting) and (not self._sheets or any(map(self._any_prompt, prompting)))

    def _any_prompt(self, key: str) -> bool:
        sheets = map(self._sheet, self._by_key[key])
        return any(sheet is not None and sheet.gives_prompt for sheet in sheets)

    def _inherited(self) -> Iterator[Member]:
        """Give presets and the references that they name."""
        for preset in self._contents.presets:
            yield preset
            sheet = self._contents.sheets.get(preset.path)
            yield from self._find_named(sheet.references if sheet else (), Role.REFERENCE)

    def _find_borrowed(self) -> tuple[Member, ...]:
        """Give the files whose prompt serves the photos that have none of their own."""
        prompts = () if self._is_job else self._by_key.get(FOLDER_PROMPT_NAME, ())
        if prompts:
            return tuple(self._member(entry, Role.FOLDER_PROMPT) for entry in prompts)
        sheets = self._contents.sheets
        giving = [
            one for one in self._contents.presets if (sheet := sheets.get(one.path)) and sheet.gives_prompt
        ]
        return tuple(giving[:1])

    def _named_by(self, keys: Iterable[str]) -> Iterator[Member]:
        for key in keys:
            for entry in self._by_key[key]:
                sheet = self._sheet(entry)
                if sheet is not None and sheet.mask is not None:
                    yield from self._find_named([sheet.mask], Role.MASK)
                yield from self._find_named(sheet.references if sheet else (), Role.REFERENCE)

    def _find_named(self, paths: Iterable[PurePosixPath], role: Role) -> Iterator[Member]:
        """Give what is there of the files that were named; what is missing is for the look to tell."""
        for path in paths:
            if path.parent == self._folder:
                found = self._by_key.get(fold_name(path.name), ())
                yield from (self._member(entry, role) for entry in found[:1])
            elif (entry := self._contents.elsewhere.get(path)) is not None:
                yield Member(folder=path.parent, name=entry.name, role=role, signature=entry.signature)

    def _find_same_stems(self) -> Mapping[str, Sequence[str]]:
        """Give the photos by their stems, where a borrowed prompt would serve several."""
        twins: dict[str, list[str]] = defaultdict(list)
        for key in self._photos if self._borrowed else ():
            twins[stem_of(key)].append(key)
        return twins

    def _find_fits(self) -> Mapping[str, Sequence[str]]:
        """Give, for each sidecar that fits several photos by their stem, those that have none nearer."""
        fits: dict[str, list[str]] = defaultdict(list)
        if self._rules.ambiguous is AmbiguousSidecars.EACH or self._is_job:
            return {}
        for key, sidecars in self._named_after.items():
            for sidecar in sidecars:
                if not sidecar.startswith(key):
                    fits[sidecar].append(key)
        return {sidecar: photos for sidecar, photos in fits.items() if len(photos) > 1}

    def _find_clash(self, roles: Mapping[str, Role]) -> str:
        """Tell which names are one name to most systems, or nothing."""
        if not self._has_clashes:
            return ""
        borrowed = () if self._gives_prompt(roles) else (FOLDER_PROMPT_NAME,)
        for key in (*roles, *borrowed, PRESET_NAME):
            entries = self._by_key.get(key, ())
            if len(entries) > 1:
                names = " and ".join(printable(entry.name) for entry in entries)
                return f"{names} are one name to most systems: rename one of them"
        return ""

    def _find_ambiguity(self, roles: Mapping[str, Role]) -> str:
        """Tell that a sidecar fits several photos, with the ways out, or nothing."""
        for key in roles if self._fits else ():
            if key in self._fits:
                return _tell_ambiguity(self._name(key), [self._name(one) for one in self._fits[key]])
        return ""

    def _find_copy(self, photos: Iterable[str]) -> str:
        """Tell of a sync program's conflict copy, which is mostly the same photo twice, or nothing."""
        if self._rules.conflict_copies is ConflictCopies.PROCESS:
            return ""
        for name in map(self._name, photos):
            original = find_original(name)
            if original is not None:
                return f"{copy_clause(name, original)}, or rename this one if both are to be edited"
        return ""

    def _find_twins(self, key: str, roles: Mapping[str, Role]) -> str:
        """Tell that two photos of one stem would both be paid for by a borrowed prompt, or nothing."""
        is_each = self._rules.ambiguous is AmbiguousSidecars.EACH
        if is_each or not self._borrowed or self._gives_prompt(roles):
            return ""
        twins = [one for one in self._twins.get(stem_of(key), ()) if one != key]
        if not twins:
            return ""
        name, twin = self._name(key), self._name(twins[0])
        prompt = self._borrowed[0].path
        return printable(
            f"{name} and {twin} have one name and would both be edited by {prompt}:"
            f" move one of them away, or give the one that you want a {name}.txt"
        )

    def _name(self, key: str) -> str:
        return self._by_key[key][0].name

    def _member(self, entry: Entry, role: Role) -> Member:
        return Member(folder=self._folder, name=entry.name, role=role, signature=entry.signature)


def _group(contents: Contents, ignore: IgnoreRules) -> dict[str, list[Entry]]:
    by_key = defaultdict(list)
    for entry in sorted(contents.entries, key=attrgetter("name")):
        if ignore.find_for_file(entry.name) is None:
            by_key[fold_name(entry.name)].append(entry)
    return dict(by_key)


def _natural_order(key: str) -> tuple[tuple[int, str], ...]:
    """Order "2.jpg" before "10.jpg"."""
    pieces = _DIGITS.split(key)
    return tuple((int(piece) if number % 2 else 0, piece) for number, piece in enumerate(pieces))


def _find_excess(folder: PurePosixPath, photos: Sequence[str]) -> str:
    """Tell that a folder holds more photos than one edit takes, or nothing."""
    if len(photos) <= MAX_IMAGES:
        return ""
    name = printable(folder.name)
    return f"{name} holds {len(photos)} photos, one edit takes at most {MAX_IMAGES}: move the others away"


def _tell_ambiguity(sidecar: str, photos: Sequence[str]) -> str:
    suffix = next((one for one in MASK_SUFFIXES if fold_name(sidecar).endswith(one)), "")
    ending = suffix or PurePosixPath(sidecar).suffix
    names = " and ".join(photos)
    ways_out = " or ".join(f"{photo}{ending}" for photo in photos)
    return printable(f"{sidecar} fits {names}: name it {ways_out}")
