"""`retouchd explain`: for anything in the inbox, why it is where it is and what happens next."""

import os
import stat
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

from retouchd.adapters.folder import Folder
from retouchd.adapters.inbox.mounts import read_ground
from retouchd.adapters.inbox.scan import Scan
from retouchd.adapters.inbox.sheets import SheetReader
from retouchd.cli.explanation import Explanation
from retouchd.cli.finding import Spot, Where, find_ignored, find_spot
from retouchd.cli.impatience import ending_when_stuck
from retouchd.cli.opening import House, open_house
from retouchd.cli.photos import PhotoExplainer
from retouchd.cli.screen import Screen, print_json
from retouchd.core.bundles import (
    FOLDER_PROMPT_NAME,
    PRESET_NAME,
    Bundle,
    Role,
    Standing,
    is_job_folder,
    is_photo_name,
    is_sidecar_name,
)
from retouchd.core.depth import lies_too_deep, too_deep_sentence
from retouchd.core.errors import FileTroubleError
from retouchd.core.hints import (
    Kind,
    below_job_sentence,
    common_sentence,
    companion_sentence,
    ignored_sentence,
    job_orphan_sentence,
    kind_of,
    member_sentence,
    orphan_sentence,
    rival_sentence,
    stranger_sentence,
)
from retouchd.core.jobs import ENDED
from retouchd.core.records import BundleState
from retouchd.core.statusfile import STATUS_FILE_NAME
from retouchd.core.story import STATE_WORDS
from retouchd.core.values import fold_name, printable
from retouchd.core.watching import (
    FAILURE_NOTE,
    WatchMode,
    choose_manners,
    describe_manner,
    find_manner,
)
from retouchd.policies import forming_rules

_BUNDLE_WORDS = {
    BundleState.ARRIVING: "arriving or queued",
    BundleState.LOOKED_AT: "arriving or queued",
    BundleState.LACKS_PROMPT: "without a prompt",
    BundleState.NEEDS_YOU: "needs you",
}
# Of what is seen completely, and of what is never looked at, nobody asks how it is noticed.
_AWAITED = frozenset({"folder", "unknown", "arriving", "waiting_for_prompt", "orphan"})

_NO_DETAILS: Final = "its details are not kept any more, but its .json file tells them."


def explain_path(config: Path | None, environ: Mapping[str, str], typed: Path, *, as_json: bool) -> None:
    """Print why something is where it is.

    Raises:
        RetouchdError: The configuration is wrong, or something cannot be read.
    """
    with open_house(config, environ) as house:
        with ending_when_stuck(f'"{house.command("doctor")}"'):
            explanation = _Explainer(house).explain(find_spot(typed, house.places))
        if explanation.wish:
            explanation = replace(explanation, price=house.view.price_of(explanation.wish.request))
        if as_json:
            print_json(explanation.as_json())
        else:
            explanation.write(Screen())


