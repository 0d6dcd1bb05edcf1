"""The settings: where they come from, what they may be, and that every fault is said."""

import json
from datetime import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouchd.core.bundles import AmbiguousSidecars
from retouchd.core.classification import CodeClass
from retouchd.core.errors import ConfigurationError
from retouchd.core.history import HistoryPolicy
from retouchd.core.money import NOTHING, Caps, Money
from retouchd.core.outcomes import OutcomeKind
from retouchd.core.pictures import PictureFormat
from retouchd.core.request import Quality
from retouchd.policies import engine_policy
from retouchd.settings import Origin, Places, Settings, all_keys, describe, load_settings

HOME = {"HOME": "/home/anna"}
ROOTED = HOME | {"RETOUCHD_FOLDERS__ROOT": "/photos"}
SECRET = "dench_sk_0123456789abcdef"  # noqa: S105 - a made-up key, to be looked for in texts


def _file(folder: Path, text: str, name: str = "config.toml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _load(environ: dict[str, str] | None = None, **variables: str) -> Settings:
    return load_settings(None, ROOTED | (environ or {}) | _variables(**variables))


def _variables(**variables: str) -> dict[str, str]:
    return {f"RETOUCHD_{name.upper()}": value for name, value in variables.items()}


def _faults(config: Path | None, environ: dict[str, str]) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(config, environ)
    assert SECRET not in str(caught.value)
    return list(caught.value.faults)


def test_the_defaults_are_enough() -> None:
    """With a root and nothing else everything has a value, and money has its caps."""
    settings = _load()

    assert settings.file is None
    assert settings.budget.caps() == Caps(
        per_job=Money(3_000_000), per_day=Money(10_000_000), per_month=Money(100_000_000)
    )
    assert settings.budget.day_start() == time(0)
    assert settings.places() == Places(
        inbox=Path("/photos/inbox"),
        outbox=Path("/photos/outbox"),
        done=Path("/photos/done"),
        failed=Path("/photos/failed"),
        state=Path("/home/anna/.local/state/retouchd"),
    )


def test_settings_cannot_be_changed() -> None:
    """Nobody changes a setting while the daemon runs."""
    settings = _load()

    with pytest.raises(ValueError, match="frozen"):
        settings.budget = settings.budget
    with pytest.raises(ValueError, match="frozen"):
        settings.budget.per_day_usd = 1000


class TestWhereTheFileIs:
    """One file is read: the named one, else the first of the usual ones."""

    def test_the_argument_comes_first(self, tmp_path: Path) -> None:
        """A file named on the command line wins over the variable."""
        named = _file(tmp_path, "[retry]\nmax_attempts = 7")
        other = _file(tmp_path, "[retry]\nmax_attempts = 8", "other.toml")

        settings = load_settings(named, ROOTED | {"RETOUCHD_CONFIG": str(other)})

        assert settings.retry.max_attempts == 7
        assert settings.file == named

    def test_the_variable_comes_second(self, tmp_path: Path) -> None:
        """The variable wins over the user's file."""
        named = _file(tmp_path, "[retry]\nmax_attempts = 7")
        _file(tmp_path, "[retry]\nmax_attempts = 8", "retouchd/config.toml")

        settings = _load({"RETOUCHD_CONFIG": str(named), "XDG_CONFIG_HOME": str(tmp_path)})

        assert settings.retry.max_attempts == 7

    @pytest.mark.parametrize(
        ("folder", "environ"),
        [("x", {"XDG_CONFIG_HOME": "{}/x"}), (".config", {}), (".config", {"XDG_CONFIG_HOME": "relative"})],
    )
    def test_the_users_file_is_found(self, tmp_path: Path, folder: str, environ: dict[str, str]) -> None:
        """The user's configuration folder is looked into; a relative one counts for nothing."""
        expected = _file(tmp_path, "[retry]\nmax_attempts = 7", f"{folder}/retouchd/config.toml")
        filled = {name: value.format(tmp_path) for name, value in environ.items()}

        settings = _load({"HOME": str(tmp_path)} | filled)

        assert settings.file == expected

    def test_a_file_behind_a_file_is_none(self, tmp_path: Path) -> None:
        """Where a folder should be and a file is, there is no configuration."""
        in_the_way = _file(tmp_path, "", "file")

        settings = _load({"XDG_CONFIG_HOME": str(in_the_way)})

        assert settings.file is None

    @pytest.mark.parametrize("variable", [True, False])
    def test_a_named_file_must_exist(self, tmp_path: Path, variable: bool) -> None:  # noqa: FBT001 - a parameter
        """A named file that is not there is an error, never the defaults: it may hold a cap."""
        gone = tmp_path / "gone.toml"
        environ = {"RETOUCHD_CONFIG": str(gone)} if variable else {}

        faults = _faults(None if variable else gone, environ)

        assert faults == [f"{gone} cannot be read: No such file or directory"]

    def test_a_file_that_cannot_be_looked_at_is_an_error(self, tmp_path: Path) -> None:
        """A usual file that is there and cannot be read is never passed over."""
        circle = tmp_path / "retouchd"
        circle.symlink_to(circle)

        faults = _faults(None, {"XDG_CONFIG_HOME": str(tmp_path)})

        assert faults == [f"{circle}/config.toml cannot be read: Too many levels of symbolic links"]

    def test_broken_toml_is_said_with_its_line(self, tmp_path: Path) -> None:
        """A slip of the pen is found by file, line and what it is."""
        path = _file(tmp_path, "[budget]\nper_day_usd = 10 USD\n")

        faults = _faults(path, {})

        what = "Expected newline or end of document after a statement (at line 2, column 18)"
        assert faults == [f"{path} is not valid TOML: {what}"]

    def test_what_is_nested_without_end_is_said(self, tmp_path: Path) -> None:
        """A file that no program can read is refused like any other."""
        path = _file(tmp_path, f"[watch]\nignore = {'[' * 100_000}\n")

        faults = _faults(path, {})

        assert len(faults) == 1
        assert faults[0].startswith(f"{path} is not valid TOML: maximum recursion depth exceeded")

    def test_other_encodings_are_said(self, tmp_path: Path) -> None:
        """A file in an old encoding is refused, one with a byte order mark is read."""
        path = tmp_path / "config.toml"
        path.write_bytes("# Größe".encode("latin-1"))
        marked = tmp_path / "marked.toml"
        marked.write_bytes(b"\xef\xbb\xbf[retry]\nmax_attempts = 7")

        faults = _faults(path, {})
        settings = load_settings(marked, ROOTED)

        assert faults == [f"{path} is not UTF-8 text"]
        assert settings.retry.max_attempts == 7


class TestFolders:
    """Folders come from the root, or each by itself."""

    def test_each_can_be_set_alone(self) -> None:
        """With all four set no root is needed."""
        names = ("inbox", "outbox", "done", "failed")
        variables = {f"folders__{name}": f"/{name}" for name in names}

        settings = load_settings(None, HOME | _variables(**variables))

        assert settings.places().failed == Path("/failed")
        assert settings.folders.root is None

    def test_one_of_them_needs_a_root(self, tmp_path: Path) -> None:
        """What neither the root nor its own key gives is said, with both places where it can be set."""
        path = _file(tmp_path, '[folders]\ninbox = "/inbox"')

        faults = _faults(path, HOME)

        where = f"(in {path} or RETOUCHD_FOLDERS__ROOT)"
        what = 'not set; valid: the folder that holds inbox and outbox, which "retouchd init" makes'
        assert faults == [f"folders.root {where}: {what}"]

    def test_paths_are_relative_to_the_file(self, tmp_path: Path) -> None:
        """A relative path starts at the file's folder wherever the command is run, and ~ is the home."""
        text = '[folders]\nroot = "photos"\ninbox = "~/in"\n[endpoint]\napi_key_file = "./key"'
        path = _file(tmp_path, text)

        settings = load_settings(path, HOME)

        assert settings.places().outbox == tmp_path / "photos" / "outbox"
        assert settings.places().inbox == Path("/home/anna/in")
        assert settings.endpoint.api_key_file == tmp_path / "key"

    def test_without_a_file_paths_are_relative_to_the_working_folder(self) -> None:
        """In a variable alone a relative path means what it means in the shell."""
        settings = _load(folders__root="photos")

        assert settings.places().inbox == Path.cwd() / "photos" / "inbox"

    @pytest.mark.parametrize(
        ("environ", "state"),
        [
            ({"STATE_DIRECTORY": "/var/lib/retouchd:/var/lib/other"}, "/var/lib/retouchd"),
            ({"XDG_STATE_HOME": "/xdg"}, "/xdg/retouchd"),
            ({"XDG_STATE_HOME": "/xdg", "RETOUCHD_FOLDERS__STATE": "/mine"}, "/mine"),
        ],
    )
    def test_the_state_folder_follows_the_service_manager(self, environ: dict[str, str], state: str) -> None:
        """The state folder is the configured one, else the service manager's, else the user's own."""
        settings = _load(environ)

        assert settings.places().state == Path(state)

    def test_without_a_home_the_state_folder_must_be_set(self) -> None:
        """Where neither a home nor a service manager is, nothing is put anywhere by guess."""
        faults = _faults(None, {"RETOUCHD_FOLDERS__ROOT": "/photos"})

        what = "not set, and there is no home folder to put it into; valid: a folder on a local disk"
        assert faults == [f"folders.state (in RETOUCHD_FOLDERS__STATE): {what}"]

    @pytest.mark.parametrize("value", ["", " ", "~bert/photos", "/a\0b"])
    def test_what_is_no_path_is_refused(self, value: str) -> None:
        """An empty path is never the working folder, and another user's home is not guessed."""
        faults = _faults(None, HOME | {"RETOUCHD_FOLDERS__ROOT": value, "RETOUCHD_FOLDERS__STATE": "/s"})

        assert (
            "folders.root (in RETOUCHD_FOLDERS__ROOT): no path; valid: for example /srv/photos or ~/photos"
            in (faults)
        )

    def test_defaults_alone_know_no_folders(self) -> None:
        """Settings that were not loaded say what is missing instead of guessing."""
        with pytest.raises(ConfigurationError, match=r"folders\.root: not set"):
            Settings().places()


class TestFaults:
    """Everything that is wrong is said at once, each in one line with its key and what is valid."""

    def test_all_at_once(self, tmp_path: Path) -> None:
        """One look at the message is enough to mend the whole file."""
        path = _file(
            tmp_path,
            """
            log = "loud"
            [budget]
            per_day_usd = "unlimitd"
            per_jbo_usd = 3
            [watch]
            mode = "evnts"
            ignore = ["a", 3]
            [limits]
            max_quality = "auto"
            concurrency = true
            max_variants = 2.5
            [retry]
            ceiling_seconds = 1
            """,
        )
        environ = ROOTED | {"RETOUCHD_WATCH__SETTLE_SECONDS": "-3", "RETOUCHD_BUGDET__PER_DAY_USD": "3"}

        faults = _faults(path, environ)

        seconds = "watch.settle_seconds (in RETOUCHD_WATCH__SETTLE_SECONDS)"
        assert dict(fault.split(": ", 1) for fault in faults) == {
            "RETOUCHD_BUGDET__PER_DAY_USD (in the environment)": (
                "unknown; did you mean RETOUCHD_BUDGET__PER_DAY_USD?"
            ),
            f"log (in {path} or RETOUCHD_LOG__...)": "not possible; valid: a section with keys below it",
            f"budget.per_day_usd (in {path})": (
                'no amount of money; valid: dollars as a number from 0 (which forbids), or "unlimited"'
            ),
            f"budget.per_jbo_usd (in {path})": "unknown; did you mean budget.per_job_usd?",
            f"watch.mode (in {path})": "not possible; valid: 'auto', 'events' or 'polling'",
            f"watch.ignore (in {path})": "not possible; valid: a text in quotes",
            seconds: "not possible; valid: greater than 0",
            f"limits.max_quality (in {path})": "not possible; valid: 'low', 'medium' or 'high'",
            f"limits.concurrency (in {path})": "not possible; valid: a number or a word, not true or false",
            f"limits.max_variants (in {path})": "not possible; valid: a whole number",
            f"retry (in {path} or RETOUCHD_RETRY__...)": (
                "ceiling_seconds is below base_seconds; valid: at least base_seconds"
            ),
        }

    @pytest.mark.parametrize(
        ("text", "guess"),
        [
            ("[budgett]", "budgett (in {}): unknown; did you mean budget?"),
            (
                "[watch]\nper_day_usd = 3",
                "watch.per_day_usd (in {}): unknown; did you mean budget.per_day_usd?",
            ),
            ('root = "/x"', "root (in {}): unknown; did you mean folders.root?"),
            (
                "[endpoint]\napi_keyfile = 3",
                "endpoint.api_keyfile (in {}): unknown; did you mean endpoint.api_key_file?",
            ),
            ("[watch]\nxyzzy = 3", "watch.xyzzy (in {}): unknown"),
            ("[Budget]\nper_day_usd = 3", "Budget (in {}): unknown; did you mean budget?"),
        ],
    )
    def test_unknown_keys_get_a_guess(self, tmp_path: Path, text: str, guess: str) -> None:
        """A misspelt key is never ignored, and the nearest one is named."""
        path = _file(tmp_path, text)

        faults = _faults(path, ROOTED)

        assert faults == [guess.format(path)]

    @pytest.mark.parametrize(
        "text",
        [
            f'[endpoint]\napi_key = "{SECRET}"',
            f'dench_api_key = "{SECRET}"',
            f'[endpoint]\ntoken = "{SECRET}"',
            f'[endpoint.api_key]\nvalue = "{SECRET}"',
        ],
    )
    def test_a_key_in_the_file_is_refused(self, tmp_path: Path, text: str) -> None:
        """The API key does not belong into the configuration, and its own place is said (I9)."""
        path = _file(tmp_path, text)

        (fault,) = _faults(path, ROOTED)

        assert fault.endswith(
            "a key does not belong here; put it into a file of its own (mode 0600) and name that file in "
            "endpoint.api_key_file"
        )

    def test_a_key_in_a_variable_is_refused(self) -> None:
        """A variable of the configuration does not take the key either (I9)."""
        (fault,) = _faults(None, ROOTED | {"RETOUCHD_ENDPOINT__API_KEY": SECRET})

        assert "a key does not belong here" in fault

    def test_a_key_for_its_file_is_refused(self) -> None:
        """Who writes the key where the file's path belongs is told so, and does not see it again (I9)."""
        (fault,) = _faults(None, ROOTED | {"RETOUCHD_ENDPOINT__API_KEY_FILE": SECRET})

        assert "the key itself, which does not belong here" in fault

    @given(key=st.sampled_from(all_keys()), salt=st.text("abc0 {/\"'"))
    def test_no_fault_shows_a_value(self, key: str, salt: str) -> None:
        """Whatever stands in the wrong place, no message repeats it: it may be the key (I9)."""
        variable = "RETOUCHD_" + key.replace(".", "__").upper()

        try:
            load_settings(None, ROOTED | {variable: f"{salt}{SECRET}"})
        except ConfigurationError as exc:
            shown = f"{exc} {exc.__cause__}"
        else:
            shown = ""

        assert SECRET not in shown

    @pytest.mark.parametrize("section", ["folders = 3", "endpoint = 3", "watch = 3"])
    def test_a_value_for_a_section_is_refused(self, tmp_path: Path, section: str) -> None:
        """A value where a section belongs is one fault, even with variables for its keys."""
        path = _file(tmp_path, section)
        environ = ROOTED | {"RETOUCHD_WATCH__SETTLE_SECONDS": "3"}

        faults = _faults(path, environ)

        assert len(faults) == 1
        assert faults[0].endswith("not possible; valid: a section with keys below it")

    def test_together_counts_too(self, tmp_path: Path) -> None:
        """Values that are right alone and wrong together are refused before a photo fails for them."""
        path = _file(tmp_path, "[limits]\nmax_megapixels = 1.0")

        faults = _faults(path, ROOTED)

        assert faults == ["defaults.megapixels is above limits.max_megapixels; valid: at most that"]


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("BUDGET__PER_DAY_USD", "-1", "no amount of money"),
        ("BUDGET__PER_DAY_USD", "nan", "no amount of money"),
        ("BUDGET__PER_DAY_USD", "inf", "no amount of money"),
        ("BUDGET__PER_DAY_USD", "", "no amount of money"),
        ("BUDGET__PER_DAY_USD", "10 USD", "no amount of money"),
        ("BUDGET__DAY_STARTS", "24:00", "no time of day"),
        ("BUDGET__DAY_STARTS", "6:00", "no time of day"),
        ("ENDPOINT__BASE_URL", "http://www.dench.com/api/v1", "would send the key unprotected"),
        ("ENDPOINT__BASE_URL", "ftp://localhost/", "would send the key unprotected"),
        ("ENDPOINT__BASE_URL", "http://localhost.evil.example/", "would send the key unprotected"),
        ("ENDPOINT__BASE_URL", "https://anna:pw@www.dench.com/", "holds a user or password"),
        ("ENDPOINT__BASE_URL", "https://@www.dench.com/", "holds a user or password"),
        ("ENDPOINT__BASE_URL", "https://www.dench.com/?k=v", "holds a query"),
        ("ENDPOINT__BASE_URL", "https://www.dench.com/#k", "holds a query"),
        ("ENDPOINT__BASE_URL", "www.dench.com", "no address"),
        ("ENDPOINT__BASE_URL", "https://www.dench.com:port/", "no address"),
        ("ENDPOINT__BASE_URL", "https://www.dench.com/a b", "no address"),
        ("ENDPOINT__BASE_URL", "https://[::1/", "no address"),
        ("ENDPOINT__CONNECT_TIMEOUT_SECONDS", "0", "not possible; valid: greater than 0"),
        ("ENDPOINT__CONNECT_TIMEOUT_SECONDS", "inf", "not possible"),
        ("ENDPOINT__CONNECT_TIMEOUT_SECONDS", "soon", "not possible; valid: a number"),
        ("DEFAULTS__SIZE", "1000x1000", "no size that the service takes"),
        ("DEFAULTS__SAVE_FOLDER", "relative", "no folder of the workspace"),
        ("DEFAULTS__OUTPUT_COMPRESSION", "80", 'output_compression does not go with format = "png"'),
        ("LIMITS__CONCURRENCY", "9", "concurrency is above max_concurrency"),
        ("LIMITS__MAX_MEGAPIXELS", "9", "not possible"),
        ("OUTPUT__NAME", "{stem", "an unknown field in braces, or a brace that is not closed"),
        ("OUTPUT__NAME", "{home}", "an unknown field in braces"),
        ("OUTPUT__NAME", "{stem.__class__}", "an unknown field in braces"),
        ("OUTPUT__NAME", "{stem!r}", "an unknown field in braces"),
        ("OUTPUT__NAME", "", "not possible; valid: a text that is not empty"),
        ("OUTPUT__FILE_MODE", "0444", "no usable mode"),
        ("OUTPUT__FOLDER_MODE", "0664", "no usable mode"),
        ("OUTPUT__FILE_MODE", "rw", "no usable mode"),
        ("OUTPUT__FILE_MODE", "4755", "no usable mode"),
        ("OUTPUT__STATUS_FILE", "perhaps", "not possible; valid: true or false"),
        ("WATCH__IGNORE", "*.bak", "no list"),
    ],
)
def test_values_that_are_not_possible(variable: str, value: str, reason: str) -> None:
    """Each value that could harm or mean nothing is refused with its reason."""
    (fault,) = _faults(None, ROOTED | {f"RETOUCHD_{variable}": value})

    assert f": {reason}" in fault


