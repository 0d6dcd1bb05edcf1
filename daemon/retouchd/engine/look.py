"""A worker's look at one bundle that is quiet: is it whole, what does it ask for, can it be sent?

Reads files; decides nothing that the journal has to remember: the verdict goes to the intake.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath

from retouchd.core.bundles import Bundle, Member, Role, Standing
from retouchd.core.edits import SourcePicture, Wish
from retouchd.core.errors import SourceGoneError, UnsendableError
from retouchd.core.limits import make_request
from retouchd.core.masks import fit_mask
from retouchd.core.options import EffectiveOptions, SidecarError
from retouchd.core.pictures import MEGAPIXEL, MOST_PHOTO_BYTES, PhotoFormat, Picture
from retouchd.core.records import Accepted, BundleRecord
from retouchd.core.request import MAX_IMAGES
from retouchd.core.settling import (
    Evidence,
    LookAgain,
    NeverComplete,
    Settled,
    SettlingVerdict,
    TooLarge,
    decide_settling,
    find_excess,
    look_later,
    wait_for_writer,
)
from retouchd.core.values import Sha256, Signature, printable
from retouchd.engine.pictures import Darkroom, Pictures
from retouchd.engine.policy import Policy
from retouchd.engine.reading import Asked, SidecarReader, accept
from retouchd.engine.sources import Inbox, Source
from retouchd.engine.verdicts import Accept, Moved, NeedsYou, Refused, Vanished, Verdict, WantsPrompt


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """One picture that is whole and can be sent."""

    accepted: Accepted
    picture: Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class _Faulty:
    """One picture that can never be sent."""

    accepted: Accepted
    detail: str


class Looker:
    """Looks at bundles.

    Args:
        inbox: Its files.
        pictures: The structure walk.
        policy: What the owner allows.
        darkroom: Looks into masks; None leaves that to whoever sends them.
    """

    def __init__(
        self, inbox: Inbox, pictures: Pictures, policy: Policy, darkroom: Darkroom | None = None
    ) -> None:
        self._inbox = inbox
        self._pictures = pictures
        self._darkroom = darkroom
        self._policy = policy
        self._reader = SidecarReader(inbox, policy.defaults)

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
        """Give what a bundle asks for as it lies there now; nothing while something of it is not complete.

        Raises:
            SidecarError: A prompt or options file cannot be understood.
            FileTroubleError: A file of it cannot be read just now.
        """
        asked = self._read(bundle)
        if not asked.effective.options.prompt:
            return ()
        try:
            found = [self._foresee_picture(member) for member in _pictures_of(bundle, asked)]
        except SourceGoneError:
            return ()
        whole = [one for one in found if one is not None]
        return tuple(self._wishes(asked.effective, whole)) if len(whole) == len(found) else ()

    def _foresee_picture(self, member: Member) -> _Found | None:
        with self._inbox.open_source(member.path) as source:
            picture = self._pictures.examine(source.descriptor())
            if not isinstance(picture, Picture):
                return None
            placed = replace(member, signature=source.signature())
            return _Found(accepted=accept(placed, source.sha256()), picture=picture)

    def read_wishes(self, bundle: Bundle) -> EffectiveOptions:
        """Give what a bundle asks for by its prompt and options files alone; the photo is not opened.

        Raises:
            SidecarError: A prompt or options file cannot be understood.
            FileTroubleError: A file of it cannot be read just now.
        """
        return self._read(bundle).effective

    def _read(self, bundle: Bundle) -> Asked:
        with self._reader.opened(bundle) as texts:
            return self._reader.read(bundle, texts)

    def _look_closely(self, record: BundleRecord, bundle: Bundle, now: datetime) -> Verdict:
        with self._reader.opened(bundle) as texts:
            writer = _find_writer(record, bundle, texts, now)
            if writer is not None:
                return writer
            asked = self._reader.read(bundle, texts)
        lacking = _find_lack(bundle, asked)
        if lacking:
            return WantsPrompt(detail=lacking)
        found: list[_Found] = []
        for member in _pictures_of(bundle, asked):
            one = self._look_at(record, bundle, member, now)
            if isinstance(one, _Faulty):
                others = [two.accepted for two in found if two.accepted.role is not Role.PHOTO]
                return _refuse(bundle, one, (one.accepted, *others, *asked.files))
            if not isinstance(one, _Found):
                return one
            found.append(one)
        return self._accept(bundle, asked, found)

    def _accept(self, bundle: Bundle, asked: Asked, found: Sequence[_Found]) -> Verdict:
        wishes = tuple(self._wishes(asked.effective, found))
        photos = [one.accepted for one in found if one.accepted.role is Role.PHOTO]
        others = [one.accepted for one in found if one.accepted.role is not Role.PHOTO]
        return Accept(
            wishes=wishes,
            accepted=(*photos, *others, *asked.files),
            borrows_prompt=bundle.borrows_prompt,
        )

    def _look_at(
        self, record: BundleRecord, bundle: Bundle, member: Member, now: datetime
    ) -> _Found | _Faulty | LookAgain | Moved | NeedsYou:
        """Look at one picture."""
        try:
            with self._inbox.open_source(member.path) as source:
                signature = source.opened_as()
                verdict = self._settle(record, source, now)
                if isinstance(verdict, LookAgain):
                    return _about(bundle, member, verdict)
                if isinstance(verdict, TooLarge) and signature.size > MOST_PHOTO_BYTES:
                    # To hash it, and to file it by its hash, would keep a worker busy for minutes.
                    return NeedsYou(detail=f"{printable(member.name)}: {verdict.reason}")
                sha256 = source.sha256()
                if not _is_unchanged(bundle, member, signature, source):
                    return Moved(bundle=bundle)
        except SourceGoneError:
            if member in bundle.members:
                raise
            reason = f"waits for {printable(member.path)}, which it is to be sent with"
            return look_later(reason, looks=record.looks, now=now)
        return self._judge(accept(replace(member, signature=signature), sha256), verdict)

    def _judge(self, accepted: Accepted, verdict: Settled | NeverComplete | TooLarge) -> _Found | _Faulty:
        if not isinstance(verdict, Settled):
            lead = "not a complete picture: " if isinstance(verdict, NeverComplete) else ""
            return _Faulty(accepted=accepted, detail=f"{lead}{verdict.reason}")
        fault = self._find_fault(verdict.picture)
        if fault:
            return _Faulty(accepted=accepted, detail=fault)
        return _Found(accepted=accepted, picture=verdict.picture)

    def _settle(self, record: BundleRecord, photo: Source, now: datetime) -> SettlingVerdict:
        size = photo.opened_as().size
        excess = find_excess(size, self._policy.max_input_bytes)
        evidence = Evidence(
            size=size,
            is_being_written=photo.is_being_written(),
            ends_in_zeros=photo.ends_in_zeros(),
            has_holes=photo.has_holes(),
            examination=excess or self._pictures.examine(photo.descriptor()),
        )
        return decide_settling(
            evidence,
            looks=record.looks,
            first_look=record.first_look or now,
            now=now,
            patience=self._policy.incomplete_after,
        )

    def _find_fault(self, picture: Picture) -> str | None:
        if picture.animated:
            return _describe_frames(picture)
        if picture.pixels > self._policy.max_pixels:
            allowed = self._policy.max_pixels / MEGAPIXEL
            many = f"{picture.pixels / MEGAPIXEL:.1f} megapixels"
            return f"it has {many}, allowed are {allowed:.1f}: export it smaller"
        return None

    def _wishes(self, effective: EffectiveOptions, found: Sequence[_Found]) -> Iterator[Wish]:
        """Give what is asked for.

        Raises:
            SidecarError: It is not possible with these pictures.
        """
        options = effective.options
        sent = sorted((one for one in found if one.accepted.role is not Role.MASK), key=_photos_first)
        masks = [one for one in found if one.accepted.role is Role.MASK]
        self._check_mask(masks, sent[0].picture)
        request = make_request(options, sent[0].picture, self._policy.limits, images=_count(sent))
        first = options.take or 1
        for take in range(first, first + (options.variants or 1)):
            yield Wish(
                request=request,
                take=take,
                pictures=tuple(map(_source_picture, sent)),
                origins=effective.origins,
                mask=_source_picture(masks[0]) if masks else None,
                output_name=options.output_name,
            )

    def _check_mask(self, masks: Sequence[_Found], photo: Picture) -> None:
        """Refuse a mask that the service would refuse, while a person can still exchange it."""
        for mask in masks:
            fit = fit_mask(mask.picture, photo)
            fault = fit if isinstance(fit, str) else self._look_into(mask, photo)
            if fault:
                reason = f"{printable(mask.accepted.name)} is no mask for this photo: {fault}"
                raise SidecarError(reason)

    def _look_into(self, mask: _Found, photo: Picture) -> str:
        """Say what is wrong with what a mask marks, or nothing."""
        if self._darkroom is None:
            return ""
        try:
            with (
                self._inbox.open_source(mask.accepted.path) as file,
                self._darkroom.cut_mask(file.descriptor(), photo, photo.shown_size),
            ):
                return ""
        except UnsendableError as exc:
            return str(exc)


def _find_writer(
    record: BundleRecord, bundle: Bundle, texts: Mapping[Member, Source], now: datetime
) -> LookAgain | None:
    """Find out whether a prompt or options file is still written to."""
    for member, source in texts.items():
        writer = wait_for_writer(
            is_being_written=source.is_being_written(), first_look=record.first_look or now, now=now
        )
        if writer is not None:
            return _about(bundle, member, writer)
    return None


def _describe_frames(picture: Picture) -> str:
    if picture.format is PhotoFormat.TIFF:
        return "it has several pages: save the one that is to be edited as a file of its own"
    return "it is an animation, which cannot be edited: export one frame of it"


def _find_lack(bundle: Bundle, asked: Asked) -> str:
    """Tell what the bundle waits for, or nothing."""
    options = asked.effective.options
    if not options.prompt:
        texts = [one for one in bundle.members if one.role in {Role.PROMPT, Role.OPTIONS, Role.FOLDER_PROMPT}]
        return f"waits for its prompt: {texts[0].name} has none yet" if texts else "waits for its prompt"
    if options.require_mask and asked.mask is None:
        origin = asked.effective.origins["require_mask"]
        mask = f"{PurePosixPath(bundle.photo.name).stem}.mask.png"
        return f"waits for its mask {mask}, which {origin} requires"
    return ""


def _pictures_of(bundle: Bundle, asked: Asked) -> Iterator[Member]:
    """Give the pictures in the order in which they are looked at: the photos last.

    What belongs to a photo that can never be sent is known by then, so that it is filed with it.
    """
    if asked.mask is not None:
        yield _member(bundle, asked.mask, Role.MASK)
    for path in asked.references:
        yield _member(bundle, path, Role.REFERENCE)
    yield from bundle.with_role(Role.PHOTO)


def _member(bundle: Bundle, path: PurePosixPath, role: Role) -> Member:
    """Give a picture that a sidecar names; the scan may not have known of it."""
    known = next((one for one in bundle.members if one.path == path), None)
    nothing = Signature(size=0, mtime_ns=0, ctime_ns=0, inode=0)
    return Member.at(path, role, nothing) if known is None else replace(known, role=role)


def _is_unchanged(bundle: Bundle, member: Member, before: Signature, source: Source) -> bool:
    known = {one.path: one.signature for one in bundle.members}.get(member.path, before)
    return known == before == source.signature() and source.is_still_named()


def _about(bundle: Bundle, member: Member, verdict: LookAgain) -> LookAgain:
    """Say which picture is meant where it is not the photo itself."""
    if member.path == bundle.path:
        return verdict
    return replace(verdict, reason=f"{printable(member.name)}: {verdict.reason}")


def _refuse(bundle: Bundle, faulty: _Faulty, accepted: tuple[Accepted, ...]) -> Verdict:
    """Refuse a photo; what is wrong with one of several pictures is for a person to put right."""
    if faulty.accepted.path == bundle.path and len(bundle.with_role(Role.PHOTO)) == 1:
        return Refused(detail=faulty.detail, accepted=accepted)
    return NeedsYou(detail=f"{printable(faulty.accepted.path.name)}: {faulty.detail}")


def _count(sent: Sequence[_Found]) -> int:
    if len(sent) > MAX_IMAGES:
        reason = f"{len(sent)} pictures with the references, one edit takes at most {MAX_IMAGES}: name fewer"
        raise SidecarError(reason)
    return len(sent)


def _photos_first(found: _Found) -> bool:
    return found.accepted.role is not Role.PHOTO


def _source_picture(found: _Found) -> SourcePicture:
    return SourcePicture(
        path=found.accepted.path,
        sha256=Sha256(found.accepted.sha256),
        bytes=found.accepted.signature.size,
        width=found.picture.width,
        height=found.picture.height,
        format=found.picture.format,
    )
