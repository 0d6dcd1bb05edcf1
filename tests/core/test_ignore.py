"""What is never looked at, by its name, and which copies a sync program made of a conflict."""

import unicodedata
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

import pytest
from hypothesis import given

from retouchd.core.ignore import USUAL_RULES, IgnoreRules, find_original
from strategies import names

IGNORED_FILES = [
    (".retouchd-root", ".*"),
    (".a.png", ".*"),
    (".beach.jpg.Xb3kQz", ".*"),
    (".~beach.png.k7f3.tmp", "*.tmp"),
    ("beach.jpg~", "*~"),
    ("~$beach.jpg", "~$*"),
    ("#beach.jpg#", "#*#"),
    ("beach.jpg.swp", "*.swp"),
    ("beach.BAK", "*.bak"),
    ("beach.jpg.tmp", "*.tmp"),
    ("a\n.tmp", "*.tmp"),
    ("beach.temp", "*.temp"),
    ("A.PNG.PART", "*.part"),
    ("c.Partial", "*.partial"),
    ("beach.jpg.filepart", "*.filepart"),
    ("Unconfirmed 1.crdownload", "*.crdownload"),
    ("beach.jpg.download", "*.download"),
    ("beach.jpg.opdownload", "*.opdownload"),
    ("beach.jpg.aria2", "*.aria2"),
    ("~syncthing~beach.jpg.tmp", "~syncthing~*"),
    ("~Syncthing~beach.jpg", "~syncthing~*"),
    ("beach.jpg.!sync", "*.!sync"),
    ("beach.jpg.insyncdl", "*.insyncdl"),
    ("Icon\r", "Icon\r"),
    ("thumbs.DB", "Thumbs.db"),
    ("Desktop.ini", "desktop.ini"),
    ("beach.jpg@SynoEAStream", "*@SynoEAStream"),
    ("beach.jpg@SynoResource", "*@SynoResource"),
    ("SYNOFILE_THUMB_M.jpg", "SYNOFILE_THUMB_*"),
    ("_STATUS.txt", "_STATUS.txt"),
    ("beach.jpg.error.txt", "*.*.error.txt"),
]
PRUNED_FOLDERS = [
    "__MACOSX",
    "$RECYCLE.BIN",
    "System Volume Information",
    "lost+found",
    "@eaDir",
    "@eadir",
    "#recycle",
    "#snapshot",
    "@tmp",
    "@Recycle",
    "@Recently-Snapshot",
]


@pytest.mark.parametrize(("name", "pattern"), IGNORED_FILES)
def test_names_that_are_never_looked_at(name: str, pattern: str) -> None:
    """Hidden and unfinished names and those of systems are never looked at, in any case, and say why."""
    found = USUAL_RULES.find_for_file(name)

    assert found
    assert found.is_built_in
    assert pattern in {found.text, ".*"}


@pytest.mark.parametrize("folder", PRUNED_FOLDERS)
def test_folders_of_systems_are_pruned(folder: str) -> None:
    """What systems keep in folders is never entered; a file of that name is a file like others."""
    assert USUAL_RULES.find_for_folder(folder)
    assert USUAL_RULES.find_for_file(folder) is None
    assert USUAL_RULES.hides_folder(PurePosixPath("a", folder, "b"))
    assert USUAL_RULES.hides_file(PurePosixPath("a", folder, "b.jpg"))


@pytest.mark.parametrize(
    "name",
    [
        "beach.jpg",
        "beach (1).png",
        "beach - Copy.png",
        "temp.jpg",
        "bak",
        "a.part.jpg",
        "error.txt",
        "a.error.txt",
        "#1.jpg",
        "@home.jpg",
        "~beach.jpg",
        "$5.png",
        "Icon",
        "_prompt.txt",
        "_preset.toml",
        "icon\r.png",
        "\udcff.jpg",
    ],
)
def test_ordinary_names_are_looked_at(name: str) -> None:
    """Names that only resemble a pattern are looked at like others."""
    assert USUAL_RULES.find_for_file(name) is None
    assert USUAL_RULES.find_for_folder(name) is None
    assert not USUAL_RULES.hides_file(PurePosixPath("a", name))


def test_the_owner_adds_patterns() -> None:
    """The owner's patterns come on top, and a name says that it was one of those."""
    rules = IgnoreRules(["draft*", "Über*.jpg", "raw/"])

    found = rules.find_for_file("DRAFT 1.jpg")
    assert found
    assert (found.text, found.is_built_in) == ("draft*", False)
    assert rules.find_for_file(unicodedata.normalize("NFD", "über den Bergen.JPG"))
    assert rules.find_for_folder("RAW")
    assert rules.find_for_file("raw") is None
    assert rules.find_for_file("x.part")
    assert rules.find_for_file("beach.jpg") is None


def test_the_owner_takes_patterns_back() -> None:
    """What is taken back is looked at, though a built-in pattern fits; the later of two patterns counts."""
    rules = IgnoreRules(["!.scan*", "!@eaDir/", "*.jpg", "!a*.jpg", "ab*"])

    assert rules.find_for_file(".scan-1.png") is None
    assert rules.find_for_file(".other.png")
    assert rules.find_for_folder("@eadir") is None
    assert rules.find_for_file("b.jpg")
    assert rules.find_for_file("aa.jpg") is None
    assert rules.find_for_file("ab.jpg")


@pytest.mark.parametrize("pattern", ["", "!", "/", "!/", "a/b", "a/b/", "/a", " ", "a//"])
def test_patterns_that_fit_no_name_are_refused(pattern: str) -> None:
    """A pattern is one name: a path, or nothing, would silently fit nothing."""
    with pytest.raises(ValueError, match="no pattern of one name"):
        IgnoreRules([pattern])


