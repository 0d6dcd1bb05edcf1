"""What a file is that cannot be sent, and what to do if more was meant."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouchd.core.hints import (
    Kind,
    below_job_sentence,
    common_sentence,
    companion_sentence,
    folder_hints,
    ignored_sentence,
    job_orphan_sentence,
    kind_of,
    meant_name,
    orphan_sentence,
    rival_sentence,
    stranger_sentence,
)
from retouchd.core.ignore import IgnoreRules
from strategies import names

FOLDER = PurePosixPath("wedding")


def hints(*listed: str, strangers: dict[Kind, list[str]] | None = None) -> list[str]:
    """Give the hints of a folder with these photos and prompt files."""
    return list(folder_hints(FOLDER, strangers or {}, listed))


@pytest.mark.parametrize(
    ("name", "kind", "told"),
    [
        ("DSC_1.NEF", Kind.RAW, "is a camera RAW file, which cannot be sent: export it as JPEG or TIFF."),
        ("img.cr3", Kind.RAW, "is a camera RAW file"),
        ("logo.svg", Kind.PICTURE, "is a kind of picture that cannot be sent: export it as JPEG or PNG."),
        ("IMG_1.MOV", Kind.VIDEO, "is a video, which cannot be sent; a Live Photo's picture is"),
        ("beach.RTF", Kind.DOCUMENT, "cannot be read as a prompt: save it as plain text, beach.txt."),
        ("_prompt.docx", Kind.DOCUMENT, "save it as plain text, _prompt.txt."),
        ("photos.zip", Kind.ARCHIVE, "is an archive, which is not opened: unpack it"),
        ("beach.jpg.lnk", Kind.SHORTCUT, "only points to something else: drop the photo itself."),
        ("beach.xmp", Kind.OTHER, "is neither a photo nor a prompt file, so it is never touched."),
        ("_prompt", Kind.OTHER, "to use it for every photo here, rename it to _prompt.txt."),
        (
            "beach",
            Kind.OTHER,
            "does not say by its name what it is: if it is a photo, rename it to beach.jpg",
        ),
        ("beach.jpg. ", Kind.OTHER, "ends in a blank or a dot: rename it to beach.jpg."),
        ("beach.txt ", Kind.OTHER, "ends in a blank or a dot: rename it to beach.txt."),
        ("link.jpg", Kind.NO_FILE, "is no file, but a link or the like: it is never touched."),
        (".jpg", Kind.OTHER, "does not say by its name what it is"),
    ],
)
def test_strangers_are_told_what_to_do(name: str, kind: Kind, told: str) -> None:
    """A file that was probably meant as a photo or a prompt says how it becomes one."""
    sentence = stranger_sentence(FOLDER / name, kind)

    assert kind_of(name) is kind or name in {".jpg", "link.jpg"}
    assert sentence.startswith(f"wedding/{name} ")
    assert told in sentence


def test_ignored_names_say_their_pattern() -> None:
    """The pattern is named, where it came from, and what to do if it is a photo after all."""
    ours, owners = IgnoreRules().find_for_file("x.part"), IgnoreRules(["x*"]).find_for_file("x.part")
    assert ours
    assert owners

    assert ignored_sentence("x.part", ours) == (
        "x.part is never looked at: names like *.part are hidden, unfinished, or what systems and programs"
        ' keep for themselves. If it should be, rename it, or add "!*.part" at the end of watch.ignore.'
    )
    assert "x.part is never looked at: watch.ignore in the configuration has x*." in ignored_sentence(
        "x.part", owners
    )


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (".retouchd-root", "is the mark by which retouchd knows its inbox: leave it there."),
        ("a.jpg.error.txt", "is a note that retouchd wrote about a photo that failed; it can be deleted."),
    ],
)
def test_what_we_wrote_ourselves_is_known(name: str, told: str) -> None:
    """Nobody is told to rename or take back what retouchd itself left there."""
    pattern = IgnoreRules().find_for_file(name)

    assert pattern
    assert ignored_sentence(name, pattern) == f"{name} {told}"


def test_prompts_without_a_photo_say_how_to_be_used() -> None:
    """The name that would fit is told; a suffix that is there twice, and a conflict copy, are seen."""
    orphan, lonely = PurePosixPath("beech.txt"), ["beach.jpg"]

    assert "to use it for beach.jpg, rename it to beach.txt." in orphan_sentence(orphan, lonely)
    assert orphan_sentence(PurePosixPath("x.toml"), []).endswith("it waits for one of its name, x.jpg.")
    assert orphan_sentence(PurePosixPath("beach.TXT.txt"), lonely).endswith("rename it to beach.TXT.")
    assert "that a sync program made of a.txt" in orphan_sentence(PurePosixPath("a_Conflict.txt"), lonely)


def test_json_that_is_no_prompt_gets_no_name_that_it_has() -> None:
    """Exports and our own results lie beside photos as JSON: what would make it a prompt is told."""
    told = orphan_sentence(PurePosixPath("beach.json"), ["beach.jpg"])

    assert told.startswith("beach.json is no prompt file for any photo here: JSON counts beside a photo")
    assert told == orphan_sentence(PurePosixPath("beach.json"), [])


def test_prompts_in_the_folder_of_one_picture_say_what_counts_there() -> None:
    """What would be a photo's own prompt elsewhere is not one there; prompt.txt waits for photos."""
    own, others = FOLDER / "mug.job" / "prompt.txt", FOLDER / "mug.job" / "a.txt"

    assert job_orphan_sentence(own).startswith("prompt.txt waits for the photos of mug.job: ")
    assert job_orphan_sentence(others).startswith("a.txt is not used: all photos in mug.job make one picture")


