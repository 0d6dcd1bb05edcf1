"""The documents as the tests read them: what stands in them between backticks, in blocks and in tables."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
PACKAGE: Final = ROOT / "daemon/retouchd"
MANUAL: Final = tuple(sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md")))
# All that people read.
PAGES: Final = ("README.md", *MANUAL, "systemd/README.md")
DOCUMENTS: Final = (*PAGES, "ARCHITECTURE.md", "CHANGELOG.md")
# Stands for what differs from time to time, in a message as it is documented and as the program has it.
GAP: Final = "…"
# What joins the parts of a message belongs to none of them.
_ENDS: Final = " .:;,()"
_MOST_PIECES: Final = 3
_LEAST_PIECE: Final = 7
_BLOCK: Final = re.compile(r"^```\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_TERM: Final = re.compile(r"`([^`\n]+)`")
_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
_HEADING: Final = re.compile(r"^#+ (.+)$", re.MULTILINE)
# What a container is told, by which only the program's own words count.
_IN_CONTAINER: Final = re.compile(r"^docker compose (?:run --rm retouchd|exec retouchd retouchd) ")


@cache
def text_of(document: str) -> str:
    """Give a document."""
    return (ROOT / document).read_text("utf-8")


@cache
def terms(document: str) -> tuple[str, ...]:
    """Give what stands between backticks, but for blocks."""
    return tuple(_TERM.findall(_BLOCK.sub("", text_of(document))))


def blocks(document: str) -> list[str]:
    """Give the blocks: what is typed, or stands in a file."""
    return _BLOCK.findall(text_of(document))


def typed(document: str) -> Iterator[list[str]]:
    """Give the words of each command of the program that a document shows, without its name."""
    lines = [line for block in blocks(document) for line in block.splitlines()]
    for shown in (*terms(document), *lines):
        line = _IN_CONTAINER.sub("retouchd ", shown.partition(" # ")[0].strip())
        words = line.split()
        if words and words[0] == "retouchd":
            yield words[1:]


def links(document: str) -> list[str]:
    """Give where a document points to."""
    return _LINK.findall(_BLOCK.sub("", text_of(document)))


def anchors(document: str) -> set[str]:
    """Give the names by which the headings of a document can be pointed to."""
    headings = _HEADING.findall(_BLOCK.sub("", text_of(document)))
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


def rows(document: str, heading: str) -> list[list[str]]:
    """Give the cells of the first table below a heading, without its own heads."""
    below = text_of(document).partition(f"# {heading}\n")[2]
    table = re.search(r"(?:^\|.*\n)+", below, re.MULTILINE)
    assert table, f"{document} has no table below {heading}"
    lines = table[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@cache
def literals() -> tuple[str, ...]:
    """Give every text in the program's sources but docstrings, with gaps for what is put in."""
    return tuple(
        found for path in sorted(PACKAGE.rglob("*.py")) for found in _texts(ast.parse(path.read_bytes()))
    )


def _texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else GAP for part in node.values)  # type: ignore[misc]  # a part of a text is one
            yield from (text for part in node.values for text in _texts(part))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Constant):
            yield from _texts(node)


def is_said(message: str) -> bool:
    """Say whether the program has each part of a message between its gaps, in one piece or put together."""
    return all(_is_put_together(part.strip(_ENDS), _MOST_PIECES) for part in message.split(GAP))


def _is_put_together(part: str, pieces: int) -> bool:
    if len(part) <= len(GAP) + 1 or any(part in text for text in literals()):
        return True
    if pieces == 1:
        return False
    cuts = [place for place, sign in enumerate(part) if sign == " " and place >= _LEAST_PIECE]
    return any(
        any(part[:cut].rstrip(_ENDS) in text for text in literals())
        and _is_put_together(part[cut:].strip(_ENDS), pieces - 1)
        for cut in reversed(cuts)
    )
