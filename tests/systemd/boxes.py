"""A box with this machine's own systemd and an installed retouchd, for the tests of the units (box.sh)."""

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from PIL import Image

from retouchd.cli.unitfiles import is_hidden
from waiting import eventually

_HERE: Final = Path(__file__).parent
_SCRIPT: Final = str(_HERE / "box.sh")
_PROJECT: Final = _HERE.parents[1]
_BOUND: Final = {
    str(_PROJECT / "daemon"): "/opt/source",
    sysconfig.get_path("purelib"): "/opt/packages",
    str(_PROJECT / "systemd"): "/opt/units",
}
_MINOR: Final = f"3.{sys.version_info.minor}"
# Services see no Python that lies in a home; another one of the same version does as well.
_PYTHON: Final = next(
    (
        str(place)
        for place in (Path(sys.base_prefix), Path("/usr"), Path("/usr/local"))
        if not is_hidden(place.resolve()) and (place / "bin" / f"python{_MINOR}").exists()
    ),
    None,
)
PATIENCE_SECONDS: Final = 20.0
KEY: Final = "box-key"
RETOUCHD: Final = "/opt/retouchd/bin/retouchd"
PORT: Final = 8765
# As the guide in systemd/README.md does it, but without a package index.
_INSTALL: Final = f"""\
set -e
{_PYTHON}/bin/python{_MINOR} -m venv --without-pip /opt/retouchd
printf '/opt/source\\n/opt/packages\\n' > /opt/retouchd/lib/python{_MINOR}/site-packages/box.pth
printf '#!/opt/retouchd/bin/python\\nfrom retouchd.cli.main import main\\nmain()\\n' > {RETOUCHD}
chmod +x {RETOUCHD}
cp /opt/units/system/* /etc/systemd/system/
for unit in retouchd retouchd@ retouchd-once; do
  mkdir -p /etc/systemd/system/$unit.service.d
  printf '[Service]\\nRestartSec=100ms\\n' > /etc/systemd/system/$unit.service.d/quick.conf
done
groupadd photos
useradd --system --home-dir /var/lib/retouchd --shell /usr/sbin/nologin --groups photos retouchd
install -d -m 700 /etc/credstore /etc/retouchd && chmod 755 /etc/retouchd
systemd-run --quiet --unit=simulator {RETOUCHD} simulate --port {PORT} --key {KEY} --latency 0.2
systemd-run --quiet --unit=simulator-slow {RETOUCHD} simulate --port {PORT + 1} --key {KEY} --latency 3
systemctl start dbus systemd-logind
systemctl daemon-reload
"""


def why_no_box() -> str:
    """Say why there can be no box here; empty when there can."""
    if _PYTHON is None:
        return f"Python {_MINOR} lies in a home, which services do not see"
    return subprocess.run([_SCRIPT, "can"], capture_output=True, text=True, check=False).stdout.strip()


def photo(seed: int, kind: str = "JPEG") -> bytes:
    """Give a small photo; another seed gives other bytes."""
    buffer = BytesIO()
    Image.new("RGB", (64, 48), (seed * 37 % 256, seed * 11 % 256, seed % 256)).save(buffer, kind)
    return buffer.getvalue()