def test_what_lies_deeper_in_the_folder_of_one_picture_says_so() -> None:
    """It is not waited for in vain: the way out is told."""
    told = below_job_sentence(FOLDER / "mug.job" / "old" / "a.jpg", FOLDER / "mug.job")

    assert told.startswith(
        "a.jpg is never looked at: of mug.job only what lies directly in it counts. Move it"
    )


def test_photos_of_one_name_are_not_said_to_go_together() -> None:
    """Neither of two that most systems cannot tell apart is sent; the second says so as well."""
    assert rival_sentence("a.jpg", "A.jpg") == "a.jpg has the same name as A.jpg to most systems:"


def test_pictures_that_are_no_photos_say_why() -> None:
    """A mask stays one, whatever lies beside it; a picture that is named somewhere can have a prompt."""
    assert companion_sentence(FOLDER / "a.MASK.png").endswith(
        "never edited itself: if it is a photo, rename it."
    )
    assert companion_sentence(FOLDER / "_logo.png").endswith("with a prompt file of its own it is.")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("prompt.txt", "_prompt.txt"),
        ("Prompts.TXT", "_prompt.txt"),
        ("_prompt.txt.txt", "_prompt.txt"),
        ("_promt.txt", "_prompt.txt"),
        ("_prompts.txt", "_prompt.txt"),
        ("__prompt.txt", "_prompt.txt"),
        ("-prompt.txt", "_prompt.txt"),
        ("_prompt.md", "_prompt.txt"),
        ("_prompt", "_prompt.txt"),
        ("preset.toml", "_preset.toml"),
        ("_presets.toml", "_preset.toml"),
        ("_preset.txt", "_preset.toml"),
        ("_preset.toml.txt", "_preset.toml"),
        ("_prompt.txt", ""),
        ("_preset.toml", ""),
        ("_Prompt.TXT", ""),
        ("_Preset.TOML", "_preset.toml"),
        ("present.txt", ""),
        ("promo.txt", ""),
        ("_portrait.txt", ""),
        ("prompt.jpg", ""),
        ("_prompt.png.txt", ""),
    ],
)
def test_names_that_are_nearly_right_are_known(name: str, meant: str) -> None:
    """A file for a whole folder is recognised though its name is not quite right."""
    assert meant_name(name) == meant


def test_a_folder_gives_one_hint_for_each_kind() -> None:
    """Of forty RAW files one is named; what lies beside photos on every phone gets no hint."""
    told = hints(
        "a.jpg",
        "a.txt",
        strangers={
            Kind.RAW: ["1.nef", "2.nef", "3.nef"],
            Kind.VIDEO: ["a.mov"],
            Kind.OTHER: ["_prompt", "x"],
        },
    )

    assert len(told) == 2
    assert told[0].startswith("wedding/1.nef is a camera RAW file")
    assert told[0].endswith("The same goes for 2 more beside it.")
    assert told[1].startswith("wedding/_prompt belongs to no photo")


def test_a_folder_gives_hints_on_prompts_that_fit_nothing() -> None:
    """Names that nobody means are told at once; a prompt that came before its photo just waits."""
    told = hints("a.txt", "b.jpg", "prompt.txt", "b.txt.txt", "_prompt.txt")

    assert [one.partition(" ")[0] for one in told] == ["wedding/prompt.txt", "wedding/b.txt.txt"]
    assert hints("prompt.txt", "PROMPT.jpg", "b.txt.txt", "b.txt.png") == []


@given(listed=st.lists(names))
def test_hints_are_printable(listed: list[str]) -> None:
    """I11: whatever names lie there, no hint breaks a screen."""
    for told in hints(*listed, strangers={Kind.RAW: listed, Kind.OTHER: listed}):
        assert "\n" not in told
        assert told.encode()


@pytest.mark.parametrize(
    ("name", "place"), [("_prompt.txt", "its folder"), ("_preset.toml", "its folder and the folders below")]
)
def test_a_folders_own_files_say_for_whom_they_are(name: str, place: str) -> None:
    """A prompt or preset that no photo uses just now is no orphan."""
    told = common_sentence(PurePosixPath("trip") / name)

    assert told == f"trip/{name} is for the photos of {place}; no photo there uses it now."
