"""The table of all settings: one frozen model a section, one field a key, with its default and its bounds.

The reason for each default stands in config.example.toml. Where values come from is not known here.
"""

from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import NoDecode

from retouchd.core.bundles import AmbiguousSidecars
from retouchd.core.classification import CodeClass
from retouchd.core.money import Caps, Money
from retouchd.core.pictures import MEGAPIXEL, PictureFormat
from retouchd.core.request import MAX_PIXELS, MIN_PIXELS, Background, Quality, refuse
from retouchd.settings_checks import (
    check_address,
    check_file_mode,
    check_folder_mode,
    check_key_file,
    check_name,
    check_path,
    check_pattern,
    check_save_folder,
    check_size,
    check_time_of_day,
    read_codes,
    read_dollars,
    read_list,
)

_MEBIBYTE: Final = 1024 * 1024
_DAY_SECONDS: Final = 86_400

Dollars = Annotated[float | Literal["unlimited"], BeforeValidator(read_dollars)]
Place = Annotated[Path, AfterValidator(check_path)]
Seconds = Annotated[float, Field(gt=0, le=_DAY_SECONDS)]
Megapixels = Annotated[float, Field(ge=MIN_PIXELS / MEGAPIXEL, le=MAX_PIXELS / MEGAPIXEL)]
Word = Annotated[str, Field(min_length=1)]
Pattern = Annotated[str, AfterValidator(check_pattern)]


class Section(BaseModel):
    """One table of the configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_boolean(cls, value: object, info: ValidationInfo) -> object:
        """Refuse true where a number stands: it would count as 1."""
        is_switch = info.field_name is not None and cls.model_fields[info.field_name].annotation is bool
        if isinstance(value, bool) and not is_switch:
            refuse("not possible; valid: a number or a word, not true or false")
        return value


class Folders(Section):
    """Where photos come from and where results go."""

    root: Place | None = Field(default=None, description="Folder that holds inbox, outbox, done and failed.")
    inbox: Place | None = Field(default=None, description="Where photos are dropped; without it, below root.")
    outbox: Place | None = Field(
        default=None, description="Where edited photos appear; without it, below root."
    )
    done: Place | None = Field(
        default=None, description="Where originals go afterwards; without it, below root."
    )
    failed: Place | None = Field(
        default=None, description="Where failed originals go; without it, below root."
    )
    state: Place | None = Field(default=None, description="History, costs and answers; on a local disk.")


class Endpoint(Section):
    """The paid service, and how long and how much it may talk."""

    base_url: Annotated[str, AfterValidator(check_address)] = Field(
        default="https://www.dench.com/api/v1",
        description="Address of the service; https, or http on this machine.",
    )
    api_key_file: Annotated[Path, AfterValidator(check_key_file)] | None = Field(
        default=None, description="File that holds the key and nothing else."
    )
    connect_timeout_seconds: Seconds = Field(default=10, description="How long a connection may take.")
    write_timeout_seconds: Seconds = Field(default=60, description="How long sending may stand still.")
    answer_timeout_seconds: Seconds = Field(default=600, description="How long the service may be silent.")
    total_timeout_seconds: Seconds = Field(default=900, description="How long one call may take in all.")
    max_request_bytes: int = Field(
        default=20 * _MEBIBYTE, ge=_MEBIBYTE, le=1024 * _MEBIBYTE, description="Largest call that is sent."
    )
    max_answer_bytes: int = Field(
        default=64 * _MEBIBYTE, ge=_MEBIBYTE, le=1024 * _MEBIBYTE, description="Largest answer that is taken."
    )
    codes: Annotated[Mapping[str, CodeClass], NoDecode, BeforeValidator(read_codes)] = Field(
        default_factory=dict, description="What more of the service's error codes mean, by code."
    )


class Defaults(Section):
    """What is asked for where neither prompt file nor preset says it."""

    size: Annotated[str, AfterValidator(check_size)] = Field(
        default="match", description='"match": the photo\'s own shape; "auto": the service chooses; or WxH.'
    )
    megapixels: Megapixels = Field(
        default=1.57, description='Millions of pixels of a result with size "match".'
    )
    quality: Quality = Field(
        default=Quality.AUTO, description="How much work goes into the picture; sets the price."
    )
    format: Literal[PictureFormat.PNG, PictureFormat.JPEG, PictureFormat.WEBP, "same"] = Field(
        default=PictureFormat.PNG, description='Kind of the result; "same" keeps the photo\'s own.'
    )
    background: Background = Field(default=Background.AUTO, description="What lies behind the subject.")
    output_compression: int | None = Field(
        default=None, ge=0, le=100, description="0 to 100, for jpeg and webp; without it the service decides."
    )
    save_folder: Annotated[str, AfterValidator(check_save_folder)] = Field(
        default="/retouchd", description="Folder in the service's workspace where it keeps results."
    )

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        """Refuse what would make every photo without options of its own fail."""
        if self.background is Background.TRANSPARENT and self.format is PictureFormat.JPEG:
            refuse('background = "transparent" does not go with format = "jpeg"; valid: "png" or "webp"')
        if self.output_compression is not None and self.format is PictureFormat.PNG:
            refuse('output_compression does not go with format = "png"; valid: "jpeg" or "webp"')
        return self


class Watch(Section):
    """How the inbox is watched."""

    mode: Literal["auto", "events", "polling"] = Field(default="auto", description="How changes are noticed.")
    settle_seconds: Seconds = Field(default=2.0, description="How long a photo must not have changed.")
    rescan_seconds: Seconds = Field(default=30, description="How often everything is looked at anyway.")
    poll_seconds: Seconds = Field(default=2, description="How often everything is looked at without events.")
    ignore: Annotated[tuple[Pattern, ...], NoDecode, BeforeValidator(read_list)] = Field(
        default=(), description="More patterns of names that are never photos; !pattern takes one back."
    )
    process_conflict_copies: bool = Field(
        default=False, description="Edit a sync program's conflict copies too."
    )
    incomplete_after_minutes: float = Field(
        default=30, gt=0, le=10_080, description="When a photo that stays incomplete fails."
    )


class Sidecars(Section):
    """How prompts find their photos."""

    ambiguous: AmbiguousSidecars = Field(
        default=AmbiguousSidecars.HOLD, description="What becomes of a prompt file that fits several photos."
    )
    folder_prompt_wait_seconds: Seconds = Field(
        default=15,
        description="How long a photo waits for a prompt of its own before the folder's is taken, and"
        " a folder name.job/ for more photos.",
    )


class Duplicates(Section):
    """What happens when the same photo and prompt come again."""

    policy: Literal["reuse", "submit"] = Field(
        default="reuse", description="Deliver the paid result, or pay again."
    )
    keep_answers_days: int = Field(default=30, ge=0, le=3650, description="How long answers are kept.")
    keep_answers_mb: int = Field(
        default=2048, ge=0, le=1_000_000, description="How much room answers may take."
    )


class Output(Section):
    """What lands in the outbox."""

    name: Annotated[Word, AfterValidator(check_name)] = Field(
        default="{stem}", description="Name of a result, without its suffix."
    )
    on_conflict: Literal["number", "skip", "overwrite"] = Field(
        default="number", description="What is done when the name is taken."
    )
    file_mode: Annotated[str, AfterValidator(check_file_mode)] | None = Field(
        default=None, description='Mode of results, such as "0664"; without it, the system\'s own.'
    )
    folder_mode: Annotated[str, AfterValidator(check_folder_mode)] | None = Field(
        default=None, description='Mode of new folders, such as "2775"; without it, the system\'s own.'
    )
    status_file: bool = Field(default=True, description="Keep _STATUS.txt in the outbox.")
    keep_signed_url: bool = Field(
        default=False, description="Write the service's download link into the result's JSON file."
    )

    @property
    def file_bits(self) -> int | None:
        """Mode of results as a number, or None for the system's own."""
        return None if self.file_mode is None else int(self.file_mode, 8)

    @property
    def folder_bits(self) -> int | None:
        """Mode of new folders as a number, or None for the system's own."""
        return None if self.folder_mode is None else int(self.folder_mode, 8)


