"""A journal that is damaged, and how what was paid for is read back: real daemons on real files."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from answers import COST_USD, cutting_after_the_body, good, good_reply
from gate import Gate
from invariants import check_all, check_asked_once
from workshop import OpenShop, Workshop, picture

from damaged_journals import Damage, put_a_stranger, spoil_the_log, write_text
from retouchd.adapters.identity import IDENTITY_NAME
from retouchd.core.records import Verb
from retouchd.settings import JOURNAL_NAME
from servers import ScriptedServer
from waiting import eventually


def url(server: ScriptedServer) -> str:
    """Give the base URL of a scripted server."""
    return f"{server.url}/api/v1"


def ask(shop: Workshop, *words: str) -> tuple[int, str]:
    """Run a command and give its exit status and all that it said."""
    done = subprocess.run(
        [sys.executable, "-m", "retouchd", "--config", str(shop.config), *words],
        capture_output=True,
        text=True,
        env={**os.environ, **shop.environ},
        timeout=30,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def journal_of(shop: Workshop) -> Path:
    """Give the journal's path."""
    return shop.state / JOURNAL_NAME


def test_a_daemon_with_a_damaged_journal_lives_and_sends_nothing(open_shop: OpenShop) -> None:
    """It watches, settles and shows its status; resume does not lift the pause (I5)."""
    with ScriptedServer(good()) as server:
        shop = open_shop(url(server))
        shop.drop("beach.jpg", picture(1), "make it evening")
        assert shop.until_idle().code == 0
        write_text(journal_of(shop))

        with shop.running() as daemon:
            daemon.wait_for("pause.holds", reason="journal_damaged")
            shop.drop("again.jpg", picture(1), "make it evening")
            assert eventually(lambda: shop.states() == ["ready"])
            assert "still paused (journal_damaged)" in shop.command(Verb.RESUME)
            code, told = ask(shop, "status")
            assert code == 0
            assert "retouchd doctor --rebuild-journal" in told
            assert shop.pauses() == ["journal_damaged"]
        one_shot = shop.until_idle()

    assert one_shot.code == 4
    assert len(server.requests) == 1
    assert [path.read_text()[:5] for path in shop.state.glob("journal-damaged-*.sqlite3")] == ["notes"]


@pytest.mark.parametrize("command", [("status",), ("jobs",), ("pause",), ("init",)])
def test_commands_say_that_the_history_is_damaged(open_shop: OpenShop, command: tuple[str, ...]) -> None:
    """One sentence with what to do, and no traceback, from whoever looks at it or changes it."""
    shop = open_shop("http://127.0.0.1:9/api/v1")
    put_a_stranger(journal_of(shop))

    code, told = ask(shop, *command)

    assert code == 1
    assert told.startswith("retouchd: the history is damaged (it is no journal of retouchd): start retouchd")
    assert len(told.splitlines()) == 1


def test_a_state_folder_that_was_lost_is_not_ours(open_shop: OpenShop) -> None:
    """Who has lost journal and identity is somebody else to the folders: exit 75, and the way on."""
    shop = open_shop("http://127.0.0.1:9/api/v1")
    (shop.state / IDENTITY_NAME).unlink()
    journal_of(shop).unlink()

    for command in ("run", "init"):
        code, told = ask(shop, command)

        assert code == 75
        assert "belongs to retouchd on" in told


# --- reading back what was paid for


def rebuild(shop: Workshop) -> str:
    """Read back what was paid for."""
    code, told = ask(shop, "doctor", "--rebuild-journal")
    assert code == 0, told
    return told


def spent_today(shop: Workshop) -> tuple[int, int]:
    """Give what the journal knows to be paid, and perhaps paid, in micro-dollars."""
    (row,) = shop.rows("SELECT sum(charged) AS charged, sum(reserved) AS reserved FROM attempts")
    return row["charged"] or 0, row["reserved"] or 0


def money_of(shop: Workshop) -> list[dict[str, object]]:
    """Give what the journal knows of edits and money, without numbers of its own."""
    return shop.rows(
        "SELECT fingerprint, take, edits.permission, owner, number, day, month, top_folder, first_reserved,"
        " reserved, charged, round(started, 3) AS started, outcome FROM edits LEFT JOIN attempts"
        " ON attempts.edit = edits.id ORDER BY fingerprint, take, number"
    )


