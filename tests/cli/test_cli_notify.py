"""`retouchd notify`, and what the doctor says of it."""

from pathlib import Path
from typing import Any

import pytest
from cli_house import CliHouse

from servers import refused_port


def checks(house: CliHouse) -> list[dict[str, Any]]:
    """Give what the doctor finds about messages."""
    return [one for one in house.run("doctor", "--json").json()["checks"] if one["check"] == "notify"]


def use_hook(house: CliHouse, place: Path, body: str = "cat > /dev/null") -> Path:
    """Name a hook in the configuration."""
    hook = place / "hook"
    hook.write_text(f"#!/bin/sh\n{body}\n")
    hook.chmod(0o755)
    house.configure(f"http://127.0.0.1:{refused_port()}/api/v1", f'[notify]\nhook = "{hook}"\n')
    return hook


def test_a_hook_is_shown_tried_and_examined(house: CliHouse, tmp_path: Path) -> None:
    """A hook that can be run is in order, and a test reaches it."""
    hook = use_hook(house, tmp_path, f"cat > {tmp_path}/given")

    shown, tried = house.run("notify"), house.run("notify", "--test")

    assert shown.out.splitlines()[:2] == [
        f"hook {hook}",
        "Told: failed, needs_you, paused, resumed, limit, no_prompt, idle.",
    ]
    assert "notify --test" in shown.out
    assert (tried.code, tried.out) == (0, f"ok    hook {hook}\n")
    assert '"event": "test"' in (tmp_path / "given").read_text()
    (found,) = checks(house)
    assert found["level"] == "ok"


def test_what_keeps_messages_back_is_told(house: CliHouse, tmp_path: Path) -> None:
    """A hook that may not be run, and one that fails, are told with what they said."""
    hook = use_hook(house, tmp_path, "echo no line; exit 3")
    failing = house.run("notify", "--test")
    hook.chmod(0o644)

    (found,) = checks(house)

    assert failing.code == 1
    assert failing.out == f"FAIL  hook {hook}: returned 3 (no line)\n"
    assert "1 of 1 ways did not take the message" in failing.err
    assert found["level"] == "warn"
    assert "chmod +x" in found["text"]


def test_a_file_of_addresses_that_others_read_is_told(house: CliHouse, tmp_path: Path) -> None:
    """Addresses that everybody can read are not used; the doctor and `notify` say so without them."""
    urls = tmp_path / "urls"
    urls.write_text("json://127.0.0.1/very-secret\n")
    urls.chmod(0o644)
    house.configure(f"http://127.0.0.1:{refused_port()}/api/v1", f'[notify]\nurls_file = "{urls}"\n')

    shown = house.run("notify")

    assert shown.code == 1
    assert "everybody on this machine can use the addresses" in shown.err
    (found,) = checks(house)
    assert found["level"] == "warn"
    assert "very-secret" not in f"{found}{shown}"


@pytest.mark.parametrize("words", [["notify"], ["notify", "--test"]])
def test_without_a_way_it_says_what_to_set(house: CliHouse, words: list[str]) -> None:
    """Where nobody is told anything, that is said, and the doctor has nothing to look at."""
    done = house.run(*words)

    assert "obody is told anything: set notify.hook or notify.urls_file" in done.out + done.err
    assert checks(house) == []
