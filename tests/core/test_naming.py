"""Names: safe on every system, whatever the photo is called, and a save path that the endpoint takes."""

import os
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import PurePosixPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retouchd.core.edits import Wish
from retouchd.core.naming import (
    NAME_FIELDS,
    check_template,
    filed_note,
    filed_path,
    note_name,
    numbered,
    numbered_member,
    output_stem,
    safe_stem,
    save_path,
)
from retouchd.core.pictures import PictureFormat
from retouchd.core.request import Quality, check_save_path
from retouchd.core.values import JobId
from strategies import NOW, REQUEST, WISH, any_text, names, wishes

JOB_ID = JobId("k7f3bcdg")
SOURCE = PurePosixPath("wedding/party/Beach (1).JPG")
DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\..*)?", re.IGNORECASE)


@given(text=any_text | names | st.text(st.sampled_from("co nul1.COM_¹ä"), max_size=250))
@example(text="con" + " " * 200 + "x")
@example(text="_" + "." * 200 + "x")
@example(text="c" + "ä" * 200)
def test_any_text_gives_a_safe_stem(text: str) -> None:
    """Any name becomes one that Windows, SMB and every file system take, and stays it (I10)."""
    stem = safe_stem(text)

    assert stem
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f]', stem)
    assert not stem.startswith((" ", "."))
    assert not stem.endswith((" ", "."))
    assert not DEVICES.fullmatch(stem)
    assert len(stem.encode()) <= 180
    assert safe_stem(stem) == stem


@pytest.mark.parametrize(
    ("text", "stem"),
    [
        ("beach", "beach"),
        ("Grüße 日本 🏖 (1)", "Grüße 日本 🏖 (1)"),
        ("a/b\\c:d", "a_b_c_d"),
        ("../../etc/passwd", "_._.._etc_passwd"),
        ("", "photo"),
        ("...", "photo"),
        ("_", "photo_"),
        (".hidden", "_hidden"),
        ("  ends. ", "ends"),
        ("CON", "_CON"),
        ("nul.tar", "_nul.tar"),
        ("aux .x", "_aux .x"),
        ("LPT¹", "_LPT¹"),
        ("com10", "com10"),
        ("a\u202egnp", "a_gnp"),
        ("\udcff\n", "photo__"),
        ("ä" * 91, "ä" * 90),
    ],
)
def test_safe_stems(text: str, stem: str) -> None:
    """Ordinary names stay as they are; what is dangerous is replaced, reserved or too long is changed."""
    assert safe_stem(text) == stem


def test_numbers() -> None:
    """The first of a name has no number."""
    assert [numbered("beach", number) for number in (1, 2, 3)] == ["beach", "beach-2", "beach-3"]


@pytest.mark.parametrize(
    ("name", "photo", "number", "filed"),
    [
        ("beach.jpg", "beach.jpg", 1, "beach.jpg"),
        ("beach.jpg", "beach.jpg", 2, "beach-2.jpg"),
        ("beach.txt", "beach.jpg", 2, "beach-2.txt"),
        ("beach.jpg.txt", "beach.jpg", 2, "beach-2.jpg.txt"),
        ("BEACH.TXT", "beach.jpg", 2, "BEACH-2.TXT"),
    ],
)
def test_a_bundle_is_filed_under_one_number(name: str, photo: str, number: int, filed: str) -> None:
    """All files of a bundle get the same number, so that they still belong together where they are filed."""
    assert numbered_member(name, photo, number) == filed


@pytest.mark.parametrize(
    ("path", "photo", "number", "filed", "note"),
    [
        ("t/a.txt", "t/a.jpg", 2, "t/a-2.txt", "t/a-2.jpg.error.txt"),
        ("m.png", "t/a.jpg", 2, "m-2.png", "t/a-2.jpg.error.txt"),
        ("t/A.Job/1.jpg", "t/A.Job/1.jpg", 1, "t/A.Job/1.jpg", "t/A.Job/1.jpg.error.txt"),
        ("t/A.Job/prompt.txt", "t/A.Job/1.jpg", 2, "t/A-2.Job/prompt.txt", "t/A-2.Job/1.jpg.error.txt"),
        ("t/m.png", "t/A.Job/1.jpg", 2, "t/m-2.png", "t/A-2.Job/1.jpg.error.txt"),
    ],
)
def test_where_files_are_filed(path: str, photo: str, number: int, filed: str, note: str) -> None:
    """Files stay in their folders; a folder that is one bundle has the number itself, and the note in it."""
    assert filed_path(PurePosixPath(path), PurePosixPath(photo), number) == PurePosixPath(filed)
    assert filed_note(PurePosixPath(photo), number) == PurePosixPath(note)


@pytest.mark.parametrize("stem", ["x" * 251, "é" * 125, "\udcff" * 251, "😀" * 62, "x" * 226])
@pytest.mark.parametrize("number", [1, 2, 123_456])
def test_the_longest_names_are_filed_with_a_number_and_a_note(stem: str, number: int) -> None:
    """A name of 255 bytes leaves no room; its files get one shorter one, each number another note."""
    photo, prompt = f"{stem}.jpg", f"{stem}.txt"

    filed = [numbered_member(name, photo, number) for name in (photo, prompt)]
    note = note_name(photo, number)

    assert {PurePosixPath(name).stem for name in filed} == {PurePosixPath(filed[0]).stem}
    assert [PurePosixPath(name).suffix for name in filed] == [".jpg", ".txt"]
    assert max(len(os.fsencode(name)) for name in (*filed, note)) <= 255
    assert note != note_name(photo, number + 1)
    assert filed[0] == photo or number > 1