class Retry(Section):
    """When something is tried again."""

    max_attempts: int = Field(default=4, ge=1, le=20, description="Counted attempts at one edit.")
    base_seconds: Seconds = Field(
        default=2, description="About how long the first wait is; each later one doubles."
    )
    ceiling_seconds: Seconds = Field(default=120, description="The longest wait.")
    max_active_hours: float = Field(
        default=72, gt=0, le=8760, description="How long one edit is retried in all."
    )
    unknown_outcome: Literal["hold", "resend"] = Field(
        default="hold", description="What is done when an answer was lost that is perhaps paid."
    )

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if self.ceiling_seconds < self.base_seconds:
            refuse("ceiling_seconds is below base_seconds; valid: at least base_seconds")
        return self


class Limits(Section):
    """What nobody who drops files can exceed."""

    concurrency: int = Field(default=2, ge=1, le=64, description="Calls at once to start with.")
    max_concurrency: int = Field(default=8, ge=1, le=64, description="Calls at once at most.")
    requests_per_minute: int = Field(
        default=0, ge=0, le=10_000, description="Calls a minute at most; 0: no limit."
    )
    max_input_bytes: int = Field(default=50_000_000, ge=1, le=2_000_000_000, description="Largest photo.")
    max_pixels: int = Field(
        default=100_000_000, ge=1, le=1_000_000_000, description="Photo with the most pixels."
    )
    max_variants: int = Field(default=4, ge=1, le=100, description="Most variants of one photo.")
    max_quality: Literal[Quality.LOW, Quality.MEDIUM, Quality.HIGH] = Field(
        default=Quality.HIGH, description="Highest quality that may be asked for."
    )
    max_megapixels: Megapixels = Field(default=8.29, description="Largest result, in millions of pixels.")

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if self.concurrency > self.max_concurrency:
            refuse("concurrency is above max_concurrency; valid: at most max_concurrency")
        return self


class Budget(Section):
    """What may be spent."""

    per_job_usd: Dollars = Field(default=3.00, description='Dollars for one edit; 0 forbids, or "unlimited".')
    per_day_usd: Dollars = Field(default=10.00, description='Dollars a day; 0 forbids, or "unlimited".')
    per_month_usd: Dollars = Field(default=100.00, description='Dollars a month; 0 forbids, or "unlimited".')
    day_starts: Annotated[str, AfterValidator(check_time_of_day)] = Field(
        default="00:00", description="When a day begins, local time, HH:MM."
    )

    def caps(self) -> Caps:
        """Give the limits as the rules know them."""
        return Caps(
            per_job=_cap(self.per_job_usd), per_day=_cap(self.per_day_usd), per_month=_cap(self.per_month_usd)
        )

    def day_start(self) -> time:
        """Give the local time at which a day begins."""
        return time.fromisoformat(self.day_starts)


def _cap(dollars: float | Literal["unlimited"]) -> Money | None:
    return None if dollars == "unlimited" else Money.from_usd(dollars)
