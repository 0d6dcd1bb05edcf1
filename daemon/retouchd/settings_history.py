"""The settings of the history: one more section of the table in settings_sections.py."""

import re
from datetime import timedelta
from functools import partial
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field

from retouchd.core.history import HistoryPolicy
from retouchd.core.request import refuse
from retouchd.settings_sections import Section

_NUMBER: Final = re.compile("[0-9]{1,9}")
# A time that reaches further back than there are dates.
_MOST_DAYS: Final = 700_000
_MOST_JOBS: Final = 1_000_000_000


def read_amount(value: object, most: int = _MOST_JOBS) -> object:
    """Read a whole number from 1, or the word "unlimited"."""
    text = str(value).strip()
    is_number = bool(_NUMBER.fullmatch(text)) and 1 <= int(text) <= most
    if not is_number and text != "unlimited":
        refuse('no whole number from 1; valid: for example 400, or "unlimited"')
    return int(text) if is_number else text


Days = Annotated[int | Literal["unlimited"], BeforeValidator(partial(read_amount, most=_MOST_DAYS))]
Jobs = Annotated[int | Literal["unlimited"], BeforeValidator(read_amount)]


class History(Section):
    """How much is told of what is over; what was paid for is remembered for ever."""

    keep_days: Days = Field(default=400, description='Days after a job\'s end, or "unlimited".')
    keep_jobs: Jobs = Field(default=100_000, description='How many jobs, the newest, or "unlimited".')

    def policy(self) -> HistoryPolicy:
        """Give what the engine wants to know."""
        return HistoryPolicy(
            age=None if self.keep_days == "unlimited" else timedelta(days=self.keep_days),
            jobs=None if self.keep_jobs == "unlimited" else self.keep_jobs,
        )
