"""Reads what a bundle asks for: its own files, then its folder's prompt, then presets, then the defaults."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import PurePosixPath

from retouchd.core.bundles import Bundle, Member, Role, fits_whole_name
from retouchd.core.options import EffectiveOptions, Layer, Options, SidecarError, combine, merge
from retouchd.core.records import Accepted
from retouchd.core.sidecars import MAX_SIDECAR_BYTES, read_json, read_preset, read_text, read_toml
from retouchd.core.values import Sha256, fold_name, printable
from retouchd.engine.sources import Inbox, Source

_TEXTS = frozenset({Role.PROMPT, Role.OPTIONS, Role.FOLDER_PROMPT, Role.PRESET})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a bundle asks for.

    Attributes:
        effective: Of all files together; the pictures that it names are paths below the inbox.
        files: What was read.
        mask: Below the inbox, by its name on disk; None for no mask.
        references: The pictures that go along, likewise.
    """

    effective: EffectiveOptions
    files: tuple[Accepted, ...]
    mask: PurePosixPath | None = None
    references: tuple[PurePosixPath, ...] = ()


class SidecarReader:
    """Reads prompt files, options files and presets."""

    def __init__(self, inbox: Inbox, defaults: Layer) -> None:
        self._inbox = inbox
        self._defaults = defaults

    @contextmanager
    def opened(self, bundle: Bundle) -> Iterator[Mapping[Member, Source]]:
        """Open all that says what to do with a bundle, in its order.

        Raises:
            FileTroubleError: A file cannot be opened just now.
        """
        with ExitStack() as stack:
            yield {one: stack.enter_context(self._inbox.open_source(one.path)) for one in _texts_of(bundle)}

    def read(self, bundle: Bundle, texts: Mapping[Member, Source]) -> Asked:
        """Read what `opened` gave; the bundle's pictures are not opened.

        Raises:
            SidecarError: A file cannot be understood, or two of them contradict each other.
            FileTroubleError: A file cannot be read just now.
        """
        read = {member: _read(member, source) for member, source in texts.items()}
        layers = (combine([read[one][0] for one in rank]) for rank in _ranks(bundle, texts) if rank)
        effective = merge(*layers, self._defaults)
        return Asked(
            effective=effective,
            files=tuple(accepted for _, accepted in read.values()),
            mask=_find_mask(bundle, effective.options),
            references=tuple(
                _on_disk(bundle, PurePosixPath(one)) for one in effective.options.references or ()
            ),
        )


def _read(member: Member, source: Source) -> tuple[Layer, Accepted]:
    content = source.read_text_bytes(MAX_SIDECAR_BYTES)
    origin = str(member.path) if member.role is Role.PRESET else member.name
    try:
        options = _options_of(member, content)
    except SidecarError as exc:
        reason = f"{printable(origin)}: {exc}"
        raise SidecarError(reason) from exc
    # Of the very bytes that were understood: the file may be another one by now, or of any length.
    accepted = accept(member, Sha256(sha256(content).hexdigest()))
    return Layer(origin=origin, options=_placed(options, member.path.parent)), accepted


def _texts_of(bundle: Bundle) -> list[Member]:
    """Give the files that say what to do with a bundle, in its order."""
    return [member for member in bundle.members if member.role in _TEXTS]


def accept(member: Member, sha256: Sha256) -> Accepted:
    """Give a file as it was hashed."""
    return Accepted(path=member.path, role=member.role, sha256=sha256, signature=member.signature)


def is_as_hashed(source: Source, accepted: Accepted) -> bool:
    """Say whether an open file still is what was hashed; one of another size is not read for that."""
    signature = source.opened_as()
    if signature == accepted.signature:
        return True
    return signature.size == accepted.signature.size and source.sha256() == accepted.sha256


def _ranks(bundle: Bundle, texts: Iterable[Member]) -> tuple[Sequence[Member], ...]:
    """Give the files by rank, the strongest first; files of one rank must not contradict each other."""
    own = [one for one in texts if one.role in {Role.PROMPT, Role.OPTIONS}]
    whole = [one for one in own if fits_whole_name(one.name, bundle.photo.name)]
    return (
        whole,
        [one for one in own if one not in whole],
        [one for one in texts if one.role is Role.FOLDER_PROMPT],
        *([one] for one in texts if one.role is Role.PRESET),
    )


def _options_of(member: Member, content: bytes) -> Options:
    if member.role is Role.PRESET:
        return read_preset(content)
    if member.role is not Role.OPTIONS:
        return read_text(content)
    if fold_name(member.name).endswith(".json"):
        # It was one when the bundle was formed; a change of it since is a change of the bundle.
        return read_json(content) or Options()
    return read_toml(content)


def _placed(options: Options, folder: PurePosixPath) -> Options:
    """Give options with the pictures that they name as paths below the inbox."""
    named = options.references
    return replace(
        options,
        mask=None if options.mask is None else str(folder / options.mask),
        references=None if named is None else tuple(str(folder / name) for name in named),
    )


def _find_mask(bundle: Bundle, options: Options) -> PurePosixPath | None:
    """Give the mask: what the options name, or what is named after the photo; both would be a guess."""
    named = None if options.mask is None else _on_disk(bundle, PurePosixPath(options.mask))
    others = [one.path for one in bundle.with_role(Role.MASK) if one.path != named]
    masks = others if named is None else [named, *others]
    if len(masks) > 1:
        names = " and ".join(printable(path.name) for path in masks)
        reason = f"{names} are both masks for {printable(bundle.photo.name)}: move one of them away"
        raise SidecarError(reason)
    return masks[0] if masks else None


def _on_disk(bundle: Bundle, path: PurePosixPath) -> PurePosixPath:
    """Give a named picture's path as it is on disk, where its name is written another way."""
    folded = (path.parent, fold_name(path.name))
    same = (one.path for one in bundle.members if (one.path.parent, fold_name(one.name)) == folded)
    return next(same, path)
