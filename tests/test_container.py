"""Dockerfile and compose.yaml fit the program and each other; what an engine makes of them is not tried."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from retouchd.api_key import CREDENTIAL
from retouchd.settings import Settings, all_keys, load_settings
from waiting import eventually

ROOT: Final = Path(__file__).parent.parent
PROGRAMS: Final = Path(sys.executable).parent
PATIENCE_SECONDS: Final = 20.0
SERVICE: Final = "retouchd"
_VARIABLE: Final = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


@cache
def instructions() -> tuple[tuple[str, str], ...]:
    """Give the Dockerfile's instructions with their arguments, each on one line."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    whole = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return tuple(
        (word, rest) for word, _, rest in (line.partition(" ") for line in whole.splitlines() if line)
    )


def last(word: str) -> str:
    """Give what counts of an instruction: the last of them."""
    return [rest for name, rest in instructions() if name == word][-1]


def image_environment() -> dict[str, str]:
    """Give the variables that the image sets."""
    return dict(pair.split("=", 1) for pair in last("ENV").split())


@cache
def compose() -> Any:
    """Give what compose.yaml says."""
    return yaml.safe_load((ROOT / "compose.yaml").read_text())


def service() -> Any:
    """Give what compose.yaml says of the one container."""
    return compose()["services"][SERVICE]


def mounts() -> dict[str, Any]:
    """Give what is mounted, by its place in the container."""
    return {mount["target"]: mount for mount in service()["volumes"]}


def test_the_dockerfile_is_right() -> None:
    """The linter finds nothing in it."""
    linter = PROGRAMS / "hadolint"
    if not linter.exists():
        pytest.skip("hadolint is not there for this kind of machine")
    done = subprocess.run([str(linter), "Dockerfile"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.stdout + done.stderr == ""
    assert done.returncode == 0


def test_what_is_copied_is_there_and_let_in() -> None:
    """All that the image is built from exists, and .dockerignore lets it through, but no key and no test."""
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] not in {"#", ""}]
    copied = [rest.split()[:-1] for word, rest in instructions() if word == "COPY" and "--from" not in rest]
    names = {name.removeprefix("./") for group in copied for name in group}

    assert all((ROOT / name).exists() for name in names)
    assert (
        sorted(name for name in (*names, "daemon/retouchd/service.py") if not _is_let_in(name, rules)) == []
    )
    assert not any(
        _is_let_in(name, rules) for name in ("dench-api-key", ".env", "tests/conftest.py", ".git/config")
    )


def _is_let_in(name: str, rules: list[str]) -> bool:
    """Say whether the last rule that fits a name or a folder that it is in takes it back."""
    above = [name, *(str(folder) for folder in Path(name).parents)]
    fitting = [rule for rule in rules if any(fnmatch(one, rule.lstrip("!")) for one in above)]
    return fitting[-1].startswith("!")


def test_python_is_new_enough() -> None:
    """Both stages have the same Python, and one that the program runs with."""
    versions = {
        tuple(map(int, found.groups()))
        for word, rest in instructions()
        if word == "FROM" and (found := re.match(r"python:(\d+)\.(\d+)-slim", rest))
    }

    assert len(versions) == 1
    assert versions.pop() >= (3, 11)


def test_the_image_sets_what_the_program_knows() -> None:
    """The image's settings load as they are, and folders and key lie where compose.yaml mounts them."""
    ours = {name: value for name, value in image_environment().items() if name != "PATH"}
    settings = load_settings(ROOT / "config.example.toml", ours)
    places = settings.places()
    key_file = settings.endpoint.api_key_file

    assert str(places.inbox) == "/photos/inbox"
    assert {str(places.inbox.parent), str(places.state.parent)} <= set(mounts())
    assert key_file == Path("/run/secrets", CREDENTIAL)
    assert service()["secrets"] == [CREDENTIAL] == list(compose()["secrets"])


def test_the_image_has_the_example_as_its_configuration() -> None:
    """A configuration that changes nothing is there, so that init writes none into the container."""
    assert ("COPY", "config.example.toml /etc/retouchd/config.toml") in instructions()
    assert "./config.toml:/etc/retouchd/config.toml:ro" in (ROOT / "compose.yaml").read_text()


def test_history_is_kept_in_a_volume_that_every_user_can_write(tmp_path: Path) -> None:
    """The state folder is a volume of the engine's own, and the image makes its place for all users."""
    state = next(mount for mount in mounts().values() if mount["type"] == "volume")
    command = last("RUN").replace("/state", str(tmp_path / "state"))
    subprocess.run(command, shell=True, check=True)  # noqa: S602 - the Dockerfile's own words

    assert state["target"] == "/state"
    assert state["source"] in compose()["volumes"]
    assert (tmp_path / "state").stat().st_mode & 0o7777 == 0o1777


