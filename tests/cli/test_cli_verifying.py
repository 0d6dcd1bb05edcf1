"""`doctor --verify`: everything on the disk against the history; each thing that is spoilt is named."""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import Any, Final

import pytest
from cli_house import HOSTILE, CliHouse

from retouchd.adapters.images.structure import examine
from retouchd.adapters.journal.audit import AuditView
from retouchd.adapters.outbox.inspection import Inspection
from retouchd.adapters.spool.shelf import Shelf
from retouchd.cli.verifying import _Progress
from retouchd.core.errors import FileTroubleError
from retouchd.core.invariants import FoundPicture
from retouchd.settings import Places
from retouchd.verifying import Grounds, Tally, Verifier

FIRST: Final = "beach.jpg"


@pytest.fixture
def copy(tmp_path: Path, lived_in: CliHouse) -> CliHouse:
    """A copy of the house in which a little of everything happened, to be spoilt."""
    made = CliHouse(tmp_path, "http://127.0.0.1:9/api/v1")
    shutil.copytree(lived_in.root, made.root)
    shutil.copytree(lived_in.state, made.state)
    return made


def verify(house: CliHouse) -> list[dict[str, Any]]:
    """Give the faults."""
    done = house.run("doctor", "--verify", "--json")
    faults: list[dict[str, Any]] = done.json()["faults"]
    assert done.code == (1 if faults else 0), done.err
    return faults


def change(house: CliHouse, statement: str) -> None:
    """Tamper with the history."""
    with closing(sqlite3.connect(house.state / "journal.sqlite3")) as connection:
        connection.execute(statement)
        connection.commit()


