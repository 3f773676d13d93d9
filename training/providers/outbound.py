"""The one way out: every request to another server goes through this client.

Reached are only the addresses that the operator's settings name. Redirects are not followed, the
environment's proxies are ignored, a name is resolved once and that very address is connected to,
and answers are cut off by time and size.
"""

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx2

from .errors import ProviderRefusedError

DEFAULT_PORTS = {"http": 80, "https": 443}
ANSWER_LIMIT_BYTES = 64 * 1024 * 1024
TIMEOUT = httpx2.Timeout(30.0, connect=5.0)
NO_KEEPING = httpx2.Limits(max_keepalive_connections=0)  # nothing to close, nothing after a fork

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class ForbiddenAddressError(ProviderRefusedError):
    """The address is not one that the operator allowed."""

    code = "forbidden_address"


class Origin(NamedTuple):
    """Where a request goes; ``host`` in lower case."""

    scheme: str
    host: str
    port: int


def parse_origin(url: str) -> Origin:
    """Return the origin of a base URL.

    Raises:
        ForbiddenAddressError: not plain http or https, or a name and password in it.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        msg = f"The address {url!r} cannot be read: set OPENAI_BASE_URL to an https address."
        raise ForbiddenAddressError(msg) from error
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or "\\" in url:
        msg = f"The address {url!r} is not an http or https address: correct OPENAI_BASE_URL."
        raise ForbiddenAddressError(msg)
    if parts.username is not None or parts.password is not None:
        msg = "A provider's address may not hold a name or password: set OPENAI_API_KEY instead."
        raise ForbiddenAddressError(msg)
    return Origin(parts.scheme, parts.hostname.lower(), port or DEFAULT_PORTS[parts.scheme])


def names_private_address(origin: Origin) -> bool:
    """Return whether the operator wrote a loopback or private address himself, in plain form."""
    if origin.host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(origin.host)
    except ValueError:
        return False
    return not address.is_global and not _is_always_refused(address)


def _is_always_refused(address: Address) -> bool:
    mapped = getattr(address, "ipv4_mapped", None)
    real = mapped or address
    if real.is_loopback:  # ::1 counts as reserved
        return False
    return bool(real.is_link_local or real.is_multicast or real.is_unspecified or real.is_reserved)


def resolve(origin: Origin, *, allow_private: bool) -> str:
    """Return the one numeric address to connect to.

    Raises:
        ForbiddenAddressError: the name leads to a link-local address, or to a private one
            although only public ones are allowed.
    """
    try:
        found = socket.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpx2.ConnectError(f"{origin.host} has no address") from error
    for *_, where in found:
        address = ipaddress.ip_address(str(where[0]).partition("%")[0])
        private = not (getattr(address, "ipv4_mapped", None) or address).is_global
        if _is_always_refused(address) or (private and not allow_private):
            msg = f"{origin.host} leads to {address}, which may not be reached from here."
            raise ForbiddenAddressError(msg)
    return str(found[0][4][0])


class _Guard:
    """What both transports check before a request leaves."""

    def __init__(self, allowed: Origin) -> None:
        self._allowed = allowed
        self._allow_private = names_private_address(allowed)

    def pin(self, request: httpx2.Request) -> None:
        """Point the request at the checked address, keeping its Host header and TLS name."""
        url = request.url
        port = url.port or DEFAULT_PORTS.get(url.scheme, 0)
        origin = Origin(url.scheme, url.host.lower(), port)
        if origin != self._allowed:
            msg = f"{origin.host}:{origin.port} is not the address that the settings allow."
            raise ForbiddenAddressError(msg)
        address = resolve(origin, allow_private=self._allow_private)
        request.extensions = {**request.extensions, "sni_hostname": origin.host}
        request.url = url.copy_with(host=address)


class _LimitedStream(httpx2.SyncByteStream):
    def __init__(self, inner: httpx2.SyncByteStream, limit: int) -> None:
        self._inner, self._left = inner, limit

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._inner:
            self._left -= len(chunk)
            if self._left < 0:
                raise httpx2.ReadError("the answer is larger than allowed")
            yield chunk

    def close(self) -> None:
        self._inner.close()


class GuardedTransport(httpx2.HTTPTransport):
    """Connects to the one allowed origin only and limits the size of answers."""

    def __init__(self, allowed: Origin, *, limit_bytes: int) -> None:
        super().__init__(trust_env=False, limits=NO_KEEPING)
        self._guard, self._limit = _Guard(allowed), limit_bytes

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self._guard.pin(request)
        response = super().handle_request(request)
        if isinstance(response.stream, httpx2.SyncByteStream):
            response.stream = _LimitedStream(response.stream, self._limit)
        return response


def _options(timeout: httpx2.Timeout) -> dict[str, Any]:
    return {"timeout": timeout, "follow_redirects": False, "trust_env": False}


def outbound_client(
    base_url: str,
    *,
    timeout: httpx2.Timeout = TIMEOUT,
    limit_bytes: int = ANSWER_LIMIT_BYTES,
) -> httpx2.Client:
    """Return a client that reaches the origin of ``base_url`` and nothing else.

    Args:
        base_url: from the operator's settings, never from a user.

    Raises:
        ForbiddenAddressError: the address is not an allowed form.
    """
    transport = GuardedTransport(parse_origin(base_url), limit_bytes=limit_bytes)
    return httpx2.Client(transport=transport, **_options(timeout))


def check_address(base_url: str) -> None:
    """Look at an address of the operator's settings before a streaming client is made for it.

    Raises:
        ForbiddenAddressError: the address is not an allowed form, or leads where none may.
    """
    origin = parse_origin(base_url)
    try:
        resolve(origin, allow_private=names_private_address(origin))
    except httpx2.ConnectError as error:
        raise ForbiddenAddressError(f"{origin.host} has no address.") from error