def test_transparent_jpegs_are_refused() -> None:
    """A default with which every photo would fail is refused."""
    environ = {"RETOUCHD_DEFAULTS__BACKGROUND": "transparent", "RETOUCHD_DEFAULTS__FORMAT": "jpeg"}

    (fault,) = _faults(None, ROOTED | environ)

    assert 'background = "transparent" does not go with format = "jpeg"' in fault


def test_a_mode_is_text(tmp_path: Path) -> None:
    """A mode without quotes would be a decimal number, so it is refused."""
    path = _file(tmp_path, "[output]\nfile_mode = 664")

    faults = _faults(path, ROOTED)

    assert faults == [f"output.file_mode (in {path}): not possible; valid: a text in quotes"]


def test_caps_know_nothing_and_no_limit() -> None:
    """0 forbids, and the word "unlimited" lifts a cap."""
    caps = _load(budget__per_job_usd="0", budget__per_day_usd="unlimited").budget.caps()

    assert caps == Caps(per_job=NOTHING, per_day=None, per_month=Money(100_000_000))


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        ("https://www.dench.com/api/v1/", "https://www.dench.com/api/v1"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost/x", "http://localhost/x"),
        ("http://[::1]:80/", "http://[::1]:80"),
    ],
)
def test_addresses_that_are_taken(given_: str, kept: str) -> None:
    """Encrypted addresses go anywhere, http to this machine alone; a slash at the end makes no difference."""
    settings = _load(endpoint__base_url=given_)

    assert settings.endpoint.base_url == kept


