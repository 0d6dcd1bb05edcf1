"""When the picture behind the link in an answer is downloaded once more: a few times, for nothing."""

from dataclasses import dataclass
from datetime import timedelta

from retouchd.core.retries import RetryPolicy, backoff


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadTrouble:
    """Why a picture could not be downloaded.

    Attributes:
        detail: For people, without anything of the link: whoever has that has the picture.
        passes: It may be over in a while.
    """

    detail: str
    passes: bool


def wait_for_download(
    trouble: DownloadTrouble, tries: int, policy: RetryPolicy, fraction: float
) -> timedelta | None:
    """Give how long to wait before the next try, or None when there is to be none.

    Args:
        tries: How many were made, at least 1.
        fraction: A random number in [0, 1).
    """
    if not trouble.passes or tries >= policy.max_attempts:
        return None
    return backoff(tries, policy, fraction)
