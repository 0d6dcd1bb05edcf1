"""What is handed out: a wheel with the program alone, which needs no checkout, and a source archive."""

import ast
import os
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import Parser
from functools import cache
from importlib.metadata import Distribution, distribution, packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "daemon/retouchd"
# What a checkout holds for its own sake.
FOREIGN = ("__pycache__", ".egg-info")
PATIENCE_SECONDS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """Both packages of one build."""

    wheel: Path
    sources: Path

    def metadata(self) -> Message:
        """Give what the wheel says of itself."""
        with zipfile.ZipFile(self.wheel) as archive:
            name = next(one for one in archive.namelist() if one.endswith(".dist-info/METADATA"))
            return Parser().parsestr(archive.read(name).decode())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build the source archive, and the wheel from that, as whoever packs a release does."""
    place = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(place), str(ROOT)]
    # The backend looks for its program on the PATH.
    environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.defpath}"}
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE_SECONDS, env=environ)
    return Built(wheel=next(place.glob("*.whl")), sources=next(place.glob("*.tar.gz")))


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel with what it says that it needs and nothing else, and give its programs' folder."""
    place = tmp_path_factory.mktemp("installed")
    venv.create(place, with_pip=False)
    library = next(place.glob("lib/python3*/site-packages"))
    _lend_what_it_needs(built, library)
    pip = [sys.executable, "-m", "pip", "--python", str(place / "bin/python")]
    command = [*pip, "install", "--quiet", "--no-deps", "--no-index", str(built.wheel)]
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE_SECONDS)
    return place / "bin"


def _lend_what_it_needs(built: Built, library: Path) -> None:
    """Link what is installed here already: the same files as from a registry, without asking it."""
    for needed in _closure(built.metadata().get_all("Requires-Dist") or []):
        for path in {Path(str(needed.locate_file(file.parts[0]))) for file in needed.files or ()}:
            if path.parent.name == "site-packages" and not (library / path.name).exists():
                (library / path.name).symlink_to(path)


def _closure(requirements: list[str]) -> Iterator[Distribution]:
    waiting, known = list(requirements), set[str]()
    while waiting:
        name, marker = _read_requirement(waiting.pop())
        if name in known or "extra ==" in marker:
            continue
        known.add(name)
        try:
            found = distribution(name)
        except ModuleNotFoundError:
            continue  # Needed with another Python or on another system.
        waiting += found.requires or []
        yield found


def _read_requirement(text: str) -> tuple[str, str]:
    requirement, _, marker = text.partition(";")
    return _normal(re.split(r"[^\w.-]", requirement.strip())[0]), marker.replace("'", '"')


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def _kept_files() -> frozenset[str]:
    """Give the files that the checkout keeps; in an unpacked source archive there is no git to ask."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return frozenset(name for name in listed.stdout.splitlines() if (ROOT / name).exists())


def test_the_wheel_holds_the_program_and_nothing_else(built: Built) -> None:
    """Neither tests nor anything else of the checkout lands in the site-packages of whoever installs it."""
    with zipfile.ZipFile(built.wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
    inside = {
        f"retouchd/{path.relative_to(PACKAGE)}"
        for path in PACKAGE.rglob("*")
        if path.is_file() and not any(word in str(path) for word in FOREIGN)
    }
    installed = {name for name in names if name.endswith(".data/data/share/man/man1/retouchd.1")}
    about = {name.partition(".dist-info/")[2] for name in names - inside - installed}

    assert inside <= names
    assert installed
    assert about == {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}
    assert "retouchd/py.typed" in names


def test_the_source_archive_holds_the_whole_checkout(built: Built) -> None:
    """Whoever has the source archive can build, test and document as with a checkout."""
    kept = _kept_files()
    if not kept:
        pytest.skip("no git checkout: nothing says what the source archive must hold")
    with tarfile.open(built.sources) as archive:
        names = {
            member.name.partition("/")[2]: member.mode for member in archive.getmembers() if member.isfile()
        }

    assert sorted(kept - set(names)) == []
    assert sorted(name for name in names if any(word in name for word in FOREIGN)) == []
    assert names[".ci/run"] & 0o100


def test_the_wheel_says_what_it_is(built: Built) -> None:
    """Name, licence, versions of Python and the description are right, and no address is made up."""
    metadata = built.metadata()

    assert metadata["Name"] == "retouchd"
    assert metadata["License-Expression"] == "MIT"
    assert metadata.get_all("License-File") == ["LICENSE"]
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload() == (ROOT / "README.md").read_text()
    assert metadata.get_all("Project-URL") is None


def test_what_is_imported_is_declared(built: Built) -> None:
    """No package is used that is only there because another one or a test needs it."""
    declared = {_read_requirement(one)[0] for one in built.metadata().get_all("Requires-Dist") or []}
    owners = packages_distributions()
    imported = {name for path in PACKAGE.rglob("*.py") for name in _imports(path)}
    # Only the type checker knows the first; pydantic asks for the one version of the second that fits it.
    foreign = imported - set(sys.stdlib_module_names) - {"_typeshed", "pydantic_core", "retouchd"}

    assert {_normal(owners[name][0]) for name in foreign} == declared


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0]


def test_the_installed_program_needs_no_checkout(installed: Path, tmp_path: Path) -> None:
    """Installed from the wheel it tells its version and its help, makes folders, and does its main job."""
    told = [
        _run(installed, tmp_path, *words)
        for words in (["--version"], ["--help"], ["init", str(tmp_path / "Retouch")], ["config", "--check"])
    ]
    shown = _run(installed, tmp_path, "demo", "--folder", str(tmp_path / "demo"))

    assert re.fullmatch(r"retouchd \d+\.\d+\.\d+\n", told[0])
    assert "retouchd demo" in told[1]
    assert "Folders are ready" in told[2]
    assert "3 delivered, 1 waiting, 0 failed" in shown
    assert (tmp_path / "demo/outbox/trip/lake.png").is_file()


def test_nothing_installed_points_into_the_checkout(installed: Path) -> None:
    """The installed program is its own files, none of which knows where it was built."""
    command = [str(installed / "python"), "-Ic", "import retouchd; print(retouchd.__path__[0])"]
    place = Path(subprocess.run(command, check=True, capture_output=True, text=True, cwd="/").stdout.strip())
    texts = [path for path in place.rglob("*") if path.suffix in {"", ".py", ".json", ".txt"}]

    assert place.is_relative_to(installed.parent)
    assert [path for path in texts if path.is_file() and str(ROOT).encode() in path.read_bytes()] == []


def _run(programs: Path, home: Path, *words: str) -> str:
    """Run the installed program in an empty home, with nothing of this environment but what all have."""
    environ = {"HOME": str(home), "PATH": os.defpath, "COLUMNS": "100", "LANG": "C.UTF-8"}
    done = subprocess.run(
        [str(programs / "retouchd"), *words],
        cwd=home,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
