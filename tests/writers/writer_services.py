"""Real servers on loopback that write into the inbox, each with a configuration of its own.

A server whose program is missing is not started; what needs it is skipped by its manner.
"""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final, Self

from slowness import Programs, slow_lane, wait_for

from servers import ScriptedServer, refused_port

# Debian has the servers where not everybody looks for programs.
_PATH: Final = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
_PATIENCE_SECONDS: Final = 10.0
# sshd of a system that has never started its own lacks it, and wants it of root only.
_SSHD_PRIVILEGE_FOLDER: Final = Path("/run/sshd")

_SSHD: Final = """
Port {port}
ListenAddress 127.0.0.1
HostKey {place}/host_key
AuthorizedKeysFile {place}/user_key.pub
StrictModes no
UsePAM no
PermitRootLogin yes
PidFile none
MaxStartups 100
Subsystem sftp internal-sftp
"""
_SMBD: Final = """
[global]
server role = standalone server
map to guest = Bad User
guest account = {user}
smb ports = {port}
# Larger ones would let a photo come in a single write.
smb2 max write = 65536
bind interfaces only = yes
interfaces = 127.0.0.1
private dir = {place}
lock directory = {place}
state directory = {place}
cache directory = {place}
pid directory = {place}
ncalrpc dir = {place}/ncalrpc
log file = {place}/log
load printers = no
disable spoolss = yes
disable netbios = yes
[inbox]
path = {inbox}
guest ok = yes
read only = no
"""
_VSFTPD: Final = """
listen=YES
listen_address=127.0.0.1
listen_port={port}
run_as_launching_user=YES
anonymous_enable=YES
no_anon_password=YES
anon_root={inbox}
anon_upload_enable=YES
anon_mkdir_write_enable=YES
anon_other_write_enable=YES
anon_umask=022
write_enable=YES
allow_writeable_chroot=YES
secure_chroot_dir={place}
seccomp_sandbox=NO
connect_from_port_20=NO
background=NO
"""
# Bodies are collected elsewhere, where there is another file system on it: then they are copied in.
_NGINX: Final = """
daemon off;
pid {place}/pid;
error_log {place}/errors;
{user_line}
events {{ }}
http {{
  access_log off;
  client_body_temp_path {elsewhere};
  proxy_temp_path {place}/proxy; fastcgi_temp_path {place}/fastcgi;
  uwsgi_temp_path {place}/uwsgi; scgi_temp_path {place}/scgi;
  client_max_body_size 0;
  server {{
    listen 127.0.0.1:{port};
    location /inbox/ {{ alias {inbox}/; dav_methods PUT MKCOL MOVE; create_full_put_path on; }}
    location /sources/ {{ alias {sources}/; limit_rate 400k; limit_rate_after 1k; }}
  }}
}}
"""
_RSYNCD: Final = """
port = {port}
address = 127.0.0.1
use chroot = no
pid file = {place}/pid
[inbox]
path = {inbox}
read only = no
uid = {user}
"""


class Services:
    """The servers of one run; a context manager that leaves no process behind.

    Args:
        place: An empty folder for configurations and logs.
        inbox: Where the servers write.
        sources: What the HTTP server hands out.

    Attributes:
        words: What commands name: ports, the user, options of ssh. It has them of missing servers too.
        programs: Runs clients, with a home of their own.
    """

    def __init__(self, place: Path, inbox: Path, sources: Path) -> None:
        self._place = place
        self.inbox = inbox
        self._opened = ExitStack()
        home = place / "home"
        # Several of unison would make it at the same time, which it does not withstand.
        (home / ".unison").mkdir(parents=True)
        self.environ = {**os.environ, "PATH": _PATH, "HOME": str(home), "LC_ALL": "C.UTF-8"}
        self.programs = Programs(self.environ)
        self.words: dict[str, str] = {
            "user": getpass.getuser(),
            "user_line": "user root;" if os.geteuid() == 0 else "",
            "elsewhere": str(self._make_elsewhere()),
            "home": str(home),
            "inbox": str(inbox),
            "sources": str(sources),
            "key": f"{place}/sshd/user_key",
            "ssh": f"-i {place}/sshd/user_key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null",
        }

    def __enter__(self) -> Self:
        self._start("sshd", _SSHD, lambda file: [_find("sshd"), "-D", "-e", "-f", file])
        self._start("smbd", _SMBD, lambda file: [_find("smbd"), "-F", "--no-process-group", "-s", file])
        self._start("vsftpd", _VSFTPD, lambda file: [_find("vsftpd"), file])
        self._start("nginx", _NGINX, lambda file: [_find("nginx"), "-c", file, "-e", f"{file}.errors"])
        self._start("rsync", _RSYNCD, lambda file: [_find("rsync"), "--daemon", "--no-detach", *_named(file)])
        return self

    def __exit__(self, *error: object) -> None:
        self._opened.close()

    def start(self, words: Sequence[str], log: Path) -> None:
        """Start a program that runs until the end."""
        with log.open("wb") as stream:
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                env=self.environ,
                start_new_session=True,
            )
        self._opened.callback(_end, process)

    def _start(self, name: str, configuration: str, command: Callable[[str], Sequence[str]]) -> None:
        port = refused_port()
        lane = self._opened.enter_context(ScriptedServer(slow_lane(port)))
        self.words |= {f"{name}_port": str(port), f"{name}_lane": str(lane.port)}
        if not has_program(name):
            return
        place = self._place / name
        place.mkdir()
        if name == "sshd":
            self._make_keys(place)
        file = place / f"{name}.conf"
        file.write_text(configuration.format(**self.words, place=place, port=port))
        self.start(command(str(file)), place / f"{name}.log")
        wait_for(lambda: answers(port), f"{name} does not listen")

    def _make_elsewhere(self) -> Path:
        """Make a folder on another file system than the inbox's, where there is one."""
        memory = Path("/dev/shm")  # noqa: S108
        parent = memory if os.access(memory, os.W_OK) else self._place
        folder = Path(tempfile.mkdtemp(prefix="retouchd-tests-", dir=parent))
        self._opened.callback(shutil.rmtree, folder)
        return folder

    def _make_keys(self, place: Path) -> None:
        for key in ("host_key", "user_key"):
            self.programs.quickly(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{place}/{key}"])


def has_program(name: str) -> bool:
    """Say whether a program is on this machine and can be used."""
    if name == "sshd" and os.geteuid() == 0 and not _SSHD_PRIVILEGE_FOLDER.is_dir():
        return False
    return shutil.which(name, path=_PATH) is not None


def answers(port: int) -> bool:
    """Say whether somebody listens on a port of this machine."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def _find(name: str) -> str:
    return str(shutil.which(name, path=_PATH))


def _named(file: str) -> Sequence[str]:
    return "--config", file


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a server and the processes it has for its clients."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_PATIENCE_SECONDS)
