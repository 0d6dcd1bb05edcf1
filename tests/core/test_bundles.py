"""Bundles: what lies together in a folder, by names alone."""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouchd.core.bundles import (
    AmbiguousSidecars,
    Bundle,
    ConflictCopies,
    Entry,
    FormingRules,
    Member,
    Role,
    Standing,
    is_photo_name,
    is_sidecar_name,
    may_be_shared,
)
from retouchd.core.forming import Contents, form_bundles
from retouchd.core.ignore import USUAL_RULES
from retouchd.core.values import fold_name
from strategies import SIGNATURE, folders

FOLDER = PurePosixPath("wedding")
RULES = FormingRules()


def form_in(entries: Iterable[Entry], rules: FormingRules = RULES) -> list[Bundle]:
    """Form the bundles of a folder that inherits nothing."""
    return form_bundles(Contents(folder=FOLDER, entries=tuple(entries)), rules)


def formed(*names: str, ambiguous: AmbiguousSidecars = AmbiguousSidecars.HOLD) -> dict[str, Bundle]:
    """Give the bundles of a folder with these names, by their photos' names."""
    entries = [Entry(name=name, signature=SIGNATURE) for name in names]
    return {one.photo.name: one for one in form_in(entries, FormingRules(ambiguous=ambiguous))}


def sidecars_of(bundle: Bundle) -> list[str]:
    """Give the names of all that is no photo."""
    return [member.name for member in bundle.members if member.role is not Role.PHOTO]


@given(entries=folders())
def test_every_photo_is_in_exactly_one_bundle(entries: list[Entry]) -> None:
    """No photo is passed over in silence and none belongs to two bundles, whatever names lie beside it."""
    bundles = form_in(entries)
    members = [one for bundle in bundles for one in bundle.members]
    names = [one.name for one in entries if USUAL_RULES.find_for_file(one.name) is None]
    photos = [name for name in names if is_photo_name(name)]

    assert Counter(one.name for one in members if one.role is Role.PHOTO) == Counter(photos)
    assert len({bundle.key for bundle in bundles}) == len(bundles)


@given(entries=folders(), data=st.data())
def test_the_order_of_a_listing_does_not_matter(entries: list[Entry], data: st.DataObject) -> None:
    """File systems list names in any order; the bundles are the same."""
    shuffled = data.draw(st.permutations(entries))

    assert form_in(shuffled) == form_in(entries)


@given(entries=folders())
def test_a_complete_bundle_shares_its_sidecar_with_none(entries: list[Entry]) -> None:
    """A prompt that was meant for one photo never pays for another one."""
    complete = [one for one in form_in(entries) if one.standing is Standing.COMPLETE]
    sidecars = [name for bundle in complete for name in sidecars_of(bundle)]

    assert len(sidecars) == len(set(sidecars))


@given(entries=folders())
def test_ignored_names_never_appear(entries: list[Entry]) -> None:
    """What other programs have not finished is in no bundle, and every member is a file that was there."""
    members = {one.name for bundle in form_in(entries) for one in bundle.members}

    assert not [name for name in members if USUAL_RULES.find_for_file(name)]
    assert members <= {one.name for one in entries}


@given(entries=folders())
def test_the_standing_says_what_is_there(entries: list[Entry]) -> None:
    """A bundle is complete only with one photo and a sidecar; an ambiguous one says why, others need not."""
    for bundle in form_in(entries):
        photos = [one for one in bundle.members if one.role is Role.PHOTO]
        if bundle.standing is Standing.AMBIGUOUS:
            assert bundle.detail
            continue
        assert len(photos) == 1
        assert bundle.detail == ""
        assert (bundle.standing is Standing.COMPLETE) == bool(sidecars_of(bundle))


@pytest.mark.parametrize(
    ("photo", "sidecar"),
    [
        ("beach.png", "beach.txt"),
        ("beach.png", "beach.png.txt"),
        ("Beach.PNG", "bEACH.Txt"),
        ("strand.jpeg", "strand.toml"),
        (unicodedata.normalize("NFD", "Müller.webp"), unicodedata.normalize("NFC", "müller.txt")),
        ("STRASSE.jpg", "straße.jpg.toml"),
        ("a b.c.png", "a b.c.txt"),
    ],
)
def test_pairing(photo: str, sidecar: str) -> None:
    """A photo and its sidecar find each other in any case and normal form, and keep their names on disk."""
    bundle = formed(sidecar, photo)[photo]

    assert bundle.standing is Standing.COMPLETE
    assert sidecars_of(bundle) == [sidecar]
    assert bundle.path == FOLDER / photo
    assert bundle.key == fold_name(photo)


