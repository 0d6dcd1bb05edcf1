"""Pictures behind links are downloaded again a few times, and only when that may help."""

from datetime import timedelta

import pytest

from retouchd.core.downloads import DownloadTrouble, wait_for_download
from retouchd.core.retries import RetryPolicy


@pytest.mark.parametrize(
    ("passes", "tries", "seconds"),
    [(True, 1, 1.0), (True, 2, 2.0), (True, 3, 4.0), (True, 4, None), (False, 1, None)],
)
def test_downloads_are_tried_again(passes: bool, tries: int, seconds: float | None) -> None:  # noqa: FBT001 - the value's own
    """What may pass is tried again after ever longer times, as often as a call; what will not pass never."""
    trouble = DownloadTrouble(detail="the connection was lost", passes=passes)

    wait = wait_for_download(trouble, tries, RetryPolicy(max_attempts=4, base_seconds=2.0), 0.5)

    assert wait == (None if seconds is None else timedelta(seconds=seconds))
