"""What the screens say of a house in which a little of everything happened."""

import csv
import json
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cli_house import HOSTILE, CliHouse, Terminal, picture

from retouchd.adapters.durable import Durable
from retouchd.adapters.journal.journal import SqliteJournal
from retouchd.cli.explaining import explain_path
from retouchd.cli.listing import Wanted, list_jobs, print_jobs_json
from retouchd.cli.opening import open_house
from retouchd.cli.screen import Screen
from retouchd.cli.showing import show_job
from retouchd.cli.status import show_status, to_json, write_status
from retouchd.core.errors import UnknownJobError
from retouchd.core.jobs import JobState
from retouchd.core.values import JobId
from retouchd.reporting import open_entries, report_glance, report_status

Captured = pytest.CaptureFixture[str]


def status_of(house: CliHouse, capsys: Captured) -> dict[str, Any]:
    """Give the status as JSON."""
    show_status(house.config, house.environ, as_json=True)
    fields: dict[str, Any] = json.loads(capsys.readouterr().out)
    return fields


def explain(house: CliHouse, path: str | Path, capsys: Captured) -> dict[str, Any]:
    """Give an explanation as JSON."""
    explain_path(house.config, house.environ, Path(path), as_json=True)
    fields: dict[str, Any] = json.loads(capsys.readouterr().out)
    return fields


def told(house: CliHouse, path: str | Path, capsys: Captured) -> str:
    """Give an explanation as people read it."""
    explain_path(house.config, house.environ, Path(path), as_json=False)
    return capsys.readouterr().out


def job_named(house: CliHouse, name: str, capsys: Captured) -> dict[str, Any]:
    """Give the entry of the job of a photo."""
    print_jobs_json(house.config, house.environ, Wanted())
    entries: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return next(entry for entry in entries if entry["source"] == name)


def test_status_json_has_exactly_the_promised_keys(lived_in: CliHouse, capsys: Captured) -> None:
    """The keys of `status --json` are those that other programs rely on."""
    fields = status_of(lived_in, capsys)

    counts = {*(state.value for state in JobState), "arriving", "queued", "waiting_for_prompt", "ignored"}
    assert list(fields) == ["daemon", "pauses", "counts", "spend", "configuration", "jobs"]
    nothing = {"refused": None, "faults": [], "needs_restart": [], "unread": []}
    assert fields["configuration"] == nothing
    assert fields["daemon"] == {"running": False, "pid": None, "since": None, "state": "stopped"}
    assert set(fields["counts"]) == counts
    assert set(fields["pauses"][0]) == {"reason", "detail", "since", "until", "ends"}
    spend = {"today_usd", "month_usd", "reserved_usd", "unknown_usd", "caps", "notice"}
    assert set(fields["spend"]) == spend
    assert fields["spend"]["caps"] == {"per_job_usd": 3.0, "per_day_usd": 10.0, "per_month_usd": 100.0}
    for job in fields["jobs"]:
        assert set(job) == {"id", "state", "source", "reason", "attempts", "next_try", "output"}


def test_status_json_counts_photos_that_need_a_person(lived_in: CliHouse, capsys: Captured) -> None:
    """A photo that needs a person before it is a job counts as held and is listed without an id."""
    fields = status_of(lived_in, capsys)

    held = [job for job in fields["jobs"] if job["state"] == "held"]
    assert fields["counts"]["held"] == len(held) == 3
    assert sorted(job["source"] for job in held if job["id"] is None) == ["pair.jpg", "pair.png"]


def test_status_json_lists_live_held_and_failed_jobs_only(lived_in: CliHouse, capsys: Captured) -> None:
    """Jobs that are done are counted, not listed; money and times are told."""
    fields = status_of(lived_in, capsys)

    assert {job["state"] for job in fields["jobs"]} == {"held", "failed", "deferred", "ready"}
    assert fields["counts"]["done"] == 5
    assert fields["spend"]["unknown_usd"] > 0
    assert fields["spend"]["today_usd"] > 0
    assert datetime.fromisoformat(fields["pauses"][0]["until"]).tzinfo is not None
    deferred = next(job for job in fields["jobs"] if job["state"] == "deferred")
    assert datetime.fromisoformat(deferred["next_try"]).tzinfo is not None