def test_the_whole_name_beats_the_stem() -> None:
    """photo.png.txt is the prompt of photo.png, and photo.txt is then left for another photo of the stem."""
    bundles = formed("photo.png", "photo.jpg", "photo.txt", "photo.png.txt")

    assert sidecars_of(bundles["photo.png"]) == ["photo.png.txt"]
    assert sidecars_of(bundles["photo.jpg"]) == ["photo.txt"]
    assert {one.standing for one in bundles.values()} == {Standing.COMPLETE}


def test_prompt_and_options_go_together() -> None:
    """A photo may have a prompt file and an option file at once."""
    bundle = formed("a.png", "a.txt", "a.png.toml")["a.png"]

    assert bundle.with_role(Role.PROMPT) == (replace(bundle.photo, name="a.txt", role=Role.PROMPT),)
    assert [one.name for one in bundle.with_role(Role.OPTIONS)] == ["a.png.toml"]


def test_a_photo_alone_lacks_its_prompt() -> None:
    """A photo without a sidecar waits for one; an orphan sidecar makes no bundle."""
    bundles = formed("a.png", "b.txt")

    assert [one.standing for one in bundles.values()] == [Standing.LACKS_PROMPT]
    assert bundles["a.png"].with_role(Role.PROMPT) == ()


def test_an_ambiguous_sidecar_names_both_fixes() -> None:
    """A sidecar that fits two photos is held with both ways out, and pays for neither."""
    bundles = formed("beach.jpg", "beach.png", "beach.txt")

    assert {one.standing for one in bundles.values()} == {Standing.AMBIGUOUS}
    assert {one.detail for one in bundles.values()} == {
        "beach.txt fits beach.jpg and beach.png: name it beach.jpg.txt or beach.png.txt"
    }


def test_an_ambiguity_goes_when_one_photo_goes() -> None:
    """Nothing need be done but removing or renaming one of the two."""
    assert formed("beach.png", "beach.txt")["beach.png"].standing is Standing.COMPLETE


def test_each_photo_may_have_the_shared_sidecar() -> None:
    """With ambiguous = "each" the owner says that a stem's prompt is meant for every photo of the stem."""
    bundles = formed("beach.jpg", "beach.png", "beach.txt", ambiguous=AmbiguousSidecars.EACH)

    assert {one.standing for one in bundles.values()} == {Standing.COMPLETE}
    assert {one.detail for one in bundles.values()} == {""}


def test_a_photos_own_sidecar_is_no_stem_of_another() -> None:
    """photo.png.txt belongs to photo.png alone, though photo.png.jpg has that stem too."""
    bundles = formed("photo.png", "photo.png.jpg", "photo.png.txt")

    assert bundles["photo.png"].standing is Standing.COMPLETE
    assert bundles["photo.png.jpg"].standing is Standing.LACKS_PROMPT


@pytest.mark.parametrize(
    ("first", "second", "sidecar"),
    [
        ("Beach.png", "beach.png", "beach.txt"),
        (unicodedata.normalize("NFC", "ü.png"), unicodedata.normalize("NFD", "ü.png"), "ü.txt"),
    ],
)
@pytest.mark.parametrize("ambiguous", AmbiguousSidecars)
def test_two_photos_of_one_name_are_held(
    first: str, second: str, sidecar: str, ambiguous: AmbiguousSidecars
) -> None:
    """Photos whose names differ on this file system only are held together, and neither is forgotten."""
    (bundle,) = formed(first, second, sidecar, ambiguous=ambiguous).values()

    assert bundle.standing is Standing.AMBIGUOUS
    assert "rename one of them" in bundle.detail
    assert {first, second} <= {one.name for one in bundle.members}


def test_two_prompts_of_one_name_are_held() -> None:
    """Which of two prompt files is meant would be a guess, and the guess would be paid for."""
    bundle = formed("a.png", "a.txt", "A.txt")["a.png"]

    assert bundle.standing is Standing.AMBIGUOUS
    assert bundle.detail == "A.txt and a.txt are one name to most systems: rename one of them"


def test_an_ambiguity_is_told_in_printable_words() -> None:
    """Bytes that are no text, and control characters, do not get from names into sentences (I11)."""
    bundles = formed("\udcff\n.jpg", "\udcff\n.png", "\udcff\n.txt")

    assert {one.detail.isprintable() for one in bundles.values()} == {True}


