"""A worker's look at files that somebody changes at that very moment."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path, PurePosixPath

import pytest
from engine_house import POLICY
from PIL import Image

from retouchd.adapters.identity import Identity
from retouchd.adapters.images import structure
from retouchd.adapters.inbox.files import InboxFolder
from retouchd.core.bundles import FormingRules
from retouchd.core.pictures import Examination
from retouchd.core.records import BundleRecord, BundleState
from retouchd.core.settling import LookAgain
from retouchd.core.values import BundleId
from retouchd.engine.look import Looker
from retouchd.engine.verdicts import Accept, Moved, NeedsYou, Verdict
from strategies import NOW


class Meddling:
    """The structure walk, and somebody who does something to the inbox when it is over."""

    def __init__(self, meddle: Callable[[], object]) -> None:
        self._meddle = meddle

    def examine(self, descriptor: int) -> Examination:
        """Examine, then meddle."""
        examination = structure.examine(descriptor)
        self._meddle()
        return examination


def picture(colour: str) -> bytes:
    """Give a photo."""
    buffer = BytesIO()
    Image.new("RGB", (48, 48), colour).save(buffer, "PNG")
    return buffer.getvalue()


def look_while(inbox: Path, meddle: Callable[[], object]) -> Verdict:
    """Look at beach.png while somebody meddles."""
    (inbox / "beach.png").write_bytes(picture("red"))
    (inbox / "beach.txt").write_text("make it evening")
    files = InboxFolder(inbox, Identity(journal_id="owner", inbox_id="inbox"), FormingRules(), 1.0)
    bundle = files.form_bundle(PurePosixPath(), "beach.png")
    assert bundle is not None
    record = BundleRecord(
        id=BundleId(1),
        folder=bundle.folder,
        key=bundle.key,
        photo="beach.png",
        digest=bundle.digest,
        state=BundleState.LOOKED_AT,
        detail="",
        seen=NOW,
    )
    return Looker(files, Meddling(meddle), POLICY).look(record, NOW)


def test_what_stays_as_it_is_becomes_jobs(tmp_path: Path) -> None:
    """Without anybody who meddles the photo is taken."""
    assert isinstance(look_while(tmp_path, lambda: None), Accept)


@pytest.mark.parametrize("way", ["written over", "exchanged", "renamed"])
def test_what_changes_while_it_is_looked_at_is_not_taken(tmp_path: Path, way: str) -> None:
    """What was examined and what was hashed could be two photos: quiet starts anew, nothing is sent."""
    beach, other = tmp_path / "beach.png", tmp_path / "other.png"
    other.write_bytes(picture("blue"))
    ways: dict[str, Callable[[], object]] = {
        "written over": lambda: beach.write_bytes(picture("green") + b"appended"),
        "exchanged": lambda: other.replace(beach),
        "renamed": lambda: beach.rename(tmp_path / "elsewhere.png"),
    }

    assert isinstance(look_while(tmp_path, ways[way]), Moved)


def test_a_prompt_that_is_still_written_is_waited_for(tmp_path: Path) -> None:
    """Half a prompt looks like a whole one: who has it open for writing is waited for."""
    with (tmp_path / "beach.txt").open("a"):
        verdict = look_while(tmp_path, lambda: None)

    assert verdict == LookAgain(
        at=NOW + timedelta(seconds=5), reason="beach.txt: another program still writes to it"
    )


def test_a_mask_that_does_not_fit_needs_you(tmp_path: Path) -> None:
    """It is told while the mask can still be exchanged: no job is made that could only fail."""
    Image.new("L", (48, 20)).save(tmp_path / "beach.mask.png")

    verdict = look_while(tmp_path, lambda: None)

    assert isinstance(verdict, NeedsYou)
    assert verdict.detail.startswith("beach.mask.png is no mask for this photo: it has 48x20 pixels")
