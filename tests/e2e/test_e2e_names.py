"""Names as they come from all systems: each photo is done, needs somebody, or is left out with a reason."""

import csv
import json
import os
import unicodedata
from collections.abc import Iterator
from io import StringIO
from pathlib import Path, PurePosixPath
from typing import Any, Final

import pytest
from answers import good
from invariants import check_caps, check_outputs, check_sources, digest
from workshop import OpenShop, Workshop, names_below, picture

from retouchd.cli.explaining import explain_path
from retouchd.core.values import printable
from servers import ScriptedServer

NFC: Final = unicodedata.normalize("NFC", "Zürich.jpg")
NFD: Final = unicodedata.normalize("NFD", "Ärger.jpg")
# Photos with the names of their prompts.
PAIRS: Final = {
    NFC: unicodedata.normalize("NFD", "Zürich.txt"),
    NFD: unicodedata.normalize("NFC", "Ärger.txt"),
    "IMG_0001.JPG": "img_0001.txt",
    "STRASSE.jpg": "straße.txt",
    f"{'x' * 251}.jpg": f"{'x' * 251}.txt",
    f"{'ü' * 125}.jpg": f"{'ü' * 125}.txt",
    f"{'😀' * 62}.jpg": f"{'😀' * 62}.txt",
    "caf\udce9.jpg": "caf\udce9.txt",
    "a.jpg.jpg": "a.jpg.jpg.txt",
}
# Photos whose prompt has their whole name and ".txt".
ODD: Final = [
    "new\nline.jpg",
    "return\r.jpg",
    "tab\t.jpg",
    "\x1b[31mred\x1b]0;title\x07.jpg",
    "nel\x85.jpg",
    "separator\u2028.jpg",
    "\udcff\udcfe.jpg",
    "half \udcf0\udc9f.jpg",
    "\u202egpj.exe.jpg",
    "\u200fright.jpg",
    "\u2066isolated\u2069.jpg",
    "zero\u200bwidth.jpg",
    "\ufeffmark.jpg",
    "👨\u200d👩\u200d👧.jpg",
    "-rf.jpg",
    "--config=x.jpg",
    " leading.jpg",
    "trailing .jpg",
    "con.jpg",
    "aux.png.jpg",
    "NUL.jpg",
    "lpt¹.jpg",
    "a..jpg",
    "dots....jpg",
    "semi;colon.jpg",
    "quotes'\".jpg",
    "back\\slash.jpg",
    "percent%s%n%20.jpg",
    "{stem}.jpg",
    "{0.__class__}.jpg",
    "$(id) `id`.jpg",
    "star*?.jpg",
    "a<b>c|d:e.jpg",
    "[red]markup[/red].jpg",
    "=1+1.jpg",
    "name (1).jpg",
    "name - Copy.jpg",
    "conflict.jpg",
    "~tilde.jpg",
    "#hash.jpg",
    "new\nfolder/x.jpg",
    "f\udce9/x.jpg",
    "\u202edlof/x.jpg",
    "con/x.jpg",
    "dot./x.jpg",
    "blank /x.jpg",
    "-dir/x.jpg",
    "{stem}/x.jpg",
    "x.jpg/x.jpg",
    f"{'d' * 255}/x.jpg",
]
HELD: Final = [
    "Twin.jpg",
    "twin.jpg",
    unicodedata.normalize("NFC", "ö.jpg"),
    unicodedata.normalize("NFD", "ö.jpg"),
    "beach (Anna's conflicted copy 2026-01-31).jpg",
    "beach.sync-conflict-20260131-101500-ABCDEFG.jpg",
]
LEFT_OUT: Final = {
    ".jpg": "ignored",
    "...dots.jpg": "ignored",
    "beach.jpg~": "ignored",
    "beach.jpg.part": "ignored",
    "old.jpg.error.txt": "ignored",
    "@eaDir/beach.jpg": "ignored",
    "beach.jpg.": "not_a_photo",
    "beach.jpg ": "not_a_photo",
    "beach": "not_a_photo",
    "raw\n.NEF": "not_a_photo",
    "_promt\u202e.txt": "orphan",
}
LONG_AND_BROKEN: Final = f"{'é' * 125}.jpg"