@pytest.mark.parametrize("change", [{"size": 2}, {"mtime_ns": 9}, {"ctime_ns": 9}, {"inode": 9}])
@pytest.mark.parametrize("name", ["a.png", "a.txt"])
def test_the_digest_follows_every_signature(name: str, change: dict[str, int]) -> None:
    """A changed file of any role makes another digest, so that quiet starts anew."""
    entries = [Entry(name=one, signature=SIGNATURE) for one in ("a.png", "a.txt")]
    changed = [
        replace(one, signature=replace(SIGNATURE, **change)) if one.name == name else one for one in entries
    ]

    assert form_in(entries)[0].digest == form_in(reversed(entries))[0].digest
    assert form_in(changed)[0].digest != form_in(entries)[0].digest


def test_the_digest_follows_names_and_standing() -> None:
    """A sidecar that is renamed, comes, goes or becomes ambiguous makes another digest."""
    listings = [
        ("a.png",),
        ("a.png", "a.txt"),
        ("a.png", "a.png.txt"),
        ("a.png", "a.toml"),
        ("a.jpg", "a.png", "a.txt"),
        ("A.png", "a.png", "a.txt"),
        ("\udcff.png",),
    ]

    digests = {formed(*names)[names[0]].digest for names in listings}

    assert len(digests) == len(listings)


@pytest.mark.parametrize(
    ("name", "is_photo", "is_sidecar"),
    [
        ("a.png", True, False),
        ("a.JPeG", True, False),
        ("a.webp", True, False),
        ("a.HEIC", True, False),
        ("a.heif", True, False),
        ("a.avif", True, False),
        ("a.tif", True, False),
        ("a.TIFF", True, False),
        ("a.bmp", True, False),
        ("a.txt", False, True),
        ("a.TOML", False, True),
        ("a.nef", False, False),
        ("png", False, False),
        (".png", False, False),
        ("a.", False, False),
        ("a.png.", False, False),
    ],
)
def test_suffixes(name: str, is_photo: bool, is_sidecar: bool) -> None:  # noqa: FBT001 - columns of the table
    """The suffix alone tells what a name may be, in any case; a dot name has none."""
    assert (is_photo_name(name), is_sidecar_name(name)) == (is_photo, is_sidecar)


def test_a_conflict_copy_needs_a_person() -> None:
    """What a sync program made of one photo is not paid for a second time, unless the owner wants that."""
    copy = "beach (Anna's conflicted copy 2026-01-31).jpg"
    entries = [
        Entry(name=name, signature=SIGNATURE)
        for name in ("beach.jpg", "beach.txt", copy, f"{copy}.txt", "beach (1).jpg", "beach (1).txt")
    ]
    processed = FormingRules(conflict_copies=ConflictCopies.PROCESS)

    standings = {one.photo.name: one for one in form_in(entries)}

    assert standings[copy].standing is Standing.AMBIGUOUS
    assert "that a sync program made of beach.jpg" in standings[copy].detail
    assert standings["beach.jpg"].standing is Standing.COMPLETE
    assert standings["beach (1).jpg"].standing is Standing.COMPLETE
    assert {one.standing for one in form_in(entries, processed)} == {Standing.COMPLETE}


@pytest.mark.parametrize("mask", ["beach.mask.png", "beach.jpg.mask.png", "BEACH.MASK.PNG", "beach.mask.jpg"])
def test_a_mask_belongs_to_its_photo(mask: str) -> None:
    """A mask is never a photo itself, whatever its kind."""
    bundles = formed("beach.jpg", "beach.txt", mask)

    assert list(bundles) == ["beach.jpg"]
    assert [one.name for one in bundles["beach.jpg"].with_role(Role.MASK)] == [mask]
    assert bundles["beach.jpg"].standing is Standing.COMPLETE


@pytest.mark.parametrize(
    ("path", "role", "is_shared"),
    [
        ("t/a.txt", Role.PROMPT, True),
        ("t/a.jpg.txt", Role.PROMPT, False),
        ("t/A.JPG.mask.png", Role.MASK, False),
        ("a.jpg.toml", Role.OPTIONS, True),
        ("t/m.png", Role.MASK, True),
        ("t/m.png", Role.REFERENCE, False),
        ("t/a.jpg", Role.PHOTO, False),
        ("t/_prompt.txt", Role.FOLDER_PROMPT, False),
    ],
)
def test_what_several_photos_may_use(path: str, role: Role, *, is_shared: bool) -> None:
    """What is named after one photo alone is its own; photos are, and common files are nobody's."""
    file = Member.at(PurePosixPath(path), role, SIGNATURE)

    assert may_be_shared(file, PurePosixPath("t"), "a.jpg") is is_shared


def test_the_digest_is_the_one_that_journals_remember() -> None:
    """After an upgrade nothing that waits counts as changed, whatever bytes are in its name."""
    assert (
        formed("it's\udcff.png", "it's\udcff.txt")["it's\udcff.png"].digest
        == "1f88981749bd4f500c7543862c354dda"
    )
