"""`retouchd doctor` finds what keeps photos from being edited: each fault is really made."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from cli_house import KEY, PROGRAM, CliHouse, Ended, picture

from fuse_share import Share, can_mount
from retouchd.adapters.marks import MARK_NAME
from servers import ScriptedServer, answering, make_certificate, refused_port
from waiting import eventually

_NO_POWERS = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all")


def examine(house: CliHouse, **environ: str) -> dict[str, list[dict[str, Any]]]:
    """Give what the doctor finds, by what it belongs to."""
    return by_name(house.run("doctor", "--json", **environ))


def by_name(done: Ended) -> dict[str, list[dict[str, Any]]]:
    """Give what was found, by what it belongs to."""
    checks = done.json()["checks"]
    return {
        name: [one for one in checks if one["check"] == name] for name in {one["check"] for one in checks}
    }


def faults(house: CliHouse, **environ: str) -> list[dict[str, Any]]:
    """Give what is wrong."""
    found = examine(house, **environ)
    return [one for checks in found.values() for one in checks if one["level"] == "fail"]


def without_powers(house: CliHouse, *words: str) -> Ended:
    """Run a command as an ordinary user would, whom modes keep out."""
    prefix = _NO_POWERS if os.geteuid() == 0 else ()
    command = [*prefix, *PROGRAM, "--config", str(house.config), *words]
    done = subprocess.run(command, capture_output=True, env=house.environ, timeout=60, check=False)
    return Ended(code=done.returncode, out=done.stdout.decode(), err=done.stderr.decode())


@contextmanager
def mode(path: Path, bits: int) -> Iterator[None]:
    """Give a folder another mode for a while."""
    before = path.stat().st_mode
    path.chmod(bits)
    try:
        yield
    finally:
        path.chmod(before)


def test_all_is_well(house: CliHouse) -> None:
    """A retouchd that only needs to be started has nothing wrong, and is told how to start it."""
    done = house.process("doctor")

    assert done.code == 0, done.out
    lines = {line.split()[1]: line for line in done.out.splitlines() if line.startswith("ok")}
    assert set(lines) == {
        "config", "folders", "owner", "watching", "inbox", "disk", "clock", "network", "key", "history"
    }  # fmt: skip
    assert "taken by the service" in lines["key"]
    assert "watched by events" in lines["watching"]
    warnings = [line for line in done.out.splitlines() if line.startswith("warn")]
    assert len(warnings) == 1
    assert "does not run" in warnings[0]
    assert ' run"' in warnings[0]


def test_programs_get_the_same(house: CliHouse) -> None:
    """`--json` has each finding with its level, its remedy and the facts, and never the key."""
    done = house.process("doctor", "--json")

    assert done.code == 0
    told = done.json()
    assert told["level"] == "warn"
    assert {frozenset(one) for one in told["checks"]} == {
        frozenset({"check", "level", "text", "remedy", "facts"})
    }
    settings = next(one for one in told["checks"] if one["check"] == "config")["facts"]["settings"]
    assert settings["folders.root"] == {"value": str(house.root), "origin": "file"}
    assert settings["budget.per_day_usd"]["origin"] == "default"
    assert KEY not in done.out


def test_it_leaves_nothing_behind_and_disturbs_no_daemon(house: CliHouse) -> None:
    """Beside a daemon it says who runs, removes its trial files, and the daemon edits nothing for it."""
    with house.daemon() as process:
        before = sorted(path for path in house.root.rglob("*") if path.name != "_STATUS.txt")

        found = examine(house)

        assert found["daemon"][0]["level"] == "ok"
        assert found["daemon"][0]["facts"]["pid"] == process.pid
        after = sorted(path for path in house.root.rglob("*") if path.name != "_STATUS.txt")
    assert after == before
    assert house.counts("held", "done", "arriving", "waiting_for_prompt") == [0, 0, 0, 0]


def test_a_wrong_configuration_is_told_whole(house: CliHouse) -> None:
    """Each fault of the configuration is one finding, and the status is 78."""
    done = house.process("doctor", RETOUCHD_BUDGET__PER_DAY_USD="much", RETOUCHD_LIMITS__CONCURRENCY="0")

    assert done.code == 78
    assert [line[:14].split() for line in done.out.splitlines()] == [["FAIL", "config"]] * 2
    assert "budget.per_day_usd" in done.out
    assert "limits.concurrency" in done.out


def test_before_init_it_says_where_to_begin(tmp_path: Path) -> None:
    """Where nothing was ever done the doctor says what to do first."""
    house = CliHouse(tmp_path, "http://127.0.0.1:1/api/v1")

    done = house.process("doctor")

    assert done.code == 1
    assert 'begin with "' in done.out
    assert ' init"' in done.out


@pytest.mark.parametrize("name", ["inbox", "outbox", "done", "failed"])
def test_a_folder_that_cannot_be_written_is_told_with_its_rights(house: CliHouse, name: str) -> None:
    """Whose the folder is, its mode, who asks, and what to do."""
    folder = house.root / name
    with mode(folder, 0o555):
        done = without_powers(house, "doctor")

    assert done.code == 1
    line = next(line for line in done.out.splitlines() if line.startswith("FAIL"))
    assert f"folders.{name} ({folder}) cannot be written to" in line
    assert "Permission denied" in line
    assert "mode 0555" in line
    assert f"To do: chmod u+rwx {folder}." in line


def test_a_folder_that_is_gone_is_told(house: CliHouse) -> None:
    """A folder that is not there is probably not mounted."""
    house.outbox.rename(house.root / "elsewhere")

    texts = [one["text"] for one in faults(house)]

    assert any(f"folders.outbox ({house.outbox}) cannot be used: No such file" in text for text in texts)


@pytest.mark.skipif(not can_mount(), reason="mounting needs root and mount namespaces")
def test_a_read_only_mount_is_told_as_one(house: CliHouse) -> None:
    """A folder on a file system that is mounted read-only cannot be helped by rights."""
    script = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'
    command = ["unshare", "--mount", "sh", "-c", script, "sh", str(house.done), *PROGRAM]
    done = subprocess.run(
        [*command, "--config", str(house.config), "doctor"],
        capture_output=True,
        env=house.environ,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    assert f"folders.done ({house.done}) cannot be written to" in done.stdout.decode()
    assert "it is mounted read-only" in done.stdout.decode()


def test_another_machines_folders_are_told(house: CliHouse) -> None:
    """The mark of another owner is told with its host and the way to take over."""
    path = house.inbox / MARK_NAME
    mark = json.loads(path.read_text())
    path.write_text(json.dumps(mark | {"owner": "somebody", "host": "nas-1"}))

    [fault] = faults(house)

    assert "belongs to retouchd on nas-1" in fault["text"]
    assert "init --take-over" in fault["remedy"]


def test_a_mark_that_is_gone_or_another_inboxs_is_told(house: CliHouse) -> None:
    """Without its mark a folder is not used, and with that of another inbox neither."""
    path = house.outbox / MARK_NAME
    mark = json.loads(path.read_text())
    path.write_text(json.dumps(mark | {"inbox_id": "another"}))
    other = faults(house)
    path.unlink()
    gone = faults(house)
    path.write_text("no mark")
    broken = faults(house)

    assert [one["text"] for one in other] == [f"the mark of {house.outbox} is that of another inbox"]
    assert [MARK_NAME in one["text"] and "not mounted" in one["text"] for one in gone] == [True]
    assert ["it is not a mark of retouchd" in one["text"] for one in broken] == [True]


def test_a_key_that_is_refused_is_told(house: CliHouse) -> None:
    """The service is asked, for nothing; what it says about the key is told with what to do."""
    [fault] = faults(house, DENCH_API_KEY="another-key")

    assert fault["check"] == "key"
    assert fault["text"] == "refused (401) by 127.0.0.1"
    assert "put a new one into the environment variable DENCH_API_KEY" in fault["remedy"]
    assert "another-key" not in json.dumps(fault)


def test_a_key_that_is_missing_is_told(house: CliHouse) -> None:
    """Without a daemon a missing key is wrong; beside one it may be the daemon's alone."""
    house.environ.pop("DENCH_API_KEY")
    [fault] = faults(house)
    with house.daemon(DENCH_API_KEY=KEY):
        found = examine(house)["key"]

    assert "there is no key for the service" in fault["text"]
    assert [(one["level"], "only it can see" in one["text"]) for one in found] == [("ok", True)]