def test_words_become_values() -> None:
    """Below the settings nobody sees a word where the program has a value."""
    settings = _load(
        defaults__format="same",
        limits__max_quality="low",
        sidecars__ambiguous="each",
        output__file_mode="0664",
        output__folder_mode="2775",
        watch__ignore='["*.bak"]',
        defaults__size="1536x1024",
        output__name="{stem}-{take}",
    )

    assert settings.defaults.format == "same"
    assert _load().defaults.format is PictureFormat.PNG
    assert settings.limits.max_quality is Quality.LOW
    assert settings.sidecars.ambiguous is AmbiguousSidecars.EACH
    assert (settings.output.file_bits, settings.output.folder_bits) == (0o664, 0o2775)
    assert (_load().output.file_bits, _load().output.folder_bits) == (None, None)
    assert settings.watch.ignore == ("*.bak",)


CODES_FAULT = (
    'no table of codes; valid: for example { made_up = "credits" }, with one of "auth", "permission", '
    '"credits", "rate_limit", "overloaded", "service_error", "try_again", "too_large", "blocked", "invalid", '
    '"endpoint", "refused", "unknown_outcome"'
)


@pytest.mark.parametrize(
    "text",
    [
        'endpoint.codes = { " Made_Up" = "credits", slow = "rate_limit" }',
        '[endpoint.codes]\nmade_up = "credits"\nslow = "rate_limit"',
    ],
)
def test_codes_of_the_service(tmp_path: Path, text: str) -> None:
    """What an error code means can be said in either form of TOML, and as JSON in a variable."""
    from_file = load_settings(_file(tmp_path, text), ROOTED)
    from_variable = _load(endpoint__codes='{"MADE_UP": "credits", "slow": "rate_limit"}')

    wanted = {"made_up": CodeClass.CREDITS, "slow": CodeClass.RATE_LIMIT}
    assert from_file.endpoint.codes == from_variable.endpoint.codes == wanted
    policy = engine_policy(from_file)
    assert policy.codes["made_up"] is OutcomeKind.CREDITS
    assert policy.codes["insufficient_quota"] is OutcomeKind.CREDITS
    assert policy.configuration != engine_policy(load_settings(None, ROOTED)).configuration
    shown = {one.key: one.value for one in describe(from_file)}
    assert shown["endpoint.codes"] == '{"made_up": "credits", "slow": "rate_limit"}'


