"""Builds who tells people what happens, from the settings."""

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from retouchd.adapters.clock import SystemClock
from retouchd.adapters.durable import Durable
from retouchd.adapters.notify.hook import HOOK_NAME, Hook
from retouchd.adapters.notify.memory import MemoryFile
from retouchd.adapters.notify.post import Post
from retouchd.adapters.notify.program import Runner
from retouchd.core.errors import ConfigurationError
from retouchd.core.messages import Sender
from retouchd.core.telling import Policy
from retouchd.engine.herald import Log
from retouchd.notifier import Means, Notifier, Way
from retouchd.notify_urls import read_urls
from retouchd.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """The ways that the settings name.

    Attributes:
        fault: Why some are missing; empty when none is.
    """

    by_name: Mapping[str, Way]
    fault: str = ""


class LiveWays:
    """The ways as they are now; the last good ones too, while the file of addresses cannot be used."""

    def __init__(self, build: Callable[[], Ways], log: Log) -> None:
        self._build = build
        self._log = log
        self._last = Ways(by_name={})

    def __call__(self) -> Mapping[str, Way]:
        """Look again, and tell a fault once."""
        found = self._build()
        if found.fault and found.fault != self._last.fault:
            self._log.warning("notice.not_sent", detail=found.fault)
        kept = {**self._last.by_name, **found.by_name} if found.fault else found.by_name
        self._last = Ways(by_name=kept, fault=found.fault)
        return kept


def build_notifier(
    settings: Callable[[], Settings], durable: Durable, log: Log, environ: Mapping[str, str]
) -> Notifier:
    """Build the one that tells; a list of addresses that is of no use is told in the log, no more.

    Args:
        settings: Gives them as they are now; another one is built when their section has changed.
    """
    runner, chosen = Runner(), settings().notify
    means = Means(
        settings=settings,
        policy=Policy(topics=frozenset(chosen.events), batch=timedelta(seconds=chosen.batch_seconds)),
        sender=build_sender(settings()),
        find_ways=LiveWays(lambda: build_ways(settings(), environ, runner), log),
        memory=MemoryFile(settings().places().state, durable),
        hurry=runner.hurry,
        now=SystemClock().now,
        log=log,
    )
    return Notifier(means)


def build_ways(settings: Settings, environ: Mapping[str, str], runner: Runner) -> Ways:
    """Give the ways, without those that cannot be read."""
    chosen, ways, fault = settings.notify, dict[str, Way](), ""
    if chosen.hook is not None:
        ways[HOOK_NAME] = Hook(chosen.hook, chosen.hook_timeout_seconds, environ, runner)
    if chosen.urls_file is not None:
        try:
            posts = [Post(url, environ, runner) for url in read_urls(chosen.urls_file, environ)]
            ways |= {post.name: post for post in posts}
        except ConfigurationError as exc:
            fault = str(exc)
    return Ways(by_name=ways, fault=fault)


def build_sender(settings: Settings) -> Sender:
    """Give who sends: this machine, and the folder that photos are put into."""
    return Sender(host=socket.gethostname(), root=str(settings.folders.root or settings.places().inbox))
