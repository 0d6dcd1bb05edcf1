"""`retouchd status --watch`: the status, drawn again in its place whenever something has changed."""

import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from retouchd.adapters.clock import SystemClock
from retouchd.cli.fullscreen import Canvas, FullScreen, can_redraw
from retouchd.cli.lookout import Lookout, Sight
from retouchd.cli.opening import load_used_settings
from retouchd.cli.screen import Screen, Tone
from retouchd.cli.status import write_status
from retouchd.core.glance import gist
from retouchd.core.story import sentence

# How often it is looked whether anything has changed, in seconds, when nobody says otherwise.
USUAL_SECONDS: Final = 1.0
_ENDING: Final = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
# Waited for instead of being taken at any instant: nothing is left half drawn, and a resize ends the wait.
_AWAITED: Final = _ENDING | {signal.SIGWINCH, signal.SIGTSTP}


def follow_status(config: Path | None, environ: Mapping[str, str], seconds: float) -> None:
    """Show the status until somebody ends it.

    Args:
        seconds: Between two looks.

    Raises:
        RetouchdError: The configuration is wrong, or nothing was done here yet.
    """
    settings = load_used_settings(config, environ)
    with closing(Lookout(config, settings, time.monotonic)) as lookout, _signals_awaited():
        if can_redraw(sys.stdout, environ.get("TERM", "")):
            _draw_again_and_again(lookout, seconds)
        else:
            _print_changes(lookout, seconds)


def _draw_again_and_again(lookout: Lookout, seconds: float) -> None:
    screen = FullScreen(sys.stdout)
    is_over = False
    while not is_over:
        with screen.taken():
            is_over = _draw_until_asked(screen, lookout, seconds)
        if not is_over:
            # Stopped with Ctrl-Z: the shell has its terminal back until it is brought to the front again.
            os.kill(os.getpid(), signal.SIGSTOP)


def _draw_until_asked(screen: FullScreen, lookout: Lookout, seconds: float) -> bool:
    """Say whether it is over, else it is to be stopped for a while."""
    while True:
        screen.draw(_lines(lookout.look(SystemClock().local_moments().now)))
        asked = _wait(seconds)
        if asked in _ENDING:
            return True
        if asked is signal.SIGTSTP:
            return False


def _print_changes(lookout: Lookout, seconds: float) -> None:
    """Where nothing can be drawn in place: print it once, and again when something happened."""
    last: object = None
    while True:
        now = SystemClock().local_moments().now
        sight = lookout.look(now)
        said = gist(sight.glance) if sight.glance else sight.trouble
        if said != last:
            last = said
            print(f"--- {now:%Y-%m-%d %H:%M:%S}")
            _write(sight, Screen())
            print(flush=True)
        if _wait(seconds) in _ENDING:
            return


def _lines(sight: Sight) -> Sequence[str]:
    canvas = Canvas()
    screen = Screen(canvas)
    _write(sight, screen)
    screen.line()
    screen.line("Ctrl-C ends this.", Tone.ASIDE)
    return canvas.lines


def _write(sight: Sight, screen: Screen) -> None:
    if sight.house is not None and sight.glance is not None:
        write_status(sight.house, sight.glance, screen)
        return
    screen.say(sentence(sight.trouble), Tone.BAD)
    screen.say("It is looked again and again.")


def _wait(seconds: float) -> signal.Signals | None:
    """Wait, or give the signal that came."""
    came = signal.sigtimedwait(_AWAITED, seconds)
    return None if came is None else signal.Signals(came.si_signo)


@contextmanager
def _signals_awaited() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _AWAITED)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