def test_status_json_says_unlimited(lived_in: CliHouse, capsys: Captured) -> None:
    """A cap that was lifted is the word "unlimited"."""
    environ = {**lived_in.environ, "RETOUCHD_BUDGET__PER_DAY_USD": "unlimited"}

    show_status(lived_in.config, environ, as_json=True)

    assert json.loads(capsys.readouterr().out)["spend"]["caps"]["per_day_usd"] == "unlimited"


def test_status_screen_tells_what_needs_somebody(lived_in: CliHouse, capsys: Captured) -> None:
    """The screen says that nothing runs, what is paused, who needs you, what waits and what it cost."""
    show_status(lived_in.config, lived_in.environ, as_json=False)

    out = capsys.readouterr().out
    assert out.startswith("Not running: ")
    assert "PAUSED since " in out
    assert "It goes on by itself at " in out
    assert "Needs you  3\n  lost.jpg: the answer was lost" in out
    assert "pair.jpg and 1 more: pair.txt fits pair.jpg and pair.png" in out
    assert "1 without a prompt" in out
    assert "1 that are not photos (1 RAW)" in out
    assert (
        "Hint       DSC_1.NEF is a camera RAW file, which cannot be sent: export it as JPEG or TIFF." in out
    )
    assert "5 delivered, 1 failed; about $" in out
    assert "perhaps paid of $10.00" in out
    assert "Failed     1, and not put back\n  refused.jpg: the service refuses this request (400)" in out


@pytest.mark.parametrize(
    "word", ["held", "deferred", "reservation", "sidecar", "bundle", "journal", "ledger"]
)
def test_no_screen_speaks_of_the_inside(lived_in: CliHouse, capsys: Captured, word: str) -> None:
    """People read none of the words from inside the machine."""
    show_status(lived_in.config, lived_in.environ, as_json=False)
    list_jobs(lived_in.config, lived_in.environ, Wanted())
    screens = capsys.readouterr().out.replace("--state held", "")
    for name in ("lost.jpg", "later.jpg", "queued.jpg", "pair.jpg", "lonely.jpg", "beach.jpg", "refused.jpg"):
        screens += told(lived_in, name, capsys)

    # What a command to paste begins with is a path on this machine, of whatever name.
    assert word not in screens.replace(sys.executable, "")


def test_status_on_a_narrow_terminal_is_folded(lived_in: CliHouse) -> None:
    """On a terminal sentences are folded at its width and styled; commands to paste stay whole."""
    with open_house(lived_in.config, lived_in.environ) as house:
        terminal = Terminal()
        write_status(house, report_glance(house), Screen(terminal))

    lines = [line for line in terminal.getvalue().splitlines() if "--config" not in line]
    assert max(map(len, lines)) <= 110
    assert "\x1b[" in terminal.getvalue()


