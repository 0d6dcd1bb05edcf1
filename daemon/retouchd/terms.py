"""From settings to the terms of calls, for those who make calls."""

from collections.abc import Callable

from retouchd.adapters.endpoint.client import Terms, Timeouts
from retouchd.settings import Settings


def endpoint_terms(settings: Settings, key: Callable[[], str]) -> Terms:
    """Give with whom calls are made, and how."""
    endpoint = settings.endpoint
    return Terms(
        base_url=endpoint.base_url,
        key=key,
        timeouts=Timeouts(
            connect=endpoint.connect_timeout_seconds,
            write=endpoint.write_timeout_seconds,
            answer=endpoint.answer_timeout_seconds,
            total=endpoint.total_timeout_seconds,
        ),
        max_answer_bytes=endpoint.max_answer_bytes,
        max_request_bytes=endpoint.max_request_bytes,
    )