@pytest.fixture
def shop(open_shop: OpenShop) -> Iterator[Workshop]:
    """Give a workshop in which a daemon has dealt with all these names."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1", watch__incomplete_after_minutes=0.001)
        for number, (photo, prompt) in enumerate(_photos()):
            shop.drop(photo, picture(number), f"make it {number}", sidecar=prompt)
        for name in LEFT_OUT:
            (shop.inbox / name).parent.mkdir(exist_ok=True)
            shop.put(shop.inbox / name, name.encode(errors="surrogateescape"))
        shop.drop(LONG_AND_BROKEN, b"no picture" * 9, "make it whole")
        # Names that are taken where the photos are filed, and leave no room for a number.
        for taken in (shop.done / f"{'x' * 251}.jpg", shop.failed / LONG_AND_BROKEN):
            taken.write_bytes(b"a stranger's")

        ended = shop.until_idle(90)

        assert ended.code == 1, ended.text
        assert len(server.requests) == len(PAIRS) + len(ODD)
        assert all(
            line.startswith("{") for line in ended.text.splitlines() if not line.startswith("retouchd:")
        )
        assert printable(ended.text.replace("\n", "")) == ended.text.replace("\n", "")
        yield shop


def _photos() -> Iterator[tuple[str, str]]:
    yield from PAIRS.items()
    yield from ((photo, f"{photo}.txt") for photo in (*ODD, *HELD))


def test_names_of_all_systems(shop: Workshop, capsys: pytest.CaptureFixture[str]) -> None:
    """Each of 80 names is done, held or left out, told why, and breaks no log or screen (I1, I4, I11)."""
    check_sources(shop)
    check_outputs(shop)
    check_caps(shop)
    _check_results(shop)
    _check_filed(shop)
    _check_screens(shop)
    for name, state in _expected():
        explained, told = _explain(shop, name, capsys)
        assert explained["state"] == state, (name, explained)
        assert all(explained["sentences"]), name
        assert printable(told.replace("\n", "")) == told.replace("\n", ""), name


def test_what_is_left_out_is_told(open_shop: OpenShop, capsys: pytest.CaptureFixture[str]) -> None:
    """The owner's patterns hide and bring back; an inbox that is mostly left out is told once, with hints."""
    with ScriptedServer(good()) as server:
        shop = open_shop(
            f"{server.url}/api/v1", watch__ignore=["*-draft.*", "!.scan*"], watch__mode="polling"
        )
        shop.drop("beach-draft.jpg", picture(1), "make it evening")
        (shop.inbox / "raw").mkdir()
        for number in range(90):
            shop.put(shop.inbox / "raw" / f"DSC_{number}.NEF", b"raw")
        shop.put(shop.inbox / "_promt.txt", b"make it evening")
        shop.put(shop.inbox / "old.jpg.error.txt", b"old.jpg was not edited.")
        shop.put(shop.inbox / "old.jpg", picture(3))

        with shop.running() as daemon:
            told = daemon.wait_for("inbox.left_out")
            shop.drop(".scan-1.jpg", picture(2), "make it morning")
            daemon.wait_for("job.done")
            screen = shop.type("status")

    assert len(server.requests) == 1
    assert (shop.outbox / "_scan-1.jpg").exists()
    assert "most of them as camera RAW files" in told["detail"]
    assert len(daemon.told("inbox.left_out")) == 1
    assert "Notice" in screen
    assert "raw/DSC_0.NEF is a camera RAW file" in screen
    assert "rename it to _prompt.txt." in screen
    explained, _ = _explain(shop, "beach-draft.jpg", capsys)
    assert explained["state"] == "ignored"
    assert (
        'watch.ignore in the configuration has *-draft.*. If it should be, rename it, or add "!*-draft.*"'
        in (explained["sentences"][0])
    )
    assert _explain(shop, "old.jpg", capsys)[0]["state"] == "waiting_for_prompt"