def test_commands_in_sentences_are_not_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever copies a command off a narrow terminal has all of it on one line."""
    monkeypatch.setenv("COLUMNS", "40")
    terminal = Terminal()

    Screen(terminal).say('Today\'s limit is reached; to go on now: "retouchd allow 25 --today". It goes on.')

    assert '"retouchd allow 25 --today".' in terminal.getvalue()
    assert len(terminal.getvalue().splitlines()) == 2


def test_jobs_lists_one_line_each_newest_last(lived_in: CliHouse, capsys: Captured) -> None:
    """Each job is one line, whatever its photo is called."""
    list_jobs(lived_in.config, lived_in.environ, Wanted())

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    assert {"queued.jpg", "waits.jpg"} == {line.split()[-1] for line in lines[-2:]}
    assert any(r"[red]x\u202e\n.jpg -> [red]x_" in line for line in lines)


def test_jobs_of_one_state(lived_in: CliHouse, capsys: Captured) -> None:
    """The list can be narrowed to a state, and says so when it is empty."""
    list_jobs(lived_in.config, lived_in.environ, Wanted(state=JobState.FAILED))
    failed = capsys.readouterr().out
    list_jobs(lived_in.config, lived_in.environ, Wanted(state=JobState.CANCELLED))

    assert failed.count("\n") == 1
    assert "refused.jpg: the service refuses" in failed
    assert capsys.readouterr().out == "No jobs that are cancelled.\n"


def test_show_tells_everything_about_a_job(lived_in: CliHouse, capsys: Captured) -> None:
    """Prompt with its origin, money, places and times stand on one screen; a few characters name a job."""
    job = job_named(lived_in, "beach.jpg", capsys)

    show_job(lived_in.config, lived_in.environ, job["id"][:6].upper(), as_json=False)

    out = capsys.readouterr().out
    assert '"grayscale"' in out
    assert "beach.txt" in out
    assert str(lived_in.outbox / "beach.jpg.json") in out
    assert str(lived_in.done / "beach.jpg") in out
    assert "answered (200)" in out
    assert "original moved" in out


def test_show_json_has_wish_calls_and_timing(lived_in: CliHouse, capsys: Captured) -> None:
    """As JSON the same for programs."""
    job = job_named(lived_in, "beach.jpg", capsys)

    show_job(lived_in.config, lived_in.environ, job["id"], as_json=True)

    fields = json.loads(capsys.readouterr().out)
    assert fields["wish"]["origins"]["prompt"] == "beach.txt"
    assert fields["calls"][0]["charged_usd"] > 0
    assert fields["timing"]["delivered"] is not None
    assert fields["output"] == "beach.jpg"


def test_show_says_that_a_shared_picture_was_not_paid(lived_in: CliHouse, capsys: Captured) -> None:
    """The same photo with the same prompt costs nothing the second time, and both screens say so."""
    first, second = sorted(
        (job_named(lived_in, name, capsys) for name in ("beach.jpg", "trip/again.jpg")),
        key=lambda job: job["charged_usd"],
    )

    show_job(lived_in.config, lived_in.environ, first["id"], as_json=False)

    out = capsys.readouterr().out
    assert f"Same photo and prompt as job {second['id']}" in out
    assert "Nothing was paid." in told(lived_in, first["source"], capsys)


def test_show_of_a_failed_and_of_a_held_job(lived_in: CliHouse, capsys: Captured) -> None:
    """What went wrong, what it cost and how to try again."""
    for name, sentence in {"refused.jpg": "Nothing was paid.", "lost.jpg": "Perhaps paid; $"}.items():
        show_job(lived_in.config, lived_in.environ, job_named(lived_in, name, capsys)["id"], as_json=False)
        out = capsys.readouterr().out
        assert sentence in out
        assert "To try it again: " in out


@pytest.mark.parametrize("beginning", ["", "u", "aaaaaaaaaaaa"])
def test_show_of_no_job(lived_in: CliHouse, beginning: str) -> None:
    """What names no job is refused with the way to find one."""
    with pytest.raises(UnknownJobError, match="retouchd jobs"):
        show_job(lived_in.config, lived_in.environ, beginning, as_json=False)


def test_show_of_several_jobs(lived_in: CliHouse, tmp_path: Path) -> None:
    """What names several jobs is refused with their ids."""
    source = SqliteJournal.open(lived_in.state / "journal.sqlite3", Durable())
    job = source.jobs_in([JobState.DONE])[0]
    source.connection.execute("VACUUM INTO ?", (str(tmp_path / "journal.sqlite3"),))
    source.close()
    copy = SqliteJournal.open(tmp_path / "journal.sqlite3", Durable())
    with copy.transaction():
        copy.add_job(replace(job, id=JobId(f"{job.id[:7]}-")))
    copy.close()
    environ = {**lived_in.environ, "RETOUCHD_FOLDERS__STATE": str(tmp_path)}

    with pytest.raises(UnknownJobError, match="type more of it"):
        show_job(lived_in.config, environ, job.id[:7], as_json=False)


@pytest.mark.parametrize(
    ("path", "state", "sentence"),
    [
        ("beach.jpg", "done", "Done: outbox/beach.jpg."),
        ("inbox/beach.jpg", "done", "Done: outbox/beach.jpg."),
        ("trip/again.jpg", "done", "Done: outbox/trip/again.jpg."),
        ("lonely.jpg", "waiting_for_prompt", "lonely.jpg waits for its prompt: add lonely.txt beside it."),
        ("pair.jpg", "held", "pair.jpg needs you: pair.txt fits pair.jpg and pair.png"),
        ("pair.txt", "held", "pair.txt says what to do with pair.jpg and 1 more:"),
        ("lost.jpg", "held", "Needs you: the answer was lost"),
        ("refused.jpg", "failed", "Failed: the service refuses this request (400)"),
        ("later.jpg", "deferred", "Waits: The service asks to go slower (429)"),
        ("queued.jpg", "ready", "It goes on by itself at "),
        ("DSC_1.NEF", "not_a_photo", "DSC_1.NEF is a camera RAW file, which cannot be sent: export it as"),
        ("failed/refused.jpg", "failed", "Failed: the service refuses this request (400)"),
        ("done/trip/again.jpg", "done", "Done: outbox/trip/again.jpg."),
        ("outbox/beach.jpg", "done", "outbox/beach.jpg was made from beach.jpg by job "),
        ("outbox/beach.jpg.json", "done", "outbox/beach.jpg.json was made from beach.jpg by job "),
        ("outbox/_STATUS.txt", "status", "tells what is going on"),
        ("outbox/strange.jpg", "unknown", "was not made by retouchd"),
        ("failed/strange.jpg", "unknown", "There is no strange.jpg in "),
        ("never.jpg", "unknown", "There is no never.jpg in "),
        ("/etc/passwd", "elsewhere", "/etc/passwd is not in the inbox, so nothing happens to it."),
        ("inbox", "folder", "Waiting or under way: without a prompt 1, needs you 3, queued 2"),
        ("trip", "folder", "Over: done 1."),
    ],
)
def test_explain_says_why(lived_in: CliHouse, capsys: Captured, path: str, state: str, sentence: str) -> None:
    """Whatever a path leads to, there is a plain sentence about it."""
    if path == "trip":
        (lived_in.inbox / "trip").mkdir(exist_ok=True)
    fields = explain(lived_in, path, capsys)

    assert fields["state"] == state
    assert any(sentence in one for one in fields["sentences"]), fields["sentences"]
    assert sentence in told(lived_in, path, capsys)


@pytest.mark.parametrize(
    ("path", "state", "sentence"),
    [
        ("mug.job/a.jpg", "waiting_for_prompt", "a.jpg waits for its prompt: add prompt.txt to mug.job."),
        ("mug.job/a.jpg", "waiting_for_prompt", "a.txt is not used: all photos in mug.job make one picture"),
        ("mug.job/a.txt", "orphan", "a.txt is not used: all photos in mug.job make one picture"),
        (
            "mug.job/old",
            "ignored",
            "old is never looked at: of mug.job only what lies directly in it counts.",
        ),
        ("mug.job/old/b.jpg", "ignored", "b.jpg is never looked at: of mug.job only what lies directly"),
        ("new.job/prompt.txt", "orphan", "prompt.txt waits for the photos of new.job:"),
        ("export.json", "orphan", "export.json is no prompt file for any photo here"),
        ("lone.mask.png", "not_a_photo", "is a mask by its name"),
        ("rivals/a.jpg", "held", "A.jpg and a.jpg are one name to most systems"),
    ],
)
def test_explain_says_why_a_file_is_not_used(
    lived_in: CliHouse, capsys: Captured, path: str, state: str, sentence: str
) -> None:
    """What lies where it does not count is not promised to go on by itself."""
    for name in (
        "mug.job/a.jpg",
        "mug.job/a.txt",
        "mug.job/old/b.jpg",
        "new.job/prompt.txt",
        "lone.mask.png",
        "rivals/A.jpg",
        "rivals/a.jpg",
    ):
        place = lived_in.inbox / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"a file")
    (lived_in.inbox / "export.json").write_text('{"title": "beach"}')
    fields = explain(lived_in, path, capsys)

    assert fields["state"] == state
    assert any(sentence in one for one in fields["sentences"]), fields["sentences"]


def test_explain_tells_how_changes_are_noticed(lived_in: CliHouse, capsys: Captured) -> None:
    """Where somebody may wait for something to be noticed, it is told how it is, and why."""
    fields = explain(lived_in, "inbox", capsys)

    why = "the file system tells of changes"
    assert fields["watched"] == (
        f"{lived_in.inbox} is watched by events ({why}), and looked through every 30 s"
    )
    assert "watched     " in told(lived_in, "lonely.jpg", capsys)
    assert explain(lived_in, "waits.jpg", capsys)["watched"] is None


def test_explain_tells_options_cost_and_place(lived_in: CliHouse, capsys: Captured) -> None:
    """A photo that waits shows what it asks for and from where, the cost, and what becomes of it."""
    fields, out = explain(lived_in, "waits.jpg", capsys), told(lived_in, "waits.jpg", capsys)

    assert fields["wish"]["origins"]["prompt"] == "waits.txt"
    assert fields["queue"]["length"] == 2
    # Five pictures of this quality and size came back before.
    assert "cost        about $0.02" in out
    assert f"place       {fields['queue']['place']} of 2" in out
    assert "result      outbox/waits.jpg" in out
    assert "original    moves to done/waits.jpg" in out
    assert "start retouchd:" in out


def test_explain_of_a_photo_with_variants(lived_in: CliHouse, capsys: Captured) -> None:
    """A photo that became two pictures names both jobs, and options that somebody set."""
    fields, out = explain(lived_in, "many.jpg", capsys), told(lived_in, "many.jpg", capsys)

    assert len(fields["jobs"]) == 2
    assert out.count("more about ") == 2
    assert "background  opaque" in out


def test_hostile_names_are_shown_as_they_are(lived_in: CliHouse, capsys: Captured) -> None:
    """Brackets are no markup, and control characters are shown as escapes."""
    out = told(lived_in, lived_in.inbox / HOSTILE, capsys)

    assert r"inbox/[red]x\u202e\n.jpg" in out
    assert r'"brighter\nand warmer"' in out


def test_explain_from_inside_the_inbox_and_through_a_link(
    lived_in: CliHouse, capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where somebody stands, and which way they came, makes no difference."""
    link = tmp_path / "link"
    link.symlink_to(lived_in.inbox)
    monkeypatch.chdir(link)

    assert explain(lived_in, link / "lonely.jpg", capsys)["state"] == "waiting_for_prompt"
    assert explain(lived_in, "./lonely.jpg", capsys)["path"] == "inbox/lonely.jpg"


