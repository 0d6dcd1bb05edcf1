"""What brings photos on the same machine: unpackers, copies and moves, scripts, and editors for prompts."""

import io
import mmap
import shutil
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from manners import Custom, Fed, Manner, Typed
from slowness import STALL_SECONDS, slowly
from writer_services import Services


def _zip(file: Path) -> bytes:
    """Give an archive as macOS makes it: with a shadow of each file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"__MACOSX/._{file.name}", b"\0\5\x16\7 a resource fork")
        archive.write(file, file.name)
    return buffer.getvalue()


def _zip_of_one(file: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(file, file.name)
    return buffer.getvalue()


def _tar(file: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(file, file.name)
    return buffer.getvalue()


def _carry_by_unzip(services: Services, files: Sequence[Path], folder: Path) -> None:
    _unpack(services, files, "unzip -q -o {archive} -d {folder}", folder)


def _carry_by_7z(services: Services, files: Sequence[Path], folder: Path) -> None:
    _unpack(services, files, "7z x -y -o{folder} {archive}", folder)


def _unpack(services: Services, files: Sequence[Path], command: str, folder: Path) -> None:
    for file in files:
        archive = file.with_suffix(f".{folder.parent.name}.zip")
        archive.write_bytes(_zip(file))
        services.programs.run(command.format(archive=archive, folder=folder).split(), file, folder)


def _carry_by_move(services: Services, files: Sequence[Path], folder: Path) -> None:
    """Across file systems, where a move is a copy."""
    for file in files:
        elsewhere = Path(services.words["elsewhere"]) / folder.parent.name / folder.name / file.name
        elsewhere.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, elsewhere)
        services.programs.run(["mv", str(elsewhere), str(folder)], file, folder)


def _carry_by_moved_folder(services: Services, files: Sequence[Path], folder: Path) -> None:
    """A folder with all in it comes at once, and is the place where the parcel is looked for."""
    ready = Path(services.words["home"]) / "ready" / folder.parent.name / folder.name
    ready.mkdir(parents=True)
    for file in files:
        shutil.copyfile(file, ready / file.name)
    folder.rmdir()
    services.programs.quickly(["mv", str(ready), str(folder)])


def _carry_by_hard_link(services: Services, files: Sequence[Path], folder: Path) -> None:
    """The inbox has a second name of a file that is still written under its first one."""
    for file in files:
        first = Path(services.words["home"]) / f"{folder.parent.name}-{folder.name}-{file.name}"
        with first.open("wb") as stream:
            for piece in slowly(file.read_bytes()):
                stream.write(piece)
                stream.flush()
                if not (folder / file.name).exists() and file.suffix != ".txt":
                    services.programs.quickly(["ln", str(first), str(folder / file.name)])
        if not (folder / file.name).exists():
            services.programs.quickly(["ln", str(first), str(folder / file.name)])


def _carry_by_appending(services: Services, files: Sequence[Path], folder: Path) -> None:
    """What `split` made is put together again: nobody has the file open between the pieces."""
    for file in files:
        pieces = Path(services.words["home"]) / f"pieces-{folder.parent.name}-{folder.name}-{file.name}"
        pieces.mkdir()
        services.programs.quickly(["split", "-b", "300000", str(file), f"{pieces}/"])
        for piece in sorted(pieces.iterdir()):
            services.programs.quickly(["sh", "-c", f"cat {piece} >> {folder / file.name}"])
            time.sleep(STALL_SECONDS)


def _carry_by_filling(services: Services, files: Sequence[Path], folder: Path) -> None:
    """The file has its size first and its content later, and is closed after each piece."""
    for file in files:
        there, size = folder / file.name, file.stat().st_size
        services.programs.quickly(["truncate", "-s", str(size), str(there)])
        for number in range(0, size, 300_000):
            words = f"dd if={file} of={there} bs=100000 skip={number // 100_000} seek={number // 100_000}"
            services.programs.quickly([*words.split(), "count=3", "conv=notrunc", "status=none"])
            time.sleep(STALL_SECONDS if size > 100_000 else 0)


def _carry_out_of_order(_: Services, files: Sequence[Path], folder: Path) -> None:
    """As downloads in several parts do: a JPEG has its beginning and its end, and a hole between them."""
    for file in files:
        content = file.read_bytes()
        with (folder / file.name).open("wb") as stream:
            for offset, piece in _pieces_out_of_order(content):
                stream.seek(offset)
                stream.write(piece)
                stream.flush()


def _carry_in_parts(_: Services, files: Sequence[Path], folder: Path) -> None:
    """The same by a program that closes the file after each part."""
    for file in files:
        there = folder / file.name
        there.touch()
        for offset, piece in _pieces_out_of_order(file.read_bytes()):
            with there.open("r+b") as stream:
                stream.seek(offset)
                stream.write(piece)


def _carry_by_mapping(_: Services, files: Sequence[Path], folder: Path) -> None:
    """Through a map of the file, which is closed meanwhile."""
    for file in files:
        content = file.read_bytes()
        with (folder / file.name).open("w+b") as stream:
            stream.truncate(len(content))
            mapped = mmap.mmap(stream.fileno(), len(content))
        with mapped:
            for offset, piece in _pieces_out_of_order(content):
                mapped[offset : offset + len(piece)] = piece


def _pieces_out_of_order(content: bytes) -> Iterator[tuple[int, bytes]]:
    first, *others = range(0, len(content), 200_000)
    for offset in (*others[-1:], first, *others[:-1]):
        yield offset, content[offset : offset + 200_000]
        time.sleep(STALL_SECONDS if others else 0)


def _carry_and_edit(services: Services, files: Sequence[Path], folder: Path, command: str) -> None:
    """The prompt is made in the inbox: a file without text first, and the text by an editor."""
    for file in files:
        there = folder / file.name
        if file.suffix != ".txt":
            services.programs.quickly(["cp", str(file), str(there)])
            continue
        services.programs.quickly(["cp", "/dev/stdin", str(there)])
        time.sleep(STALL_SECONDS)
        text, path = file.read_text(), folder.relative_to(services.inbox)
        services.programs.quickly(["sh", "-c", command.format(there=there, text=text, path=path)])


def _edited(name: str, programs: Sequence[str], command: str) -> Custom:
    """Give a manner of writing the prompt.

    Args:
        name: Of the manner.
        programs: What it takes.
        command: For a shell, with `{there}` for the file and `{text}` for what it is to hold.
    """

    def carry(services: Services, files: Sequence[Path], folder: Path) -> None:
        _carry_and_edit(services, files, folder, command)

    return Custom(name=name, programs=programs, carry=carry)


_COPY: Final = 'import shutil, sys; shutil.copyfileobj(sys.stdin.buffer, open(sys.argv[1], "wb"))'
_PYTHON: Final = f"{sys.executable} -c '{_COPY}'"

UNPACKERS: Final[Sequence[Manner]] = (
    Custom(name="unzip", programs=["unzip"], carry=_carry_by_unzip),
    Custom(name="7z", programs=["7z"], carry=_carry_by_7z),
    Fed(name="funzip", programs=["funzip"], command="sh -c 'funzip > {folder}/{name}'", wrap=_zip_of_one),
    Fed(name="bsdtar", programs=["bsdtar"], command="bsdtar -x -f - -C {folder}", wrap=_zip),
    Fed(name="tar", programs=[], command="tar -x -C {folder}", wrap=_tar),
)
COMMANDS: Final[Sequence[Manner]] = (
    Fed(name="cat", programs=[], command="sh -c 'cat > {folder}/{name}'"),
    Fed(name="cp", programs=[], command="cp /dev/stdin {folder}/{name}"),
    Fed(name="dd", programs=[], command="dd bs=32k status=none of={folder}/{name}"),
    Fed(name="install", programs=[], command="install -m 644 /dev/stdin {folder}/{name}"),
    Fed(name="python", programs=[], command=f"{_PYTHON} {{folder}}/{{name}}"),
    Typed(name="pv", programs=["pv"], command="sh -c 'pv -qL 400k {file} > {folder}/{name}'", in_place=True),
    Custom(name="mv", programs=[], carry=_carry_by_move),
    Custom(name="mv-folder", programs=[], carry=_carry_by_moved_folder),
    Custom(name="ln", programs=[], carry=_carry_by_hard_link, in_place=True),
    Custom(name="split", programs=[], carry=_carry_by_appending, in_place=True),
    Custom(name="truncate", programs=[], carry=_carry_by_filling, in_place=True),
    Custom(name="out-of-order", programs=[], carry=_carry_out_of_order, in_place=True),
    Custom(name="in-parts", programs=[], carry=_carry_in_parts, in_place=True),
    Custom(name="mmap", programs=[], carry=_carry_by_mapping, in_place=True),
)
EDITORS: Final[Sequence[Manner]] = (
    _edited("ed", ["ed"], "printf 'a\\n{text}\\n.\\nw\\nq\\n' | ed -s {there}"),
    _edited("vim", ["ex"], "printf 'i\\n{text}\\n.\\nx\\n' | ex -s {there}"),
    _edited(
        "typed",
        [],
        "(printf 'even'; sleep 1; printf 'ing light, by '; sleep 1; printf '{path}\n') > {there}",
    ),
    _edited("sed", [], "echo > {there}; sed -i 's|^$|{text}|' {there}"),
)
