"""How often a person may do something costly, counted in the cache that all processes share."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.cache import cache
from django.http import HttpRequest

from rickproject.lib.errors import RickError


class LimitReachedError(RickError):
    """Done too often; ``retry_after_seconds`` says when it may be done again."""

    code = "limit_reached"

    def __init__(self, sentence: str, *, retry_after_seconds: int) -> None:
        super().__init__(sentence)
        self.retry_after_seconds = retry_after_seconds


class LimitsUnavailableError(RickError):
    """The cache does not answer, so nobody can count: costly actions wait."""

    code = "limits_unavailable"


def spend(name: str, who: object, *, limit: int, seconds: int, what: str = "this") -> None:
    """Count one action against a limit.

    Windows are fixed: ``limit`` actions between two multiples of ``seconds``.

    Args:
        name: of the limit, such as ``chat`` or ``import``.
        who: whose limit it is: a user's key, a project's, an address.
        limit: most actions in one window.
        seconds: length of the window.
        what: the action in words, for the sentence.

    Raises:
        LimitReachedError: the limit was used up before.
        LimitsUnavailableError: the cache does not answer.
    """
    if _count(_key(name, who, seconds), seconds) > limit:
        raise _refusal(limit, seconds, what)


def require_unspent(
    name: str, who: object, *, limit: int, seconds: int, what: str = "this"
) -> None:
    """Refuse like :func:`spend` when a limit is used up, but count nothing.

    For what is counted only when it fails, such as logging in.
    """
    if _counted(_key(name, who, seconds)) >= limit:
        raise _refusal(limit, seconds, what)


def address_of(request: HttpRequest, *, trusted_proxy: bool) -> str:
    """Return who asks: the peer, or what the one trusted proxy in front wrote last."""
    if trusted_proxy and (forwarded := request.headers.get("X-Forwarded-For")):
        return forwarded.split(",")[-1].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


def _key(name: str, who: object, seconds: int) -> str:
    """Return a key of plain characters, whatever was typed as a name."""
    owner = hashlib.sha256(str(who).encode()).hexdigest()[:32]
    return f"limit:{name}:{owner}:{seconds}:{int(time.time() // seconds)}"


def _refusal(limit: int, seconds: int, what: str) -> LimitReachedError:
    wait = seconds - int(time.time()) % seconds
    sentence = (
        f"You may do {what} {limit} times in {_in_words(seconds)}. Try again in {_in_words(wait)}."
    )
    return LimitReachedError(sentence, retry_after_seconds=wait)


@contextmanager
def _cache_needed() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # every cache backend has errors of its own
        raise LimitsUnavailableError(
            "The service that counts requests does not answer, so this has to wait. Reading and "
            "saving go on; try again in a minute."
        ) from error


def _count(key: str, seconds: int) -> int:
    with _cache_needed():
        cache.add(key, 0, timeout=seconds * 2)
        return int(cache.incr(key))


def _counted(key: str) -> int:
    with _cache_needed():
        return int(cache.get(key, 0))


def _in_words(seconds: int) -> str:
    for length, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= length:
            count = -(-seconds // length)
            return f"{count} {word}{'s' if count > 1 else ''}"
    return f"{seconds} second{'s' if seconds > 1 else ''}"
