"""Strategies for hypothesis, all in one place, and the plain values that they grow from."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any, Final

from hypothesis import settings
from hypothesis import strategies as st

from retouchd.core.bundles import Entry
from retouchd.core.classification import CODES
from retouchd.core.edits import SourcePicture, Wish
from retouchd.core.jobs import Job, JobEvent, JobState
from retouchd.core.money import Money
from retouchd.core.outcomes import Answered, Envelope, NoAnswer, NotSent, NotSentKind, OutcomeKind
from retouchd.core.periods import Period
from retouchd.core.pictures import Incomplete, PhotoFormat, Picture, PictureFormat
from retouchd.core.records import BundleRecord, BundleState, Label
from retouchd.core.request import AutoSize, Background, EditRequest, Quality, Size
from retouchd.core.retries import Outcome
from retouchd.core.settling import Evidence
from retouchd.core.values import BundleId, EditId, Fingerprint, JobId, Sha256, Signature

# How long one example takes on a busy machine is no promise of ours.
settings.register_profile("rules", parent=settings(), deadline=None)
settings.load_profile("rules")

NOW: Final = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SIGNATURE: Final = Signature(size=1000, mtime_ns=1, ctime_ns=2, inode=3)
PICTURE: Final = Picture(format=PhotoFormat.JPEG, width=4032, height=3024)
REQUEST: Final = EditRequest(
    prompt="make the sky blue",
    size=Size(width=1472, height=1104),
    quality=Quality.AUTO,
    format=PictureFormat.PNG,
    background=Background.AUTO,
)
SOURCE: Final = SourcePicture(
    path=PurePosixPath("wedding/beach.jpg"),
    sha256=Sha256("5" * 64),
    bytes=1000,
    width=4032,
    height=3024,
    format=PhotoFormat.JPEG,
)
WISH: Final = Wish(request=REQUEST, take=1, pictures=(SOURCE,), origins={"prompt": "beach.txt"})
ARRIVING: Final = BundleRecord(
    id=BundleId(1),
    folder=PurePosixPath("wedding"),
    key="beach.jpg",
    photo="beach.jpg",
    digest="d",
    state=BundleState.ARRIVING,
    detail="",
    seen=NOW,
)
JOB: Final = Job(
    id=JobId("k7f3bcdg"),
    bundle=BundleId(1),
    edit=EditId(1),
    wish=WISH,
    state=JobState.READY,
    created=NOW,
    stem=PurePosixPath("wedding/beach"),
)
LABEL: Final = Label(
    fingerprint=Fingerprint("f" * 64),
    take=2,
    permission=3,
    job=JobId("k7f3bcdg"),
    number=4,
    reserved=Money(66_000),
    period=Period(day="2026-11-23", month="2026-11"),
    save_path="/retouchd/2026-11/beach-k7f3bcdg-a4.png",
    started=NOW,
    source=PurePosixPath("wedding/b\udce9ach.jpg"),
)


def job_in(state: JobState, **changes: Any) -> Job:
    """Give the plain job in another state."""
    return replace(JOB, state=state, **changes)


moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
money = st.integers(0, 10**9).map(Money)
fractions_of_one = st.floats(0, 1, exclude_max=True)
events = st.sampled_from(JobEvent)

# Names as they come from a disk: any bytes but the two that no name has.
names = (
    st.binary(min_size=1, max_size=40)
    .map(lambda raw: raw.replace(b"\0", b"0").replace(b"/", b"_"))
    .map(lambda raw: raw.decode("utf-8", "surrogateescape"))
)
any_text = st.text(st.characters(), max_size=300)
prompts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60).filter(str.strip)

sizes = st.builds(
    lambda width, height: Size(width=16 * width, height=16 * height),
    st.integers(64, 178),
    st.integers(64, 178),
)


@st.composite
def requests(draw: st.DrawFn) -> EditRequest:
    """Any request that the endpoint takes."""
    picture_format = draw(st.sampled_from(PictureFormat))
    backgrounds = [one for one in Background if one is not Background.TRANSPARENT]
    has_alpha = picture_format is not PictureFormat.JPEG
    compressions = st.none() if picture_format is PictureFormat.PNG else st.none() | st.integers(0, 100)
    return EditRequest(
        prompt=draw(prompts),
        size=draw(sizes | st.just(AutoSize.AUTO)),
        quality=draw(st.sampled_from(Quality)),
        format=picture_format,
        background=draw(st.sampled_from(list(Background) if has_alpha else backgrounds)),
        output_compression=draw(compressions),
        image_count=draw(st.integers(1, 8)),
    )


wishes = st.builds(
    lambda request, take: replace(WISH, request=request, take=take), requests(), st.integers(1, 9)
)


def _as_written(draw: st.DrawFn, name: str) -> str:
    ways: list[Callable[[str], str]] = [
        str,
        str.upper,
        str.capitalize,
        lambda text: unicodedata.normalize("NFD", text),
    ]
    return draw(st.sampled_from(ways))(name)


@st.composite
def folders(draw: st.DrawFn) -> list[Entry]:
    """The entries of a folder in which names meet: cases, normal forms, shared stems, ignored names."""
    stems = st.sampled_from(["a", "b", "ä", "straße", "a.png", "a b"])
    suffixes = st.sampled_from(
        [".png", ".jpg", ".jpeg", ".webp", ".txt", ".toml", ".png.txt", ".jpg.toml", ".nef", "", ".png.part"]
    )
    beginnings = st.sampled_from(["", "", "", ".", "~"])
    plain = st.builds(lambda *parts: "".join(parts), beginnings, stems, suffixes)
    written = {_as_written(draw, name) for name in draw(st.lists(plain, max_size=10))}
    strange = set(draw(st.lists(names, max_size=2))) - {".", ".."}
    return [Entry(name=name, signature=SIGNATURE) for name in sorted(written | strange)]


examinations = st.sampled_from([PICTURE, replace(PICTURE, has_empty_space=True)]) | st.just(
    Incomplete(reason="it ends after 12 of 40 kB")
)
evidences = st.builds(
    Evidence,
    size=st.sampled_from([0, 1, 1000]),
    is_being_written=st.sampled_from([None, False, True]),
    ends_in_zeros=st.booleans(),
    has_holes=st.booleans(),
    examination=examinations,
)

envelopes = st.builds(
    Envelope,
    message=st.sampled_from(["", "no"]),
    type=st.sampled_from(["", "server_error", "image_generation_user_error"]),
    code=st.sampled_from(
        ["", "made_up", "key_in_use", "team_spend_limit_exceeded", "invalid_api_key", *CODES]
    ),
)
statuses = st.integers(100, 999)
elapsed_seconds = st.sampled_from([0.0, 4.9, 5.0, 5.1, 15.0, 15.1, 600.0])
answers = st.builds(
    Answered,
    status=statuses,
    headers=st.sampled_from([{}, {"retry-after": "7"}]),
    elapsed_seconds=elapsed_seconds,
    body_sent=st.booleans(),
    cut=st.sampled_from([None, "the connection was lost"]),
)
call_ends = (
    answers
    | st.builds(
        NotSent, kind=st.sampled_from(NotSentKind), detail=st.just(""), elapsed_seconds=elapsed_seconds
    )
    | st.builds(NoAnswer, detail=st.just(""), elapsed_seconds=elapsed_seconds)
)
outcomes = st.builds(
    Outcome,
    kind=st.sampled_from(OutcomeKind),
    elapsed_seconds=elapsed_seconds,
    retry_after=st.none() | st.integers(1, 3600).map(lambda seconds: timedelta(seconds=seconds)),
)

_scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**400), 10**400)
    | st.floats()
    | st.text(st.characters(), max_size=20)
)
json_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_ANSWER_KEYS: Final = (
    "ok",
    "prompt",
    "b64_json",
    "estimatedCostUsd",
    "contentHash",
    "sizeBytes",
    "mimeType",
    "signedUrl",
    "usage",
)
answer_fields: st.SearchStrategy[Mapping[str, object]] = st.dictionaries(
    st.sampled_from(_ANSWER_KEYS) | st.text(max_size=5), json_values, max_size=8
)
_error_keys = st.sampled_from(["error", "message", "type", "code", "details", "topUpUrl"])
error_values = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_error_keys, inner), max_leaves=8
)

_toml_values = st.sampled_from(
    [
        '"x"',
        '"1536x1024"',
        '"match"',
        '"high"',
        '"png"',
        "1",
        "-1",
        "1.5",
        "nan",
        "inf",
        "true",
        "[1]",
        "{a=1}",
        "1979-05-27",
        '"""\nlong\n"""',
        '"\\u0000"',
        "0x" + "f" * 5000,
        "9" * 5000,
        "[" * 3000,
        '"\ufeffx"',
        "",
    ]
)
_toml_keys = st.sampled_from(
    [
        "prompt",
        "size",
        "megapixels",
        "quality",
        "format",
        "output_compression",
        "background",
        "variants",
        "take",
        "mask",
        "references",
        "qualty",
        '"\\u001b[2J"',
        "a.b",
        "[size]",
        "k" * 500,
    ]
)
toml_texts = st.lists(st.builds("{} = {}".format, _toml_keys, _toml_values), max_size=4).map("\n".join)
sidecar_bytes = (
    st.binary(max_size=200)
    | toml_texts.map(str.encode)
    | any_text.map(lambda text: text.encode("utf-8", "surrogatepass"))
    | any_text.map(lambda text: text.encode("utf-16", "surrogatepass"))
    | toml_texts.map(lambda text: text.encode("utf-16"))
)