def test_the_workspace_is_named(house: CliHouse) -> None:
    """What the service says of whose key it is is told, safe to print."""
    answer = json.dumps({"ok": True, "workspace": {"name": "Family\u202e photos"}}).encode()
    with ScriptedServer(*[answering(200, answer)] * 3) as server:
        house.configure(f"{server.url}/api/v1")
        [found] = examine(house)["key"]

    assert found["level"] == "ok"
    assert found["facts"]["workspace"] == "Family\\u202e photos"


@pytest.mark.parametrize(
    "body", [b"", b"[1]", b"{", b'{"workspace": 3}', b'{"workspace": {"name": null}}', b"[" * 100_000]
)
def test_a_service_that_says_nothing_of_itself_is_no_fault(house: CliHouse, body: bytes) -> None:
    """Whatever a service answers besides 200, the key is taken."""
    with ScriptedServer(*[answering(200, body)] * 3) as server:
        house.configure(f"{server.url}/api/v1")
        [found] = examine(house)["key"]

    assert (found["level"], found["facts"]["workspace"]) == ("ok", "")


def test_another_answer_is_doubtful(house: CliHouse) -> None:
    """An answer that says nothing about the key points to the address."""
    with ScriptedServer(*[answering(404)] * 3) as server:
        house.configure(f"{server.url}/api/v1")
        [found] = examine(house)["key"]

    assert found["level"] == "warn"
    assert "answered 404" in found["text"]
    assert "endpoint.base_url" in found["remedy"]