class Box:
    """A box that runs.

    Args:
        account: Where box.sh keeps account of it.
    """

    def __init__(self, account: Path) -> None:
        self._account = account
        self._root = Path("/proc") / account.with_suffix(".inner").read_text().strip() / "root"

    def path(self, inside: str) -> Path:
        """Give a path of the box as this process reaches it."""
        return self._root / inside.lstrip("/")

    def run(self, *command: str, check: bool = True) -> str:
        """Run a command as root and give what it printed."""
        done = subprocess.run(
            [_SCRIPT, "in", str(self._account), *command],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0 or not check, (command, done.stdout, done.stderr)
        return (done.stdout + done.stderr).strip()

    def sh(self, script: str) -> str:
        """Run a script as root."""
        return self.run("bash", "-ec", script)

    def show(self, unit: str, name: str, *manager: str) -> str:
        """Give a property of a unit."""
        return self.run("systemctl", *manager, "show", "--property", name, "--value", unit)

    def wait_for(self, unit: str, name: str, value: str, *manager: str) -> None:
        """Wait until a property of a unit begins so."""
        is_so = eventually(
            lambda: self.show(unit, name, *manager).startswith(value), PATIENCE_SECONDS, every_seconds=0.05
        )
        assert is_so, (self.show(unit, name, *manager), self.log(unit))

    def log(self, unit: str) -> str:
        """Give what the system's log has of a unit."""
        return self.run("journalctl", "--no-pager", "--output", "cat", "--unit", unit)

    def drop_in(self, unit: str, *lines: str) -> None:
        """Write a drop-in for a unit; a section's name is a line, too."""
        folder = self.path(f"/etc/systemd/system/{unit}.d")
        folder.mkdir(exist_ok=True)
        (folder / "test.conf").write_text("\n".join(lines) + "\n")
        self.run("systemctl", "daemon-reload")


class House:
    """The folders and the configuration of one retouchd in the box.

    Args:
        user: Whose it is.
        root: Absolute, in the box.
        config: The same.
    """

    def __init__(self, box: Box, user: str, root: str, state: str, config: str) -> None:
        self.box = box
        self.user = user
        self.root = root
        self.config = config
        self.state = state

    def found(self, *lines: str, port: int = PORT) -> None:
        """Make configuration and folders, as the guide does."""
        text = [
            "[folders]",
            f'root = "{self.root}"',
            f'state = "{self.state}"',
            "[endpoint]",
            f'base_url = "http://127.0.0.1:{port}/api/v1"',
            *lines,
            "[watch]",
            "settle_seconds = 0.3",
            "[defaults]",
            'size = "816x816"',
        ]
        self.box.path(self.config).write_text("\n".join(text) + "\n")
        self.box.sh(
            f"install -d -m 700 -o {self.user} -g {self.user} {self.state}\n"
            f"runuser -u {self.user} -- sh -c 'umask 002; {RETOUCHD} --config {self.config} init'"
        )

    def drop(self, name: str, content: bytes, wish: str, user: str = "") -> None:
        """Put a photo into the inbox, its prompt first."""
        for path, data in ((Path(name).with_suffix(".txt"), wish.encode()), (Path(name), content)):
            self._put(f"{self.root}/inbox/{path}", data, user or self.user)

    def _put(self, path: str, data: bytes, user: str) -> None:
        there = self.box.path(f"/tmp/{os.path.basename(path)}")  # noqa: PTH119, S108 - the box's own
        there.write_bytes(data)
        there.chmod(0o644)
        self.box.sh(
            f"runuser -u {user} -- sh -c 'umask 002; cp /tmp/{there.name} {path}.part; mv {path}.part {path}'"
        )

    def is_done(self, name: str) -> bool:
        """Say whether a picture and its metadata are in the outbox."""
        return self.box.path(f"{self.root}/outbox/{name}.json").exists()

    def wait_for(self, name: str) -> dict[str, Any]:
        """Wait until a picture is in the outbox, and give its metadata."""
        assert eventually(lambda: self.is_done(name), PATIENCE_SECONDS), self.type("status")
        told: dict[str, Any] = json.loads(self.box.path(f"{self.root}/outbox/{name}.json").read_text())
        return told

    def type(self, *words: str) -> str:
        """Type a command as its user."""
        return self.box.run("runuser", "-u", self.user, "--", RETOUCHD, "--config", self.config, *words)

    def calls(self) -> int:
        """Count the calls that were made."""
        return sum(job["attempts"] for job in json.loads(self.type("jobs", "--json")))


def add_user(box: Box, user: str) -> None:
    """Add a member of the team."""
    box.run("useradd", "--create-home", "--groups", "photos", "--user-group", user)


def give_key(box: Box, name: str) -> None:
    """Put the key where systemd finds credentials."""
    key = box.path(f"/etc/credstore/{name}")
    key.write_text(KEY + "\n")
    key.chmod(0o600)


@contextmanager
def booted(account: Path) -> Iterator[Box]:
    """Boot a box with retouchd in it; nothing is left of it afterwards."""
    bound = [f"{source}:{place}" for source, place in _BOUND.items()]
    subprocess.run([_SCRIPT, "up", str(account), *bound], check=True, timeout=60)
    try:
        box = Box(account)
        box.sh(_INSTALL)
        yield box
    finally:
        subprocess.run([_SCRIPT, "down", str(account)], check=True, timeout=60)
