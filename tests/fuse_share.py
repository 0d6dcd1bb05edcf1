"""A network share for tests: a small FUSE file system of our own, which can block as a dead NAS does.

It shows a folder, its far side. What is done there behind the mount is seen by looking and told by no event.
Run as a program it is the server; `Share` starts that and minds it.
"""

import ctypes
import errno
import os
import signal
import stat
import struct
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

_libc = ctypes.CDLL(None, use_errno=True)
_MNT_DETACH: Final = 2
# A far name that ends so makes the file of the name before it hang when it is opened, for as long as it is
# there and until somebody asks for something else then.
STALL: Final = ".stall"

_Act = Callable[[int, bytes], bytes]


def can_mount() -> bool:
    """Say whether this process can have a share."""
    return os.geteuid() == 0 and Path("/dev/fuse").exists()


class Share:
    """A mounted share.

    Args:
        point: An empty folder to mount upon.
        far: The folder on the far side.
    """

    def __init__(self, point: Path, far: Path) -> None:
        self.point = point
        self.far = far
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        arguments = [sys.executable, __file__, str(self.point), str(self.far)]
        self._server = subprocess.Popen(arguments, stdout=subprocess.PIPE)
        assert self._server.stdout is not None
        assert self._server.stdout.readline() == b"mounted\n"
        return self

    def __exit__(self, *error: object) -> None:
        if self._server is None:
            return
        # With its server gone all that hangs on the share is answered.
        self._server.kill()
        self._server.communicate()
        _libc.umount2(os.fsencode(self.point), _MNT_DETACH)

    def block(self) -> None:
        """Answer nothing from now on; who asks hangs in the kernel."""
        self._send(signal.SIGSTOP)
        assert self._server is not None
        # Not only sent: it may still answer otherwise.
        os.waitid(os.P_PID, self._server.pid, os.WSTOPPED)

    def unblock(self) -> None:
        """Answer again, first what was asked meanwhile."""
        self._send(signal.SIGCONT)

    def _send(self, number: signal.Signals) -> None:
        assert self._server is not None
        self._server.send_signal(number)


class _Stalled(Exception):  # noqa: N818 - no error: the answer is put off
    """The file hangs for now."""


class _Server:
    """Answers the kernel, one request after the other."""

    def __init__(self, device: int, far: Path) -> None:
        self._device = device
        self._far = far
        self._paths = {1: far}
        self._stalled: dict[int, bytes] = {}
        self._acts: dict[int, _Act] = {
            1: self._look_up,
            3: lambda node, _: struct.pack("<QII", 0, 0, 0) + _attributes(os.lstat(self._paths[node])),
            10: self._unlink,
            12: lambda node, request: self._rename(node, request, 8),
            14: self._open,
            15: self._read,
            17: lambda _, __: struct.pack("<5Q4I24x", 1 << 20, 1 << 19, 1 << 19, 0, 0, 4096, 255, 4096, 0),
            18: lambda _, __: b"",
            25: lambda _, __: b"",
            26: lambda _, __: struct.pack("<IIIIHHIIHHI28x", 7, 31, 0, 0, 12, 9, 1 << 16, 1, 0, 0, 0),
            27: lambda _, __: struct.pack("<QII", 0, 0, 0),
            28: self._list,
            29: lambda _, __: b"",
            45: lambda node, request: self._rename(node, request, 16),
        }

    def serve(self) -> None:
        """Answer until the share is unmounted."""
        with suppress(OSError):
            while True:
                self._take(os.read(self._device, 1 << 17))
                stalled, self._stalled = self._stalled, {}
                for request in stalled.values():
                    self._take(request)

    def _take(self, request: bytes) -> None:
        _, operation, unique, node = struct.unpack_from("<IIQQ", request)
        if operation == 36:  # INTERRUPT: whoever waits was killed.
            if self._stalled.pop(struct.unpack_from("<Q", request, 40)[0], None):
                self._answer(struct.unpack_from("<Q", request, 40)[0], -errno.EINTR, b"")
            return
        if operation in {2, 42}:  # FORGET and BATCH_FORGET want no answer.
            return
        try:
            answer = self._acts[operation](node, request[40:])
        except KeyError:
            self._answer(unique, -errno.ENOSYS, b"")
        except OSError as exc:
            self._answer(unique, -(exc.errno or errno.EIO), b"")
        except _Stalled:
            self._stalled[unique] = request
        else:
            self._answer(unique, 0, answer)

    def _answer(self, unique: int, error: int, content: bytes) -> None:
        with suppress(FileNotFoundError):  # Who asked has gone meanwhile.
            os.write(self._device, struct.pack("<IiQ", 16 + len(content), error, unique) + content)

    def _look_up(self, node: int, name: bytes) -> bytes:
        path = self._paths[node] / os.fsdecode(name.rstrip(b"\0"))
        status = os.lstat(path)
        known = {there: number for number, there in self._paths.items()}
        number = known.get(path, len(self._paths) + 1)
        self._paths[number] = path
        return struct.pack("<QQQQII", number, 0, 0, 0, 0, 0) + _attributes(status)

    def _unlink(self, node: int, name: bytes) -> bytes:
        (self._paths[node] / os.fsdecode(name.rstrip(b"\0"))).unlink()
        return b""

    def _rename(self, node: int, request: bytes, names_at: int) -> bytes:
        old, new = (os.fsdecode(name) for name in request[names_at:].split(b"\0")[:2])
        source, target = self._paths[node] / old, self._paths[struct.unpack_from("<Q", request)[0]] / new
        if target.exists():
            raise OSError(errno.EEXIST, "exists")
        source.rename(target)
        return b""

    def _open(self, node: int, _: bytes) -> bytes:
        path = self._paths[node]
        if path.with_name(path.name + STALL).exists():
            raise _Stalled
        return struct.pack("<QII", 0, 0, 0)

    def _read(self, node: int, request: bytes) -> bytes:
        _, offset, size = struct.unpack_from("<QQI", request)
        return self._paths[node].read_bytes()[offset : offset + size]

    def _list(self, node: int, request: bytes) -> bytes:
        _, offset, size = struct.unpack_from("<QQI", request)
        listed = b""
        names = sorted(os.listdir(os.fsencode(self._paths[node])))  # noqa: PTH208 - names as bytes
        for number, name in enumerate(names[offset:], offset + 1):
            kind = stat.S_IFMT(os.lstat(self._paths[node] / os.fsdecode(name)).st_mode) >> 12
            entry = struct.pack("<QQII", number, number, len(name), kind) + name
            entry += bytes(-len(entry) % 8)
            if len(listed) + len(entry) > size:
                break
            listed += entry
        return listed


def _attributes(status: os.stat_result) -> bytes:
    times = (status.st_atime_ns, status.st_mtime_ns, status.st_ctime_ns)
    whole = [time // 1_000_000_000 for time in times]
    parts = [time % 1_000_000_000 for time in times]
    rest = (status.st_mode, status.st_nlink, status.st_uid, status.st_gid, 0, 4096, 0)
    return struct.pack("<QQQQQQIII7I", status.st_ino, status.st_size, 8, *whole, *parts, *rest)


def _main(point: str, far: str) -> None:
    device = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other"
    if _libc.mount(b"share", os.fsencode(point), b"fuse.share", 0, options.encode()) != 0:
        raise OSError(ctypes.get_errno(), "mount", point)
    sys.stdout.write("mounted\n")
    sys.stdout.flush()
    _Server(device, Path(far)).serve()


if __name__ == "__main__":
    _main(*sys.argv[1:])