def test_status_without_entries_can_be_told(lived_in: CliHouse) -> None:
    """The JSON of a status is made of what was gathered, and of nothing else."""
    with open_house(lived_in.config, lived_in.environ) as house:
        assert to_json(replace(report_status(house, open_entries(house)), entries=[]))["jobs"] == []


def test_explain_before_anything_was_seen(house: CliHouse, capsys: Captured) -> None:
    """Right after init, photos that nobody has looked at yet are explained from what lies there."""
    house.drop("new.jpg", picture(1), "grayscale")
    house.drop("broken.jpg", picture(1), "---\nsize: 1\n---")
    house.drop("half.jpg", picture(1)[:300], "grayscale")
    house.drop("alone.jpg", picture(2))
    for name in (
        "alone.rtf",
        "alone.txt.txt",
        "alone.doc",
        "prompt.txt",
        "other.txt",
        "x.part",
        "notes.xmp",
        "IMG.pdf",
    ):
        house.drop(name, b"x")
    (house.inbox / "link.jpg").symlink_to("/etc/passwd")
    (house.inbox / "folder").symlink_to(house.inbox)

    new = explain(house, "new.jpg", capsys)
    alone = explain(house, "alone.jpg", capsys)["sentences"]
    assert "is there, but retouchd is not running" in new["sentences"][0]
    assert new["wish"]["prompt"] == "grayscale"
    assert "two lines" in explain(house, "broken.jpg", capsys)["sentences"][0]
    assert explain(house, "half.jpg", capsys)["wish"] is None
    assert "alone.rtf cannot be read as a prompt: save it as plain text, alone.txt." in alone
    assert "ends in .txt twice" in " ".join(alone)
    assert "rename it to _prompt.txt." in told(house, "prompt.txt", capsys)
    assert "rename it to alone.txt." in told(house, "other.txt", capsys)
    assert "rename it to alone.txt." in told(house, "alone.txt.txt", capsys)
    assert "names like *.part" in told(house, "x.part", capsys)
    assert "neither a photo nor a prompt file" in told(house, "notes.xmp", capsys)
    assert "a kind of picture that cannot be sent" in told(house, "IMG.pdf", capsys)
    assert explain(house, "link.jpg", capsys)["state"] == "ignored"
    assert "link.jpg is no file, but a link" in told(house, "link.jpg", capsys)
    assert "links are never followed" in told(house, "folder/new.jpg", capsys)
    assert "nothing yet" in told(house, "inbox", capsys)
    (house.inbox / "alone.jpg").unlink()
    assert "it waits for one of its name, other.jpg" in told(house, "other.txt", capsys)


