"""How often a person may do something costly, counted in the cache that all processes share."""

import hashlib
import ipaddress
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

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


def spend(name: str, who: object, *, limit: int, seconds: int, what: str = "this") -> str:
    """Count one action against a limit.

    Windows are fixed: ``limit`` actions between two multiples of ``seconds``.

    Args:
        name: of the limit, such as ``chat`` or ``import``.
        who: whose limit it is: a user's key, a project's, an address.
        limit: most actions in one window.
        seconds: length of the window.
        what: the action in words, for the sentence.

    Returns:
        what :func:`give_back` takes.

    Raises:
        LimitReachedError: the limit was used up before.
        LimitsUnavailableError: the cache does not answer.
    """
    key = _key(name, who, seconds)
    if _count(key, seconds) > limit:
        give_back(key)  # refused, so not done
        raise _refusal(limit, seconds, what)
    return key


def give_back(spent: str) -> None:
    """Take one action off the count again, in the window in which it was counted.

    For what counts only when it fails: counted before it is tried, given back when it succeeds, so
    that many at once cannot pass the limit together.
    """
    with _cache_needed(), suppress(ValueError):  # the window is past and forgotten
        cache.decr(spent)


def address_of(request: HttpRequest, *, trusted_proxy: bool) -> str:
    """Return who asks: the peer, or what the one trusted proxy in front wrote last.

    Returns:
        an IP address in its shortest form, without port, brackets or zone; where the proxy wrote
        something else, such as ``unknown``, its own; empty where there is none at all.
    """
    peer = _plain_address(str(request.META.get("REMOTE_ADDR", "")))
    if trusted_proxy and (forwarded := request.headers.get("X-Forwarded-For")):
        return _plain_address(forwarded.rpartition(",")[2]) or peer
    return peer


def network_of(address: str) -> str:
    """Return whose limit an address counts in: IPv6 by the /64 that one subscriber has whole."""
    if ":" not in address:
        return address
    return str(ipaddress.ip_network(f"{address}/64", strict=False))


def _plain_address(text: str) -> str:
    """Read ``1.2.3.4``, ``1.2.3.4:80``, ``2001:db8::1``, ``[2001:db8::1]:80``; else empty."""
    host = text.strip().strip('"')
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return str(found)


def _key(name: str, who: object, seconds: int) -> str:
    """Return a key of plain characters, whatever was typed as a name."""
    owner = hashlib.sha256(str(who).encode()).hexdigest()[:32]
    return f"limit:{name}:{owner}:{seconds}:{int(time.time() // seconds)}"


def _refusal(limit: int, seconds: int, what: str) -> LimitReachedError:
    wait = seconds - int(time.time()) % seconds
    sentence = (
        f"You may {what} {limit} times in {_in_words(seconds)}. Try again in {_in_words(wait)}."
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


def _in_words(seconds: int) -> str:
    for length, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= length:
            count = -(-seconds // length)
            return f"{count} {word}{'s' if count > 1 else ''}"
    return f"{seconds} second{'s' if seconds > 1 else ''}"