@pytest.mark.parametrize("date", ["", "soon", "now"])
def test_a_clock_that_is_right_is_not_spoken_of(house: CliHouse, date: str) -> None:
    """A service that tells the same time, or none, gives no reason to doubt the clock."""
    told = format_datetime(datetime.now(UTC)) if date == "now" else date
    with ScriptedServer(*[answering(200, headers={"Date": told})] * 3) as server:
        house.configure(f"{server.url}/api/v1")
        found = examine(house)["clock"]

    assert [one["level"] for one in found] == ["ok"]


@pytest.mark.parametrize(("hours", "word"), [(3, "behind"), (-3, "ahead of")])
def test_a_clock_that_is_wrong_is_told(house: CliHouse, hours: int, word: str) -> None:
    """A clock far from the service's own is told: limits of a day would begin at another time."""
    date = format_datetime(datetime.now(UTC) + timedelta(hours=hours))
    with ScriptedServer(*[answering(200, headers={"Date": date})] * 3) as server:
        house.configure(f"{server.url}/api/v1")
        found = examine(house)["clock"]

    told = next(one for one in found if one["level"] == "warn")["text"]
    assert told == f"this machine's clock is 180 min {word} the service's"


@pytest.mark.parametrize(
    ("base_url", "environ", "text"),
    [
        ("https://service.invalid/api", {}, "the name service.invalid leads nowhere"),
        ("https://service.invalid/api", {"https_proxy": "http://proxy.invalid:1"}, "the name proxy.invalid"),
        ("https://service.invalid/api", {"https_proxy": "http://"}, "the proxy that the environment names"),
        (
            "https://service.invalid/api",
            {"https_proxy": "http://proxy:none"},
            "the proxy that the environment names",
        ),
    ],
)
def test_a_way_to_nowhere_is_told(house: CliHouse, base_url: str, environ: dict[str, str], text: str) -> None:
    """A name that is none, or a proxy's, is told as such, and the key is not blamed."""
    house.configure(base_url)

    found = examine(house, **environ)

    assert text in found["network"][0]["text"]
    assert found["network"][0]["level"] == "fail"
    assert found["key"][0]["level"] == "warn"


def test_a_service_or_proxy_that_nobody_answers_for_is_told(house: CliHouse) -> None:
    """A connection that is refused is told with where it goes."""
    port = refused_port()
    house.configure(f"http://127.0.0.1:{port}/api/v1")
    [service] = faults(house)
    house.configure("https://service.example/api/v1")
    [proxy] = faults(house, https_proxy=f"http://somebody:secret@127.0.0.1:{port}")

    assert f"the service at 127.0.0.1:{port} cannot be reached: Connection refused" in service["text"]
    assert f"the proxy at 127.0.0.1:{port} cannot be reached" in proxy["text"]
    assert "secret" not in json.dumps(proxy)


