"""How each number is told to Prometheus: its name, what it means, its labels. prometheus-client lives here.

Labels come from closed sets of our own: no name of a photo, no path and no prompt ever is one.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from itertools import accumulate
from typing import Final

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.process_collector import ProcessCollector

from retouchd.core.jobs import JobState
from retouchd.core.pauses import Pause, PauseReason
from retouchd.core.spending import Offer
from retouchd.metrics.disks import Sizes
from retouchd.metrics.gathering import Facts, History
from retouchd.metrics.lookout import Watching
from retouchd.metrics.tally import BOUNDS, CallTally, Durations

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
FIRST_WORDS: Final = b"# HELP retouchd_up "
"""What every page of ours begins with."""
# More mounts below one inbox than these are not told one by one.
_MOST_MOUNTS: Final = 16


@dataclass(frozen=True, slots=True)
class _Page:
    """Fits what prometheus-client writes out."""

    families: Iterable[Metric]

    def collect(self) -> Iterable[Metric]:
        """Give what is to be written."""
        return self.families


class Scribe:
    """Writes pages for Prometheus about this process."""

    def __init__(self) -> None:
        # A name of ours: node_exporter, which takes in the text file, has its own process_ numbers.
        self._process = ProcessCollector(namespace="retouchd", registry=None)
        self._version = version("retouchd")

    def write(self, facts: Facts, *, is_running: bool) -> bytes:
        """Give a page in Prometheus' text format."""
        return generate_latest(_Page(self._families(facts, is_running=is_running)))

    def _families(self, facts: Facts, *, is_running: bool) -> Iterator[Metric]:
        is_up = is_running and facts.history is not None
        yield _gauge("up", "1 while the daemon runs and can read its history, otherwise 0.", is_up)
        yield InfoMetricFamily("retouchd", "Which retouchd this is.", {"version": self._version})
        if facts.history is not None:
            yield from _of_history(facts.history, facts)
        yield from _of_calls(facts.calls)
        yield from _of_watching(facts.watching, facts.busy_seconds)
        yield from _of_disks(facts.sizes, facts.outbox_free)
        yield from self._process.collect()


