"""All behaviours, in the scenes in which one daemon meets them."""

from typing import Final

from behaviours_links import ECHOES, LINKS
from behaviours_lying import ENDLESS, LYING
from behaviours_phases import DOORS, SENDING, SHORT_TIMEOUTS, SLOW, TOO_LARGE
from behaviours_refused import BUSY, EDGE, LATE, PASSING, PAUSING, REFUSED
from behaviours_wire import NO_ANSWER, WIRE
from stage import Scene

_WIDE: Final = {"limits.concurrency": 8}
_SMALL_ANSWERS: Final = {"endpoint.max_answer_bytes": 1024 * 1024}

SCENES: Final = (
    # The longest first, so that the others are played meanwhile.
    Scene(name="late replies", behaviours=LATE, at_once=len(LATE), settings=_WIDE),
    Scene(name="sending", behaviours=SENDING, settings=SHORT_TIMEOUTS),
    Scene(name="slow answers", behaviours=SLOW, at_once=4, settings={**SHORT_TIMEOUTS, **_WIDE}),
    Scene(name="what a person must lift", behaviours=PAUSING),
    Scene(name="rate limits", behaviours=PASSING),
    Scene(name="no HTTP", behaviours=NO_ANSWER),
    Scene(name="answers of something in front", behaviours=EDGE),
    Scene(name="answers that lie", behaviours=LYING, at_once=len(LYING), settings=_WIDE),
    Scene(name="odd HTTP", behaviours=WIRE, at_once=len(WIRE), settings=_WIDE),
    # More failures at once would be an outage, after which the service is left alone for a while.
    Scene(name="busy services", behaviours=BUSY, at_once=3),
    Scene(name="refused photos", behaviours=REFUSED, at_once=len(REFUSED)),
    Scene(name="echoes", behaviours=ECHOES),
    Scene(name="links", behaviours=LINKS, at_once=len(LINKS), settings=_SMALL_ANSWERS),
    Scene(name="endless answers", behaviours=ENDLESS, at_once=len(ENDLESS), settings=_SMALL_ANSWERS),
    # A size that was refused is remembered, so that each has a daemon of its own.
    *(Scene(name=f"too large: {one.name}", behaviours=(one,)) for one in TOO_LARGE),
    *(
        Scene(name=f"{name} at the door", behaviours=(one,), settings=SHORT_TIMEOUTS, door=(script,))
        for name, script, one in DOORS
    ),
)
