"""The log of the service: a JSON object a line, or a line for a person at a terminal."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any, Literal

LogForm = Literal["json", "text"]


class JsonLines(logging.Formatter):
    """Each record as one JSON object; what a record carries as `fields` stands beside the rest."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": _when(record).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


class TextLines(logging.Formatter):
    """Each record as a line: when, how grave, what; and of a request how long it took."""

    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, "fields", {})
        shown = {k: v for k, v in fields.items() if k in ("ms", "outcome", "key", "request_id")}
        if "question" in fields:
            shown["question"] = json.dumps(fields["question"])
        said = " ".join(f"{key}={value}" for key, value in shown.items())
        level = "" if record.levelno <= logging.INFO else f" {record.levelname.lower()}:"
        line = f"{_when(record):%H:%M:%S}{level} {record.getMessage()} {said}".rstrip()
        if record.exc_info:
            line += f"\n{self.formatException(record.exc_info)}"
        return line


def _when(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


def log_config(form: LogForm) -> dict[str, Any]:
    """For `logging.config.dictConfig`: the service and its server, on standard error."""
    handler = {"class": "logging.StreamHandler", "formatter": form, "stream": "ext://sys.stderr"}
    logger = {"handlers": ["stderr"], "level": "INFO", "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonLines}, "text": {"()": TextLines}},
        "handlers": {"stderr": handler},
        "loggers": {"uvicorn": logger, "pincite": logger},
    }
