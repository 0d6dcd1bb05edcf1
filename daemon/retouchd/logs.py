"""The log: its event names, and how a line is made that no file name can forge and no key can get into.

Everything is made safe at the last step before it is written, so that no caller can forget it. structlog is
imported only when the log is set up: commands that write no log start faster.
"""

import json
import logging
import math
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, Final, Literal, TextIO

from retouchd.core.logline import log_line
from retouchd.core.values import printable
from retouchd.systemlog import SystemLog, field_name

if TYPE_CHECKING:
    from structlog.typing import Processor


class Event(StrEnum):
    """Every event name of this program; data goes into keys, never into the name."""

    JOB_QUEUED = "job.queued"
    JOB_WAITING = "job.waiting"
    JOB_SUBMITTED = "job.submitted"
    JOB_RECEIVED = "job.received"
    JOB_DELIVERED = "job.delivered"
    JOB_DONE = "job.done"
    JOB_DEFERRED = "job.deferred"
    JOB_HELD = "job.held"
    JOB_FAILED = "job.failed"
    JOB_CANCELLED = "job.cancelled"
    JOB_POSTPONED = "job.postponed"
    OUTPUT_KEPT = "output.kept"
    BUNDLE_SEEN = "bundle.seen"
    BUNDLE_NEEDS_YOU = "bundle.needs_you"
    BUNDLE_POSTPONED = "bundle.postponed"
    BUNDLE_STAYED = "bundle.stayed"
    BUNDLE_RETURNED = "bundle.returned"
    BUNDLE_NOT_RETURNED = "bundle.not_returned"
    INBOX_SCANNED = "inbox.scanned"
    INBOX_TROUBLED = "inbox.troubled"
    INBOX_LEFT_OUT = "inbox.left_out"
    INBOX_MISSING = "inbox.missing"
    INBOX_SILENT = "inbox.silent"
    INBOX_RETURNED = "inbox.returned"
    WATCH_STARTED = "watch.started"
    LIMIT_NEARED = "limit.neared"
    RESERVATION_EXCEEDED = "reservation.exceeded"
    COST_DISBELIEVED = "cost.disbelieved"
    PAUSE_BEGAN = "pause.began"
    PAUSE_ENDED = "pause.ended"
    OPTIONS_REFUSED = "options.refused"
    KEY_PROBED = "key.probed"
    PAUSE_HOLDS = "pause.holds"
    DAEMON_STARTED = "daemon.started"
    DAEMON_ALIVE = "daemon.alive"
    DAEMON_STOPPING = "daemon.stopping"
    DAEMON_STOPPED = "daemon.stopped"
    CONFIG_RELOADED = "config.reloaded"
    CONFIG_NEEDS_RESTART = "config.needs_restart"
    CONFIG_REFUSED = "config.refused"
    CLOCK_STEPPED_BACK = "clock.stepped_back"
    COMMAND_OBEYED = "command.obeyed"
    REQUEST_REFUSED = "request.refused"
    WORKER_CRASHED = "worker.crashed"
    WORKER_STALLED = "worker.stalled"
    WORKER_LEFT = "worker.left"
    SCANNER_CRASHED = "scanner.crashed"
    THREAD_CRASHED = "thread.crashed"
    SCANNER_HANGS = "scanner.hangs"
    RECOVERY_FINISHED = "recovery.finished"
    HISTORY_LET_GO = "history.let_go"
    SPOOL_PRUNED = "spool.pruned"
    SPOOL_TROUBLED = "spool.troubled"
    SPOOL_UNKNOWN = "spool.unknown"
    FOLDER_LEFT = "folder.left"
    TEMPORARY_LEFT = "temporary.left"
    STATUS_NOT_WRITTEN = "status.not_written"
    METRICS_SERVED = "metrics.served"
    METRICS_NOT_SERVED = "metrics.not_served"
    METRICS_NOT_WRITTEN = "metrics.not_written"
    METRICS_NOT_GATHERED = "metrics.not_gathered"
    NOTICE_SENT = "notice.sent"
    NOTICE_NOT_SENT = "notice.not_sent"
    NOTICE_ANSWERED = "notice.answered"
    NOTICE_GIVEN_UP = "notice.given_up"


