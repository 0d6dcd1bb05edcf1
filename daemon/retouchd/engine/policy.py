"""What the owner decided, as the engine wants to know it; settings are turned into this at the roof."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from retouchd.core.edits import DuplicatePolicy
from retouchd.core.history import HistoryPolicy
from retouchd.core.limits import Limits
from retouchd.core.money import Caps
from retouchd.core.naming import OnConflict
from retouchd.core.options import Layer
from retouchd.core.outcomes import OutcomeKind
from retouchd.core.periods import Calendar
from retouchd.core.pruning import KeepPolicy
from retouchd.core.retries import RetryPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The owner's decisions.

    Attributes:
        calendar: Whose days the caps count.
        defaults: The options that count where no sidecar says otherwise.
        folder_prompt_wait: How much longer a photo is waited for to which more may come.
        max_input_bytes: Larger photos are refused.
        max_pixels: Larger photos are refused.
        max_request_bytes: Photos are made smaller for larger requests.
        output_name: A template, see core/naming.py.
        on_conflict: What is done where an output's name is taken.
        save_folder: Where in the service's workspace results are saved.
        concurrency: Calls at once to start with.
        max_concurrency: Calls at once at most.
        requests_per_minute: Calls that begin within any minute at most; 0 sets no limit.
        key_advice: What to do when the service refuses the key, for people.
        codes: What the service's error codes mean, in lower case.
        keep: How long answers are kept after nobody needs them.
        history: How much is kept of jobs that are over.
        longest_call: After this a call is cut, whatever it does.
        heartbeat: How often a running daemon tells that it is alive; nothing for never.
        configuration: Differs when anything was configured differently.
    """

    caps: Caps
    calendar: Calendar
    retry: RetryPolicy
    limits: Limits
    defaults: Layer
    duplicates: DuplicatePolicy
    incomplete_after: timedelta
    folder_prompt_wait: timedelta
    max_input_bytes: int
    max_pixels: int
    max_request_bytes: int
    output_name: str
    on_conflict: OnConflict
    save_folder: str
    keep_signed_url: bool
    concurrency: int
    max_concurrency: int
    requests_per_minute: int
    key_advice: str
    codes: Mapping[str, OutcomeKind]
    keep: KeepPolicy
    history: HistoryPolicy
    longest_call: timedelta
    heartbeat: timedelta
    configuration: str
