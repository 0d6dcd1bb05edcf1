"""What a file is that is neither photo nor prompt file, or fits no photo, and what to do if more was meant.

Sentences for people, by names alone. What is counted of such files stands in leftovers.py.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from retouchd.core.bundles import (
    FOLDER_PROMPT_NAME,
    JOB_FILES,
    PRESET_NAME,
    Role,
    is_job_folder,
    is_mask_name,
    is_photo_name,
    is_sidecar_name,
    stem_of,
)
from retouchd.core.ignore import IgnorePattern, copy_clause, find_original
from retouchd.core.values import fold_name, printable


class Kind(StrEnum):
    """What a file is that cannot be sent; the value is its plural for people."""

    RAW = "camera RAW files"
    PICTURE = "pictures of other kinds"
    VIDEO = "videos"
    DOCUMENT = "documents"
    ARCHIVE = "archives"
    SHORTCUT = "shortcuts"
    OTHER = "other files"
    NO_FILE = "links and devices"


_SUFFIXES: Final = {
    Kind.RAW: "3fr arw cap cr2 cr3 crw dcr dng erf fff gpr iiq k25 kdc mdc mef mos mrw nef nrw orf ori pef"
    " raf raw rw2 rwl sr2 srf srw x3f",
    Kind.PICTURE: "ai eps gif ico jxl pdf psb psd svg xcf",
    Kind.VIDEO: "3gp avi m2ts m4v mkv mov mp4 mpeg mpg mts webm wmv",
    Kind.DOCUMENT: "doc docx gdoc markdown odt pages rtf text",
    Kind.ARCHIVE: "7z gz rar tar tgz xz zip",
    Kind.SHORTCUT: "desktop lnk url webloc",
}
_KINDS: Final = {one: kind for kind, listed in _SUFFIXES.items() for one in listed.split()}
_TOLD: Final = {
    Kind.RAW: "is a camera RAW file, which cannot be sent: export it as JPEG or TIFF",
    Kind.PICTURE: "is a kind of picture that cannot be sent: export it as JPEG or PNG",
    Kind.VIDEO: "is a video, which cannot be sent; a Live Photo's picture is the .heic or .jpg beside it",
    Kind.DOCUMENT: "cannot be read as a prompt: save it as plain text, {stem}.txt",
    Kind.ARCHIVE: "is an archive, which is not opened: unpack it and drop the photos that are in it",
    Kind.SHORTCUT: "only points to something else: drop the photo itself",
    Kind.NO_FILE: "is no file, but a link or the like: it is never touched",
    Kind.OTHER: "is neither a photo nor a prompt file, so it is never touched",
}
# Worth a hint before anybody asks. Videos and the like lie beside photos on every phone.
_HINTED: Final = (Kind.RAW, Kind.DOCUMENT, Kind.ARCHIVE, Kind.SHORTCUT)

# Of what is never looked at, what we wrote ourselves.
_MARK: Final = ".retouchd-root"
_FAILURE_NOTE: Final = "*.*.error.txt"

_WORDS: Final = {"prompt": FOLDER_PROMPT_NAME, "preset": PRESET_NAME}
_TEXT_SUFFIXES: Final = frozenset({"txt", "md", "toml"})
# "_promt" is near enough to "_prompt", "_portrait" is not.
_NEARNESS: Final = 0.8


def kind_of(name: str) -> Kind:
    """Give what a file is by its suffix; it is neither a photo nor a prompt file."""
    return _KINDS.get(fold_name(name.rpartition(".")[2]), Kind.OTHER)


def stranger_sentence(path: PurePosixPath, kind: Kind) -> str:
    """Say of a file that is neither photo nor prompt file what to do if it was meant as one."""
    special = _oddly_named_sentence(path) if kind is Kind.OTHER else ""
    return special or f"{printable(path)} {_TOLD[kind].format(stem=printable(path.stem))}."


def _oddly_named_sentence(path: PurePosixPath) -> str:
    """Say how a name that tells nothing would be one of a photo or a prompt file, or nothing."""
    shown, meant, usual = printable(path), meant_name(path.name), path.name.rstrip(". ")
    if meant:
        return _misnamed_sentence(path, meant)
    if is_photo_name(usual) or is_sidecar_name(usual):
        return f"{shown} ends in a blank or a dot: rename it to {printable(usual)}."
    if not path.suffix:
        return (
            f"{shown} does not say by its name what it is: if it is a photo, rename it to"
            f" {printable(path.name)}.jpg, for example."
        )
    return ""


def ignored_sentence(name: str, pattern: IgnorePattern) -> str:
    """Say that a name is never looked at, by which pattern, and how it would be."""
    shown, fits = printable(name), printable(pattern.text)
    if pattern.is_built_in and fold_name(name) == _MARK:
        return f"{shown} is the mark by which retouchd knows its inbox: leave it there."
    if pattern.text == _FAILURE_NOTE:
        return f"{shown} is a note that retouchd wrote about a photo that failed; it can be deleted."
    why = (
        f"names like {fits} are hidden, unfinished, or what systems and programs keep for themselves"
        if pattern.is_built_in
        else f"watch.ignore in the configuration has {fits}"
    )
    return (
        f'{shown} is never looked at: {why}. If it should be, rename it, or add "!{fits}" at the end of'
        " watch.ignore."
    )


def orphan_sentence(path: PurePosixPath, lonely: Sequence[str]) -> str:
    """Say of a prompt file that fits no photo how it would.

    Args:
        lonely: The names of photos beside it that wait for a prompt.
    """
    shown, original, meant = printable(path), find_original(path.name), meant_name(path.name)
    if meant:
        return _misnamed_sentence(path, meant)
    if _ends_twice(path.name):
        return (
            f"{shown} ends in {printable(path.suffix)} twice, which some systems do not show: rename it to"
            f" {printable(path.stem)}."
        )
    if original is not None:
        return f"{copy_clause(str(path), original)}."
    if fold_name(path.suffix) == ".json":
        return (
            f"{shown} is no prompt file for any photo here: JSON counts beside a photo of its name, as an"
            ' object with a text "prompt"; other JSON is left alone.'
        )
    if not lonely:
        return f"{shown} belongs to no photo: it waits for one of its name, {printable(path.stem)}.jpg."
    photo = PurePosixPath(lonely[0])
    fitting = printable(f"{photo.stem}{path.suffix}")
    return f"{shown} belongs to no photo: to use it for {printable(photo)}, rename it to {fitting}."


def job_orphan_sentence(path: PurePosixPath) -> str:
    """Say of a prompt file in a folder that is one bundle why it is not used there."""
    shown, folder = printable(path.name), printable(path.parent.name)
    if fold_name(path.name) in JOB_FILES:
        return (
            f"{shown} waits for the photos of {folder}: all that you put into that folder make one picture."
        )
    return (
        f"{shown} is not used: all photos in {folder} make one picture, of which the prompt is"
        " prompt.txt there, and options are job.toml."
    )


def below_job_sentence(path: PurePosixPath, job: PurePosixPath) -> str:
    """Say of something that lies deeper in a folder that is one bundle why it is not looked at."""
    folder = printable(job.name)
    return (
        f"{printable(path.name)} is never looked at: of {folder} only what lies directly in it counts. Move"
        f" it up into {folder}, or to a folder that does not end in .job."
    )


def member_sentence(name: str, role: Role, photo: str, users: int) -> str:
    """Say what a file is to a photo that is told of next.

    Args:
        users: How many photos of the folder it belongs to.
    """
    clause = {
        Role.PHOTO: "is sent together with",
        Role.MASK: "says where to edit",
        Role.REFERENCE: "is a picture that goes along with",
    }.get(role, "says what to do with")
    others = f" and {users - 1} more" if users > 1 else ""
    return f"{printable(name)} {clause} {printable(photo)}{others}:"


def rival_sentence(name: str, photo: str) -> str:
    """Say of a photo that most systems cannot tell from another one, which is told of next, that it is so."""
    return f"{printable(name)} has the same name as {printable(photo)} to most systems:"


def common_sentence(path: PurePosixPath) -> str:
    """Say what a folder's prompt or preset is for where no photo of the folder uses it just now."""
    below = " and the folders below" if fold_name(path.name) == PRESET_NAME else ""
    return f"{printable(path)} is for the photos of its folder{below}; no photo there uses it now."