def _expected() -> Iterator[tuple[str, str]]:
    yield from ((photo, "done") for photo in (*PAIRS, *ODD))
    yield from ((photo, "held") for photo in HELD)
    yield from LEFT_OUT.items()
    yield LONG_AND_BROKEN, "failed"


def _check_results(shop: Workshop) -> None:
    """Each picture has its metadata, under a name that every system takes, in its photo's own folder."""
    outputs = shop.outputs()
    assert len(outputs) == len(PAIRS) + len(ODD)
    assert sorted(str(PurePosixPath(name).parent) for name in outputs) == sorted(
        str(PurePosixPath(photo).parent) for photo in (*PAIRS, *ODD)
    )
    for name in outputs:
        stem = PurePosixPath(name).stem
        assert not set(stem) & set('<>:"\\|?*\n\r\t\x1b'), name
        assert stem == stem.rstrip(". "), name
        assert stem.casefold() not in {"con", "aux", "nul", "lpt¹"}, name
        fields = shop.metadata(name)
        assert fields["output"]["path"] == name
        assert fields["output"]["sha256"] == digest((shop.outbox / name).read_bytes())
    sources = {shop.metadata(name)["source"][0]["path"] for name in outputs}
    assert sources == {printable(photo) for photo in (*PAIRS, *ODD)}


def _check_filed(shop: Workshop) -> None:
    """Originals keep the bytes of their names; one whose name is taken keeps as much as leaves room."""
    filed = set(shop.in_folder(shop.done))
    long = f"{'x' * 251}"
    for photo, prompt in _photos():
        if photo in HELD:
            assert {photo, prompt} <= set(names_below(shop.inbox))
        elif not photo.startswith(long):
            assert {photo, prompt} <= filed, photo
    assert {f"{'x' * 225}-2.jpg", f"{'x' * 225}-2.txt"} <= filed
    short = "é" * 112
    assert set(shop.in_folder(shop.failed)) == {
        LONG_AND_BROKEN,
        f"{short}-2.jpg",
        f"{short}-2.txt",
        f"{short}-2.jpg.error.txt",
    }


def _check_screens(shop: Workshop) -> None:
    """All screens show every photo, on one line each, with nothing in it that steers a terminal."""
    status = shop.status()
    assert status["counts"]["done"] == len(PAIRS) + len(ODD)
    assert status["counts"]["held"] == 4
    assert status["counts"]["ignored"] == len(LEFT_OUT) - 1
    screens = [shop.type(*words) for words in (("status",), ("jobs",), ("plan",))]
    for screen in screens:
        assert "Traceback" not in screen
        assert printable(screen.replace("\n", "")) == screen.replace("\n", "")
    jobs = json.loads(shop.type("jobs", "--json"))
    rows = list(csv.DictReader(StringIO(shop.type("jobs", "--csv"))))
    sources = {printable(photo) for photo in (*PAIRS, *ODD)}
    assert sources <= {job["source"] for job in jobs}
    # A spreadsheet takes "=1+1" for a formula, so that the table has "./" before such names.
    assert {row["source"].removeprefix("./") for row in rows} == {job["source"] for job in jobs}


def _explain(shop: Workshop, name: str, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], str]:
    path = Path(os.fsdecode(os.fsencode(shop.inbox / name)))
    capsys.readouterr()
    explain_path(shop.config, shop.environ, path, as_json=True)
    fields: dict[str, Any] = json.loads(capsys.readouterr().out)
    explain_path(shop.config, shop.environ, path, as_json=False)
    return fields, capsys.readouterr().out