def _gauge(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(f"retouchd_{name}", told, value)


def _gauges(name: str, told: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"retouchd_{name}", told, labels=[label])
    for one, value in values.items():
        family.add_metric([one], value)
    return family


def _of_history(history: History, facts: Facts) -> Iterator[Metric]:
    arrivals, spend = history.arrivals, history.spend
    jobs = {state.value: history.jobs.get(state, 0) for state in JobState}
    yield _gauges("jobs", "Photos that were taken in, by what became of them.", "state", jobs)
    coming = {
        "arriving": arrivals.arriving,
        "queued": arrivals.queued,
        "waiting_for_prompt": arrivals.without_prompt,
        "needs_you": arrivals.needs_you,
    }
    yield _gauges("photos", "Photos in the inbox that were not taken in yet.", "state", coming)
    needs_you = arrivals.needs_you + jobs[JobState.HELD]
    yield _gauge("needs_you", "Photos about which a person must decide.", needs_you)
    waits = (facts.now - history.waiting_since).total_seconds() if history.waiting_since else 0.0
    told = "For how long the oldest photo that could be sent has been there, 0 when none waits."
    yield _gauge("queue_age_seconds", told, max(0.0, waits))
    if history.last_delivery is not None:
        told = "When a picture was put into the outbox last."
        yield _gauge("last_success_timestamp_seconds", told, history.last_delivery.timestamp())
    paid = {"day": spend.today.usd, "month": spend.month.usd}
    yield _gauges("spend_usd", "Paid so far in this day and month, in dollars.", "period", paid)
    yield _gauge("set_aside_usd", "Set aside for calls, in dollars.", spend.reserved.usd)
    yield _gauge("unclear_usd", "Perhaps paid: the answers were lost, in dollars.", spend.unknown.usd)
    yield from _of_limits(history.offer)
    yield from _of_pauses(history.pauses)


def _of_limits(offer: Offer) -> Iterator[Metric]:
    caps = {"job": offer.caps.per_job, "day": offer.caps.per_day, "month": offer.caps.per_month}
    set_ones = {name: cap.usd for name, cap in caps.items() if cap is not None}
    told = "The most that may be spent, in dollars; left out where it is unlimited."
    yield _gauges("limit_usd", told, "limit", set_ones)
    used = {"day": offer.spent.day.usd, "month": offer.spent.month.usd}
    told = "What counts for that limit: paid, set aside and unclear, in dollars."
    yield _gauges("limit_used_usd", told, "limit", used)


def _of_pauses(pauses: Iterable[Pause]) -> Iterator[Metric]:
    since = {pause.reason.value: pause.since.timestamp() for pause in pauses}
    active = {reason.value: float(reason in since) for reason in PauseReason}
    yield _gauges("pause_active", "1 while nothing is sent for this reason.", "reason", active)
    told = "Since when nothing is sent, for each reason for which that is so."
    yield _gauges("pause_start_timestamp_seconds", told, "reason", since)


def _of_calls(calls: CallTally) -> Iterator[Metric]:
    outcomes = CounterMetricFamily(
        "retouchd_calls", "Calls that ended since the start, by how.", labels=["outcome"]
    )
    for outcome, number in calls.outcomes.items():
        outcomes.add_metric([outcome], number)
    yield outcomes
    durations = HistogramMetricFamily(
        "retouchd_call_duration_seconds", "How long calls that ended since the start took.", labels=["result"]
    )
    for result, taken in calls.durations.items():
        durations.add_metric([result.value], _buckets(taken), taken.seconds)
    yield durations
    yield _gauge("calls_under_way", "Calls that are under way.", len(calls.under_way))


def _buckets(durations: Durations) -> list[tuple[str, float]]:
    bounds = [*(str(bound) for bound in BOUNDS), "+Inf"]
    return list(zip(bounds, accumulate(durations.counts), strict=True))


def _of_watching(watching: Watching, busy_seconds: float) -> Iterator[Metric]:
    yield CounterMetricFamily(
        "retouchd_scans", "Looks through the whole inbox since the start.", watching.looks
    )
    yield CounterMetricFamily(
        "retouchd_scan_seconds",
        "Seconds that all looks through the whole inbox took since the start.",
        watching.seconds,
    )
    if watching.ended is not None:
        yield _gauge(
            "last_scan_duration_seconds",
            "Seconds that the last look through the whole inbox took.",
            watching.last_seconds,
        )
        yield _gauge(
            "last_scan_timestamp_seconds",
            "When the last look through the whole inbox ended.",
            watching.ended.timestamp(),
        )
        yield _gauge("last_scan_names", "How many names the last look saw in the inbox.", watching.names)
        yield _gauge("last_scan_folders", "How many folders the last look read.", watching.folders)
    told = "For how long the present look at the inbox has lasted: on a dead share it has no end."
    yield _gauge("scan_under_way_seconds", told, busy_seconds)
    watch = InfoMetricFamily(
        "retouchd_watch", "How changes in the inbox, and on each mount below it, are noticed."
    )
    for number, manner in enumerate(watching.manners[: _MOST_MOUNTS + 1]):
        watch.add_metric([], {"mount": f"below_{number}" if number else "inbox", "mode": manner.mode.value})
    yield watch


def _of_disks(sizes: Sizes | None, outbox_free: int | None) -> Iterator[Metric]:
    free = {} if outbox_free is None else {"outbox": outbox_free}
    if sizes is not None:
        free["state"] = sizes.free_bytes
        yield _gauge("spool_files", "Files of answers that are kept.", sizes.spool_files)
        yield _gauge("spool_bytes", "Bytes of answers that are kept.", sizes.spool_bytes)
        yield _gauge("journal_bytes", "Bytes of the history.", sizes.journal_bytes)
    told = "Bytes that are free on this folder's disk; left out while the disk does not answer."
    yield _gauges("free_bytes", told, "folder", free)
