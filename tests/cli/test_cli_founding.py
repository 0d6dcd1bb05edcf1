"""`init` and what `run` refuses: real processes, as a person starts them."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from cli_house import KEY, CliHouse, clean_environment, run_on_terminal, run_program

from retouchd.settings import load_settings
from retouchd.simulator.server import Simulator

MARK = ".retouchd-root"


def init(place: Path, *words: str, **environ: str) -> tuple[int, str]:
    """Run `init` in an empty home."""
    done = run_program("init", *words, cwd=place, environ={**clean_environment(place), **environ})
    return done.code, done.out + done.err


def test_init_makes_everything_and_can_be_repeated(tmp_path: Path) -> None:
    """A first start needs one command; the second time nothing changes."""
    code, out = init(tmp_path, str(tmp_path / "Retouch"))
    config = tmp_path / ".config/retouchd/config.toml"
    first = [path.read_bytes() for path in (config, tmp_path / "Retouch/inbox" / MARK)]
    again, _ = init(tmp_path)

    assert (code, again) == (0, 0)
    assert "At most $10.00 a day are spent" in out
    assert {path.name for path in (tmp_path / "Retouch").iterdir()} == {"inbox", "outbox", "done", "failed"}
    assert tomllib.loads(config.read_text()) == {
        **{section: {} for section in tomllib.loads(config.read_text())},
        "folders": {"root": str(tmp_path / "Retouch")},
    }
    assert first == [path.read_bytes() for path in (config, tmp_path / "Retouch/inbox" / MARK)]


def test_every_default_that_init_writes_counts_when_uncommented(tmp_path: Path) -> None:
    """Whoever takes the # of every line away changes nothing."""
    init(tmp_path, str(tmp_path / "Retouch"))
    config = tmp_path / ".config/retouchd/config.toml"
    commented = load_settings(config, {"HOME": str(tmp_path)})

    config.write_text(re.sub(r"^# (\w+ = )", r"\1", config.read_text(), flags=re.MULTILINE))

    uncommented = load_settings(config, {"HOME": str(tmp_path)})
    assert uncommented.model_dump() == commented.model_dump()


def test_init_uses_an_existing_configuration_as_it_is(house: CliHouse) -> None:
    """What the owner wrote is not touched."""
    before = house.config.read_bytes()

    done = house.run("init")

    assert done.code == 0
    assert "Configuration written" not in done.out
    assert house.config.read_bytes() == before


def test_init_of_a_new_configuration_knows_no_other(house: CliHouse, tmp_path: Path) -> None:
    """A second configuration is not mixed with the usual one."""
    usual = tmp_path / ".config/retouchd/config.toml"
    usual.parent.mkdir(parents=True)
    usual.write_text(f'[folders]\nroot = "/nowhere"\ninbox = "{tmp_path}/other"\n')
    other = tmp_path / "second" / "config.toml"

    done = run_program(
        "--config",
        str(other),
        "init",
        str(tmp_path / "second"),
        cwd=tmp_path,
        environ={**house.environ, "RETOUCHD_FOLDERS__STATE": str(tmp_path / "second-state")},
    )

    assert done.code == 0, done.err
    assert (tmp_path / "second/inbox" / MARK).exists()
    assert not (tmp_path / "other").exists()


def test_init_marks_inbox_and_outbox_alike(house: CliHouse) -> None:
    """Both folders carry the same inbox's id and owner."""
    marks = [json.loads((folder / MARK).read_text()) for folder in (house.inbox, house.outbox)]

    assert marks[0] == marks[1]


def test_folders_of_another_owner_are_refused(house: CliHouse, tmp_path: Path) -> None:
    """Two histories never work on the same folders: exit 75 for init and run, naming the owner."""
    other = {"RETOUCHD_FOLDERS__STATE": str(tmp_path / "other")}
    init_again, run = house.run("init", **other), house.process("run", **other)

    assert (init_again.code, run.code) == (75, 75)
    assert "belongs to retouchd on" in init_again.err
    assert "belongs to retouchd on" in run.err


def test_init_without_a_folder_says_how(tmp_path: Path) -> None:
    """Nothing is configured and nothing named: one sentence with the command."""
    code, out = init(tmp_path)

    assert code == 78
    assert "retouchd init ~/Retouch" in out


def test_init_without_a_home_writes_no_configuration(tmp_path: Path) -> None:
    """Without a home folder the folders are made, and the variables go on counting."""
    environ = {"RETOUCHD_FOLDERS__STATE": str(tmp_path / "state"), "HOME": ""}

    code, out = init(tmp_path, str(tmp_path / "r"), **environ, RETOUCHD_BUDGET__PER_DAY_USD="unlimited")

    assert code == 0
    assert "Configuration written" not in out
    assert "what you allow is spent" in out


