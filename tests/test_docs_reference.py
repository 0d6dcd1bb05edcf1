"""What the manual lists is what there is: keys of metadata, prices, exit statuses, variables."""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path

import pytest

from documents import DOCUMENTS, PACKAGE, rows, text_of
from retouchd.cli.configuration import result_schema
from retouchd.cli.entries import entry_as_json
from retouchd.core import errors
from retouchd.core.jobs import HoldReason, JobState
from retouchd.core.money import Money, Spent
from retouchd.core.pauses import PauseReason
from retouchd.core.pictures import PictureFormat
from retouchd.core.plan import Pace, foresee_span
from retouchd.core.prices import Price, estimate, expected_cost
from retouchd.core.request import Background, EditRequest, Quality, Size
from retouchd.core.spending import Notice
from retouchd.core.status import Entry
from retouchd.settings import Settings

# What systemd says where a unit cannot even begin.
SYSTEMD_STATUSES = {"203", "217", "226"}
SQUARE_OF_CAMERA = "1536x1024"
# Of other programs and of the system, which the program itself never names.
FOREIGN_VARIABLES = {"HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "TZ"}


def _request(quality: str, size: str = SQUARE_OF_CAMERA) -> EditRequest:
    width, _, height = size.partition("x")
    return EditRequest(
        prompt="warm film look",
        size=Size(width=int(width), height=int(height)),
        quality=Quality(quality),
        format=PictureFormat.PNG,
        background=Background.AUTO,
    )


def test_the_prices_are_those_of_the_program() -> None:
    """Each row of the table of prices is what the program expects and sets aside."""
    table = rows("docs/money.md", "What a picture costs")
    reckoned = [
        [
            quality,
            size,
            str(expected_cost(_request(quality, size), None)),
            str(estimate(_request(quality, size), None)),
        ]
        for quality, size, *_ in table
    ]

    assert table == reckoned
    assert {row[0] for row in table} == set(Quality)


def test_what_was_seen_counts_as_told() -> None:
    """The example of prices that were learned is right."""
    seen = Price(answers=3, highest=Money(60_000))
    before, after = estimate(_request("medium"), None), estimate(_request("medium"), seen)

    assert f"cost {seen.highest}, then {after} is set aside for the next, not {before}" in _flat(
        "docs/money.md"
    )


def test_the_worked_examples_are_right() -> None:
    """The album and the lost answer cost what the program reckons."""
    text, caps = _flat("docs/money.md"), Settings().budget.caps()
    one = expected_cost(_request("medium"), None)
    album = Money(one.micro * 300)
    pace = Pace(seconds=60, at_once=2, per_minute=0)
    span = foresee_span(300, album, caps, Spent(edit=Money(0), day=Money(0), month=Money(0)), pace)
    lost, paid = estimate(_request("high"), None), expected_cost(_request("high"), None)
    assert caps.per_day is not None

    assert f"It costs about {album} in all" in text
    assert (
        f"takes {span.days} days: about {caps.per_day.micro // one.micro} pictures a day fit, at {one} each"
        in text
    )
    assert f"{lost} was set aside and the answer was lost" in text
    assert f"brings the picture for {paid}. The day then counts ${_cents(lost) + _cents(paid)}" in text


def _cents(amount: Money) -> Decimal:
    return Decimal(str(amount).removeprefix("$"))


def test_the_limits_are_the_defaults() -> None:
    """The table of limits shows the defaults."""
    budget = Settings().budget
    told = {
        row[0].strip("`").removeprefix("budget."): Decimal(row[1])
        for row in rows("docs/money.md", "The limits")
    }

    assert told == {name: Decimal(str(getattr(budget, name))) for name in told}
    assert len(told) == 3


def test_every_key_of_the_metadata_is_documented_and_no_other() -> None:
    """The page has each key of the schema, under the name by which a program finds it."""
    schema = result_schema()
    inside = {
        "PictureFacts": "",
        "SentFacts": "",
        "OutputFacts": "",
        "RequestFacts": "",
        "MaskFacts": "mask.",
    }
    inside |= {"CostFacts": "cost.", "AttemptFacts": "attempts.", "TimingFacts": "timing."}
    keys = set(schema["properties"]) | {
        f"{prefix}{key}" for name, prefix in inside.items() for key in schema["$defs"][name]["properties"]
    }
    documented = {key for row in _all_rows("docs/metadata.md") for key in re.findall(r"`([^`]+)`", row[0])}

    assert set(schema["$defs"]) == set(inside)
    assert documented == keys


def _all_rows(page: str) -> list[list[str]]:
    lines = [line for line in text_of(page).splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_key_of_the_status_is_documented_and_no_other(tmp_path: Path) -> None:
    """A program that reads the status finds each key on the page."""
    environ = {"HOME": str(tmp_path), "PATH": os.defpath, "RETOUCHD_FOLDERS__ROOT": str(tmp_path / "root")}
    told = ""
    for words in (["init"], ["pause"], ["status", "--json"]):
        command = [sys.executable, "-m", "retouchd", *words]
        told = subprocess.run(command, env=environ, check=True, capture_output=True, text=True).stdout
    notice = Notice(about="per_day", text="")
    entry = entry_as_json(Entry(id=None, state=JobState.HELD, source="", reason="", detail=""))
    fields = {**json.loads(told), "jobs": [entry]}
    fields["spend"]["notice"] = [asdict(notice)]
    fields["configuration"] = {name: value or [""] for name, value in fields["configuration"].items()}
    table = rows("docs/operations.md", "For programs")

    assert {key for row in table for key in re.findall(r"`([a-z._]+)`", row[0])} == set(_keys(fields))


def _keys(value: object, above: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, below in value.items():
            yield from _keys(below, f"{above}.{name}" if above else name)
    elif isinstance(value, list):
        yield from (key for one in value[:1] for key in _keys(one, above))
    else:
        yield above


def test_every_exit_status_is_documented() -> None:
    """Each status with which the program can end stands in the table, and that of mistyped commands."""
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.RetouchdError)
    ]
    told = {int(row[0]) for row in rows("docs/operations.md", "Exit statuses")}

    assert told == {0, 2, *(kind.exit_status for kind in kinds)}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_exit_status_that_is_named_is_one(document: str) -> None:
    """No page sends anybody looking for an exit status that does not come."""
    named = set(re.findall(r"\b(?:exit status|status|ends? with)[ =`]+(\d+)\b", text_of(document)))
    listed = {row[0] for row in rows("docs/operations.md", "Exit statuses")}

    assert named - listed - SYSTEMD_STATUSES == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_pause_that_is_named_is_one(document: str) -> None:
    """No page names a pause, or one to be ended, that there is not."""
    flat = _flat(document)
    named = set(re.findall(r"\b[Pp]aused?(?: as)? `(\w+)`", flat)) | set(
        re.findall(r"`retouchd resume (\w+)`", flat)
    )

    assert named - set(PauseReason) - {HoldReason.REFUSED_ALIKE, "REASON"} == set()


def test_every_variable_is_documented() -> None:
    """Each variable of the environment that the program reads stands in the table, and no other."""
    table = rows("docs/operations.md", "Variables of the environment")
    told = {name for row in table for name in re.findall(r"`([A-Z_]+)`", row[0])}
    read = {name for path in PACKAGE.rglob("*.py") for name in _variables(ast.parse(path.read_bytes()))}

    assert told - FOREIGN_VARIABLES - {"RETOUCHD_SECTION__KEY"} == read


def _variables(tree: ast.Module) -> Iterator[str]:
    """Give the names that a module uses as those of variables: shouted, with a meaning to others."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            is_name = re.fullmatch(
                r"(?:XDG_CONFIG|XDG_STATE|DENCH|CREDENTIALS|STATE|NOTIFY|WATCHDOG|JOURNAL|RETOUCHD)_(?!NAME)[A-Z_]*[A-Z]|HOME",
                node.value,
            )
            if is_name and "__" not in node.value:
                yield node.value


def _flat(page: str) -> str:
    return " ".join(text_of(page).split())
