"""What lies in the inbox and in the queue, and what all of it would cost. Opens no photo, writes nothing.

The cost hangs on the size, and the size on the photo's shape; of photos that were not looked at yet the
usual shapes stand for it, so that ten thousand of them are foreseen in seconds.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Final

from retouchd.adapters.folder import Folder
from retouchd.adapters.images import structure
from retouchd.adapters.inbox.files import InboxFolder
from retouchd.adapters.inbox.listing import FolderView
from retouchd.adapters.inbox.mounts import read_ground
from retouchd.adapters.inbox.scan import Scan, Unreadable
from retouchd.adapters.inbox.sheets import SheetReader
from retouchd.cli.finding import Spot
from retouchd.cli.opening import House
from retouchd.core.bundles import Bundle, Standing
from retouchd.core.errors import FileTroubleError
from retouchd.core.jobs import Job, JobState
from retouchd.core.limits import full_prompt, make_request
from retouchd.core.money import Caps, Money
from retouchd.core.options import Options, SidecarError
from retouchd.core.pictures import PhotoFormat, Picture
from retouchd.core.plan import PlannedPhoto
from retouchd.core.prices import Price, estimate, expected_cost
from retouchd.core.records import BundleState
from retouchd.core.request import EditRequest
from retouchd.core.values import fold_name
from retouchd.engine.look import Looker
from retouchd.ownership import check_ownership
from retouchd.policies import engine_policy, forming_rules

# Shapes of photos, the commonest first: the highest reservation of all of them is "at most". The kind of the
# result costs nothing.
_SHAPES: Final = tuple(
    Picture(format=PhotoFormat.PNG, width=width, height=height)
    for width, height in ((3, 2), (2, 3), (4, 3), (3, 4), (1, 1), (16, 9), (9, 16), (3, 1), (1, 3))
)
_COUNTED: Final = (JobState.READY, JobState.DEFERRED, JobState.WAITING, JobState.HELD)
# Bundles that are jobs by now: those are counted as jobs.
_BECAME_JOBS: Final = frozenset({BundleState.AT_WORK, BundleState.ENDING})


@dataclass(slots=True, kw_only=True)
class Foreseen:
    """Everything that was found.

    Attributes:
        left_out: How many are not sent, by "without_prompt", "needs_you", "not_photos", "paid_before" and
            "unreadable".
    """

    photos: list[PlannedPhoto] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


class Foresight:
    """Foresees what lies at one place of the inbox.

    Raises:
        AlreadyOwnedError: The inbox belongs to another machine's retouchd.
        StartRefusedError: The folders were never initialised.
    """

    def __init__(self, house: House, spot: Spot, caps: Caps) -> None:
        self._view = house.view
        self._spot = spot
        self._caps = caps
        self._policy = engine_policy(house.settings)
        self._rules = forming_rules(house.settings)
        self._folder = Folder(house.places.inbox)
        settle_seconds = house.settings.watch.settle_seconds
        identity = check_ownership(house.places, house.view)
        self._inbox = InboxFolder(house.places.inbox, identity, self._rules, settle_seconds)
        self._looker = Looker(self._inbox, structure, self._policy)
        # By the options without the prompt: the shapes are tried once for all photos that want the same.
        self._requests: dict[Options, tuple[EditRequest, ...]] = {}
        self._prices: dict[object, Price | None] = {}

    def foresee(self) -> Foreseen:
        """Look at everything at the place.

        Raises:
            FolderMissingError: The inbox is not there.
        """
        self._inbox.check_mark()
        found = Foreseen()
        for job in self._view.all_jobs_in(_COUNTED):
            self._add_job(found, job)
        scan = Scan(self._folder, read_ground(self._folder.root), self._rules, SheetReader(self._folder))
        for view in self._walk(scan):
            if isinstance(view, Unreadable):
                found.left_out["unreadable"] += 1
                continue
            found.left_out["not_photos"] += sum(view.left_out.values())
            for bundle in scan.form(view).bundles:
                self._add_bundle(found, bundle)
        return found

    def _walk(self, scan: Scan) -> Iterator[FolderView | Unreadable]:
        if self._spot.path.is_dir():
            yield from scan.walk(self._spot.relative)
            return
        view = scan.read(self._spot.relative.parent)
        if view is not None:
            yield replace(view, hidden={}, strangers={})

    def _is_meant(self, path: PurePosixPath) -> bool:
        place = self._spot.relative
        if self._spot.path.is_dir():
            return path.is_relative_to(place)
        return (path.parent, fold_name(path.name)) == (place.parent, fold_name(place.name))

    def _add_job(self, found: Foreseen, job: Job) -> None:
        path = self._view.source_of(job.bundle)
        if not self._is_meant(path) or job.wish is None:
            return
        if job.state is JobState.HELD:
            found.left_out["needs_you"] += 1
        elif job.state is JobState.WAITING:
            found.left_out["paid_before"] += 1
        else:
            self._add(found, path.parent, (job.wish.request,), 1)

    def _add_bundle(self, found: Foreseen, bundle: Bundle) -> None:
        record = self._view.find_live(bundle.folder, bundle.key)
        if not self._is_meant(bundle.path) or (record is not None and record.state in _BECAME_JOBS):
            return
        if bundle.standing is Standing.LACKS_PROMPT:
            found.left_out["without_prompt"] += 1
            return
        needs_you = record is not None and record.state is BundleState.NEEDS_YOU
        if bundle.standing is Standing.AMBIGUOUS or (
            needs_you and record is not None and record.digest == bundle.digest
        ):
            found.left_out["needs_you"] += 1
            return
        self._add_complete(found, bundle)

    def _add_complete(self, found: Foreseen, bundle: Bundle) -> None:
        try:
            options = self._looker.read_wishes(bundle).options
            requests = self._requests_of(options)
        except SidecarError:
            found.left_out["needs_you"] += 1
        except FileTroubleError:
            found.left_out["unreadable"] += 1
        else:
            if options.prompt:
                self._add(found, bundle.folder, requests, options.variants or 1)
            else:
                found.left_out["without_prompt"] += 1

    def _requests_of(self, options: Options) -> tuple[EditRequest, ...]:
        """Give the request for each shape."""
        prompt = full_prompt(options) if options.prompt else "x"
        usual = replace(options, prompt="x", prompt_prefix=None, prompt_suffix=None)
        if usual not in self._requests:
            self._requests[usual] = tuple(
                dict.fromkeys(make_request(usual, shape, self._policy.limits) for shape in _SHAPES)
            )
        return tuple(replace(one, prompt=prompt) for one in self._requests[usual])

    def _add(
        self, found: Foreseen, folder: PurePosixPath, requests: tuple[EditRequest, ...], pictures: int
    ) -> None:
        about = expected_cost(requests[0], self._price_of(requests[0]))
        at_most = max(estimate(one, self._price_of(one)) for one in requests)
        if self._caps.per_job is not None and about > self._caps.per_job:
            found.left_out["over_limit"] += pictures
            return
        found.photos.append(
            PlannedPhoto(
                folder=folder,
                prompt=requests[0].prompt,
                pictures=pictures,
                about=Money(about.micro * pictures),
                at_most=Money(at_most.micro * pictures),
            )
        )

    def _price_of(self, request: EditRequest) -> Price | None:
        known = (request.quality, request.size)
        if known not in self._prices:
            self._prices[known] = self._view.price_of(request)
        return self._prices[known]