@given(name=names)
def test_any_name_is_one_thing_or_the_other(name: str) -> None:
    """Names of any bytes are judged alike in every form in which a system may give them."""
    for form in (name.upper(), unicodedata.normalize("NFD", name)):
        if form.casefold() == name.casefold():
            assert USUAL_RULES.find_for_file(form) == USUAL_RULES.find_for_file(name)


@pytest.mark.parametrize(
    ("copy", "original"),
    [
        ("beach (Anna's conflicted copy 2026-01-31).png", "beach.png"),
        ("beach (Anna-MacBook's conflicted copy).png", "beach.png"),
        (
            "beach (Anna (NAS)'s conflicted copy 2026-01-31 (1)).png",
            "beach.png",
        ),
        ("beach (conflicted copy 2026-01-31 101500).png", "beach.png"),
        ("beach (conflicted copy anna 2026-01-31 101500).png", "beach.png"),
        ("beach.jpg (Anna's conflicted copy 2026-01-31).txt", "beach.jpg.txt"),
        ("beach (Case Conflict).png", "beach.png"),
        ("beach (Anna's Case Conflict 1).png", "beach.png"),
        ("beach (Case Conflict (2)).png", "beach.png"),
        ("beach (Unicode Encoding Conflict).png", "beach.png"),
        ("beach (case clash from 2026-01-31 101500).png", "beach.png"),
        ("beach (Annas in Konflikt stehende Kopie 2026-01-31).png", "beach.png"),
        ("beach (In Konflikt stehende Kopie von Anna 2026-01-31).png", "beach.png"),
        ("beach (Konfliktkopie von Anna 2026-01-31).png", "beach.png"),
        ("plage (Copie en conflit de Anna 2026-01-31).png", "plage.png"),
        ("playa (Copia en conflicto de Anna 2026-01-31).png", "playa.png"),
        (unicodedata.normalize("NFD", "praia (Cópia em conflito de Anna).png"), "praia.png"),
        ("海 (Anna 的冲突副本 2026-01-31).png", "海.png"),
        ("beach (SFConflict anna@example.com 2026-01-31-10-15-00).png", "beach.png"),
        ("beach [Conflict].png", "beach.png"),
        ("beach.sync-conflict-20260131-101500-ABCDEFG.png", "beach.png"),
        ("beach.sync-conflict-20260131-101500.png", "beach.png"),
        ("beach_conflict-20260131-101500.png", "beach.png"),
        ("beach_conflict-anna-20260131-101500.png", "beach.png"),
        ("beach_Conflict.png", "beach.png"),
        ("beach_NAS_Jan-31-1015-2026_Conflict.png", "beach.png"),
        ("beach_edge-nas_oct.-05-085858-2026_CaseConflict.png", "beach.png"),
        ("beach.Conflict.png", "beach.png"),
        ("beach.conflict (2).png", "beach.png"),
        ("beach (Anna's conflicted copy 2026-01-31)", "beach"),
    ],
)
def test_conflict_copies_know_their_original(copy: str, original: str) -> None:
    """What sync programs write beside a file that was changed in two places is no photo of its own."""
    assert find_original(copy) == original


@pytest.mark.parametrize(
    "name",
    [
        "beach.png",
        "beach (1).png",
        "beach - Copy.png",
        "beach copy.png",
        "conflict.png",
        "border-conflict-1914.jpg",
        "the conflicted copy.jpg",
        "war_conflict.png",
        "Conflict.jpg",
        "armed conflict (1).jpg",
        "_Conflict.png",
        "beach (conflict).png",
        "_conflict-" * 25 + ".png",
        " (conflicted cop" * 15 + ".png",
        ".conflict.png",
        "conflicted copy (1).png",
        "beach_conflict-zone.jpg",
        "\udcff.png",
    ],
)
def test_ordinary_names_are_no_conflict_copies(name: str) -> None:
    """Photos of conflicts, and copies that a person makes, are photos like others."""
    assert find_original(name) is None


@given(name=names)
def test_an_original_is_a_shorter_name(name: str) -> None:
    """Names of any bytes either are no copy or lose something."""
    original = find_original(name)

    assert original is None or 0 < len(original) < len(unicodedata.normalize("NFC", name))


def test_rules_of_the_same_patterns_are_the_same() -> None:
    """Rules are compared by what they say: the same configuration read again changes nothing."""
    rules = IgnoreRules(["*.cr3", "!*.bak"])

    assert rules == IgnoreRules(["*.cr3", "!*.bak"])
    assert hash(rules) == hash(IgnoreRules(["*.cr3", "!*.bak"]))
    assert rules != IgnoreRules(["!*.bak", "*.cr3"])
    assert rules != ["*.cr3", "!*.bak"]


@pytest.mark.parametrize(
    "pattern", ["x[ab]", "[]a]x", "a?", "?a", "*a*", "*", "x[", "a]b", "[!a]", "Ä*", "*.Ä"]
)
def test_a_pattern_hides_what_it_fits(pattern: str) -> None:
    """What tells in a hurry that nothing fits overlooks no pattern, wherever its wild characters are."""
    rules = IgnoreRules([pattern])
    tried = ["xa", "xab", "]x", "ax", "aa", "ba", "a", "x[", "a]b", "b", "ä1", "a.ä", "bab", "photo.jpg"]

    hidden = [name for name in tried if rules.find_for_file(name)]

    assert hidden == [name for name in tried if fnmatchcase(name, pattern.lower())]
