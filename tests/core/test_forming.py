"""Forming: what a photo inherits, what it names, and whole folders that are one bundle."""

from dataclasses import replace
from itertools import count
from pathlib import PurePosixPath

import pytest

from retouchd.core.bundles import (
    AmbiguousSidecars,
    Bundle,
    ConflictCopies,
    Entry,
    FormingRules,
    Member,
    Role,
    Standing,
    named_after,
)
from retouchd.core.forming import Contents, Sheet, form_bundles
from strategies import SIGNATURE

FOLDER = PurePosixPath("wedding")
SILENT = Sheet(gives_prompt=False)
EACH = FormingRules(ambiguous=AmbiguousSidecars.EACH)
_NUMBERS = count(1)


def entry(name: str) -> Entry:
    """Give a file of its own."""
    return Entry(name=name, signature=replace(SIGNATURE, inode=next(_NUMBERS)))


def preset(folder: str) -> Member:
    """Give a folder's preset."""
    return Member.at(PurePosixPath(folder, "_preset.toml"), Role.PRESET, entry("").signature)


def contents(
    *names: str,
    presets: tuple[Member, ...] = (),
    sheets: dict[str, Sheet | None] | None = None,
    folder: PurePosixPath = FOLDER,
    elsewhere: tuple[str, ...] = (),
) -> Contents:
    """Give a folder; sheets are named below the inbox."""
    there = {PurePosixPath(path): entry(PurePosixPath(path).name) for path in elsewhere}
    return Contents(
        folder=folder,
        entries=tuple(map(entry, names)),
        presets=presets,
        sheets={PurePosixPath(path): sheet for path, sheet in (sheets or {}).items()},
        elsewhere=there,
    )


def formed(there: Contents, rules: FormingRules | None = None) -> dict[str, Bundle]:
    """Give the bundles by their photos' names."""
    return {one.photo.name: one for one in form_bundles(there, rules or FormingRules())}


def paths(bundle: Bundle, role: Role) -> list[str]:
    """Give the paths of the members of a role."""
    return [str(one.path) for one in bundle.with_role(role)]


def test_a_folder_prompt_serves_photos_without_one_of_their_own() -> None:
    """_prompt.txt counts for the photos of its folder that have none, and no photo of the name is needed."""
    bundles = formed(contents("a.jpg", "b.jpg", "b.txt", "_prompt.txt"))

    assert paths(bundles["a.jpg"], Role.FOLDER_PROMPT) == ["wedding/_prompt.txt"]
    assert paths(bundles["b.jpg"], Role.FOLDER_PROMPT) == []
    assert [one.standing for one in bundles.values()] == [Standing.COMPLETE] * 2
    assert [one.borrows_prompt for one in bundles.values()] == [True, False]
    assert [one.may_grow for one in bundles.values()] == [True, False]


def test_options_without_a_prompt_leave_the_folder_prompt_its_place() -> None:
    """photo.toml that sets no prompt is options for the folder's prompt."""
    sheets: dict[str, Sheet | None] = {"wedding/a.toml": SILENT, "wedding/b.toml": Sheet(gives_prompt=True)}
    bundles = formed(contents("a.jpg", "a.toml", "b.jpg", "b.toml", "_prompt.txt", sheets=sheets))

    assert paths(bundles["a.jpg"], Role.FOLDER_PROMPT) == ["wedding/_prompt.txt"]
    assert paths(bundles["a.jpg"], Role.OPTIONS) == ["wedding/a.toml"]
    assert paths(bundles["b.jpg"], Role.FOLDER_PROMPT) == []


def test_a_preset_with_a_prompt_serves_the_folders_below() -> None:
    """The nearest preset that has a prompt lends it to photos without one."""
    chain = (preset("wedding"), preset("."))
    sheets: dict[str, Sheet | None] = {
        "wedding/_preset.toml": SILENT,
        "_preset.toml": Sheet(gives_prompt=True),
    }
    bundle = formed(contents("a.jpg", presets=chain, sheets=sheets))["a.jpg"]
    lonely = formed(contents("a.jpg", presets=chain[:1], sheets=sheets))["a.jpg"]

    assert (bundle.standing, bundle.borrows_prompt) == (Standing.COMPLETE, True)
    assert paths(bundle, Role.PRESET) == ["wedding/_preset.toml", "_preset.toml"]
    assert (lonely.standing, lonely.borrows_prompt) == (Standing.LACKS_PROMPT, False)