# Libraries whose steps are of no interest to an owner.
_QUIET_LIBRARIES: Final = ("watchdog", "httpx", "httpcore", "PIL", "asyncio")
# These may have several lines; each is marked as part of the entry above it, so that none looks like one.
_LONG_TEXTS: Final = ("exception", "stack")
_CONTINUED: Final = "  | "
_FIRST_KEYS: Final = ("timestamp", "level", "event")
# Deeper values are shown as text; a value that holds itself must not end the daemon.
_MAX_DEPTH: Final = 4
# The numbers of syslog, by which the system's log is searched.
_PRIORITIES: Final = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
_NAME: Final = "retouchd"

_EventDict = MutableMapping[str, Any]


def configure_logs(
    *,
    format: Literal["auto", "console", "json", "journal"],  # noqa: A002 - the setting's own name
    level: str,
    stream: TextIO,
    redact: Callable[[], str | None],
    system_log: SystemLog,
) -> None:
    """Send every log line, structlog's and the libraries' own, to one stream; a later call replaces this one.

    Args:
        format: "auto" is console on a terminal, "journal" where the stream leads to the system's log, and
            JSON lines otherwise.
        level: The least that is written: "debug", "info", "warning" or "error".
        stream: Where lines go.
        redact: Gives the API key as it is now, to be struck out wherever it appears; None when there is none.
        system_log: Where entries go with "journal"; while nobody listens there, they go to the stream.
    """
    import structlog  # noqa: PLC0415 - 0.1 s that commands without a log need not spend

    least = logging.getLevelNamesMapping()[level.upper()]
    chosen = _choose(stream, system_log) if format == "auto" else format
    last_steps = _console_steps(stream) if chosen == "console" else _json_steps()
    steps: list[Processor] = [*_first_steps(), _MakeSafe(redact), *last_steps]
    handler = _SystemLogHandler(stream, system_log) if chosen == "journal" else _LineHandler(stream)
    taken_apart = [_name_library, structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=[*taken_apart, *steps]))
    _replace_handler(handler, least)
    own = _OwnLog(handler)
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *steps],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=lambda *_: own,
        # A logger made before the set-up must not keep an earlier one.
        cache_logger_on_first_use=False,
    )


def _choose(stream: TextIO, system_log: SystemLog) -> str:
    if stream.isatty():
        return "console"
    return "journal" if system_log.is_behind(stream) else "json"


def _first_steps() -> "list[Processor]":
    import structlog  # noqa: PLC0415 - see configure_logs

    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        # Python's own format: it shows no local variables, which may hold the key.
        structlog.processors.ExceptionRenderer(),
    ]


def _json_steps() -> "list[Processor]":
    import structlog  # noqa: PLC0415 - see configure_logs

    return [structlog.processors.JSONRenderer()]


def _console_steps(stream: TextIO) -> "list[Processor]":
    import structlog  # noqa: PLC0415 - see configure_logs

    return [_mark_continued, structlog.dev.ConsoleRenderer(colors=stream.isatty(), sort_keys=False)]


class _LineHandler(logging.StreamHandler[TextIO]):
    """Writes finished lines."""

    def format(self, record: logging.LogRecord) -> str:
        """Give what is written of a library's record."""
        return self.written_of(super().format(record))

    def take(self, line: str) -> None:
        """Write a line of our own; it is out when this ends."""
        # The lock of `handle`. What cannot be written is let go here, too.
        with self.lock or nullcontext(), suppress(OSError, ValueError):
            self.stream.write(self.written_of(line) + self.terminator)
            self.flush()

    def written_of(self, line: str) -> str:
        """Give what is written of a finished line."""
        return self.writable(line)

    def writable(self, text: str) -> str:
        """Give a text with escapes for what the stream cannot take: a terminal need not know every one."""
        encoding = getattr(self.stream, "encoding", None) or "utf-8"
        return text.encode(encoding, "backslashreplace").decode(encoding)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Let a line go that cannot be written: a full disk below the log must not disturb paid work.

        The inherited method would print the record as it is, with whatever should have been struck out.
        """


class _SystemLogHandler(_LineHandler):
    """Hands entries over to the system's log; what it does not take is written as lines with priorities.

    The formatter gives JSON lines: their keys become the entry's fields.
    """

    terminator = ""

    def __init__(self, stream: TextIO, system_log: SystemLog) -> None:
        super().__init__(stream)
        self._system_log = system_log

    def written_of(self, line: str) -> str:
        """Hand the entry over, and give what is left to be written: nothing when it was taken."""
        entry: dict[str, object] = json.loads(line)
        priority = _PRIORITIES[str(entry["level"])]
        lines = [log_line(entry), *_continued(entry)]
        own = {"MESSAGE": "\n".join(lines), "PRIORITY": str(priority), "SYSLOG_IDENTIFIER": _NAME}
        if self._system_log.send({**_fields(entry), **own}):
            return ""
        return self.writable("".join(f"<{priority}>{line}\n" for line in lines))


class _OwnLog:
    """Takes our own lines straight to the handler.

    Through `logging` each took twice as long, 36 microseconds, and a photo has five of them.
    """

    def __init__(self, handler: _LineHandler) -> None:
        self.debug = self.info = self.warning = self.error = self.critical = handler.take


def _fields(entry: Mapping[str, object]) -> dict[str, str]:
    """Give an entry's own fields; the log has time and level by itself, and the message any traceback."""
    return {
        field_name(key, f"{_NAME.upper()}_"): value if isinstance(value, str) else json.dumps(value)
        for key, value in entry.items()
        if key not in {"timestamp", "level", *_LONG_TEXTS} and value is not None
    }


