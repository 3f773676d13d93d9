"""Logs: one JSON object a line on standard error, times in UTC, secrets masked."""

import logging
import re
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.json import JsonFormatter

SECRET_NAMES = re.compile(r"(api_?key|authorization|cookie|password|secret|token)$", re.IGNORECASE)
SECRET_VALUES = re.compile(
    r"\b(?:sk|hf|ghp|pk)[-_][A-Za-z0-9_\-]{8,}|\brick-[A-Za-z0-9_\-]{43}|(?<=://)[^/\s@]*:[^/\s@]*(?=@)"
    r"|(?<=/accounts/join/)[A-Za-z0-9_\-]{20,}|(?<=/password/reset/key/)[A-Za-z0-9_\-]{8,}"
)
MASK = "***"


class MaskingFormatter(JsonFormatter):
    """Writes a record as JSON after its secrets are masked."""

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """Replace values of secret names, and texts that look like keys or carry a password."""
        return {
            name: MASK if SECRET_NAMES.search(name) and value else _masked(value)
            for name, value in log_data.items()
        }

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        """Write levels as small words, the time in UTC, and objects, a request say, as text."""
        super().add_fields(log_data, record, message_dict)
        log_data["level"] = record.levelname.lower()
        written_at = datetime.fromtimestamp(record.created, UTC)
        log_data["at"] = written_at.isoformat().replace("+00:00", "Z")
        for name, value in log_data.items():
            if not isinstance(value, str | int | float | None):
                log_data[name] = repr(value)


def settings(*, level: str) -> dict[str, Any]:
    """Return the ``LOGGING`` dictionary for a level such as ``INFO``."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": MaskingFormatter,
                "fmt": ["level", "name", "message"],
                "rename_fields": {"name": "logger", "exc_info": "exception"},
                "json_ensure_ascii": False,
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.server": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
            "celery.beat": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
        },
    }


def _masked(value: object) -> object:
    return SECRET_VALUES.sub(MASK, value) if isinstance(value, str) else value