class _Explainer:
    """Explains whatever a path leads to."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._photos = PhotoExplainer(house)
        self._rules = forming_rules(house.settings).ignore

    def explain(self, spot: Spot) -> Explanation:
        """Explain one place."""
        match spot.where:
            case Where.INBOX:
                found = self._explain_in_inbox(spot)
                is_awaited = found.state in _AWAITED
                return replace(found, watched=self._how_watched(spot.relative)) if is_awaited else found
            case Where.OUTBOX:
                return self._explain_output(spot)
            case Where.DONE | Where.FAILED:
                return self._photos.explain_past(spot.relative) or _plain(spot, "unknown", _unknown(spot))
            case Where.ELSEWHERE:
                told = (
                    f"{printable(spot.path)} is not in the inbox, so nothing happens to it. The inbox is"
                    f" {printable(self._house.places.inbox)}."
                )
                return _plain(spot, "elsewhere", told)

    def _explain_in_inbox(self, spot: Spot) -> Explanation:
        _check_access(spot.path)
        unseen = self._tell_unseen(spot)
        if unseen:
            return _plain(spot, "ignored", unseen)
        try:
            mode = os.lstat(spot.path).st_mode
        except OSError:
            return self._photos.explain_past(spot.relative) or _plain(spot, "unknown", _unknown(spot))
        if stat.S_ISDIR(mode):
            return self._explain_folder(spot)
        if not stat.S_ISREG(mode):
            return _plain(spot, "ignored", stranger_sentence(PurePosixPath(spot.path.name), Kind.NO_FILE))
        return self._explain_file(spot)

    def _tell_unseen(self, spot: Spot) -> str:
        """Say why a place is never looked at, or nothing."""
        if lies_too_deep(spot.relative.parent):
            return too_deep_sentence(spot.relative)
        ignored = find_ignored(spot, self._rules)
        if ignored is not None:
            return ignored_sentence(*ignored)
        # Of a folder that is one bundle no folder is entered.
        innermost = spot.relative if spot.path.is_dir() else spot.relative.parent
        job = next((one for one in innermost.parents if is_job_folder(one)), None)
        return below_job_sentence(spot.relative, job) if job else ""

    def _how_watched(self, relative: PurePosixPath) -> str:
        """Say how changes at a place in the inbox are noticed, or would be if a daemon ran."""
        house, root = self._house, PurePosixPath(os.path.realpath(self._house.places.inbox))
        watch = house.settings.watch
        # What stopped the events of a daemon that has ended need not stop those of the next.
        failure = (house.view.note(FAILURE_NOTE) or "") if house.holder else ""
        manners = choose_manners(root, WatchMode(watch.mode), read_ground(root).networks(root), failure)
        manner = find_manner(manners, root / relative)
        return describe_manner(manner, watch.rescan_seconds, watch.poll_seconds)

    def _explain_file(self, spot: Spot) -> Explanation:
        name, bundles = spot.path.name, self._bundles_in(spot.relative.parent)
        if bundles is None:
            return self._photos.explain(spot.relative)
        users = [bundle for bundle in bundles if spot.relative in {member.path for member in bundle.members}]
        if users:
            return self._explain_member(spot, users)
        if name == PRESET_NAME or fold_name(name) == FOLDER_PROMPT_NAME:
            return _plain(spot, "waiting_for_photos", common_sentence(spot.relative))
        if is_photo_name(name):
            return _plain(spot, "not_a_photo", companion_sentence(spot.relative))
        if is_sidecar_name(name):
            return _plain(spot, "orphan", _orphan(spot.relative, bundles))
        return _plain(spot, "not_a_photo", stranger_sentence(PurePosixPath(name), kind_of(name)))

    def _explain_member(self, spot: Spot, users: Sequence[Bundle]) -> Explanation:
        """Explain a file by a photo that it belongs to: the one that it is, if it is one."""
        bundle = next((one for one in users if one.path == spot.relative), users[0])
        photo = self._photos.explain(bundle.path)
        if bundle.path == spot.relative:
            return photo
        role = next(member.role for member in bundle.members if member.path == spot.relative)
        name, other = spot.relative.name, bundle.photo.name
        is_rival = role is Role.PHOTO and not is_job_folder(bundle.folder)
        about = rival_sentence(name, other) if is_rival else member_sentence(name, role, other, len(users))
        return replace(photo, path=printable(spot.shown), about=about)

    def _bundles_in(self, folder: PurePosixPath) -> tuple[Bundle, ...] | None:
        inbox = Folder(self._house.places.inbox)
        scan = Scan(inbox, read_ground(inbox.root), forming_rules(self._house.settings), SheetReader(inbox))
        view = scan.read(folder)
        return scan.form(view).bundles if view else None

    def _explain_output(self, spot: Spot) -> Explanation:
        """Explain a picture in the outbox, or its metadata, by the photo that it was made from."""
        view, path = self._house.view, spot.relative
        if path == PurePosixPath(STATUS_FILE_NAME):
            told = (
                f"{printable(spot.shown)} tells what is going on; retouchd writes it anew when that changes."
            )
            return _plain(spot, "status", told)
        job = view.job_of_output(path) or (
            view.job_of_output(path.with_suffix("")) if path.suffix == ".json" else None
        )
        if job is None and any(view.is_past_output(one) for one in (path, path.with_suffix(""))):
            told = f"{printable(spot.shown)} was made by retouchd; {_NO_DETAILS}"
            return _plain(spot, "done", told)
        if job is None:
            return _plain(
                spot, "unknown", f"{printable(spot.shown)} was not made by retouchd, as far as it knows."
            )
        source = view.source_of(job.bundle)
        about = f"{printable(spot.shown)} was made from {printable(source)} by job {job.id}:"
        past = self._photos.explain_past(source)
        return replace(past, path=printable(spot.shown), about=about) if past else _plain(spot, "done", about)

    def _explain_folder(self, spot: Spot) -> Explanation:
        bundles, jobs = self._house.view.count_below(spot.relative)
        now, so_far = Counter[str](), Counter[str]()
        for state, words in _BUNDLE_WORDS.items():
            now[words] += bundles.get(state, 0)
        for job_state, words in STATE_WORDS.items():
            (so_far if job_state in ENDED else now)[words] += jobs.get(job_state, 0)
        told = (
            f"Waiting or under way: {_list(now) or 'nothing'}.",
            f"Over: {_list(so_far) or 'nothing yet'}.",
        )
        return replace(_plain(spot, "folder", ""), sentences=told, counts=+now | +so_far)


def _check_access(path: Path) -> None:
    """Make sure that whoever asks may look at a place, which need not be the daemon's user.

    Raises:
        FileTroubleError: They may not. The daemon may all the same: its service can have the folder bound.
    """
    try:
        is_closed = stat.S_ISDIR(os.lstat(path).st_mode) and not os.access(path, os.R_OK | os.X_OK)
    except PermissionError:
        is_closed = True
    except OSError:
        return  # What is not there is told of by what was seen of it.
    if is_closed:
        raise FileTroubleError(operation="look at", path=path, reason="permission denied; ask as root")


def _orphan(path: PurePosixPath, bundles: Sequence[Bundle]) -> str:
    if is_job_folder(path.parent):
        return job_orphan_sentence(path)
    lonely = [one.photo.name for one in bundles if one.standing is Standing.LACKS_PROMPT]
    return orphan_sentence(PurePosixPath(path.name), lonely)


def _list(counts: Counter[str]) -> str:
    return ", ".join(f"{words} {number}" for words, number in counts.items() if number)


def _plain(spot: Spot, state: str, told: str) -> Explanation:
    return Explanation(path=printable(spot.shown), state=state, sentences=(told,))


def _unknown(spot: Spot) -> str:
    return (
        f"There is no {printable(spot.path.name)} in {printable(spot.path.parent)}, and none was seen there."
    )
