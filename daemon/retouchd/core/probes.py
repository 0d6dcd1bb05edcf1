"""What the service's answer to a question that costs nothing says about a key that it refused."""

from typing import Final

from retouchd.core.outcomes import Answered, CallEnd

_KEY_REFUSED: Final = frozenset({401, 403})


def is_worth_a_try(end: CallEnd) -> bool:
    """Say whether one photo is to be sent after this answer to the question whether the key is taken.

    An answer that says nothing about the key (such as 404, where there is nothing to ask) leaves only that
    way to find out; it costs nothing while the key is refused.
    """
    return isinstance(end, Answered) and end.status not in _KEY_REFUSED
