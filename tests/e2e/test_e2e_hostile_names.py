"""Names and wishes in an inbox that mean something to programs: to terminals, templates and spreadsheets."""

import csv
import io
import re
from pathlib import PurePosixPath

from answers import good
from invariants import check_all
from workshop import OpenShop, picture

from servers import ScriptedServer

NAMES = [
    "[red]alarm[/red].jpg",
    "\x1b[31mred\x1b]0;title\x07.jpg",
    "%s%n%(key)s.jpg",
    "{0.__class__}{stem}{}.jpg",
    "=HYPERLINK(1,2).jpg",
    "@sum.jpg",
    "$(touch x);`id`.jpg",
    "right\N{RIGHT-TO-LEFT OVERRIDE}gpj.jpg",
]
# What presets ask the results to be called, and what becomes of a.jpg then.
TEMPLATES = {
    "../../../escaped": "_._.._.._escaped.jpg",
    "/etc/escaped": "_etc_escaped.jpg",
    "..": "photo.jpg",
    "con": "_con.jpg",
    "_STATUS.txt": "_STATUS.txt.jpg",
    ".retouchd-root": "_retouchd-root.jpg",
    "a\\u0007\\u202eb\\u2028c": "a__b_c.jpg",
    "{stem}" * 400: "a" * 180 + ".jpg",
}
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\u202e]")


def test_i10_names_and_templates_are_only_names(open_shop: OpenShop) -> None:
    """I10: no name or template is taken for markup, a formula or a way out, wherever it is told."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1")
        for number, name in enumerate(NAMES):
            shop.drop(name, picture(number), f"make it {number}", sidecar=f"{name}.txt")
            shop.drop(f"lonely/{name}", picture(number))
        for number, template in enumerate(TEMPLATES):
            shop.drop(f"{number}/a.jpg", picture(100 + number), f"make it day {number}")
            (shop.inbox / str(number) / "_preset.toml").write_text(f'output_name = "{template}"\n')

        shop.drop("=1+1/a.jpg", picture(90), "make it noon")

        ended = shop.until_idle()
        screens = [
            shop.type(*words)
            for words in (["status"], ["jobs"], ["costs"], ["jobs", "--csv"], ["costs", "--csv"])
        ]
        screens += [shop.type("explain", str(shop.inbox / "lonely" / name)) for name in NAMES]
        status_file = (shop.outbox / "_STATUS.txt").read_text("utf-8-sig")

    assert len(server.requests) == len(NAMES) + len(TEMPLATES) + 1, ended.text
    assert not [text for text in (*screens, status_file) if CONTROL.search(text)]
    assert not [text for text in screens if "Traceback" in text]
    assert "[red]alarm[/red].jpg" in screens[5]
    cells = [cell for row in csv.reader(io.StringIO(screens[3] + screens[4])) for cell in row]
    assert [cell for cell in cells if "HYPERLINK" in cell]
    assert "./=1+1" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "@"))]
    outputs = {PurePosixPath(name).parent.name: PurePosixPath(name).name for name in shop.outputs()}
    assert [outputs[str(number)] for number in range(len(TEMPLATES))] == list(TEMPLATES.values())
    check_all(shop)
