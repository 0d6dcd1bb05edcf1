"""Mounts, by texts as the kernel writes them."""

import os
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inbox_house import dead_mount, needs_mounts

from retouchd.adapters.inbox.mounts import (
    KnownGround,
    Mount,
    find_ground,
    is_network,
    parse_mounts,
    read_ground,
)
from retouchd.adapters.inbox.signatures import Inodes

TEXT = """\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
40 27 0:40 / /mnt/my\\040photos rw,relatime shared:2 master:1 - nfs4 nas:/photos rw,vers=4.2
41 40 8:1 / /mnt/my\\040photos/usb rw - vfat /dev/sdb1 rw
42 27 0:42 / /srv/in rw - ext4 /dev/sdc rw
43 27 0:43 / /srv rw - cifs //nas/srv rw
"""

_names = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=8)
_points = st.lists(_names, max_size=4).map(lambda names: "/" + "/".join(names))
_types = st.sampled_from(["ext4", "nfs4", "fuse.sshfs", "overlay", "strange type"])


def _escape(text: str) -> str:
    return "".join(f"\\{ord(char):03o}" if char in " \t\n\\#" else char for char in text)


@given(st.lists(st.tuples(_points, _types, st.lists(st.sampled_from(["shared:1", "master:2"])))))
def test_mountinfo_gives_back_what_the_kernel_escaped(rows: list[tuple[str, str, list[str]]]) -> None:
    """Whatever mount points and types are called, with optional fields or without, both are read."""
    lines = [
        " ".join([str(i), "1", "0:1", "/", _escape(point), "rw", *fields, "-", _escape(kind), "x", "rw\n"])
        for i, (point, kind, fields) in enumerate(rows)
    ]

    mounts = parse_mounts("".join(lines))

    assert [(mount.point, mount.fs_type) for mount in mounts] == [(point, kind) for point, kind, _ in rows]


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    """Text that is no mountinfo gives no mounts, or some, and no exception."""
    assert len(parse_mounts(text)) <= text.count("\n") + 1


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/me/in", "ext4"),
        ("/mnt/my photos/in", "nfs4"),
        ("/mnt/my photos/usb/in", "vfat"),
        ("/mnt/my photos2", "ext4"),
        ("/proc/1", "proc"),
        ("/srv/in", "cifs"),
    ],
)
def test_a_path_is_on_the_mount_that_hides_the_others(path: str, kind: str) -> None:
    """The file system of a path is found as the kernel walks; /srv/in lies hidden under the later /srv."""
    ground = find_ground(parse_mounts(TEXT), PurePosixPath(path))

    assert ground.at is not None
    assert ground.at.fs_type == kind


def test_a_folder_knows_the_mounts_below_it_that_can_be_seen() -> None:
    """Mounts below count for what lies in them; those that were mounted over are left out."""
    ground = find_ground(parse_mounts(TEXT), PurePosixPath("/"))

    assert {mount.point for mount in ground.below} == {
        "/proc",
        "/mnt/my photos",
        "/mnt/my photos/usb",
        "/srv",
    }
    assert not ground.is_network(PurePosixPath("/home"))
    assert ground.is_network(PurePosixPath("/mnt/my photos/a"))
    assert not ground.is_network(PurePosixPath("/mnt/my photos/usb/a"))
    assert ground.inodes(PurePosixPath("/srv/a")) is Inodes.INVENTED
    assert ground.inodes(PurePosixPath("/srv2")) is Inodes.KEPT


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("/mnt", {"/mnt/my photos": "nfs4"}),
        ("/srv/photos", {"/srv/photos": "cifs"}),
        ("/home", {}),
        ("/", {"/mnt/my photos": "nfs4", "/srv": "cifs"}),
    ],
)
def test_network_mounts_on_or_below_a_folder_are_found(folder: str, expected: dict[str, str]) -> None:
    """It is told which parts of an inbox are to be polled: network mounts, or all when it lies on one."""
    path = PurePosixPath(folder)

    networks = find_ground(parse_mounts(TEXT), path).networks(path)

    assert networks == {PurePosixPath(point): kind for point, kind in expected.items()}


def test_stacked_mounts_give_the_upper_one() -> None:
    """Of two mounts at one place the later one, which lies upon the first, counts."""
    lower = Mount(mount_id=1, parent_id=1, point="/", fs_type="rootfs")
    upper = Mount(mount_id=2, parent_id=1, point="/", fs_type="ext4")

    assert find_ground([lower, upper], PurePosixPath("/in")).at == upper


@pytest.mark.parametrize(
    ("fs_type", "expected"),
    [
        ("nfs", True),
        ("nfs4", True),
        ("cifs", True),
        ("smb3", True),
        ("9p", True),
        ("virtiofs", True),
        ("vboxsf", True),
        ("davfs", True),
        ("fuse.sshfs", True),
        ("fuse.mergerfs", True),
        ("fuseblk", False),
        ("ext4", False),
        ("nfsd", False),
        ("overlay", False),
    ],
)
def test_network_file_systems_are_told_apart(fs_type: str, expected: object) -> None:
    """Network and FUSE mounts are polled; a disk with NTFS or exFAT through FUSE is a local one."""
    assert is_network(fs_type) is expected


def test_the_real_table_knows_where_tmp_is(tmp_path: Path) -> None:
    """The kernel's own table is read: the mount found for a folder is on the folder's device."""
    ground = read_ground(tmp_path.resolve())

    assert ground.at is not None
    assert Path(ground.at.point).stat().st_dev == tmp_path.stat().st_dev


def test_without_a_table_a_folder_counts_as_local(tmp_path: Path) -> None:
    """Where /proc is hidden nothing is known, and nothing breaks."""
    ground = read_ground(tmp_path, mountinfo=tmp_path / "absent")

    assert ground.at is None
    assert not ground.is_network(tmp_path)
    assert not ground.networks(tmp_path)


def test_a_mount_point_that_is_no_utf8_is_kept(tmp_path: Path) -> None:
    """A mount point of any bytes is compared with paths as Python has them."""
    (tmp_path / "table").write_bytes(b"1 0 0:1 / /\xff\x0b rw - nfs x rw\n")

    ground = read_ground(Path(os.fsdecode(b"/\xff\x0b/in")), mountinfo=tmp_path / "table")

    assert ground.at is not None
    assert os.fsencode(ground.at.point) == b"/\xff\x0b"


@needs_mounts
def test_a_known_ground_is_the_one_of_this_moment(tmp_path: Path) -> None:
    """What is mounted below a folder, or taken away there, counts from the next question on."""
    nas = tmp_path.resolve() / "nas"
    nas.mkdir()
    known, other = KnownGround(nas.parent), KnownGround(nas.parent)
    before = known.now()

    with dead_mount(nas):
        mounted = [known.now(), known.now(), other.now()]
    after = known.now()

    assert [ground.is_network(nas) for ground in (before, *mounted, after)] == [
        False,
        True,
        True,
        True,
        False,
    ]


def test_an_unchanged_table_is_not_read_again(tmp_path: Path) -> None:
    """The very value of before is given, and with the last who asked its descriptor is closed."""
    known = KnownGround(tmp_path)
    descriptors = len(list(Path("/proc/self/fd").iterdir()))

    assert known.now() is known.now()

    del known
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors - 1