def test_a_certificate_that_is_not_trusted_is_told(house: CliHouse, tmp_path: Path) -> None:
    """A certificate of nobody known is told with its reason; a trusted one is not spoken of."""
    folder = tmp_path / "certificate"
    folder.mkdir()
    certificate = make_certificate(folder)
    with ScriptedServer(*[answering(200)] * 8, tls=certificate) as server:
        house.configure(f"{server.url}/api/v1")
        untrusted = examine(house)
        trusting = examine(house, SSL_CERT_FILE=str(certificate.certificate))

    [fault] = [one for one in untrusted["network"] if one["level"] == "fail"]
    assert "the certificate of 127.0.0.1 is not trusted: self-signed certificate" in fault["text"]
    assert "SSL_CERT_FILE" in fault["remedy"]
    assert "fail" not in {one["level"] for one in trusting["network"]}
    assert trusting["key"][0]["level"] == "ok"


def test_a_service_without_tls_is_told(house: CliHouse) -> None:
    """A port that speaks no TLS is no service."""
    with ScriptedServer(*[answering(400)] * 4) as server:
        house.configure(f"{server.url.replace('http:', 'https:')}/api/v1")
        [fault] = faults(house)

    assert "no secure connection to 127.0.0.1 comes about" in fault["text"]


def test_what_is_paused_is_told(house: CliHouse) -> None:
    """A pause that somebody wished for is a warning with the way on."""
    assert house.process("pause", "holidays").code == 0

    [found] = examine(house)["pause"]

    assert found["level"] == "warn"
    assert "holidays" in found["text"]
    assert "retouchd resume" in found["text"]


def test_photos_that_wait_for_people_are_counted(lived_in: CliHouse) -> None:
    """What needs somebody, and what lies around, is counted with the command that names it."""
    [found] = examine(lived_in)["inbox"]

    assert found["level"] == "warn"
    assert found["text"].startswith("3 need you, 1 without a prompt")
    assert found["facts"]["held"] == 3
    assert " status" in found["remedy"]


def test_photos_without_a_prompt_are_told(house: CliHouse) -> None:
    """A photo that waits for its prompt is why nothing happens."""
    house.drop("lonely.jpg")
    house.until_idle()

    [found] = examine(house)["inbox"]

    assert (found["level"], found["text"]) == ("warn", "1 without a prompt")
    assert "_prompt.txt" in found["remedy"]


def test_nobody_at_work_is_wrong_as_soon_as_a_photo_waits(house: CliHouse) -> None:
    """A script that looks by the exit status alone hears of photos that nobody edits."""
    house.drop("beach.jpg", prompt="brighter")
    with ScriptedServer(answering(503, headers={"Retry-After": "3600"})) as server:
        house.configure(f"{server.url}/api/v1")
        house.until_idle(seconds=3)

    [fault] = [one for one in examine(house)["daemon"] if one["level"] == "fail"]

    assert fault["text"] == "retouchd does not run, and 1 photo waits for it"
    assert fault["remedy"].startswith("start it: ")


@pytest.mark.parametrize(
    ("status", "remedy"), [(402, "credit"), (429, "look again in a while"), (500, "look again in a while")]
)
def test_an_answer_of_a_service_in_trouble_is_not_blamed_on_its_address(
    house: CliHouse, status: int, remedy: str
) -> None:
    """Credit and a busy service are told as what they are."""
    with ScriptedServer(*[answering(status)] * 3) as server:
        house.configure(f"{server.url}/api/v1")
        [found] = examine(house)["key"]

    assert found["level"] == "warn"
    assert remedy in found["remedy"]
    assert "base_url" not in found["remedy"]


def test_numbers_that_nobody_can_have_are_told(house: CliHouse, tmp_path: Path) -> None:
    """The port is asked beside a running daemon; a program that is not retouchd is no answer."""
    port = refused_port()
    file = tmp_path / "gone" / "retouchd.prom"
    with house.daemon(RETOUCHD_METRICS__PORT=str(port)):
        assert eventually(
            lambda: examine(house, RETOUCHD_METRICS__PORT=str(port))["metrics"][0]["level"] == "ok"
        )
        with ScriptedServer(answering(200, b"hello")) as other:
            [stranger] = examine(house, RETOUCHD_METRICS__PORT=other.url.rpartition(":")[2])["metrics"]
        [nobody] = examine(house, RETOUCHD_METRICS__PORT=str(refused_port()))["metrics"]
    [missing] = examine(house, RETOUCHD_METRICS__TEXTFILE=str(file))["metrics"]

    assert (stranger["level"], nobody["level"], missing["level"]) == ("warn", "warn", "warn")
    assert "another program, or nobody, answers" in stranger["text"]
    assert f"({file}) is not there" in missing["text"]


