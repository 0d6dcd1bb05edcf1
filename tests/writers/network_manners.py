"""Programs that bring photos from elsewhere: copiers, clients of file servers, downloads, synchronisers."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from manners import BrokenOff, Custom, Fed, Manner, Typed, fill_in
from slowness import wait_for
from syncthing_pair import carry_by_syncthing
from writer_services import Services, answers

from servers import refused_port

_SSHD: Final = "sshd"
_RSYNC: Final = "rsync -t --bwlimit=400"
_SCP: Final = "scp -q {ssh} -P {sshd_port} -l 3200"
_AT_SSHD: Final = "{user}@127.0.0.1:{folder}/"
_CURL: Final = "curl -sSf --limit-rate 400k"
_AT_VSFTPD: Final = "ftp://127.0.0.1:{vsftpd_port}/{path}/{name}"
# There is nothing in smbclient to make it slower: the way to the server is.
_SMBCLIENT: Final = "smbclient //127.0.0.1/inbox -p {smbd_lane} -N -D {path} -c 'lcd {source}; put {name}'"
_DOWNLOAD: Final = "http://127.0.0.1:{nginx_port}/sources/{from_sources}"
# Its cache would keep a photo back until it is whole.
_ARIA2C: Final = "aria2c -q --disk-cache=0"
_RCLONE: Final = "rclone copyto --bwlimit 400k {file}"
_RCLONE_SFTP: Final = ":sftp,host=127.0.0.1,port={sshd_port},user={user},key_file={key}:{folder}/{name}"
_RCLONE_FTP: Final = (
    ":ftp,host=127.0.0.1,port={vsftpd_port},user=anonymous,pass=$(rclone obscure any):{path}/{name}"
)


def _sftp(verb: str) -> str:
    batch = f"echo {verb} {{file}} {{folder}}/{{name}}"
    return f"sh -c '{batch} | sftp -q {{ssh}} -P {{sshd_port}} -l 3200 -b - {{user}}@127.0.0.1'"


def _lftp(verb: str) -> str:
    opened = "set net:limit-rate 200000; set net:limit-max 100000; open ftp://127.0.0.1:{vsftpd_port}"
    return f"lftp -c '{opened}; {verb} {{file}} -o {{path}}/{{name}}'"


def _carry_by_webdav_of_rclone(services: Services, files: Sequence[Path], folder: Path) -> None:
    port = refused_port()
    log = Path(services.words["home"]) / f"rclone-{port}.log"
    services.start(["rclone", "serve", "webdav", "--addr", f"127.0.0.1:{port}", str(folder)], log)
    wait_for(lambda: answers(port), "rclone does not listen")
    for file in files:
        words = fill_in(f"{_CURL} -T {{file}} http://127.0.0.1:{port}/{{name}}", services, file, folder)
        services.programs.run(words, file, folder)


def _carry_by_put_and_move(services: Services, files: Sequence[Path], folder: Path) -> None:
    """As some cameras and phones do: under another name first, renamed at the end."""
    for file in files:
        there = "http://127.0.0.1:{nginx_port}/inbox/{path}"
        put = f"{_CURL} -T {{file}} {there}/upload-{{name}}.part"
        services.programs.run(fill_in(put, services, file, folder), file, folder)
        move = f"curl -sSf -X MOVE -H 'Destination: /inbox/{{path}}/{{name}}' {there}/upload-{{name}}.part"
        services.programs.quickly(fill_in(move, services, file, folder))


def _carry_by_unison(services: Services, files: Sequence[Path], folder: Path) -> None:
    _unite(services, files, folder, "{folder}")


def _carry_by_unison_over_ssh(services: Services, files: Sequence[Path], folder: Path) -> None:
    _unite(services, files, folder, "ssh://{user}@127.0.0.1/{folder} -sshargs '-p {sshd_lane} {ssh}'")


def _unite(services: Services, files: Sequence[Path], folder: Path, there: str) -> None:
    own = folder.relative_to(services.inbox)
    replica = Path(services.words["home"]) / "replicas" / own
    replica.mkdir(parents=True)
    for file in files:
        shutil.copyfile(file, replica / file.name)
        words = fill_in(f"unison -ui text -batch {replica} {there}", services, file, folder)
        services.programs.run(words, file, folder)


def _carry_by_git(services: Services, files: Sequence[Path], folder: Path) -> None:
    """A clone lies in the inbox, and each pull brings a file."""
    origin = Path(services.words["home"]) / "origins" / folder.relative_to(services.inbox)
    origin.mkdir(parents=True)
    at_origin = f"git -C {origin} -c user.name=a -c user.email=a@localhost"
    for verb in (f"{at_origin} init -q -b main", f"{at_origin} commit -q --allow-empty -m none"):
        services.programs.quickly(verb.split())
    services.programs.quickly(["git", "clone", "-q", str(origin), str(folder)])
    for file in files:
        shutil.copyfile(file, origin / file.name)
        for verb in (f"{at_origin} add .", f"{at_origin} commit -q -m one", f"git -C {folder} pull -q"):
            services.programs.quickly(verb.split())


COPIERS: Final[Sequence[Manner]] = (
    Typed(name="rsync", programs=["rsync"], command=f"{_RSYNC} {{file}} {{folder}}/"),
    Typed(
        name="rsync-inplace",
        programs=["rsync"],
        command=f"{_RSYNC} --inplace {{file}} {{folder}}/",
        in_place=True,
    ),
    Typed(
        name="rsync-preallocated",
        programs=["rsync"],
        command=f"{_RSYNC} --inplace --preallocate {{file}} {{folder}}/",
        in_place=True,
    ),
    BrokenOff(
        name="rsync-partial",
        programs=["rsync"],
        first=f"{_RSYNC} --partial {{file}} {{folder}}/",
        then=f"{_RSYNC} --partial {{file}} {{folder}}/",
    ),
    BrokenOff(
        name="rsync-append",
        programs=["rsync"],
        first=f"{_RSYNC} --inplace {{file}} {{folder}}/",
        then=f"{_RSYNC} --append-verify {{file}} {{folder}}/",
    ),
    Typed(
        name="rsync-delayed",
        programs=["rsync"],
        command=f"{_RSYNC} --delay-updates {{file}} {{folder}}/",
    ),
    Typed(
        name="rsync-temp-dir-elsewhere",
        programs=["rsync"],
        command=f"{_RSYNC} --temp-dir={{elsewhere}} {{file}} {{folder}}/",
    ),
    Typed(
        name="rsync-daemon",
        programs=["rsync"],
        command="rsync -t {file} rsync://127.0.0.1:{rsync_lane}/inbox/{path}/",
    ),
    Typed(
        name="rsync-ssh",
        programs=["rsync", "ssh", _SSHD],
        command=f"{_RSYNC} --inplace -e 'ssh -p {{sshd_port}} {{ssh}}' {{file}} {_AT_SSHD}",
        in_place=True,
    ),
    Typed(name="rclone", programs=["rclone"], command=f"{_RCLONE} {{folder}}/{{name}}", in_place=True),
    Typed(
        name="rclone-sftp",
        programs=["rclone", _SSHD],
        command=f"{_RCLONE} {_RCLONE_SFTP}",
        in_place=True,
    ),
    Typed(
        name="rclone-ftp",
        programs=["rclone", "vsftpd"],
        command=f"sh -c '{_RCLONE} {_RCLONE_FTP}'",
        in_place=True,
    ),
    Custom(
        name="rclone-webdav", programs=["rclone", "curl"], carry=_carry_by_webdav_of_rclone, in_place=True
    ),
    Typed(name="scp", programs=["scp", _SSHD], command=f"{_SCP} {{file}} {_AT_SSHD}", in_place=True),
    Typed(name="scp-old", programs=["scp", _SSHD], command=f"{_SCP} -O {{file}} {_AT_SSHD}", in_place=True),
    Typed(name="sftp", programs=["sftp", _SSHD], command=_sftp("put"), in_place=True),
    BrokenOff(
        name="sftp-resumed",
        programs=["sftp", _SSHD],
        first=_sftp("put"),
        then=_sftp("reput"),
    ),
    Fed(
        name="ssh-cat",
        programs=["ssh", _SSHD],
        command='ssh -p {sshd_port} {ssh} {user}@127.0.0.1 "cat > {folder}/{name}"',
    ),
)
SERVED: Final[Sequence[Manner]] = (
    Typed(name="smbclient", programs=["smbclient", "smbd"], command=_SMBCLIENT, in_place=True),
    BrokenOff(
        name="smbclient-again",
        programs=["smbclient", "smbd"],
        first=_SMBCLIENT,
        then=_SMBCLIENT,
    ),
    Typed(
        name="vsftpd-curl",
        programs=["vsftpd", "curl"],
        command=f"{_CURL} -T {{file}} {_AT_VSFTPD}",
        in_place=True,
    ),
    BrokenOff(
        name="vsftpd-appended",
        programs=["vsftpd", "curl"],
        first=f"{_CURL} -T {{file}} {_AT_VSFTPD}",
        then=f"{_CURL} -C - -T {{file}} {_AT_VSFTPD}",
    ),
    Typed(
        name="vsftpd-lftp",
        programs=["vsftpd", "lftp"],
        command=_lftp("put"),
        in_place=True,
    ),
    BrokenOff(
        name="vsftpd-restarted",
        programs=["vsftpd", "lftp"],
        first=_lftp("put"),
        then=_lftp("put -c"),
    ),
    Typed(
        name="nginx-put",
        programs=["nginx", "curl"],
        command=f"{_CURL} -T {{file}} http://127.0.0.1:{{nginx_port}}/inbox/{{path}}/{{name}}",
    ),
    Custom(name="nginx-put-and-move", programs=["nginx", "curl"], carry=_carry_by_put_and_move),
)
DOWNLOADS: Final[Sequence[Manner]] = (
    Typed(
        name="curl",
        programs=["curl", "nginx"],
        command=f"curl -sSf -o {{folder}}/{{name}} {_DOWNLOAD}",
        in_place=True,
    ),
    Typed(
        name="wget",
        programs=["wget", "nginx"],
        command=f"wget -q -O {{folder}}/{{name}} {_DOWNLOAD}",
        in_place=True,
    ),
    BrokenOff(
        name="wget-continued",
        programs=["wget", "nginx"],
        first=f"wget -q -P {{folder}} {_DOWNLOAD}",
        then=f"wget -q -c -P {{folder}} {_DOWNLOAD}",
    ),
    Typed(
        name="aria2c",
        programs=["aria2c", "nginx"],
        command=f"{_ARIA2C} --file-allocation=falloc -d {{folder}} {_DOWNLOAD}",
        in_place=True,
    ),
    Typed(
        name="aria2c-plain",
        programs=["aria2c", "nginx"],
        command=f"{_ARIA2C} --file-allocation=none -d {{folder}} {_DOWNLOAD}",
        in_place=True,
    ),
    Typed(
        name="lftp-pget",
        programs=["lftp", "nginx"],
        command=f"lftp -c 'pget -n 2 -O {{folder}} {_DOWNLOAD}'",
        in_place=True,
    ),
)
SYNCHRONISERS: Final[Sequence[Manner]] = (
    Custom(name="unison", programs=["unison"], carry=_carry_by_unison),
    Custom(name="unison-ssh", programs=["unison", "ssh", _SSHD], carry=_carry_by_unison_over_ssh),
    Custom(name="syncthing", programs=["syncthing"], carry=carry_by_syncthing),
    Custom(name="git", programs=["git"], carry=_carry_by_git),
)
