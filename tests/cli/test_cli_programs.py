"""Help, version, configuration, the simulator, the demo, and how commands end when nobody listens."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import typer
from cli_house import KEY, PATIENCE_SECONDS, PROGRAM, CliHouse, clean_environment, run_program

from retouchd.cli.configuration import check_configuration, print_schema, result_schema, show_configuration
from retouchd.cli.demonstrating import demonstrate
from retouchd.cli.main import app
from retouchd.cli.schemas import Schema
from retouchd.cli.simulating import simulate
from retouchd.core.errors import CommandRefusedError
from retouchd.core.sidecarschema import sidecar_schema
from retouchd.settings import Settings
from retouchd.simulator.server import Simulator

Captured = pytest.CaptureFixture[str]


def run(place: Path, *words: str) -> tuple[int, str]:
    """Run the program in an empty home."""
    done = run_program(*words, cwd=place, environ=clean_environment(place))
    return done.code, done.out + done.err


def test_help_teaches(tmp_path: Path) -> None:
    """Every command has one plain sentence, and the main help has examples."""
    code, out = run(tmp_path, "--help")

    assert code == 0
    names = [
        command.name or command.callback.__name__ for command in app.registered_commands if command.callback
    ]
    assert all(name in out for name in names)
    assert all(
        (command.callback.__doc__ or "").partition("\n")[0].endswith(".")
        for command in app.registered_commands
        if command.callback
    )
    assert "retouchd demo" in out
    assert "retouchd init ~/Retouch" in out


def test_commands_to_paste_begin_as_the_program_was_started(tmp_path: Path) -> None:
    """Started by its path it is told by its path, started by its name by its name."""
    program = Path(sys.executable).with_name("retouchd")
    named = {
        **clean_environment(tmp_path),
        "RETOUCHD_FOLDERS__ROOT": str(tmp_path),
        "PATH": str(program.parent),
    }

    told = [
        subprocess.run([start, "status"], capture_output=True, cwd=tmp_path, env=environ, check=False).stderr
        for start, environ in (("retouchd", named), (str(program), {**named, "PATH": "/nowhere"}))
    ]

    assert b'begin with "retouchd init"' in told[0]
    assert f'begin with "{program} init"'.encode() in told[1]


def test_version(tmp_path: Path) -> None:
    """The version is one line."""
    assert run(tmp_path, "--version") == (0, "retouchd 0.1.0\n")


def test_config_shows_values_with_their_origin(house: CliHouse, capsys: Captured) -> None:
    """Every key stands there once, with where its value comes from."""
    show_configuration(house.config, {**house.environ, "RETOUCHD_BUDGET__PER_DAY_USD": "7"})

    lines = capsys.readouterr().out.splitlines()
    told = {line.split()[0]: line for line in lines[1:]}
    assert lines[0] == f"# file: {house.config}"
    assert told["budget.per_day_usd"].endswith("(environment)")
    assert told["watch.settle_seconds"].endswith("(file)")
    assert told["retry.max_attempts"].endswith("(default)")


def test_config_without_a_file(tmp_path: Path, capsys: Captured) -> None:
    """Variables alone are a configuration too; a key that only the daemon gets is no fault."""
    environ = {**clean_environment(tmp_path), "RETOUCHD_FOLDERS__ROOT": str(tmp_path)}
    show_configuration(None, environ)
    shown = capsys.readouterr().out
    check_configuration(None, environ)

    assert "none, so the defaults" in shown
    told = "ok: no file, only defaults\nnote: there is no key for the service."
    assert capsys.readouterr().out.startswith(told)


def test_config_check_says_ok_or_every_fault(house: CliHouse, capsys: Captured) -> None:
    """A right configuration is called ok, with the place of the key and never the key itself."""
    check_configuration(house.config, house.environ)
    out = capsys.readouterr().out
    house.configure("http://127.0.0.1:9/api/v1", '[output]\nfile_mode = "0444"\nfolder_mode = "x"\n')
    wrong = house.run("config", "--check")

    assert out == f"ok: {house.config}\nok: the key comes from the environment variable DENCH_API_KEY\n"
    assert KEY not in out
    assert wrong.code == 78
    assert "output.file_mode" in wrong.err
    assert "output.folder_mode" in wrong.err


def test_schema_of_the_configuration(tmp_path: Path) -> None:
    """The schema is the settings' own, and needs no configuration."""
    code, out = run(tmp_path, "config", "--schema", "config")

    assert code == 0
    assert json.loads(out) == json.loads(json.dumps(Settings.model_json_schema()))


def test_schema_of_sidecars(tmp_path: Path) -> None:
    """The schema of prompt files' options is printed without any configuration."""
    code, out = run(tmp_path, "config", "--schema", "sidecar")

    assert code == 0
    assert json.loads(out) == sidecar_schema()