def test_a_changed_preset_is_a_changed_bundle() -> None:
    """Whatever a photo inherits is a part of its digest, so that it is formed anew when that changes."""
    there = contents("a.jpg", "a.txt", presets=(preset("."),))
    changed = replace(there, presets=(preset("."),))

    assert formed(there)["a.jpg"].digest != formed(changed)["a.jpg"].digest


def test_json_that_is_no_sidecar_is_passed_over() -> None:
    """Photo exports put JSON of their own beside pictures; a half-known one counts until it was read."""
    sheets: dict[str, Sheet | None] = {"wedding/a.json": None}

    assert formed(contents("a.jpg", "a.json", sheets=sheets))["a.jpg"].standing is Standing.LACKS_PROMPT
    assert formed(contents("a.jpg", "a.json"))["a.jpg"].standing is Standing.COMPLETE
    assert formed(contents("a.jpg", "b.jpg", "_prompt.txt", "a.json", sheets=sheets))["a.jpg"].borrows_prompt


def test_pictures_that_others_name_are_no_photos() -> None:
    """A mask or reference that a sidecar or preset names is not edited by the folder's prompt."""
    named = Sheet(
        gives_prompt=True, mask=FOLDER / "M.png", references=(FOLDER / "_logo.png", PurePosixPath("x/y.png"))
    )
    there = contents(
        "a.jpg",
        "a.toml",
        "m.png",
        "_logo.png",
        "_prompt.txt",
        sheets={"wedding/a.toml": named},
        elsewhere=("x/y.png",),
    )
    bundles = formed(there)

    assert list(bundles) == ["a.jpg"]
    assert paths(bundles["a.jpg"], Role.MASK) == ["wedding/m.png"]
    assert paths(bundles["a.jpg"], Role.REFERENCE) == ["wedding/_logo.png", "x/y.png"]


def test_a_named_picture_with_a_prompt_of_its_own_is_a_photo_too() -> None:
    """Nobody waits for ever because somebody else named his photo."""
    sheets: dict[str, Sheet | None] = {
        "wedding/a.toml": Sheet(gives_prompt=True, references=(FOLDER / "b.jpg",))
    }

    assert list(formed(contents("a.jpg", "a.toml", "b.jpg", "b.txt", sheets=sheets))) == ["a.jpg", "b.jpg"]


def test_a_presets_references_go_with_every_photo() -> None:
    """References that a preset names are members wherever they lie, and never photos there."""
    sheets: dict[str, Sheet | None] = {
        "_preset.toml": Sheet(gives_prompt=False, references=(PurePosixPath("_logo.png"), FOLDER / "b.png"))
    }
    there = contents(
        "a.jpg",
        "a.txt",
        "b.png",
        "_prompt.txt",
        presets=(preset("."),),
        sheets=sheets,
        elsewhere=("_logo.png",),
    )

    assert list(formed(there)) == ["a.jpg"]
    assert paths(formed(there)["a.jpg"], Role.REFERENCE) == ["_logo.png", "wedding/b.png"]


def test_twins_under_a_folder_prompt_are_held() -> None:
    """A photo in two kinds would be paid for twice; one with a prompt of its own is meant."""
    bundles = formed(contents("IMG_1.png", "IMG_1.jpg", "IMG_1.png.txt", "img_2.jpg", "_prompt.txt"))
    twin = bundles["IMG_1.jpg"]

    assert twin.standing is Standing.AMBIGUOUS
    assert twin.detail == (
        "IMG_1.jpg and IMG_1.png have one name and would both be edited by wedding/_prompt.txt:"
        " move one of them away, or give the one that you want a IMG_1.jpg.txt"
    )
    assert bundles["IMG_1.png"].standing is Standing.COMPLETE
    assert bundles["img_2.jpg"].standing is Standing.COMPLETE
    assert formed(contents("a.png", "a.jpg", "_prompt.txt"), EACH)["a.png"].standing is Standing.COMPLETE