def test_a_missing_disk_is_not_made_up() -> None:
    """The engine makes no empty folder in the place of photos that are not mounted."""
    photos = mounts()["/photos"]

    assert photos["type"] == "bind"
    assert photos["bind"] == {"create_host_path": False}


def test_nothing_runs_as_root() -> None:
    """Neither the image by itself nor compose.yaml runs it as root, nor lets it become more than it is."""
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", last("USER"))
    assert service()["user"] == "${PUID:-1000}:${PGID:-1000}"
    assert service()["cap_drop"] == ["ALL"]
    assert service()["security_opt"] == ["no-new-privileges:true"]
    assert service()["read_only"] is True


def test_calls_under_way_are_waited_for() -> None:
    """The engine waits longer for the end than the longest call takes, which is paid for."""
    minutes = int(service()["stop_grace_period"].removesuffix("m"))

    assert minutes * 60 > Settings().endpoint.total_timeout_seconds


def test_every_variable_is_told_and_every_setting_exists() -> None:
    """What .env can hold stands at the top of compose.yaml, and each of our variables in it is a setting."""
    text = (ROOT / "compose.yaml").read_text()
    head = text[: text.index("services:")]
    variables = {found[0] for found in _VARIABLE.findall(text)}
    settings = {found.lower().replace("__", ".") for found in re.findall(r"RETOUCHD_(\w+__\w+)", text)}

    assert variables - set(re.findall(r"^#   (\w+)=", head, re.MULTILINE)) == {"UMASK", "KEY_FILE"}
    assert settings <= set(all_keys())
    assert set(service()["environment"]) == {"TZ", "UMASK"}


def test_the_umask_counts_and_a_wrong_one_stops_the_start(tmp_path: Path) -> None:
    """What the program makes has the modes that UMASK leaves; with one that is none nothing is started."""
    for mask, mode in (("002", 0o775), ("077", 0o700), (None, 0o755)):
        root = tmp_path / f"root-{mask}"
        done = _enter(tmp_path, ["init", str(root)], {"UMASK": mask} if mask else {})
        assert done.returncode == 0, done.stderr
        assert (root / "outbox").stat().st_mode & 0o777 == mode

    wrong = _enter(tmp_path, ["init", str(tmp_path / "never")], {"UMASK": "9"})

    assert wrong.returncode != 0
    assert not (tmp_path / "never").exists()


def test_healthy_is_what_runs(tmp_path: Path) -> None:
    """The health check knows a daemon that runs from one that does not."""
    (tmp_path / "root").mkdir()
    _enter(tmp_path, ["init"], {})

    assert _is_healthy(tmp_path) is False
    with _daemon(tmp_path) as daemon:
        assert eventually(lambda: _is_healthy(tmp_path), PATIENCE_SECONDS)
        daemon.terminate()
        assert daemon.wait(PATIENCE_SECONDS) == 0
    assert _is_healthy(tmp_path) is False


def _entrypoint() -> list[str]:
    words: list[str] = json.loads(last("ENTRYPOINT"))
    return words


def _environment(place: Path, more: Mapping[str, str]) -> dict[str, str]:
    """Give the container's environment with folders of this test in the place of its own."""
    ours = {name: value for name, value in image_environment().items() if name != "PATH"}
    here = {
        "PATH": f"{PROGRAMS}:{os.defpath}",
        "HOME": "/",
        "XDG_CONFIG_HOME": str(place / "none"),
        "DENCH_API_KEY": "container-key",
        "RETOUCHD_FOLDERS__ROOT": str(place / "root"),
        "RETOUCHD_FOLDERS__STATE": str(place / "state/retouchd"),
    }
    kept = {name: value for name, value in ours.items() if name != "RETOUCHD_ENDPOINT__API_KEY_FILE"}
    return kept | here | dict(more)


def _enter(place: Path, words: list[str], more: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Start the program as the image does."""
    command = [*_entrypoint(), *words]
    environ = _environment(place, more)
    return subprocess.run(
        command, env=environ, cwd=place, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )


@contextmanager
def _daemon(place: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [*_entrypoint(), *json.loads(last("CMD"))]
    with (place / "log").open("wb") as log:
        daemon = subprocess.Popen(command, env=_environment(place, {}), cwd=place, stdout=log, stderr=log)
    try:
        yield daemon
    finally:
        daemon.kill()
        daemon.wait()


def _is_healthy(place: Path) -> bool:
    command = json.loads(last("HEALTHCHECK").partition("CMD ")[2])
    environ = _environment(place, {})
    return subprocess.run(command, env=environ, cwd=place, capture_output=True, check=False).returncode == 0
