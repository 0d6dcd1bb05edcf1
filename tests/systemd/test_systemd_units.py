"""The unit files are what their source says, fit the installation, and are as closed as they can be."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from write_units import unit_files

from retouchd.cli.schemas import Unit
from retouchd.cli.unitfiles import Installation, outermost, unit_text

RETOUCHD = str(Path(sys.executable).with_name("retouchd"))
SERVICES = [Unit.SYSTEM, Unit.TEMPLATE, Unit.ONCE]


@pytest.mark.parametrize("path", unit_files(), ids=str)
def test_the_files_are_made_from_their_source(path: Path) -> None:
    """What lies in systemd/ is what `config --unit` prints for the guide's paths; else run `make units`."""
    assert path.read_text() == unit_files()[path]


@pytest.mark.parametrize("unit", Unit)
def test_nothing_is_left_to_be_filled_in(unit: Unit) -> None:
    """No placeholder is left in any unit."""
    text = unit_text(unit, Installation())

    assert re.findall(r"@[a-z.]+@", text) == []


def test_an_installation_is_filled_in() -> None:
    """Program, configuration, user and folders are those of the installation, also with odd names."""
    text = unit_text(
        Unit.SYSTEM,
        Installation(
            program=Path("/opt/my tools/retouchd"),
            config=Path("/etc/100%.toml"),
            user="anna",
            group="users",
            folders=[Path("/tank/our $photos/inbox"), Path("/tank/our $photos/outbox")],
        ),
    ).splitlines()

    assert 'ExecStart="/opt/my tools/retouchd" --config "/etc/100%%.toml" run' in text
    assert 'ReadWritePaths="/tank/our $photos"' in text
    assert 'RequiresMountsFor="/tank/our $photos"' in text
    assert "ReadWritePaths=-/srv -/mnt -/media" in text
    assert {"User=anna", "Group=users"} <= set(text)


def test_a_folder_in_a_home_is_bound_in() -> None:
    """Homes are hidden from the system's unit, so that a folder there is named."""
    folders = [Path("/home/anna/My Pictures:new/inbox"), Path("/home/anna/My Pictures:new/outbox")]

    lines = unit_text(Unit.SYSTEM, Installation(folders=folders)).splitlines()

    assert r'BindPaths="/home/anna/My Pictures\:new"' in lines


def test_the_usual_places_are_not_bound() -> None:
    """A share below /mnt that is mounted anew is seen by a service that runs."""
    lines = unit_text(Unit.SYSTEM, Installation(folders=[Path("/mnt/nas/retouch")])).splitlines()

    assert "RequiresMountsFor=/mnt/nas/retouch" in lines
    assert [line for line in lines if line.startswith(("ReadWrite", "Bind"))] == [
        "ReadWritePaths=-/srv -/mnt -/media"
    ]


def test_a_users_unit_names_the_users_folders() -> None:
    """In one's own unit the folders are made writable, and nothing else of the home."""
    folders = [Path("/home/anna/Retouch/inbox"), Path("/home/anna/Retouch/outbox")]
    state = Path("/home/anna/.local/state/retouchd")

    lines = unit_text(Unit.USER, Installation(folders=folders, state=state)).splitlines()

    assert "ReadWritePaths=/home/anna/Retouch" in lines
    assert "ReadWritePaths=/home/anna/.local/state/retouchd" in lines
    assert "ExecStart=/opt/retouchd/bin/retouchd run" in lines


@pytest.mark.parametrize(
    ("folders", "named"),
    [
        (["/srv/r/inbox", "/srv/r/outbox"], ["/srv/r"]),
        (["/srv/inbox", "/srv/outbox"], ["/srv/inbox", "/srv/outbox"]),
        (["/home/anna/in", "/home/anna/out"], ["/home/anna/in", "/home/anna/out"]),
        (["/home/anna/r/in", "/home/anna/r/out"], ["/home/anna/r"]),
        (["/tank/a", "/data/b"], ["/data/b", "/tank/a"]),
        ([], []),
    ],
)
def test_the_one_folder_that_holds_all(folders: list[str], named: list[str]) -> None:
    """One folder is named where one holds all and nothing else: photos are renamed within it."""
    assert outermost([Path(one) for one in folders]) == [Path(one) for one in named]


def test_the_command_prints_the_unit_alone(tmp_path: Path) -> None:
    """`config --unit` prints the unit with this installation's paths; what to do next stands beside it."""
    config = tmp_path / "config.toml"
    config.write_text(f'[folders]\nroot = "{tmp_path}/root"\nstate = "{tmp_path}/state"\n')

    done = subprocess.run(
        [RETOUCHD, "--config", str(config), "config", "--unit", "system"],
        capture_output=True,
        text=True,
        check=True,
    )

    lines = done.stdout.splitlines()
    assert f"ExecStart={RETOUCHD} --config {config} run" in lines
    assert f"RequiresMountsFor={tmp_path}/root {tmp_path}/state" in lines
    assert "/etc/systemd/system/retouchd.service" in done.stderr
    assert "sudo systemctl enable --now retouchd" in done.stderr


def test_the_command_warns_of_what_homes_hide() -> None:
    """A configuration in a home is told: the service would say that it is not there."""
    environ = {"PATH": "/bin", "HOME": "/home/nobody", "RETOUCHD_FOLDERS__ROOT": "/srv/retouchd"}
    environ["RETOUCHD_ENDPOINT__API_KEY_FILE"] = "/home/nobody/key"

    done = subprocess.run(
        [RETOUCHD, "config", "--unit", "once"], capture_output=True, text=True, check=True, env=environ
    )

    assert "WARNING: /home/nobody/key lies in a home or in /tmp" in done.stderr


def test_the_command_names_no_user_for_the_template() -> None:
    """Each instance works as the user whose name it has, so that none has to be made."""
    told = {
        unit: subprocess.run([RETOUCHD, "config", "--unit", unit], capture_output=True, text=True, check=True)
        for unit in ("system", "template")
    }

    assert "useradd" in told["system"].stderr
    assert "useradd" not in told["template"].stderr
    assert "sudo systemctl enable --now retouchd@anna" in told["template"].stderr


def test_the_command_prints_without_a_configuration() -> None:
    """Who installs has no configuration yet: the usual places are named, and that is said."""
    done = subprocess.run(
        [RETOUCHD, "--config", "/nowhere.toml", "config", "--unit", "user"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "ReadWritePaths=-%h/Retouch -%h/.local/state/retouchd" in done.stdout
    assert "/nowhere.toml" in done.stderr
    assert "~/.config/systemd/user/retouchd.service" in done.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze")
@pytest.mark.parametrize("unit", SERVICES)
def test_the_systems_units_are_closed(unit: Unit, tmp_path: Path) -> None:
    """systemd-analyze sees an exposure of 1.5 at most."""
    path = tmp_path / unit.file_name.replace("@", "@anna")
    path.write_text(unit_text(unit, Installation()))

    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
