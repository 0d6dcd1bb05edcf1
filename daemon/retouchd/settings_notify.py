"""The settings of messages: one more section of the table in settings_sections.py."""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

from retouchd.core.request import refuse
from retouchd.core.topics import Topic
from retouchd.settings_checks import check_hook, check_urls_file, read_list
from retouchd.settings_sections import Folders, Section

Told = Literal[
    Topic.DONE,
    Topic.FAILED,
    Topic.NEEDS_YOU,
    Topic.PAUSED,
    Topic.RESUMED,
    Topic.LIMIT,
    Topic.NO_PROMPT,
    Topic.IDLE,
]
# What is done is told by the report at the end of a batch.
_USUAL: Final[tuple[Told, ...]] = (
    Topic.FAILED,
    Topic.NEEDS_YOU,
    Topic.PAUSED,
    Topic.RESUMED,
    Topic.LIMIT,
    Topic.NO_PROMPT,
    Topic.IDLE,
)


class Notify(Section):
    """Who is told what happens."""

    hook: Annotated[Path, AfterValidator(check_hook)] | None = Field(
        default=None, description="A program that is given each message as JSON on its standard input."
    )
    hook_timeout_seconds: float = Field(
        default=30, gt=0, le=3600, description="How long it may take; then it is ended."
    )
    urls_file: Annotated[Path, AfterValidator(check_urls_file)] | None = Field(
        default=None, description="File with one Apprise address a line: mail, ntfy, Slack and many more."
    )
    events: Annotated[tuple[Told, ...], NoDecode, BeforeValidator(read_list)] = Field(
        default=_USUAL, description="What is told."
    )
    batch_seconds: float = Field(
        default=60, ge=1, le=86_400, description="What happens within this time is told together."
    )

    @property
    def is_on(self) -> bool:
        """Whether anybody is told anything."""
        return self.hook is not None or self.urls_file is not None


def check_kept(notify: Notify, folders: Folders) -> None:
    """Refuse a program or a secret where others put photos."""
    open_to_others = (folders.root, folders.inbox, folders.outbox, folders.done, folders.failed)
    named = (notify.hook, notify.urls_file)
    if any(path and place and path.is_relative_to(place) for path in named for place in open_to_others):
        refuse("notify.hook or notify.urls_file lies in a folder of photos; valid: any other folder")
