"""JSON log lines with ids and names of code, never with typed text.
An exception is logged as its type and place: its message may quote a row."""

import json
import logging
import traceback
from datetime import UTC, datetime

from restorative.common import context

# Keys that a log call may add with `extra`; others are dropped.
_EXTRAS = frozenset({"route", "method", "status", "ms", "user", "task", "kind", "count"})
# Loggers whose messages quote page addresses: the message is dropped, level and place are kept.
_QUOTING = ("django.request", "django.security", "django.server", "gunicorn.access")


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._message(record),
        }
        if request_id := context.request_id.get():
            line["request"] = request_id
        line.update({key: value for key, value in vars(record).items() if key in _EXTRAS})
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"], line["where"] = describe(record.exc_info[1])
        return json.dumps(line, default=str, ensure_ascii=False)

    def _message(self, record: logging.LogRecord) -> str:
        if record.name.startswith(_QUOTING):
            return "not written: it may quote an address"
        if record.name.startswith("gunicorn") and record.exc_info:
            return "a request failed outside the application"
        return record.getMessage()


def describe(error: BaseException) -> tuple[str, list[str]]:
    """The type of an error and the lines of its traceback, innermost last."""
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    return type(error).__qualname__, [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
