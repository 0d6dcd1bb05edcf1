"""A worker's look at one bundle that is quiet: is it whole, what does it ask for, can it be sent?

Reads files; decides nothing that the journal has to remember: the verdict goes to the intake.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from retouchd.core.bundles import Bundle, Member, Role, Standing
from retouchd.core.edits import SourcePicture, Wish
from retouchd.core.errors import SourceGoneError
from retouchd.core.limits import make_request
from retouchd.core.options import EffectiveOptions, Layer, Options, SidecarError, combine, merge
from retouchd.core.pictures import MEGAPIXEL, Incomplete, PhotoFormat, Picture
from retouchd.core.records import Accepted, BundleRecord
from retouchd.core.request import MAX_IMAGE_BYTES
from retouchd.core.settling import (
    Evidence,
    LookAgain,
    NeverComplete,
    SettlingVerdict,
    decide_settling,
)
from retouchd.core.sidecars import MAX_SIDECAR_BYTES, read_text, read_toml
from retouchd.core.values import Sha256
from retouchd.engine.needs import Inbox, Source
from retouchd.engine.pictures import Pictures
from retouchd.engine.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Vanished:
    """The photo is not there any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Something of the bundle is not as it was seen: quiet starts anew with what is there now."""

    bundle: Bundle


@dataclass(frozen=True, slots=True, kw_only=True)
class WantsPrompt:
    """There is no prompt yet, or an empty one."""

    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsYou:
    """A person must change something; free again by itself when that is done."""

    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The photo can never be sent."""

    detail: str
    accepted: tuple[Accepted, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept:
    """The bundle becomes jobs, one for each wish."""

    wishes: tuple[Wish, ...]
    accepted: tuple[Accepted, ...]


Verdict = Vanished | Moved | WantsPrompt | NeedsYou | LookAgain | Refused | Accept


class Looker:
    """Looks at bundles."""

    def __init__(self, inbox: Inbox, pictures: Pictures, policy: Policy) -> None:
        self._inbox = inbox
        self._pictures = pictures
        self._policy = policy

    def look(self, record: BundleRecord, now: datetime) -> Verdict:
        """Look at a bundle that has been quiet.

        Raises:
            FileTroubleError: A file of it cannot be read just now.
        """
        bundle = self._inbox.form_bundle(record.folder, record.key)
        if bundle is None:
            return Vanished()
        if bundle.digest != record.digest or bundle.standing is not Standing.COMPLETE:
            return Moved(bundle=bundle)
        try:
            return self._look_closely(record, bundle, now)
        except SourceGoneError:
            return Moved(bundle=bundle)
        except SidecarError as exc:
            return NeedsYou(detail=str(exc))

    def foresee(self, bundle: Bundle) -> tuple[Wish, ...]:
        """Give what a bundle asks for as it lies there now; nothing while prompt or photo are not complete.

        Raises:
            SidecarError: A prompt or options file cannot be understood.
            FileTroubleError: A file of it cannot be read just now.
        """
        effective, _ = self._read_options(bundle)
        with self._inbox.open_source(bundle.path) as photo:
            picture = self._pictures.examine(photo.descriptor())
            if isinstance(picture, Incomplete) or not effective.options.prompt:
                return ()
            source = _source_picture(bundle, photo.sha256(), picture)
        return tuple(self._wishes(effective, source, picture))

    def read_wishes(self, bundle: Bundle) -> EffectiveOptions:
        """Give what a bundle asks for by its prompt and options files alone; the photo is not opened.

        Raises:
            SidecarError: A prompt or options file cannot be understood.
            FileTroubleError: A file of it cannot be read just now.
        """
        effective, _ = self._read_options(bundle)
        return effective

    def _look_closely(self, record: BundleRecord, bundle: Bundle, now: datetime) -> Verdict:
        effective, sidecars = self._read_options(bundle)
        if not effective.options.prompt:
            return WantsPrompt(detail=f"waits for its prompt: {bundle.members[1].name} has none yet")
        with self._inbox.open_source(bundle.path) as photo:
            verdict = self._settle(record, photo, now)
            if isinstance(verdict, LookAgain):
                return verdict
            sha256 = photo.sha256()
            if photo.signature() != bundle.photo.signature or not photo.is_still_named():
                return Moved(bundle=bundle)
        accepted = (_accepted(bundle.photo, sha256), *sidecars)
        if isinstance(verdict, NeverComplete):
            return Refused(detail=f"not a complete picture: {verdict.reason}", accepted=accepted)
        fault = self._find_fault(verdict.picture, bundle.photo.signature.size)
        if fault:
            return Refused(detail=fault, accepted=accepted)
        source = _source_picture(bundle, sha256, verdict.picture)
        return Accept(wishes=tuple(self._wishes(effective, source, verdict.picture)), accepted=accepted)

    def _read_options(self, bundle: Bundle) -> tuple[EffectiveOptions, tuple[Accepted, ...]]:
        sidecars = [self._read_sidecar(member) for member in bundle.members[1:]]
        effective = merge(combine([layer for layer, _ in sidecars]), self._policy.defaults)
        return effective, tuple(accepted for _, accepted in sidecars)

    def _read_sidecar(self, member: Member) -> tuple[Layer, Accepted]:
        with self._inbox.open_source(member.path) as source:
            content = source.read_text_bytes(MAX_SIDECAR_BYTES)
            sha256 = source.sha256()
        try:
            options = _options_of(member, content)
        except SidecarError as exc:
            reason = f"{member.name}: {exc}"
            raise SidecarError(reason) from exc
        return Layer(origin=member.name, options=options), _accepted(member, sha256)

    def _settle(self, record: BundleRecord, photo: Source, now: datetime) -> SettlingVerdict:
        evidence = Evidence(
            size=photo.signature().size,
            is_being_written=photo.is_being_written(),
            ends_in_zeros=photo.ends_in_zeros(),
            examination=self._pictures.examine(photo.descriptor()),
        )
        return decide_settling(
            evidence,
            looks=record.looks,
            first_look=record.first_look or now,
            now=now,
            patience=self._policy.incomplete_after,
        )

    def _find_fault(self, picture: Picture, size: int) -> str | None:
        if picture.format.taken_as is None:
            return f"it is {picture.format.value.upper()}, which the service does not take: save it as JPEG"
        if picture.animated:
            return _describe_frames(picture)
        limit = min(self._policy.max_input_bytes, MAX_IMAGE_BYTES - 1)
        if size > limit:
            return f"it has {size / 1e6:.1f} MB, allowed are {limit / 1e6:.1f} MB: export it smaller"
        if picture.pixels > self._policy.max_pixels:
            allowed = self._policy.max_pixels / MEGAPIXEL
            return f"it has {picture.pixels / MEGAPIXEL:.1f} megapixels, allowed are {allowed:.1f}"
        return None

    def _wishes(self, effective: EffectiveOptions, source: SourcePicture, picture: Picture) -> Iterator[Wish]:
        options = effective.options
        request = make_request(options, picture, self._policy.limits)
        first = options.take or 1
        for take in range(first, first + (options.variants or 1)):
            yield Wish(request=request, take=take, pictures=(source,), origins=effective.origins)


def _describe_frames(picture: Picture) -> str:
    if picture.format is PhotoFormat.TIFF:
        return "it has several pages: save the one that is to be edited as a file of its own"
    return "it is an animation, which cannot be edited: export one frame of it"


def _options_of(member: Member, content: bytes) -> Options:
    options = read_toml(content) if member.role is Role.OPTIONS else read_text(content)
    for name in ("mask", "references"):
        if getattr(options, name):
            reason = f'"{name}" is not understood by this version: remove it'
            raise SidecarError(reason)
    return options


def _accepted(member: Member, sha256: Sha256) -> Accepted:
    return Accepted(path=member.path, role=member.role, sha256=sha256, signature=member.signature)


def _source_picture(bundle: Bundle, sha256: Sha256, picture: Picture) -> SourcePicture:
    return SourcePicture(
        path=bundle.path,
        sha256=sha256,
        bytes=bundle.photo.signature.size,
        width=picture.width,
        height=picture.height,
        format=picture.format,
    )
