"""What keeps a bundle from being what it seems: a part of it that cannot be looked at, or is no file.

Without that part it would be another bundle, with another prompt or no mask, and that would be paid for.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import replace

from retouchd.core.bundles import (
    FOLDER_PROMPT_NAME,
    MASK_SUFFIXES,
    PRESET_NAME,
    SIDECAR_SUFFIXES,
    Bundle,
    Standing,
    is_job_folder,
    is_photo_name,
    is_sidecar_name,
    stem_of,
)
from retouchd.core.values import fold_name, printable


def could_need(key: str, unseen: AbstractSet[str]) -> bool:
    """Say whether one of the unseen names, all folded, could belong to this photo's bundle."""
    return bool(unseen) and not _wanted_names(key).isdisjoint(unseen)


def hold_without_links(bundle: Bundle, others: Iterable[str]) -> Bundle:
    """Give a bundle as it is, or held when a part of it is a link, which is never followed.

    Args:
        others: Names beside it of what is neither a file nor a folder, by the names on disk.
    """
    hindrance = next((name for name in others if _belongs_to(bundle, name)), None)
    if hindrance is None or bundle.standing is Standing.AMBIGUOUS:
        return bundle
    detail = (
        f"{printable(hindrance)} is no file, but a link or the like, which is never followed: put the file"
        " itself there, or take it away"
    )
    return replace(bundle, standing=Standing.AMBIGUOUS, detail=detail)


def _belongs_to(bundle: Bundle, name: str) -> bool:
    if is_job_folder(bundle.folder):
        return is_photo_name(name) or is_sidecar_name(name)
    folded = fold_name(name)
    has_own_prompt = bundle.standing is Standing.COMPLETE and not bundle.borrows_prompt
    return folded in _wanted_names(bundle.key) and not (has_own_prompt and folded == FOLDER_PROMPT_NAME)


def _wanted_names(key: str) -> set[str]:
    bases, suffixes = (key, stem_of(key)), (*SIDECAR_SUFFIXES, *MASK_SUFFIXES)
    return {key, FOLDER_PROMPT_NAME, PRESET_NAME, *(base + suffix for base in bases for suffix in suffixes)}
