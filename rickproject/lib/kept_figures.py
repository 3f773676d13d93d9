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

    All of one name are one entry of the cache, however many they are. A cache that does not answer
    costs time and nothing else.

    Args:
        name: what the figures are, and of whom; the cache's key.
        rows: by thing, everything its figures depend on, revisions included, in a fixed order;
            only ``repr`` of each is read.
        work_out: returns the figures of some things, all at once; they are pickled.

    Returns:
        The figures in the order of ``rows``.
    """
    prints = {key: _print_of(of_key) for key, of_key in rows.items()}
    kept = _read(name)
    missing = [key for key, fingerprint in prints.items() if kept.get(key, ("",))[0] != fingerprint]
    if missing:
        fresh = work_out(missing)
        kept |= {key: (prints[key], fresh[key]) for key in missing}
        _write(name, kept)
    return {key: kept[key][1] for key in prints}


def _print_of(rows: Iterable[object]) -> str:
    return sha256("\n".join(map(repr, rows)).encode()).hexdigest()


def _read(name: str) -> dict[Any, Any]:
    try:
        found: dict[Any, Any] = cache.get(f"figures:{name}") or {}
    except (RedisError, OSError):
        logger.info("the cache does not answer; %s is worked out anew", name)
        return {}
    return found


def _write(name: str, figures: Mapping[Any, Any]) -> None:
    try:
        cache.set(f"figures:{name}", figures, KEPT_SECONDS)
    except (RedisError, OSError):  # they are worked out again the next time
        logger.info("the cache took nothing")