@pytest.mark.parametrize("names", [("_prompt.txt", "_PROMPT.txt"), ("_preset.toml", "_Preset.toml", "a.txt")])
def test_control_files_of_one_name_are_held(names: tuple[str, ...]) -> None:
    """Which of two folder prompts is meant would be a guess."""
    bundle = formed(contents("a.jpg", *names))["a.jpg"]

    assert bundle.standing is Standing.AMBIGUOUS
    assert "one name to most systems" in bundle.detail


def test_a_mask_that_fits_two_photos_is_held() -> None:
    """A mask named after a stem names both ways out when two photos have the stem."""
    bundles = formed(contents("a.jpg", "a.png", "a.jpg.txt", "a.png.txt", "a.mask.png"))

    assert (
        bundles["a.jpg"].detail == "a.mask.png fits a.jpg and a.png: name it a.jpg.mask.png or a.png.mask.png"
    )


def test_a_folder_can_be_one_bundle() -> None:
    """name.job/ is one edit of all its photos in natural order, named after the folder."""
    folder = PurePosixPath("wedding/Group.job")
    names = ("10.jpg", "2.jpg", "prompt.txt", "job.toml", "mask.png", "notes.txt", "_prompt.txt")
    (bundle,) = form_bundles(contents(*names, folder=folder), FormingRules())

    assert [one.name for one in bundle.with_role(Role.PHOTO)] == ["2.jpg", "10.jpg"]
    assert [one.name for one in bundle.members[2:]] == ["prompt.txt", "job.toml", "mask.png"]
    assert (bundle.key, bundle.standing, bundle.borrows_prompt) == ("group.job", Standing.COMPLETE, False)
    assert bundle.may_grow
    assert named_after(bundle.path) == PurePosixPath("wedding/Group.jpg")


@pytest.mark.parametrize(
    ("names", "standing", "words"),
    [
        ([], None, ""),
        (["a.jpg"], Standing.LACKS_PROMPT, ""),
        (["a.jpg", "_prompt.txt"], Standing.LACKS_PROMPT, ""),
        ([f"{number}.jpg" for number in range(9)] + ["prompt.txt"], Standing.AMBIGUOUS, "9 photos"),
        (["a.jpg", "A.jpg", "prompt.txt"], Standing.AMBIGUOUS, "one name"),
        (
            ["a.jpg", "a.sync-conflict-20260131-101500-ABCDEFG.jpg", "prompt.txt"],
            Standing.AMBIGUOUS,
            "conflict copy",
        ),
    ],
)
def test_what_a_folder_that_is_one_bundle_lacks(
    names: list[str], standing: Standing | None, words: str
) -> None:
    """It waits for its photos and its prompt, and says what is too much in it."""
    bundles = form_bundles(contents(*names, folder=PurePosixPath("x.job")), FormingRules())

    assert [one.standing for one in bundles] == ([] if standing is None else [standing])
    assert all(words in one.detail for one in bundles)


def test_a_name_that_is_only_the_suffix_is_an_ordinary_folder() -> None:
    """The suffix alone names nothing."""
    assert [
        one.key for one in form_bundles(contents("a.jpg", folder=PurePosixPath(".job")), FormingRules())
    ] == ["a.jpg"]


def test_conflict_copies_can_be_ordinary() -> None:
    """The owner may want conflict copies edited like any photo."""
    name = "a (Anna's conflicted copy 2026-01-31).jpg"
    rules = FormingRules(conflict_copies=ConflictCopies.PROCESS)

    assert formed(contents(name, "_prompt.txt"))[name].standing is Standing.AMBIGUOUS
    assert formed(contents(name, "_prompt.txt"), rules)[name].standing is Standing.COMPLETE