@pytest.mark.parametrize(
    "value",
    ['{"a": "answered"}', '{"a": "free", "b": "paid"}', '{"a": ["credits"]}', '{" ": "credits"}', "[]", "x"],
)
def test_codes_that_mean_nothing(value: str) -> None:
    """A code without one of the meanings that there are is one fault, with all of them."""
    faults = _faults(None, ROOTED | {"RETOUCHD_ENDPOINT__CODES": value})

    assert faults == [f"endpoint.codes (in RETOUCHD_ENDPOINT__CODES): {CODES_FAULT}"]


_VALUES = st.fixed_dictionaries(
    {},
    optional={
        "watch.settle_seconds": st.floats(0.1, 3600),
        "watch.ignore": st.lists(st.text("ab*.\\\"'é\t", min_size=1), max_size=3),
        "watch.process_conflict_copies": st.booleans(),
        "limits.max_variants": st.integers(1, 100),
        "budget.per_day_usd": st.floats(0, 1e6) | st.just("unlimited"),
        "duplicates.policy": st.sampled_from(["reuse", "submit"]),
        "output.name": st.sampled_from(["{stem}", "{date}-{stem}", "edited {stem}"]),
    },
)


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@given(values=_VALUES)
def test_file_and_environment_say_the_same(
    values: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A value means the same in the file and in its variable, and where it came from is known."""
    path = tmp_path_factory.mktemp("settings") / "config.toml"
    path.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items()))
    variables = {
        f"RETOUCHD_{key.replace('.', '__').upper()}": _as_text(value) for key, value in values.items()
    }

    from_file = load_settings(path, ROOTED)
    from_environment = load_settings(None, ROOTED | variables)

    assert from_file.model_dump() == from_environment.model_dump()
    assert {key for key in all_keys() if from_file.origin_of(key) is Origin.FILE} == set(values)
    assert {key for key in all_keys() if from_environment.origin_of(key) is Origin.ENVIRONMENT} == (
        set(values) | {"folders.root"}
    )


def test_the_environment_wins(tmp_path: Path) -> None:
    """A variable overrides its key alone; the rest of the section stays the file's."""
    path = _file(tmp_path, "[retry]\nmax_attempts = 7\nbase_seconds = 3")

    settings = load_settings(path, ROOTED | {"RETOUCHD_RETRY__MAX_ATTEMPTS": "9"})

    assert (settings.retry.max_attempts, settings.retry.base_seconds) == (9, 3)
    assert settings.origin_of("retry.max_attempts") is Origin.ENVIRONMENT
    assert settings.origin_of("retry.base_seconds") is Origin.FILE
    assert settings.origin_of("retry.ceiling_seconds") is Origin.DEFAULT


def test_the_settings_can_be_shown() -> None:
    """Every key is shown in the order of the table, as text and with its origin."""
    settings = _load(watch__ignore='["*.bak"]', budget__per_month_usd="1234567.5")

    lines = describe(settings)

    shown = {key: (value, str(origin)) for key, value, origin in lines}
    assert tuple(shown) == all_keys()
    assert shown["folders.root"] == ("/photos", "environment")
    assert shown["folders.inbox"] == ("/photos/inbox", "default")
    assert shown["endpoint.api_key_file"] == ("not set", "default")
    assert shown["watch.ignore"] == ('["*.bak"]', "environment")
    assert shown["watch.settle_seconds"] == ("2", "default")
    assert shown["output.status_file"] == ("true", "default")
    assert shown["output.keep_signed_url"] == ("false", "default")
    assert shown["defaults.quality"] == ("auto", "default")
    assert shown["budget.per_month_usd"] == ("1234567.5", "environment")


def test_every_key_is_described() -> None:
    """The schema says of every key in a sentence what it is."""
    schema = Settings.model_json_schema()

    sections = [schema["$defs"][part["$ref"].rpartition("/")[2]] for part in schema["properties"].values()]
    described = [key for section in sections for key in section["properties"].values()]
    assert len(described) == len(all_keys())
    assert all(key["description"].endswith(".") for key in described)


@pytest.mark.parametrize("key", ["keep_days", "keep_jobs"])
@pytest.mark.parametrize("value", ["0", "-1", "1.5", "true", "1000000001", '"for ever"'])
def test_amounts_of_history(tmp_path: Path, key: str, value: str) -> None:
    """What is no amount is refused with what is: a slip must not let go of all."""
    path = tmp_path / "config.toml"
    path.write_text(f'[folders]\nroot = "{tmp_path}"\n[history]\n{key} = {value}\n')

    with pytest.raises(ConfigurationError, match=f"history.{key}.*unlimited|history.{key}"):
        load_settings(path, {"HOME": str(tmp_path)})


def test_history_without_limits(tmp_path: Path) -> None:
    """Who wants to keep all writes it out, in the file or as a variable."""
    path = tmp_path / "config.toml"
    path.write_text(f'[folders]\nroot = "{tmp_path}"\n[history]\nkeep_days = "unlimited"\n')

    settings = load_settings(path, {"HOME": str(tmp_path), "RETOUCHD_HISTORY__KEEP_JOBS": "250"})

    assert settings.history.policy() == HistoryPolicy(age=None, jobs=250)
