"""The line of a log entry for people."""

import pytest

from retouchd.core.logline import log_line


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        (
            {
                "event": "job.submitted",
                "job": "k7f3",
                "source": "beach.jpg",
                "attempt": 1,
                "set_aside_usd": 0.55,
            },
            "job.submitted beach.jpg, job k7f3, attempt 1, set aside $0.55",
        ),
        (
            {
                "event": "job.delivered",
                "source": "trip/lake.jpg",
                "output": "trip/lake.png",
                "cost_usd": 0.054,
            },
            "job.delivered trip/lake.jpg -> outbox/trip/lake.png, cost $0.05",
        ),
        (
            {"event": "pause.began", "reason": "budget", "detail": "today's limit is reached", "until": None},
            "pause.began budget: today's limit is reached",
        ),
        (
            {"event": "daemon.started", "inbox": "/a/b", "outbox": "/c"},
            "daemon.started inbox /a/b, outbox /c",
        ),
        ({"event": "clock.stepped_back", "seconds": 3600}, "clock.stepped_back 3600 s"),
        ({"event": "job.received", "source": "a.jpg", "seconds": 2.745}, "job.received a.jpg, 2.7 s"),
        (
            {"event": "daemon.alive", "paused": [], "limit_usd": "none", "used_today_usd": 8},
            "daemon.alive paused none, limit none, used today $8.00",
        ),
        (
            {"event": "daemon.stopped", "level": "info", "timestamp": "now", "exception": "a\nb"},
            "daemon.stopped",
        ),
        (
            {
                "event": "config.reloaded",
                "changed": {"budget.per_day_usd": "10 -> 25", "log.level": "info -> debug"},
                "has_new_key": False,
            },
            "config.reloaded changed budget.per_day_usd 10 -> 25 and log.level info -> debug, has new key no",
        ),
        ({"event": "config.reloaded", "changed": {}}, "config.reloaded changed none"),
        ({"event": "key.probed", "is_worth_a_try": True}, "key.probed worth a try yes"),
        ({}, ""),
    ],
)
def test_an_entry_is_a_line(entry: dict[str, object], line: str) -> None:
    """Event and photo first, then figures with their units, and the reason last."""
    assert log_line(entry) == line


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("my beach.jpg", '"my beach.jpg"'),
        ("a.jpg, job k7f3, cost $0.00", '"a.jpg, job k7f3, cost $0.00"'),
        ('a" -> outbox/b\\', '"a\\" -> outbox/b\\\\"'),
        ("strandbø-1_2+3@4~5.jpg", "strandbø-1_2+3@4~5.jpg"),
    ],
)
def test_no_name_looks_like_more_of_the_line(name: str, shown: str) -> None:
    """A name with anything unusual in it stands in quotes (I11)."""
    entry = {"event": "job.done", "source": name, "output": name}

    assert log_line(entry) == f"job.done {shown} -> outbox/{shown}"
