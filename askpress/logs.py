"""One JSON line an event; the message is a constant in the past tense, the rest are fields."""

from __future__ import annotations

import contextvars
import datetime as dt
import json
import logging
import sys
from typing import Any

# The request's or the job's id: every line of one trip carries the same.
trace = contextvars.ContextVar("trace", default="")

_logger = logging.getLogger("askpress")


class _Line(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        if trace.get():
            line["trace"] = trace.get()
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def configure() -> None:
    """Send every log line of this process to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Line())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    _logger.setLevel(logging.INFO)


def info(event: str, **fields: object) -> None:
    _logger.info(event, extra={"fields": fields})


def warning(event: str, **fields: object) -> None:
    _logger.warning(event, extra={"fields": fields})


def error(event: str, *, exc_info: bool = False, **fields: object) -> None:
    _logger.error(event, exc_info=exc_info, extra={"fields": fields})