@pytest.mark.parametrize("where", ["root", "config"])
def test_init_tells_what_cannot_be_written(tmp_path: Path, where: str) -> None:
    """A file in the way of a folder ends in a sentence, not in a traceback."""
    (tmp_path / "file").write_text("")
    words = {
        "root": [str(tmp_path / "file" / "root")],
        "config": ["--config", str(tmp_path / "file" / "config.toml"), str(tmp_path / "root")],
    }

    code, out = init(tmp_path, *words[where])

    assert code == 78
    assert re.search("Not a directory|File exists", out)
    assert "Traceback" not in out


def test_init_on_a_terminal_asks_for_the_key_and_hides_it(tmp_path: Path, simulator: Simulator) -> None:
    """The key is typed unseen, kept for its owner alone, tried, and named in the configuration."""
    environ = {**clean_environment(tmp_path), "RETOUCHD_ENDPOINT__BASE_URL": simulator.base_url}

    done = run_on_terminal("init", "Retouch", answers={"hidden": KEY}, cwd=tmp_path, environ=environ)

    key = tmp_path / ".config/retouchd/api-key"
    assert done.code == 0
    assert KEY not in done.out
    assert "The service accepts it." in done.out
    assert key.read_text() == f"{KEY}\n"
    assert key.stat().st_mode & 0o777 == 0o600
    assert f'api_key_file = "{key}"' in (key.parent / "config.toml").read_text()


@pytest.mark.parametrize(
    ("typed", "base_url", "sentence"),
    [
        ("", "", "Configuration written"),
        ("wrong", "", "The service answered 401; check the key"),
        ("two words", "", "holds no key"),
        ("any", "http://127.0.0.1:9/api/v1", "It could not be tried"),
    ],
)
def test_init_tells_what_is_wrong_with_the_key(
    tmp_path: Path, simulator: Simulator, typed: str, base_url: str, sentence: str
) -> None:
    """A key that is refused, none or cannot be tried is told at once, and init ends well."""
    environ = {**clean_environment(tmp_path), "RETOUCHD_ENDPOINT__BASE_URL": base_url or simulator.base_url}

    done = run_on_terminal("init", "Retouch", answers={"hidden": typed}, cwd=tmp_path, environ=environ)

    assert done.code == 0
    assert sentence in done.out.replace("\n", " ")


def test_init_does_not_ask_for_a_key_that_is_given(tmp_path: Path) -> None:
    """Whoever has a key in the environment is not asked."""
    environ = {**clean_environment(tmp_path), "DENCH_API_KEY": KEY}

    done = run_on_terminal("init", "Retouch", answers={}, cwd=tmp_path, environ=environ)

    assert done.code == 0
    assert "Key of the service" not in done.out


def test_run_refuses_a_missing_folder(house: CliHouse) -> None:
    """A folder that is gone is named; nothing is made in its place."""
    house.done.rmdir()

    done = house.process("run")

    assert done.code == 78
    assert str(house.done) in done.err
    assert not house.done.exists()


def test_run_refuses_nested_folders(house: CliHouse) -> None:
    """An outbox inside the inbox would make results into new photos: both are named."""
    nested = house.inbox / "out"
    nested.mkdir()

    done = house.process("run", RETOUCHD_FOLDERS__OUTBOX=str(nested))

    assert done.code == 78
    assert "lies inside folders.inbox" in done.err


def test_run_refuses_folders_that_were_never_initialised(house: CliHouse, tmp_path: Path) -> None:
    """Without a mark and without a history nothing starts; the sentence names init."""
    for folder in (house.inbox, house.outbox):
        (folder / MARK).unlink()

    done = house.process("run", RETOUCHD_FOLDERS__STATE=str(tmp_path / "fresh"))

    assert done.code == 78
    assert 'run "retouchd init" once' in done.err


def test_run_tells_every_fault_on_a_line_of_its_own(house: CliHouse) -> None:
    """A bad configuration reports all its faults at once."""
    house.configure("ftp://x", "[budget]\nper_day_usd = -1\n[wach]\nmode = 1\n")

    done = house.process("run")

    assert done.code == 78
    assert done.err.startswith("retouchd: the configuration is wrong; nothing was done:\n  ")
    assert [name in done.err for name in ("endpoint.base_url", "budget.per_day_usd", "wach")] == [True] * 3
    assert done.err.count("\n") >= 4


def test_run_refuses_what_is_no_toml(house: CliHouse) -> None:
    """A file that is no TOML is one fault with its place."""
    house.config.write_text("[folders\n")

    done = house.process("run")

    assert done.code == 78
    assert "is not valid TOML" in done.err


def test_run_without_a_key_tells_every_way_to_give_one(house: CliHouse) -> None:
    """No key: nothing starts."""
    done = house.process("run", DENCH_API_KEY="")

    assert done.code == 78
    assert "there is no key for the service" in done.err
