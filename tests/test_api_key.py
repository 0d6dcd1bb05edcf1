"""Where the API key comes from, and that it never shows."""

from pathlib import Path

import pytest

from retouchd.api_key import ApiKey, LiveKey, read_key, take_environment
from retouchd.core.errors import ConfigurationError
from retouchd.settings import Endpoint

SECRET = "dench_sk_0123456789abcdef"  # noqa: S105 - a made-up key, to be looked for in texts


def _key_file(folder: Path, content: str = SECRET, mode: int = 0o600, name: str = "key") -> Path:
    path = folder / name
    path.write_text(content)
    path.chmod(mode)
    return path


def _fault(endpoint: Endpoint, environ: dict[str, str]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read_key(endpoint, environ)
    assert SECRET not in str(caught.value)
    return str(caught.value)


def test_the_credential_comes_first(tmp_path: Path) -> None:
    """The service manager's credential wins over the file and the environment."""
    _key_file(tmp_path, "from-the-manager", 0o444, "dench-api-key")
    endpoint = Endpoint(api_key_file=_key_file(tmp_path, "from-the-file"))

    key = read_key(
        endpoint, {"CREDENTIALS_DIRECTORY": str(tmp_path), "DENCH_API_KEY": "from-the-environment"}
    )

    assert key == ApiKey(value="from-the-manager", source="the service manager's credential dench-api-key")
    assert "systemctl restart retouchd" in key.advice


def test_the_file_comes_second(tmp_path: Path) -> None:
    """Without a credential the named file wins over the environment."""
    path = _key_file(tmp_path)
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path), "DENCH_API_KEY": "from-the-environment"}

    key = read_key(Endpoint(api_key_file=path), environ)

    assert key == ApiKey(value=SECRET, source=str(path))
    assert key.advice == f"put a new one into {path} and it goes on within a minute"


def test_the_environment_comes_last() -> None:
    """The variable is taken when there is nothing else."""
    key = read_key(Endpoint(), {"DENCH_API_KEY": f" {SECRET}\n"})

    assert key == ApiKey(value=SECRET, source="the environment variable DENCH_API_KEY")
    assert "start retouchd again" in key.advice


@pytest.mark.parametrize("environ", [{}, {"DENCH_API_KEY": " \n"}, {"CREDENTIALS_DIRECTORY": ""}])
def test_no_key_says_the_three_ways(environ: dict[str, str]) -> None:
    """Who has no key is told every way to give one."""
    fault = _fault(Endpoint(), environ)

    assert "endpoint.api_key_file" in fault
    assert "credential dench-api-key" in fault
    assert "DENCH_API_KEY" in fault


def test_the_key_is_trimmed(tmp_path: Path) -> None:
    """An editor's line end does not become part of the key."""
    path = _key_file(tmp_path, f"\n {SECRET} \r\n")

    key = read_key(Endpoint(api_key_file=path), {})

    assert key.value == SECRET


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o601, 0o644])
def test_a_file_for_everybody_is_refused(tmp_path: Path, mode: int) -> None:
    """A key that every user of the machine can use is not taken, and the way to mend it is said."""
    path = _key_file(tmp_path, mode=mode)

    fault = _fault(Endpoint(api_key_file=path), {"DENCH_API_KEY": SECRET})

    assert f"chmod 600 {path}" in fault


def test_the_group_may_read_it(tmp_path: Path) -> None:
    """A key that is shared with a group is taken."""
    path = _key_file(tmp_path, mode=0o640)

    key = read_key(Endpoint(api_key_file=path), {})

    assert key.value == SECRET


def test_a_file_below_the_credentials_may_have_any_mode(tmp_path: Path) -> None:
    """Who keeps secrets decides about their modes: files below the credentials folder are not judged."""
    path = _key_file(tmp_path, mode=0o444, name="other-name")

    key = read_key(Endpoint(api_key_file=path), {"CREDENTIALS_DIRECTORY": str(tmp_path)})

    assert key.value == SECRET


def test_a_missing_file_is_no_reason_to_look_elsewhere(tmp_path: Path) -> None:
    """A named file that is not there is an error: the key in the environment may be an old one."""
    fault = _fault(Endpoint(api_key_file=tmp_path / "gone"), {"DENCH_API_KEY": SECRET})

    assert fault == f"the key cannot be read from {tmp_path}/gone: No such file or directory"


def test_a_credential_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    """A credential that is there is never passed over for another key."""
    credential = tmp_path / "dench-api-key"
    credential.symlink_to(credential)

    fault = _fault(Endpoint(), {"CREDENTIALS_DIRECTORY": str(tmp_path), "DENCH_API_KEY": SECRET})

    assert fault == f"the key cannot be read from {credential}: Too many levels of symbolic links"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        (f"{SECRET} {SECRET}", "holds no key"),
        (f"{SECRET}\n{SECRET}", "holds no key"),
        (f"{SECRET}é", "holds no key"),
        (f"{SECRET}\x1b[0m", "holds no key"),
        (SECRET * 1000, "holds no key"),
    ],
)
def test_what_is_no_key_is_refused(tmp_path: Path, content: str, reason: str) -> None:
    """Something that cannot travel in a header is refused without being shown (I9)."""
    path = _key_file(tmp_path, content)

    fault = _fault(Endpoint(api_key_file=path), {})

    assert fault.startswith(f"{path} {reason}")


def test_the_key_never_shows() -> None:
    """Neither the text nor the representation of a key shows it, alone or in other values (I9)."""
    key = ApiKey(value=SECRET, source="a test")

    assert SECRET not in f"{key} {key!r} {[key]} {(key,)!s}"
    assert repr(key) == "ApiKey(source='a test')"


def test_the_environment_keeps_no_key() -> None:
    """The key is taken out of the environment that children inherit, and is known all the same (I9)."""
    environ = {"DENCH_API_KEY": SECRET, "PATH": "/bin"}

    taken = take_environment(environ)

    assert environ == {"PATH": "/bin"}
    assert LiveKey(Endpoint(), taken)() == SECRET
    assert take_environment({"PATH": "/bin"}) == {"PATH": "/bin"}


def test_a_new_key_counts_from_the_next_call_on(tmp_path: Path) -> None:
    """A file that changes is read again; while it cannot be read the last key stands."""
    path = _key_file(tmp_path)
    key = LiveKey(Endpoint(api_key_file=path), {})
    path.write_text("another-key")

    before = key.last
    now = key()
    path.unlink()

    assert (before, now, key(), key.last) == (SECRET, "another-key", "another-key", "another-key")
    assert SECRET not in repr(key)