@pytest.mark.parametrize("field", NAME_FIELDS)
def test_every_field_can_be_used(field: str) -> None:
    """Each documented field is known, and filled in."""
    template = f"x {{{field}}}"
    check_template(template)

    stem = output_stem(template, SOURCE, WISH, JOB_ID, NOW)

    assert stem.parent == SOURCE.parent
    assert stem.name.startswith("x ")
    assert "{" not in stem.name


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{stem}", "Beach (1)"),
        ("{stem}.{ext}", "Beach (1).JPG"),
        ("{date}_{time}", "2026-11-23_120000"),
        ("{stem}-{quality}-{size}-{take}", "Beach (1)-auto-1472x1104-1"),
        ("{job}-{prompt_slug}", "k7f3bcdg-make-the-sky-blue"),
        ("{hash8}", WISH.fingerprint[:8]),
        ("{{{stem}}}", "{Beach (1)}"),
        ("a/{stem}", "a_Beach (1)"),
        ("plain", "plain"),
    ],
)
def test_output_stems(template: str, name: str) -> None:
    """The output lies in the photo's own sub-folder under the name that the owner wrote."""
    check_template(template)

    assert output_stem(template, SOURCE, WISH, JOB_ID, NOW) == SOURCE.parent / name


@pytest.mark.parametrize(
    "template",
    [
        "",
        "  ",
        "{}",
        "{0}",
        "{steam}",
        "{stem",
        "stem}",
        "{stem!r}",
        "{stem:>9999999999}",
        "{take:{job}}",
        "{stem.__class__}",
        "{stem[0]}",
    ],
)
def test_templates_that_are_refused(template: str) -> None:
    """A template that could fail or surprise later is refused at once, with the fields that there are."""
    with pytest.raises(ValueError, match=r"is no name; the fields are \{stem\}, \{ext\}"):
        check_template(template)


@given(name=names, wish=wishes)
def test_an_output_never_leaves_its_folder(name: str, wish: Wish) -> None:
    """No photo's name and no prompt lead the output anywhere but into the photo's own sub-folder (I10)."""
    source = PurePosixPath("wedding") / f"{name}.png"
    stem = output_stem("{stem} {prompt_slug} {ext} {quality}", source, wish, JOB_ID, NOW)

    assert stem.parent == PurePosixPath("wedding")
    assert stem.name == safe_stem(stem.name)


def test_slugs_are_short() -> None:
    """A prompt of any length gives a slug of 40 characters at most, without blanks and marks."""
    wish = replace(WISH, request=replace(REQUEST, prompt="Ä b!  c? " * 100))

    slug = output_stem("{prompt_slug}", SOURCE, wish, JOB_ID, NOW).name

    assert slug.startswith("ä-b-c-ä-b-c")
    assert len(slug) <= 40


@given(name=names | any_text, wish=wishes, attempt=st.integers(1, 99))
@example(name="a....b", wish=WISH, attempt=1)
@example(name="a..", wish=WISH, attempt=1)
def test_every_save_path_is_taken(name: str, wish: Wish, attempt: int) -> None:
    """Whatever a photo is called, the endpoint gets a path that it takes, with the format's suffix."""
    source = PurePosixPath("wedding") / (name.replace("/", "_") + ".png")

    path = save_path("/retouchd", source, wish, JOB_ID, attempt, NOW)

    check_save_path(path)
    assert path.startswith("/retouchd/2026-11/")
    assert path.endswith(f"-k7f3bcdg-a{attempt}{wish.request.format.suffix}")
    assert path.count("/") == 3


@pytest.mark.parametrize(
    ("folder", "format", "expected"),
    [
        ("/retouchd", PictureFormat.PNG, "/retouchd/2026-11/Beach (1)-k7f3bcdg-a2.png"),
        ("/retouchd/", PictureFormat.JPEG, "/retouchd/2026-11/Beach (1)-k7f3bcdg-a2.jpg"),
        ("/", PictureFormat.WEBP, "/2026-11/Beach (1)-k7f3bcdg-a2.webp"),
    ],
)
def test_save_paths(folder: str, format: PictureFormat, expected: str) -> None:  # noqa: A002 - the option's own name
    """A person finds a lost result by month, photo, job and attempt."""
    wish = replace(WISH, request=replace(REQUEST, format=format))

    assert save_path(folder, SOURCE, wish, JOB_ID, 2, NOW) == expected


def test_a_save_path_is_unique_per_attempt() -> None:
    """No attempt overwrites what another one saved."""
    paths = {
        save_path("/retouchd", SOURCE, wish, job, attempt, NOW + timedelta(days=days))
        for wish in (WISH, replace(WISH, request=replace(REQUEST, quality=Quality.LOW)))
        for job in (JOB_ID, JobId("bbbbbbbb"))
        for attempt in (1, 2)
        for days in (0, 31)
    }

    assert len(paths) == 8
