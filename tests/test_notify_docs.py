"""docs/notifications.md names what there is, and all of it."""

import re
import stat
import subprocess
import tomllib
from pathlib import Path

from documents import blocks, text_of
from retouchd.core.messages import Item, Material, Sender, compose
from retouchd.core.pauses import Pause, PauseReason
from retouchd.core.spending import Notice
from retouchd.core.topics import Topic
from retouchd.notify_urls import read_urls
from retouchd.settings import Notify
from strategies import NOW

PAGE = "docs/notifications.md"


def first_column(heading: str) -> list[str]:
    """Give what stands in the first column of the table below a heading."""
    part = text_of(PAGE).split(f"{heading}\n")[1].split("\n#")[0]
    rows = re.findall(r"^\| (`[^|]+`) \|", part, re.MULTILINE)
    return [term for row in rows for term in re.findall(r"`(\w+)`", row)]


def test_every_event_is_documented() -> None:
    """The table of events has each of them, and no other."""
    assert sorted(first_column("## What is told")) == sorted(Topic)


def test_every_key_of_the_json_is_documented() -> None:
    """The table of keys has each of them, and the keys inside; and what it names is there."""
    material = Material(
        topic=Topic.LIMIT,
        counts={"needs_you": 1, "done": 1, "failed": 1, "cancelled": 1},
        items=[Item(id="1", source="a", state="held", reason="")],
        pauses=[Pause(reason=PauseReason.OFFLINE, detail="", since=NOW)],
        limits=[Notice(about="per_day", text="")],
    )
    document = compose(material, Sender(host="nas", root="/srv"), "1", NOW).document
    part = text_of(PAGE).split("### The JSON\n")[1].split("\n#")[0]

    assert first_column("### The JSON") == list(document)
    inner = [
        key
        for value in document.values()
        for one in (value if isinstance(value, list) else [value])
        for key in (one if isinstance(one, dict) else ())
    ]
    assert [key for key in inner if f"`{key}`" not in part] == []


def test_the_examples_are_right(tmp_path: Path) -> None:
    """The configuration, the file of addresses and the program that it shows can be used as they are."""
    addresses, *shown = [block for block in blocks(PAGE) if block.strip()]
    path = tmp_path / "urls"
    path.write_text("\n".join(line.strip() for line in addresses.splitlines()))
    path.chmod(stat.S_IRUSR)
    script = next(block for block in shown if block.startswith("#!"))
    tables = [tomllib.loads(block)["notify"] for block in shown if block.startswith("[notify]")]

    assert len(read_urls(path, {})) == 3
    assert all(Notify.model_validate(table).is_on for table in tables)
    assert subprocess.run(["sh", "-n"], input=script.encode(), check=False).returncode == 0