def companion_sentence(path: PurePosixPath) -> str:
    """Say why a picture in the inbox is no photo by itself."""
    if is_mask_name(fold_name(path.name)):
        return (
            f"{printable(path)} is a mask by its name, which says where a photo is edited, and is never"
            " edited itself: if it is a photo, rename it."
        )
    return (
        f"{printable(path)} is a picture that a prompt file or preset names, so it is not edited by"
        " itself; with a prompt file of its own it is."
    )


def _misnamed_sentence(path: PurePosixPath, meant: str) -> str:
    below = " and below" if meant == PRESET_NAME else ""
    return (
        f"{printable(path)} belongs to no photo: to use it for every photo here{below}, rename it to {meant}."
    )


def meant_name(name: str) -> str:
    """Give the name for a whole folder's prompt or options that was probably meant, or nothing."""
    folded = fold_name(name)
    stem, *suffixes = folded.split(".")
    # The presets of the folders above are opened by this very name, which a server's disk has in one case.
    is_right = folded == FOLDER_PROMPT_NAME or name == PRESET_NAME
    if is_right or not _TEXT_SUFFIXES.issuperset(suffixes):
        return ""
    word = stem.strip("_- ")
    if word in {"prompt", "prompts"}:
        return FOLDER_PROMPT_NAME
    if word == "preset" and "toml" in suffixes:
        return PRESET_NAME
    near = get_close_matches(word, _WORDS, n=1, cutoff=_NEARNESS) if stem.startswith("_") else []
    return _WORDS[near[0]] if near else ""


