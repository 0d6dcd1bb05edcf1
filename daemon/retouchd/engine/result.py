"""The metadata of one delivery, put together from the plan and the answer."""

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import version

from retouchd.core.answer import Answer
from retouchd.core.edits import SourcePicture, Wish
from retouchd.core.metadata import (
    AttemptFacts,
    CostFacts,
    MaskFacts,
    OutputFacts,
    PictureFacts,
    RequestFacts,
    Result,
    SentFacts,
    TimingFacts,
    without_secrets,
)
from retouchd.core.money import MICRO
from retouchd.core.pictures import SentPicture
from retouchd.core.prices import believe
from retouchd.core.records import Attempt
from retouchd.core.request import MAX_PIXELS, Size
from retouchd.core.values import shown_path
from retouchd.engine.deliveries import Plan


def describe_result(plan: Plan, answer: Answer, output: OutputFacts, *, keep_signed_url: bool) -> Result:
    """Give the metadata of a delivery; the same bytes each time it is asked for the same delivery."""
    job, wish = plan.job, plan.job.wish
    if wish is None or job.delivered is None:
        message = f"job {job.id} was not planned for delivery"
        raise ValueError(message)
    paid = plan.owner is plan.job or plan.owner.id == job.id
    attempts = [one for one in plan.attempts if paid]
    sent, mask = _describe_sent(wish, plan.owner.sent)
    return Result(
        job=job.id,
        edit=f"{wish.fingerprint[:12]}-{wish.take}",
        fingerprint=wish.fingerprint,
        take=wish.take,
        source=[_source_facts(one) for one in wish.pictures],
        sent=sent,
        mask=mask,
        request=_request_facts(wish, attempts),
        answer=without_secrets(answer.fields, keep_signed_url=keep_signed_url),
        oddities=(*answer.oddities, *_cost_oddities(wish, answer), *_oddities(wish, answer, output)),
        output=output,
        cost=_cost(attempts),
        attempts=[_attempt_facts(one) for one in attempts],
        timing=TimingFacts(
            seen=plan.bundle.seen,
            settled=plan.bundle.settled or plan.bundle.seen,
            submitted=job.submitted,
            received=job.received,
            delivered=job.delivered,
        ),
        reused_from=job.reused_from,
        software=_software(),
    )


def _source_facts(picture: SourcePicture) -> PictureFacts:
    return PictureFacts(
        sha256=picture.sha256,
        bytes=picture.bytes,
        width=picture.width,
        height=picture.height,
        format=picture.format,
        path=shown_path(picture.path),
    )


def _describe_sent(wish: Wish, sent: Sequence[SentPicture]) -> tuple[list[SentFacts], MaskFacts | None]:
    """Give the pictures and the mask as they went out; where nothing was noted, as they were found."""
    pictures = [_sent_facts(one) for one in sent if not one.is_mask]
    masks = [_sent_facts(one) for one in sent if one.is_mask]
    if wish.mask is None:
        mask = None
    else:
        mask = MaskFacts(source=_source_facts(wish.mask), sent=(masks or [_sent_facts(wish.mask)])[0])
    return pictures or [_sent_facts(one) for one in wish.pictures], mask


def _sent_facts(picture: SourcePicture | SentPicture) -> SentFacts:
    why = picture.why if isinstance(picture, SentPicture) else ""
    return SentFacts(
        sha256=picture.sha256,
        bytes=picture.bytes,
        width=picture.width,
        height=picture.height,
        format=picture.format,
        why=why or None,
    )


def _request_facts(wish: Wish, attempts: list[Attempt]) -> RequestFacts:
    request = wish.request
    return RequestFacts(
        prompt=request.prompt,
        size=str(request.size),
        quality=request.quality,
        format=request.format,
        background=request.background,
        output_compression=request.output_compression,
        save_path=attempts[-1].save_path if attempts else None,
        origins=wish.origins,
    )


def _cost(attempts: list[Attempt]) -> CostFacts:
    return CostFacts(
        estimated_usd=sum(one.charged.micro for one in attempts) / MICRO,
        reserved_usd=max((one.first_reserved.micro for one in attempts), default=0) / MICRO,
    )


def _attempt_facts(attempt: Attempt) -> AttemptFacts:
    return AttemptFacts(
        number=attempt.number,
        permission=attempt.permission,
        started=attempt.started,
        ended=attempt.ended,
        outcome=attempt.outcome,
        charged_usd=attempt.charged.usd,
        reserved_usd=attempt.reserved.usd,
        request_id=next(iter(attempt.request_ids.values()), None),
    )


def _cost_oddities(wish: Wish, answer: Answer) -> Iterator[str]:
    cost = answer.estimated_cost_usd
    if cost is not None and believe(cost, wish.request) is None:
        yield f"estimatedCostUsd is {cost}, which is not believable; what was set aside counts as paid"


def _oddities(wish: Wish, answer: Answer, output: OutputFacts) -> Iterator[str]:
    size = wish.request.size
    if answer.prompt is not None and answer.prompt != wish.request.prompt:
        yield "the prompt in the answer is another than the one that was sent"
    if answer.size_bytes is not None and answer.size_bytes != output.bytes:
        yield f"sizeBytes is {answer.size_bytes}, the picture has {output.bytes} bytes"
    if output.hash_verified is False:
        yield "contentHash is not the hash of the picture"
    if output.format != wish.request.format:
        yield f"{wish.request.format} was asked for, {output.format} came"
    if answer.mime_type is not None and _subtype(answer.mime_type) != output.format:
        yield f"mimeType is another kind of picture than the {output.format} that came"
    if isinstance(size, Size) and (size.width, size.height) != (output.width, output.height):
        yield f"{size} was asked for, {output.width}x{output.height} came"
    if output.width * output.height > MAX_PIXELS:
        yield "the picture has more pixels than the service offers: opening it may need much memory"


def _subtype(mime_type: str) -> str:
    kind = mime_type.partition(";")[0].strip().lower().removeprefix("image/")
    return "jpeg" if kind == "jpg" else kind


@cache
def _software() -> str:
    """Give name and version; the version is looked up in files, which takes a millisecond."""
    return f"retouchd {version('retouchd')}"