def lose_log(path: Path) -> None:
    """Lose what is only in the log: the journal is what it was at its last checkpoint."""
    path.with_name(f"{path.name}-wal").unlink(missing_ok=True)


@pytest.mark.parametrize("damage", [write_text, spoil_the_log, lose_log])
def test_what_was_paid_is_known_after_a_rebuild(open_shop: OpenShop, damage: Damage) -> None:
    """I5, I6, I7: whatever happened to the journal, nothing is paid twice and today's sum is right.

    One photo was done, one was being answered when the daemon was killed, one was under way, one was lost.
    """
    gate = Gate(good_reply())
    with ScriptedServer(good(), cutting_after_the_body(), gate.script, good()) as server:
        shop = open_shop(url(server), limits__concurrency=1)
        shop.drop("trip/done.jpg", picture(1), "make it evening")
        assert shop.until_idle().code == 0
        shop.drop("lost.jpg", picture(2), "make it evening")
        assert shop.until_idle().code == 1
        shop.drop("cut.jpg", picture(3), "make it evening")
        daemon = shop.start()
        assert eventually(lambda: len(server.requests) == 3 and server.requests[2].complete)
        daemon.stop(signal.SIGKILL)
        gate.open()
        before = money_of(shop)
        damage(journal_of(shop))
        with shop.running() as daemon:
            daemon.wait_for("pause.holds", reason="journal_damaged")
            assert eventually(shop.states)

        told = rebuild(shop)
        after, (charged, reserved) = money_of(shop), spent_today(shop)

        assert "perhaps paid" in told
        assert "The history knew all of it." in rebuild(shop)
        assert money_of(shop) == after
        assert [(one["fingerprint"], one["charged"]) for one in after] == [
            (one["fingerprint"], one["charged"]) for one in before
        ]
        assert charged == round(COST_USD * 1_000_000)
        assert reserved == sum(one["reserved"] for one in before) > 0
        assert shop.pauses() == []
        for command in ("jobs", "status", "costs", f"show {shop.jobs()[-1]['id']}"):
            assert ask(shop, *command.split())[0] == 0
        shop.drop("again/done.jpg", picture(1), "make it evening")
        shop.drop("again/lost.jpg", picture(2), "make it evening")
        assert shop.until_idle().code == 1

    assert len(server.requests) == 3
    assert "again/done.jpg" in shop.outputs()
    assert shop.metadata("again/done.jpg")["cost"]["estimated_usd"] == 0
    assert spent_today(shop) == (charged, reserved)
    check_all(shop)
    check_asked_once(server.requests)


def test_what_is_not_as_it_was_delivered_is_named_and_not_counted(open_shop: OpenShop) -> None:
    """A picture that was changed or is gone, metadata that was changed, and files of nobody are all named."""
    with ScriptedServer(good()) as server:
        shop = open_shop(url(server))
        for number in range(4):
            shop.drop(f"{number}.jpg", picture(number), "make it evening")
        assert shop.until_idle().code == 0
    (shop.outbox / "0.jpg").write_bytes(picture(99))
    (shop.outbox / "1.jpg").unlink()
    (shop.outbox / "2.jpg.json").write_text('{"schema": "retouchd.result/1"}')
    (shop.outbox / "other.json").write_text('{"schema": "somebody else"}')
    for path in (shop.state / "spool").iterdir():
        path.write_bytes(b'{"ok": true}')
    write_text(journal_of(shop))

    told = rebuild(shop)

    assert "Read 7 pictures and answers." in told
    assert "New in the history: 1 picture in the outbox." in told
    assert "3 files not counted" in told
    assert all(f"  {name}.jpg.json\n" in told for name in "012")
    assert "4 files kept, but nobody knows for which photo" in told
    assert shop.states() == ["done"]


def test_the_doctor_works_alone_and_on_the_real_outbox(open_shop: OpenShop) -> None:
    """A running daemon is named, an outbox that is not mounted is never taken for an empty one."""
    shop = open_shop("http://127.0.0.1:9/api/v1")
    with shop.running():
        code, told = ask(shop, "doctor", "--rebuild-journal")
        assert code == 75
        assert "Stop that one first" in told
    write_text(journal_of(shop))
    (shop.outbox / ".retouchd-root").unlink()

    code, told = ask(shop, "doctor", "--rebuild-journal")

    assert code == 1
    assert "it is probably not mounted" in told
    assert shop.pauses() == ["journal_damaged"]
    code, told = ask(shop, "doctor")
    assert code == 1
    assert "doctor --rebuild-journal" in told