def test_explain_foresees_variants_and_what_was_paid(lived_in: CliHouse, capsys: Captured) -> None:
    """Dropped again, a photo that was paid for says $0; one with variants says how many it becomes."""
    house = lived_in
    house.drop("beach.jpg", picture(1), "grayscale")
    (house.inbox / "more.toml").write_text('prompt = "warm"\nvariants = 3\n')
    house.drop("more.jpg", picture(30))
    try:
        again, more = told(house, "beach.jpg", capsys), told(house, "more.jpg", capsys)
    finally:
        for name in ("beach.jpg", "beach.txt", "more.jpg", "more.toml"):
            (house.inbox / name).unlink()

    assert "again for $0" in again
    assert "cost  " not in again
    assert "It becomes 3 pictures" in more


def test_jobs_are_chosen_by_time_folder_and_state(lived_in: CliHouse) -> None:
    """--since, --folder and --state choose together, also as JSON and CSV."""
    every = lived_in.run("jobs", "--json").json()
    recent = lived_in.run("jobs", "--since", "1h", "--json").json()
    below = lived_in.run("jobs", "--folder", "inbox/trip", "--json").json()
    both = lived_in.run("jobs", "--folder", "trip", "--state", "failed")
    later = lived_in.run("jobs", "--since", "2999-01-01", "--json").json()

    assert recent == every
    assert [job["source"] for job in below] == ["trip/again.jpg"]
    assert both.out == "No jobs that are failed in trip.\n"
    assert later == []


