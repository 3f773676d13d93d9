"""How often a person may do something costly, counted in the cache that all processes share."""

import time

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
    now = time.time()
    window = int(now // seconds)
    if _count(f"limit:{name}:{who}:{seconds}:{window}", seconds) <= limit:
        return
    wait = max(1, int((window + 1) * seconds - now) + 1)
    raise LimitReachedError(
        f"You may do {what} {limit} times in {_in_words(seconds)}. Try again in {_in_words(wait)}.",
        retry_after_seconds=wait,
    )


def address_of(request: HttpRequest, *, trusted_proxy: bool) -> str:
    """Return who asks: the peer, or what the one trusted proxy in front wrote last."""
    if trusted_proxy and (forwarded := request.headers.get("X-Forwarded-For")):
        return forwarded.split(",")[-1].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


def _count(key: str, seconds: int) -> int:
    try:
        cache.add(key, 0, timeout=seconds * 2)
        return int(cache.incr(key))
    except Exception as error:  # every cache backend has errors of its own
        raise LimitsUnavailableError(
            "The service that counts requests does not answer, so this has to wait. Reading and "
            "saving go on; try again in a minute."
        ) from error


def _in_words(seconds: int) -> str:
    for length, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= length:
            count = -(-seconds // length)
            return f"{count} {word}{'s' if count > 1 else ''}"
    return f"{seconds} second{'s' if seconds > 1 else ''}"