# --- another machine takes over


def move_in(shop: Workshop, place: Path) -> Workshop:
    """Give another machine's workshop on the same folders."""
    other = Workshop(place, str(shop.settings["endpoint.base_url"]), {"folders.root": str(shop.root)})
    other.root, other.inbox, other.outbox = shop.root, shop.inbox, shop.outbox
    other.done, other.failed = shop.done, shop.failed
    place.mkdir()
    other.configure()
    return other


def test_another_machine_takes_over_what_was_paid_for(open_shop: OpenShop, tmp_path: Path) -> None:
    """It adopts what the outbox says, the other daemon sends no more, and nothing is paid for twice (I5)."""
    with ScriptedServer(good()) as server:
        shop = open_shop(url(server))
        shop.drop("trip/beach.jpg", picture(1), "make it evening")
        assert shop.until_idle().code == 0
        other = move_in(shop, tmp_path / "other")
        code, told = ask(other, "run", "--until-idle")
        assert code == 75
        assert 'Stop that one for good, then "retouchd init --take-over"' in told
        code, told = ask(other, "init", "--take-over")
        assert code == 1
        assert "add --yes" in told

        with shop.running() as daemon:
            code, told = ask(other, "init", "--take-over", "--yes")
            assert code == 0, told
            assert "1 picture in the outbox" in told
            assert "are this machine's now" in told
            other.drop("again.jpg", picture(1), "make it evening")
            other.drop("new.jpg", picture(2), "make it evening")
            daemon.wait_for("pause.began", reason="folder_missing")
            assert other.until_idle().code == 0
            assert len(server.requests) == 2
        assert ask(shop, "run", "--until-idle")[0] == 75

    assert spent_today(other)[0] == round(2 * COST_USD * 1_000_000)
    assert other.metadata("again.jpg")["cost"]["estimated_usd"] == 0
    assert "The history knew all of it." in rebuild(other)
    check_asked_once(server.requests)


def test_taking_over_what_is_ours_changes_nothing(open_shop: OpenShop) -> None:
    """A mistaken take-over of one's own folders is an ordinary init."""
    shop = open_shop("http://127.0.0.1:9/api/v1")
    marks = [(folder / ".retouchd-root").read_bytes() for folder in (shop.inbox, shop.outbox)]

    code, told = ask(shop, "init", "--take-over")

    assert code == 0
    assert "are this machine's now" not in told
    assert marks == [(folder / ".retouchd-root").read_bytes() for folder in (shop.inbox, shop.outbox)]


def test_i8_a_take_over_that_was_cut_goes_on(open_shop: OpenShop, tmp_path: Path) -> None:
    """I8: with a folder to each of the two neither starts, and the same again ends it."""
    shop = open_shop("http://127.0.0.1:9/api/v1")
    other = move_in(shop, tmp_path / "other")
    before = (shop.outbox / ".retouchd-root").read_bytes()
    assert ask(other, "init", "--take-over", "--yes")[0] == 0
    (shop.outbox / ".retouchd-root").write_bytes(before)

    assert [ask(one, "run", "--until-idle")[0] for one in (shop, other)] == [75, 75]
    assert ask(other, "init", "--take-over", "--yes")[0] == 0
    assert other.until_idle().code == 0


# --- answers that are not kept


def test_without_kept_answers_only_the_outbox_gives_again(open_shop: OpenShop) -> None:
    """With 0 days the answer goes when its photo is filed: the picture is given again, or it needs you."""
    with ScriptedServer(good()) as server:
        shop = open_shop(url(server), duplicates__keep_answers_days=0)
        shop.drop("beach.jpg", picture(1), "make it evening")
        with shop.running():
            assert eventually(lambda: shop.states() == ["done"])
            assert eventually(lambda: not list((shop.state / "spool").iterdir()))
        shop.drop("again.jpg", picture(1), "make it evening")
        assert shop.until_idle().code == 0
        for name in ("beach.jpg", "again.jpg"):
            (shop.outbox / name).unlink()
        shop.drop("third.jpg", picture(1), "make it evening")
        assert shop.until_idle().code == 1

    assert shop.states() == ["done", "done", "output_gone"]
    assert len(server.requests) == 1