def _ends_twice(name: str) -> bool:
    stem, dot, suffix = name.casefold().rpartition(".")
    return stem.endswith(f"{dot}{suffix}")


def folder_hints(
    folder: PurePosixPath, strangers: Mapping[Kind, Sequence[str]], names: Sequence[str]
) -> Iterator[str]:
    """Give what a person should know of a folder's files before asking, one sentence for each kind.

    Args:
        strangers: Names that cannot be sent.
        names: Names of photos and prompt files.
    """
    for kind in _HINTED:
        alike = strangers.get(kind, ())
        more = f" The same goes for {len(alike) - 1} more beside it." if len(alike) > 1 else ""
        yield from (f"{stranger_sentence(folder / first, kind)}{more}" for first in alike[:1])
    yield from _misnamed_hints(folder, strangers.get(Kind.OTHER, ()), names)


def _misnamed_hints(folder: PurePosixPath, others: Iterable[str], names: Sequence[str]) -> Iterator[str]:
    """Give the hints on names that nobody gives a prompt file on purpose, unless a photo has the same."""
    known = JOB_FILES if is_job_folder(folder) else ()
    suspects = [name for name in names if _is_suspect(name) and is_sidecar_name(name)]
    suspects = [name for name in suspects if fold_name(name) not in known]
    photos = {_folded_stem(name) for name in names if suspects and is_photo_name(name)}
    yield from (orphan_sentence(folder / name, ()) for name in suspects if _folded_stem(name) not in photos)
    for name in others:
        if meant_name(name):
            yield stranger_sentence(folder / name, Kind.OTHER)


def _folded_stem(name: str) -> str:
    return stem_of(fold_name(name))


def _is_suspect(name: str) -> bool:
    # The first letter spares nearly all names the longer look.
    is_marked = name.lstrip("_- ")[:1] in {"p", "P"}
    return (is_marked and bool(meant_name(name))) or (name.count(".") > 1 and _ends_twice(name))