def test_schema_of_results_fits_a_real_result(lived_in: CliHouse, capsys: Captured) -> None:
    """A metadata file that the daemon wrote is valid; one that lacks a key or says another version is not."""
    print_schema(Schema.RESULT)
    schema = json.loads(capsys.readouterr().out)
    result = json.loads((lived_in.outbox / "beach.jpg.json").read_bytes())
    validator = jsonschema.Draft202012Validator(schema)

    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema == json.loads(json.dumps(result_schema()))
    assert schema["$id"] == "retouchd.result/1"
    assert set(schema["required"]) == set(result)
    validator.validate(result)
    assert not validator.is_valid({name: value for name, value in result.items() if name != "output"})
    assert not validator.is_valid({**result, "schema": "retouchd.result/2"})
    assert validator.is_valid({**result, "added_later": 1})


def test_simulate_serves_until_it_is_stopped(tmp_path: Path) -> None:
    """It tells its address, its key and commands that touch nobody's real folders; Ctrl-C ends it well."""
    process = subprocess.Popen(
        [*PROGRAM, "simulate", "--port", "0", "--latency", "0", "--key", "toy key"],
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        env=clean_environment(tmp_path),
        text=True,
    )
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(8)]
    process.send_signal(signal.SIGINT)

    assert process.wait(PATIENCE_SECONDS) == 0
    process.stdout.close()
    assert "http://127.0.0.1:" in lines[0]
    assert "DENCH_API_KEY='toy key'" in lines[4]
    assert f"RETOUCHD_FOLDERS__STATE={tmp_path}/retouchd-test/state" in lines[5]
    assert f"--config {tmp_path}/retouchd-test/config.toml init" in lines[6]


def test_simulate_on_a_port_that_is_taken(simulator: Simulator) -> None:
    """A port that is taken is told with the way out."""
    port = int(simulator.root_url.rpartition(":")[2])

    with pytest.raises(CommandRefusedError, match="name another one with --port"):
        simulate(port, 0.0, "key")


def test_demo_shows_the_main_job_and_its_commands_work(tmp_path: Path) -> None:
    """Three pictures are delivered, one photo waits, nothing real is paid; what it says to type works."""
    environ = {**clean_environment(tmp_path), "DENCH_API_KEY": "real-key", "HTTP_PROXY": "http://127.0.0.1:9"}
    environ["RETOUCHD_BUDGET__PER_DAY_USD"] = "0"
    done = run_program("demo", "--folder", "d", cwd=tmp_path, environ=environ)

    assert done.code == 0, done.out + done.err
    assert "3 delivered, 1 waiting, 0 failed; simulated $0.216, real $0.00" in done.out
    assert max(map(len, done.out.split("Look closer")[0].splitlines())) <= 92
    commands = [line.strip() for line in done.out.splitlines() if "--config" in line]
    assert len(commands) == 3
    for command in commands:
        told = subprocess.run(
            shlex.split(command), capture_output=True, cwd="/", env=clean_environment(tmp_path), check=False
        )
        assert told.returncode == 0, told.stderr
    with pytest.raises(CommandRefusedError, match="is not empty"):
        demonstrate(tmp_path / "d", {})
    assert not any(b"real-key" in path.read_bytes() for path in (tmp_path / "d").rglob("*") if path.is_file())


def test_demo_in_a_place_that_cannot_be_used(tmp_path: Path) -> None:
    """A file in the way is told in a sentence."""
    (tmp_path / "file").write_text("")

    with pytest.raises(CommandRefusedError, match="cannot be used"):
        demonstrate(tmp_path / "file" / "x", {})


def test_demo_that_goes_wrong_says_where_to_look(capsys: Captured) -> None:
    """A daemon that cannot start leaves the demo with exit 1 and the name of its log."""
    with pytest.raises(typer.Exit) as caught:
        demonstrate(None, {"PYTHONHOME": "/nowhere"})

    out = capsys.readouterr().out
    shutil.rmtree(out.partition("Folder (kept): ")[2].splitlines()[0])
    assert caught.value.exit_code == 1
    assert "Something went wrong; what happened is told in " in out


def test_whoever_stops_reading_gets_no_complaint(lived_in: CliHouse) -> None:
    """`retouchd jobs | head -1` ends without a traceback."""
    done = subprocess.run(
        [
            "bash",
            "-c",
            'exec 3>&1; "$@" 2>&1 >&3 | cat >&2',
            "-",
            *PROGRAM,
            "--config",
            str(lived_in.config),
            "config",
        ],
        stdout=_closed_pipe(),
        stderr=subprocess.PIPE,
        env=lived_in.environ,
        check=False,
    )

    assert b"Traceback" not in done.stderr
    assert b"BrokenPipe" not in done.stderr


def _closed_pipe() -> int:
    """Give a pipe's end that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


def test_an_encoding_that_lacks_a_letter_stops_nothing(house: CliHouse) -> None:
    """On a terminal without Unicode, names are escaped rather than refused."""
    house.drop("übung.jpg")

    assert "inbox/übung.jpg" in house.run("explain", "übung.jpg").out
    done = house.process("explain", "übung.jpg", PYTHONIOENCODING="ascii", PYTHONUTF8="0")

    assert done.code == 0, done.err
    assert r"inbox/\xfcbung.jpg" in done.out
