"""A journal that is damaged, and how what was paid for is read back: real daemons on real files."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from answers import good
from workshop import OpenShop, Workshop, picture

from damaged_journals import put_a_stranger, write_text
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