def _continued(entry: Mapping[str, object]) -> list[str]:
    """Give the lines of the long texts, each marked as a part of the entry."""
    texts = (str(entry[key]) for key in _LONG_TEXTS if key in entry)
    return [_CONTINUED + line for text in texts for line in text.split("\n")]


def _replace_handler(handler: _LineHandler, least: int) -> None:
    root = logging.getLogger()
    before = [one for one in root.handlers if isinstance(one, _LineHandler)]
    # First the new one: other threads may tell something meanwhile, which is not to be lost.
    root.addHandler(handler)
    for earlier in before:
        root.removeHandler(earlier)
    root.setLevel(least)
    for name in _QUIET_LIBRARIES:
        logging.getLogger(name).setLevel(max(least, logging.WARNING))


def _name_library(_logger: object, _method: str, event_dict: _EventDict) -> _EventDict:
    """Say which library a line is from."""
    event_dict["library"] = event_dict["_record"].name
    return event_dict


@dataclass(frozen=True, slots=True)
class _MakeSafe:
    """Turns every key and value into plain, printable data without the API key."""

    redact: Callable[[], str | None]

    def __call__(self, _logger: object, _method: str, event_dict: _EventDict) -> _EventDict:
        first = {key: event_dict.pop(key) for key in _FIRST_KEYS if key in event_dict}
        secret = self.redact()
        safe = {_text(key, secret): _plain(value, secret) for key, value in {**first, **event_dict}.items()}
        long = {key: _lines(event_dict[key], secret) for key in _LONG_TEXTS if key in event_dict}
        return safe | long


def _plain(value: object, secret: str | None, depth: int = 0) -> object:
    match value:
        case Enum():
            return _text(value.value, secret)
        case None | int():
            return value
        case float() if math.isfinite(value):
            return value
        case Mapping() if depth < _MAX_DEPTH:
            return {_text(key, secret): _plain(one, secret, depth + 1) for key, one in value.items()}
        case list() | tuple() | set() | frozenset() if depth < _MAX_DEPTH:
            return [_plain(one, secret, depth + 1) for one in value]
        case _:
            return _text(_short_form(value), secret)


def _short_form(value: object) -> object:
    match value:
        case date():
            return value.isoformat()
        case bytes() | bytearray() | memoryview():
            # Pictures do not belong into a log, not even by mistake.
            return f"{len(value)} bytes"
        case _:
            return value


def _text(value: object, secret: str | None) -> str:
    text = str(value)
    return printable(text.replace(secret, "[API key]") if secret else text)


def _lines(value: object, secret: str | None) -> str:
    """Give safe text that keeps its line ends: JSON escapes them, the console marks what follows."""
    return "\n".join(_text(line, secret) for line in str(value).split("\n"))


def _mark_continued(_logger: object, _method: str, event_dict: _EventDict) -> _EventDict:
    for key in _LONG_TEXTS:
        if key in event_dict:
            event_dict[key] = "\n".join(_continued({key: event_dict[key]}))
    return event_dict
