"""Figures that take long to work out and follow from a few rows: kept until those rows change."""

import logging
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any, TypeVar

from django.core.cache import cache
from redis.exceptions import RedisError

KEPT_SECONDS = 24 * 60 * 60

Key = TypeVar("Key")
Figures = TypeVar("Figures")
logger = logging.getLogger(__name__)


def kept_each(
    name: str,
    rows: Mapping[Key, Iterable[object]],
    work_out: Callable[[list[Key]], Mapping[Key, Figures]],
) -> dict[Key, Figures]:
    """Return the figures of each thing: worked out from the same rows before, or now.

    A cache that does not answer costs time and nothing else.

    Args:
        name: what the figures are; part of the cache's keys.
        rows: by thing, everything its figures depend on, revisions included, in a fixed order;
            only ``repr`` of each is read.
        work_out: returns the figures of some things, all at once; they are pickled.

    Returns:
        The figures in the order of ``rows``.
    """
    prints = {key: _print_of(name, of_key) for key, of_key in rows.items()}
    found = _kept(prints.values())
    missing = [key for key, fingerprint in prints.items() if fingerprint not in found]
    fresh = work_out(missing) if missing else {}
    _keep({prints[key]: figures for key, figures in fresh.items()})
    return {key: fresh[key] if key in fresh else found[one] for key, one in prints.items()}


def _print_of(name: str, rows: Iterable[object]) -> str:
    return f"figures:{name}:" + sha256("\n".join(map(repr, rows)).encode()).hexdigest()


def _kept(prints: Iterable[str]) -> dict[str, Any]:
    try:
        return cache.get_many(list(prints))
    except (RedisError, OSError):
        logger.info("the cache does not answer; figures are worked out anew")
        return {}


def _keep(figures: dict[str, Any]) -> None:
    try:
        cache.set_many(figures, KEPT_SECONDS)
    except (RedisError, OSError):  # they are worked out again the next time
        logger.info("the cache took nothing")
