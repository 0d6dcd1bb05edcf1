"""The schema of sidecars says what the reading says, since both are made of the same rules."""

import json
from typing import Any, Final

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouchd.core.optionrules import PRESET_OPTIONS, RULES, SIDECAR_OPTIONS, WrongValueError
from retouchd.core.options import OPTION_NAMES, SidecarError
from retouchd.core.request import Size
from retouchd.core.sidecars import read_json
from retouchd.core.sidecarschema import sidecar_schema

SCHEMA = sidecar_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
PRESET_VALIDATOR = VALIDATOR.evolve(schema={**SCHEMA, "$ref": "#/$defs/preset"})
OBJECT_VALIDATOR = VALIDATOR.evolve(schema={**SCHEMA, "$ref": "#/$defs/json"})
RULE_VALIDATORS = {name: jsonschema.Draft202012Validator(rule.schema) for name, rule in RULES.items()}

_plain = st.characters(codec="utf-8")
_WORDS: Final = (
    "match|auto|low|high|jpg|jpeg|same|gif|opaque|transparent|| |1024x1024|1536x1024|1000x1000|01024x1024|"
    "99999x99999|1024x1024\n|1024X1024|{stem}|{stem:}|{{}}|{|}|{}|{stem}{size}\n|{stme}|{stem!r}|{stem:>4}|"
    "a.png|a/b c.png|../a|a/../b|/a|a//b|a/|./a|.a|a/.b|a\\b|C:a|http:a|~a|a\n|\n|ab:c|1:a|a\x7f|a\x00"
)
_words = st.sampled_from([*_WORDS.split("|"), "x" * 1000, "x" * 1001])
_paths = st.text(st.sampled_from("aB./\\~: \n\x1f"), max_size=6)
_templates = st.lists(
    st.sampled_from(["{", "}", "stem", "take", ":", "!", " ", "a", "\n", "\x00"]), max_size=6
)
_values: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers(-2, 110)
    | st.sampled_from([1_000_000, 1_000_001, 10**400, 2.0, 2.5, 0.0, -1.0, 1e300, float("inf")])
    | _words
    | _paths
    | _templates.map("".join)
    | st.text(_plain, max_size=4)
    | st.lists(_words | _paths, max_size=8)
    | st.lists(st.integers() | st.lists(st.text(), max_size=1), max_size=2)
    | st.dictionaries(st.text(max_size=2), st.none(), max_size=1)
)


def is_read(name: str, value: object) -> bool:
    """Say whether the reading takes a value."""
    try:
        RULES[name].read(value)
    except WrongValueError:
        return False
    return True


def is_size_that_the_service_refuses(name: str, value: object) -> bool:
    """Say whether this is what no schema can say: it has the form of a size and is none."""
    if name != "size" or value in {"match", "auto"}:
        return False
    try:
        Size.parse(str(value))
    except ValueError:
        return True
    return False


def test_it_is_a_schema() -> None:
    """It is valid itself, and says of each option what it is for."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)

    assert set(RULES) == set(OPTION_NAMES)
    assert all(rule.schema["description"] for rule in RULES.values())


@pytest.mark.parametrize("name", OPTION_NAMES)
@given(value=_values)
def test_the_schema_takes_what_the_reading_takes(name: str, value: Any) -> None:
    """No value is right for one and wrong for the other, but for sizes, which are worked out."""
    is_valid = RULE_VALIDATORS[name].is_valid(value)

    assert is_read(name, value) == (
        is_valid and not (is_valid and is_size_that_the_service_refuses(name, value))
    )


@pytest.mark.parametrize("name", OPTION_NAMES)
def test_examples_are_right(name: str) -> None:
    """What a sentence tells people to write is right, in TOML and JSON alike."""
    example = json.loads(RULES[name].example)

    assert is_read(name, example)
    assert RULE_VALIDATORS[name].is_valid(example)


@given(
    document=st.dictionaries(st.sampled_from([*OPTION_NAMES, "", "api_key"]), _values, max_size=3),
    prompt=st.text(_plain, max_size=4),
)
def test_documents(document: dict[str, Any], prompt: str) -> None:
    """A whole object with a prompt is valid exactly when it is read."""
    document = {**document, "prompt": prompt}
    size = document.get("size")
    try:
        is_taken = read_json(json.dumps(document).encode()) is not None
    except SidecarError:
        is_taken = False
    has_wrong_size = isinstance(size, str) and is_size_that_the_service_refuses("size", size)

    assert is_taken == (OBJECT_VALIDATOR.is_valid(document) and not has_wrong_size)


def test_kinds_of_files() -> None:
    """Each kind has the options that are read there, and no other; JSON needs its prompt."""
    everything = {name: json.loads(RULES[name].example) for name in OPTION_NAMES}

    for name, value in everything.items():
        assert VALIDATOR.is_valid({name: value}) == (name in SIDECAR_OPTIONS)
        assert PRESET_VALIDATOR.is_valid({name: value}) == (name in PRESET_OPTIONS)
        assert OBJECT_VALIDATOR.is_valid({name: value}) == (name == "prompt")