def test_a_configuration_that_cannot_be_read_is_a_wrong_one(house: CliHouse) -> None:
    """Whose rights keep him out of the file is told so, with the status of a wrong configuration."""
    with mode(house.config, 0):
        done = without_powers(house, "doctor")

    assert done.code == 78
    assert f"{house.config} cannot be read: Permission denied" in done.out


def test_a_damaged_history_is_told_once(house: CliHouse) -> None:
    """Whatever needs the history says the same; it is told once, with the way on."""
    journal = house.state / "journal.sqlite3"
    journal.write_bytes(b"not a database at all" * 500)

    damaged = [one for one in faults(house) if "history" in one["text"]]

    assert len(damaged) == 1
    assert "--rebuild-journal" in damaged[0]["text"]


def test_a_history_that_was_put_aside_is_told(house: CliHouse) -> None:
    """A damaged history that is kept takes room until somebody removes it."""
    (house.state / "journal-damaged-20260101-000000.sqlite3").write_bytes(b"x")

    found = examine(house)["history"]

    assert [one["level"] for one in found] == ["ok", "warn"]
    assert "journal-damaged-20260101-000000.sqlite3 can be removed" in found[1]["remedy"]


def test_polling_is_told_with_its_reason(house: CliHouse) -> None:
    """How changes are noticed is told as `explain` tells it."""
    [found] = examine(house, RETOUCHD_WATCH__MODE="polling")["watching"]

    assert found["facts"]["mounts"] == [
        {"folder": str(house.inbox), "mode": "polling", "why": "the configuration says so"}
    ]


def test_growth_tells_when_the_disk_will_be_full(house: CliHouse) -> None:
    """Once a few pictures were delivered the doctor says how fast the outbox fills."""
    for number in range(6):
        house.drop(f"photo{number}.jpg", picture(number + 20), "brighter")
    assert house.until_idle().code == 0

    [found] = examine(house)["disk"]

    assert "a day: full in" in found["text"]
    assert found["facts"]["bytes_a_day"] > 0
    assert found["facts"]["days_until_full"] > 0


@pytest.mark.skipif(not can_mount(), reason="mounting needs root and mount namespaces")
def test_a_full_disk_is_told(house: CliHouse, tmp_path: Path) -> None:
    """Less than one picture needs is wrong: nothing is paid for until there is room."""
    small = tmp_path / "small"
    small.mkdir()
    mark = (house.outbox / MARK_NAME).read_text()
    house.config.write_text(
        house.config.read_text().replace("[folders]\n", f'[folders]\noutbox = "{small}"\n')
    )
    script = 'mount -t tmpfs -o size=4m tmpfs "$1" && printf %s "$2" > "$1/$3" && shift 3 && exec "$@"'
    command = ["unshare", "--mount", "sh", "-c", script, "sh", str(small), mark, MARK_NAME, *PROGRAM]
    done = subprocess.run(
        [*command, "--config", str(house.config), "doctor", "--json"],
        capture_output=True,
        env=house.environ,
        timeout=60,
        check=False,
    )

    disks = [one for one in json.loads(done.stdout)["checks"] if one["check"] == "disk"]
    assert disks[0]["level"] == "fail"
    assert "0.02 GB must be before anything is paid for" in disks[0]["text"]


@pytest.mark.slow
@pytest.mark.skipif(not can_mount(), reason="mounting needs root and /dev/fuse")
def test_a_share_that_does_not_answer_holds_up_nothing_else(house: CliHouse, tmp_path: Path) -> None:
    """The doctor ends in time, says which look had no answer, and tells all else."""
    point, far = tmp_path / "point", tmp_path / "far"
    point.mkdir()
    shutil.copytree(house.done, far)
    house.config.write_text(house.config.read_text().replace("[folders]\n", f'[folders]\ndone = "{point}"\n'))
    with Share(point, far) as share:
        share.block()
        try:
            # As a process: its thread that hangs is not to outlive the test.
            found = by_name(house.process("doctor", "--json"))
        finally:
            share.unblock()

    [hung] = [one for one in found["folders"] if one["level"] == "fail"]
    assert "there was no answer within" in hung["text"]
    assert "umount -l" in hung["remedy"]
    assert found["key"][0]["level"] == "ok"
    assert found["owner"][0]["level"] == "ok"


