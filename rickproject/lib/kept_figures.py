"""Figures that take long to work out and follow from a few rows: kept until those rows change."""

import hashlib
import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.core.cache import cache
from redis.exceptions import RedisError

KEPT_SECONDS = 24 * 60 * 60

Figures = TypeVar("Figures")
logger = logging.getLogger(__name__)


def kept(name: str, rows: Iterable[object], work_out: Callable[[], Figures]) -> Figures:
    """Return what was worked out from the same rows before, or work it out.

    A cache that does not answer costs time and nothing else.

    Args:
        name: what the figures are; part of the key.
        rows: everything they depend on, revisions included, in a fixed order; only ``repr`` of
            each is read.
        work_out: returns the figures, never None; they are pickled.
    """
    print_of_rows = hashlib.sha256("\n".join(repr(row) for row in rows).encode())
    key = f"figures:{name}:{print_of_rows.hexdigest()}"
    try:
        found: Figures | None = cache.get(key)
    except (RedisError, OSError):
        logger.info("the cache does not answer; %s is worked out anew", name)
        return work_out()
    if found is None:
        found = work_out()
        _keep(key, found)
    return found


def _keep(key: str, figures: object) -> None:
    try:
        cache.set(key, figures, KEPT_SECONDS)
    except (RedisError, OSError):  # it is worked out again the next time
        logger.info("the cache took nothing")
