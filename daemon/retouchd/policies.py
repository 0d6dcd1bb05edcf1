"""From settings to the policies that everything below the roof knows.

Screens ask for them too, so what watches or sends is not loaded here: it would take longer than they do.
"""

from datetime import timedelta
from hashlib import sha256
from typing import Final

from retouchd.adapters.clock import calendar
from retouchd.adapters.inbox.cadence import ScanPolicy
from retouchd.adapters.modes import Modes
from retouchd.core.bundles import ConflictCopies, FormingRules
from retouchd.core.classification import CODES
from retouchd.core.edits import DuplicatePolicy
from retouchd.core.ignore import IgnoreRules
from retouchd.core.limits import Limits
from retouchd.core.naming import OnConflict
from retouchd.core.options import Layer, Options, SameFormat
from retouchd.core.pictures import PictureFormat
from retouchd.core.pruning import KeepPolicy
from retouchd.core.retries import RetryPolicy, UnknownOutcomePolicy
from retouchd.core.watching import WatchMode
from retouchd.engine.policy import Policy
from retouchd.settings import Settings, describe

_MEGABYTE: Final = 1_000_000


def engine_policy(settings: Settings, key_advice: str = "") -> Policy:
    """Give what the engine wants to know.

    Args:
        key_advice: What to do when the service refuses the key; only a daemon, which makes calls, needs it.
    """
    return Policy(
        caps=settings.budget.caps(),
        calendar=calendar(settings.budget.day_start()),
        retry=RetryPolicy(
            max_attempts=settings.retry.max_attempts,
            base_seconds=settings.retry.base_seconds,
            ceiling_seconds=settings.retry.ceiling_seconds,
            max_active=timedelta(hours=settings.retry.max_active_hours),
            unknown_outcome=UnknownOutcomePolicy(settings.retry.unknown_outcome),
        ),
        limits=Limits(
            max_variants=settings.limits.max_variants,
            max_quality=settings.limits.max_quality,
            max_megapixels=settings.limits.max_megapixels,
        ),
        defaults=_defaults(settings),
        duplicates=DuplicatePolicy(settings.duplicates.policy),
        incomplete_after=timedelta(minutes=settings.watch.incomplete_after_minutes),
        folder_prompt_wait=timedelta(seconds=settings.sidecars.folder_prompt_wait_seconds),
        max_input_bytes=settings.limits.max_input_bytes,
        max_pixels=settings.limits.max_pixels,
        max_request_bytes=settings.endpoint.max_request_bytes,
        output_name=settings.output.name,
        on_conflict=OnConflict(settings.output.on_conflict),
        save_folder=settings.defaults.save_folder,
        keep_signed_url=settings.output.keep_signed_url,
        concurrency=settings.limits.concurrency,
        max_concurrency=settings.limits.max_concurrency,
        requests_per_minute=settings.limits.requests_per_minute,
        key_advice=key_advice,
        codes={**CODES, **{code: one.kind for code, one in settings.endpoint.codes.items()}},
        keep=KeepPolicy(
            age=timedelta(days=settings.duplicates.keep_answers_days),
            room=settings.duplicates.keep_answers_mb * _MEGABYTE,
        ),
        history=settings.history.policy(),
        longest_call=timedelta(seconds=settings.endpoint.total_timeout_seconds),
        heartbeat=timedelta(minutes=settings.log.heartbeat_minutes),
        configuration=_digest(settings),
    )


def _digest(settings: Settings) -> str:
    lines = "\n".join(f"{one.key}={one.value}" for one in describe(settings))
    return sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _defaults(settings: Settings) -> Layer:
    defaults = settings.defaults
    options = Options(
        size=defaults.size,
        megapixels=defaults.megapixels,
        quality=defaults.quality,
        format=SameFormat.SAME if defaults.format == "same" else PictureFormat(defaults.format),
        background=defaults.background,
        output_compression=defaults.output_compression,
    )
    return Layer(origin="default", options=options)


def scan_policy(settings: Settings) -> ScanPolicy:
    """Give when the inbox is looked at."""
    return ScanPolicy(
        mode=WatchMode(settings.watch.mode),
        rescan_seconds=settings.watch.rescan_seconds,
        poll_seconds=settings.watch.poll_seconds,
        forming=forming_rules(settings),
    )


def forming_rules(settings: Settings) -> FormingRules:
    """Give what belongs together."""
    watch = settings.watch
    return FormingRules(
        ambiguous=settings.sidecars.ambiguous,
        conflict_copies=ConflictCopies.PROCESS if watch.process_conflict_copies else ConflictCopies.HOLD,
        ignore=IgnoreRules(watch.ignore),
    )


def output_modes(settings: Settings) -> Modes:
    """Give the modes of what is made in the outbox, in done and in failed."""
    return Modes(file=settings.output.file_bits, folder=settings.output.folder_bits)