def test_jobs_as_csv_are_exact_and_safe(lived_in: CliHouse) -> None:
    """The columns are stable, dollars have all their decimals, and no name breaks a row."""
    rows = list(csv.DictReader(lived_in.run("jobs", "--csv").out.splitlines()))
    fields = lived_in.run("jobs", "--json").json()

    names = ["id", "state", "source", "output", "created", "ended", "attempts", "charged_usd", "reason"]
    assert list(rows[0]) == names
    assert [row["id"] for row in rows] == [job["id"] for job in fields]
    assert [float(row["charged_usd"]) for row in rows] == [job["charged_usd"] for job in fields]
    assert all(len(row["charged_usd"].partition(".")[2]) == 6 for row in rows)


def test_a_choice_that_cannot_be_understood_is_refused(lived_in: CliHouse) -> None:
    """A moment or folder that is none is told with what would be one."""
    moment = lived_in.run("jobs", "--since", "yesterday")
    folder = lived_in.run("jobs", "--folder", "/etc")

    assert (moment.code, folder.code) == (1, 1)
    assert '"yesterday" is no moment; say for example 2h' in moment.err
    assert "/etc is no folder of the inbox" in folder.err


def test_a_name_like_a_formula_is_harmless_in_a_spreadsheet(house: CliHouse) -> None:
    """A photo whose name a spreadsheet would carry out is listed by a path that it does not."""
    house.drop("=1+1.jpg", picture(1), "grayscale")
    house.until_idle()

    (row,) = csv.DictReader(house.run("jobs", "--csv").out.splitlines())

    assert row["source"] == "./=1+1.jpg"
