"""Logs: one JSON object a line on standard error, times in UTC, secrets masked."""

import logging.config
import re
from typing import Any

import structlog

SECRET_NAMES = re.compile(r"(api_?key|authorization|cookie|password|secret|token)$", re.IGNORECASE)
SECRET_VALUES = re.compile(
    r"\b(?:sk|hf|ghp|pk)[-_][A-Za-z0-9_\-]{8,}|(?<=://)[^/\s@]*:[^/\s@]*(?=@)"
    r"|(?<=/accounts/join/)[A-Za-z0-9_\-]{20,}|(?<=/password/reset/key/)[A-Za-z0-9_\-]{8,}"
)
MASK = "***"


def mask_secrets(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Replace values of secret names, and texts that look like keys or carry a password."""
    return {
        name: MASK if SECRET_NAMES.search(name) and value else _masked(value)
        for name, value in event.items()
    }


def settings(*, level: str) -> dict[str, Any]:
    """Return the ``LOGGING`` dictionary for a level such as ``INFO``."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _shared(),
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    mask_secrets,
                    structlog.processors.EventRenamer("message"),
                    structlog.processors.JSONRenderer(ensure_ascii=False),
                ],
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


def configure(dictionary: dict[str, Any]) -> None:
    """Set up the standard library's logging and structlog (``LOGGING_CONFIG``)."""
    logging.config.dictConfig(dictionary)
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _shared() -> list[structlog.typing.Processor]:
    return [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]


def _masked(value: object) -> object:
    return SECRET_VALUES.sub(MASK, value) if isinstance(value, str) else value