def test_a_daemon_that_was_stopped_is_told(house: CliHouse) -> None:
    """A process that is only there does nothing: SIGSTOP, or Ctrl-Z in a terminal that was forgotten."""
    with house.daemon() as process:
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        try:
            [fault] = faults(house)
            told = house.run("status").out
        finally:
            process.send_signal(signal.SIGCONT)

    assert "is stopped" in fault["text"]
    assert told.startswith("Stopped since ")
    assert f"kill -CONT {process.pid}." in " ".join(told.split())
    assert fault["remedy"] == f"let it go on: kill -CONT {process.pid}"


def test_an_inbox_in_which_nothing_is_looked_at_is_told(house: CliHouse) -> None:
    """A pattern that fits all photos is why nothing happens; they are not called "no photos"."""
    for number in range(30):
        house.drop(f"p{number}.jpg")
    house.until_idle(RETOUCHD_WATCH__IGNORE='["*"]')

    [found] = examine(house, RETOUCHD_WATCH__IGNORE='["*"]')["inbox"]

    assert found["level"] == "warn"
    assert "are never looked at, most of them as names that fit * in watch.ignore" in found["text"]


def test_a_folder_that_may_not_be_opened_is_told_everywhere(house: CliHouse) -> None:
    """A folder that others may not enter: status, doctor and explain say that its photos are not seen."""
    photo = house.drop("trip/a.jpg", prompt="warmer")
    with mode(photo.parent, 0):
        without_powers(house, "run", "--until-idle")
        done = {
            words[0]: without_powers(house, *words)
            for words in (["status"], ["doctor"], ["explain", str(photo)])
        }
        folder = without_powers(house, "explain", str(photo.parent))

    told = f"annot open {photo.parent}: permission denied. Photos in it are not seen until"
    assert told in done["doctor"].out
    assert told in done["status"].out
    assert (done["explain"].code, folder.code) == (1, 1)
    assert f"cannot look at {photo}: permission denied; ask as root" in done["explain"].err
    assert f"cannot look at {photo.parent}: permission denied; ask as root" in folder.err


def test_a_photo_that_may_not_be_read_is_explained(house: CliHouse) -> None:
    """That it cannot be read is the answer, and no fault of the command; status and doctor tell of it."""
    photo = house.drop("a.jpg", prompt="warmer")
    with mode(photo, 0):
        explained = without_powers(house, "explain", str(photo))
        without_powers(house, "run", "--until-idle", "--timeout", "2")
        status, doctor = without_powers(house, "status"), without_powers(house, "doctor")

    assert explained.code == 0
    assert f"Cannot open {photo}: permission denied" in explained.out
    told = f"inbox/: a.jpg is not completely there: cannot open {photo}: permission denied"
    assert told in doctor.out
    assert told in " ".join(status.out.split())


@pytest.mark.parametrize("bits", [0o644, None])
def test_a_keys_file_that_cannot_be_used_is_told_with_what_to_do(house: CliHouse, bits: int | None) -> None:
    """Whoever named a file for the key is told what that file must be like."""
    file = house.root / "key"
    if bits is not None:
        file.write_text(KEY)
        file.chmod(bits)

    [fault] = faults(house, RETOUCHD_ENDPOINT__API_KEY_FILE=str(file))

    assert fault["check"] == "key"
    assert f"put the key alone into {file}" in fault["remedy"]
    assert "chmod 600" in fault["remedy"]


def test_a_missing_folder_is_not_called_a_share_that_hangs(house: CliHouse) -> None:
    """What several checks meet is explained once, where the folder is told."""
    house.outbox.rename(house.root / "elsewhere")

    [fault] = [one for one in faults(house) if one["check"] == "disk"]

    assert fault["remedy"] == "see folders"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_history_of_another_user_is_told_with_both_ways_on(house: CliHouse) -> None:
    """Started once with sudo, and as a user ever since: it cannot start, and the doctor says so."""
    for file in house.state.iterdir():
        os.chown(file, 1, 1)
        file.chmod(0o644)

    done = without_powers(house, "doctor", "--json")

    [fault] = [one for one in done.json()["checks"] if one["check"] == "daemon" and one["level"] == "fail"]
    assert done.code == 1
    assert "sudo -u '#1'" in fault["remedy"]
    assert f"sudo chown -R 0:0 {house.state}" in fault["remedy"]