def names_below(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Give every file with its time and bytes."""
    return {
        str(one.relative_to(folder)): (one.stat().st_mtime_ns, one.read_bytes())
        for one in sorted(folder.rglob("*"))
        if one.is_file()
    }


def test_a_live_root_has_no_faults(lived_in: CliHouse) -> None:
    """A root in which a little of everything happened, the lost and the held too, is found in order."""
    done = lived_in.run("doctor", "--verify")

    assert done.code == 0, done.out
    assert done.out.endswith(" pictures checked, no faults.\n")


def test_nothing_is_changed(copy: CliHouse) -> None:
    """A check writes nothing, neither among the pictures nor into the history."""
    before = names_below(copy.root)
    journal = (copy.state / "journal.sqlite3").read_bytes()
    spool = names_below(copy.state / "spool")

    verify(copy)

    assert names_below(copy.root) == before
    assert (copy.state / "journal.sqlite3").read_bytes() == journal
    assert names_below(copy.state / "spool") == spool


def test_a_running_daemon_is_not_disturbed(house: CliHouse) -> None:
    """Beside a daemon that works nothing is told that was only on its way."""
    with house.daemon():
        for number in range(3):
            house.drop(f"{number}.jpg", prompt="brighter")
            assert verify(house) == []


def flip(path: Path) -> None:
    """Flip one bit in the middle of a file, as a disk does."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def spoil_picture(house: CliHouse) -> None:
    """Have the disk spoil a picture."""
    flip(house.outbox / FIRST)


def spoil_bare_picture(house: CliHouse) -> None:
    """Have the disk spoil a picture without metadata."""
    flip(house.outbox / FIRST)
    (house.outbox / f"{FIRST}.json").unlink()


def break_off_metadata(house: CliHouse) -> None:
    """Leave half of a metadata file."""
    path = house.outbox / f"{FIRST}.json"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty_metadata(house: CliHouse) -> None:
    """Leave nothing of a metadata file but its name."""
    (house.outbox / f"{FIRST}.json").write_bytes(b"")


def copy_metadata(house: CliHouse) -> None:
    """Copy a metadata file beside another picture."""
    shutil.copy(house.outbox / f"{FIRST}.json", house.outbox / "many.jpg.json")


def delete_picture(house: CliHouse) -> None:
    """Delete a picture, but not its metadata."""
    (house.outbox / FIRST).unlink()


def rewrite(**fields: Any) -> Callable[[CliHouse], None]:
    """Give what changes fields of a metadata file."""

    def act(house: CliHouse) -> None:
        path = house.outbox / f"{FIRST}.json"
        content = json.loads(path.read_text())
        for name, value in fields.items():
            content[name] = {**content[name], **value} if isinstance(value, dict) else value
        path.write_text(json.dumps(content, indent=2))

    return act


def tell_another_price(house: CliHouse) -> None:
    """Write another price into a metadata file."""
    path = house.outbox / "many.jpg.json"
    content = json.loads(path.read_text())
    content["attempts"][0]["charged_usd"] = 1.5
    path.write_text(json.dumps(content, indent=2))


def tamper(statement: str) -> Callable[[CliHouse], None]:
    """Give what tampers with the history."""
    return lambda house: change(house, statement)


def leave_temporary(house: CliHouse, name: str = FIRST) -> None:
    """Leave a temporary of yesterday."""
    path = house.outbox / f".~{name}.k7f3bcdg.tmp"
    path.write_bytes(b"x")
    os.utime(path, (1e9, 1e9))


def leave_aside(house: CliHouse) -> None:
    """Leave what was taken aside yesterday."""
    path = house.outbox / f".~{FIRST}.aside.tmp"
    path.write_bytes(b"x")
    os.utime(path, (1e9, 1e9))


def take_source_away(house: CliHouse) -> None:
    """Take the photo of a job away that is not over."""
    (house.inbox / "queued.jpg").unlink()


def move_source(house: CliHouse) -> None:
    """Move the photo of a job that is not over to where it would be filed."""
    (house.inbox / "queued.jpg").rename(house.root / "done" / "queued.jpg")


def exchange_prompt(house: CliHouse) -> None:
    """Change the prompt of a job that is not over."""
    (house.inbox / "queued.txt").write_text("something else")


def exchange_mark(house: CliHouse) -> None:
    """Have another machine's mark in the outbox."""
    path = house.outbox / ".retouchd-root"
    path.write_text(path.read_text().replace('"owner": "', '"owner": "x'))


def lose_mark(house: CliHouse) -> None:
    """Lose the inbox's mark."""
    (house.inbox / ".retouchd-root").unlink()


def lose_identity(house: CliHouse) -> None:
    """Lose the file with the ids."""
    (house.state / "identity").unlink()


JOB: Final = f"UPDATE jobs SET %s WHERE output_path = CAST('{FIRST}' AS BLOB)"  # noqa: S608
ANOTHER_CALL: Final = (
    "INSERT INTO attempts SELECT 999, edit, job, 2, permission, day, month, top_folder, save_path,"
    " started, first_reserved, reserved, charged, ended, %s, status, elapsed_seconds,"
    " request_ids, refusal, cut_by_us FROM attempts WHERE outcome = 'answered' LIMIT 1"
)
SPOILT: Final[dict[str, tuple[Callable[[CliHouse], None], str, str]]] = {
    "bit rot": (spoil_picture, f"outbox/{FIRST}.json", "the disk spoilt it"),
    "bit rot without metadata": (spoil_bare_picture, f"outbox/{FIRST}", "the disk spoilt it"),
    "broken off": (break_off_metadata, f"outbox/{FIRST}.json", "broken off"),
    "empty": (empty_metadata, f"outbox/{FIRST}.json", "broken off"),
    "copied": (copy_metadata, "outbox/many.jpg.json", "describes another picture"),
    "picture gone": (delete_picture, f"outbox/{FIRST}.json", "is not beside it"),
    "width": (rewrite(output={"width": 7}), f"outbox/{FIRST}.json", "(width)"),
    "no output": (rewrite(take="one"), f"outbox/{FIRST}.json", "cannot be read"),
    "price": (tell_another_price, "outbox/many.jpg.json", "was paid for job"),
    "unknown job": (rewrite(job="zzzzzzzz"), f"outbox/{FIRST}.json", "does not know its job zzzzzzzz"),
    "wish": (rewrite(fingerprint="0" * 64), f"outbox/{FIRST}.json", "another wish"),
    "state": (tamper(JOB % "state = 'cancelled'"), f"outbox/{FIRST}.json", "was delivered"),
    "hash": (tamper(JOB % f"output_sha256 = '{'0' * 64}'"), f"outbox/{FIRST}.json", "another picture"),
    "charged": (
        tamper("UPDATE attempts SET charged = -1 WHERE outcome = 'unknown'"),
        "the history",
        "less than nothing",
    ),
    "never ended": (
        tamper("UPDATE attempts SET ended = NULL WHERE outcome = 'unknown'"),
        "the history",
        "never ended",
    ),
    "paid twice": (tamper(ANOTHER_CALL % "'answered'"), "the history", "more often than was allowed"),
    "perhaps paid twice": (tamper(ANOTHER_CALL % "'unknown'"), "the history", "more often than was allowed"),
    "sums": (tamper("UPDATE day_sums SET charged = charged + 1"), "the history", "added up wrongly"),
    "temporary": (leave_temporary, f"outbox/.~{FIRST}.k7f3bcdg.tmp", "left over"),
    "aside": (leave_aside, f"outbox/.~{FIRST}.aside.tmp", "may be the only copy"),
    "source": (take_source_away, "inbox/queued.jpg", "is not over"),
    "source in done": (move_source, "inbox/queued.jpg", "is not over"),
    "prompt": (exchange_prompt, "inbox/queued.txt", "is not over"),
    "other owner": (exchange_mark, "outbox/.retouchd-root", "another retouchd"),
    "no mark": (lose_mark, "inbox/.retouchd-root", "is not there"),
    "identity": (lose_identity, "identity, in the state folder", "names another history"),
    "inbox gone": (lambda house: shutil.rmtree(house.inbox), "inbox", "it is not there"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_what_is_spoilt_is_named(copy: CliHouse, how: str) -> None:
    """I1, I4: each fault names its file, says what is wrong and what to do; no other file is named."""
    spoil, place, wrong = SPOILT[how]
    assert verify(copy) == []
    spoil(copy)

    faults = verify(copy)

    assert [one for one in faults if one["place"] == place and wrong in one["wrong"] and one["remedy"]], (
        faults
    )
    assert {one["place"] for one in faults} <= {place, f"outbox/{FIRST}.json"}


def test_an_answer_that_is_gone(copy: CliHouse) -> None:
    """What was paid for and is not delivered must be in the spool; what nobody knows there is told, too."""
    change(copy, "UPDATE jobs SET state = 'received' WHERE output_path = CAST('many.jpg' AS BLOB)")
    with closing(sqlite3.connect(copy.state / "journal.sqlite3")) as connection:
        (attempt,) = connection.execute("SELECT answer FROM jobs WHERE state = 'received'").fetchone()
    (copy.state / "spool" / f"{attempt}.answer").rename(copy.state / "spool" / "9999.answer")

    places = {one["place"] for one in verify(copy)}

    assert places == {f"spool/{attempt}", "spool/9999", "outbox/many.jpg.json"}


def test_a_copy_needs_no_answer(copy: CliHouse) -> None:
    """What shares another one's edit comes from that: a call of its own, from before, may be forgotten."""
    with closing(sqlite3.connect(copy.state / "journal.sqlite3")) as connection:
        (attempt,) = connection.execute("SELECT answer FROM jobs WHERE state = 'done' AND answer").fetchone()
    change(copy, f"UPDATE jobs SET state = 'received', answer = {attempt} WHERE reused_from IS NOT NULL")  # noqa: S608
    (copy.state / "spool" / f"{attempt}.answer").unlink()

    assert not [one for one in verify(copy) if one["place"].startswith("spool/")]


def test_very_many_faults_are_told_once_each(copy: CliHouse) -> None:
    """However much is wrong, nothing is told twice or left out."""
    for number in range(450):
        leave_temporary(copy, f"{number}.jpg")

    places = [one["place"] for one in verify(copy)]

    assert len(set(places)) == len(places) == 450


def test_what_people_may_do(copy: CliHouse) -> None:
    """Moving, deleting and own files are no faults; what was taken away or put elsewhere is counted."""
    elsewhere = copy.outbox / "chosen"
    elsewhere.mkdir()
    for name in (FIRST, f"{FIRST}.json"):
        (copy.outbox / name).rename(elsewhere / name)
    for path in copy.outbox.glob("many*"):
        path.unlink()
    (copy.outbox / "trip" / "again.jpg.json").unlink()
    (copy.outbox / "export.json").write_text('{"schema": "theirs"}')
    (copy.outbox / "broken.json").write_text("{")
    (copy.outbox / ".hidden").mkdir()
    (copy.outbox / ".hidden" / "a.json").write_text("{")
    (copy.outbox / "link.json").symlink_to("/etc/passwd")

    done = copy.run("doctor", "--verify")

    assert done.code == 0, done.out
    assert "3 were taken away or deleted by somebody." in done.out
    assert "1 were put elsewhere together with their .json file." in done.out
    assert "1 have no .json file any more." in done.out


def test_the_screen(copy: CliHouse) -> None:
    """A fault is told in two lines, with a count at the end; a hostile name steers nothing."""
    flip(next(copy.outbox.glob("*red*.jpg")))

    done = copy.run("doctor", "--verify")

    assert done.code == 1
    assert "What to do: bring it back from a backup" in done.out
    assert done.out.rstrip().splitlines()[-1].endswith("pictures checked, 1 fault.")
    assert HOSTILE not in done.out


class Unreadable(Inspection):
    """A tree with one picture that this user may not read."""

    def look_at(self, path: PurePosixPath) -> FoundPicture | None:
        """Refuse one."""
        if path.name == FIRST:
            raise FileTroubleError(operation="read", path=path, reason="permission denied")
        return super().look_at(path)


def grounds_of(house: CliHouse, view: AuditView, outbox: type[Inspection] = Inspection) -> Grounds:
    """Give where everything lies."""
    return Grounds(
        places=Places(
            inbox=house.inbox, outbox=house.outbox, done=house.done, failed=house.failed, state=house.state
        ),
        view=view,
        outbox=outbox(house.outbox, examine),
        inbox=Inspection(house.inbox, examine),
        filed=(Inspection(house.done, examine), Inspection(house.failed, examine)),
        spool=Shelf(house.state / "spool"),
    )


def test_a_file_that_cannot_be_read_hides_no_other(copy: CliHouse) -> None:
    """I11: what cannot be read is told, and the others are looked at all the same."""
    flip(copy.outbox / "many.jpg")

    with closing(AuditView.open_for_reading(copy.state / "journal.sqlite3")) as view:
        verifier = Verifier(grounds_of(copy, view, Unreadable), lambda _: None, lambda _: None)
        places = {one.place for one in verifier.faults()}

    assert places == {FIRST, "outbox/many.jpg.json"}


def test_what_is_on_its_way_is_no_fault(copy: CliHouse) -> None:
    """What is put right before the second look was only on its way; it counts once."""
    aside = copy.place / "aside.jpg"
    (copy.outbox / FIRST).rename(aside)
    waited: list[float] = []
    seen: list[int] = []

    def arrive(seconds: float) -> None:
        waited.append(seconds)
        aside.rename(copy.outbox / FIRST)

    with closing(AuditView.open_for_reading(copy.state / "journal.sqlite3")) as view:
        verifier = Verifier(grounds_of(copy, view), lambda tally: seen.append(tally.pictures), arrive)
        assert list(verifier.faults()) == []

    assert len(waited) == 1
    assert seen[-1] > 0
    assert verifier.tally.pictures == seen[-1]


def test_progress_is_told_on_a_terminal_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """A pipe gets no progress."""
    progress = _Progress()
    progress._last = -10.0  # noqa: SLF001 - as if time had passed

    progress(Tally(pictures=12_034))

    assert capsys.readouterr().err == ""
