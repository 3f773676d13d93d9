"""The only way in which the platform asks an OpenID Connect issuer: named hosts, no redirects."""

import ipaddress
import socket
from typing import Any
from urllib.parse import urlsplit

import requests

from rickproject.config import Config, get_config

TIMEOUT_SECONDS = 5
MOST_BYTES = 1024 * 1024
PORTS = {"https": 443, "http": 80}


class RefusedAddressError(requests.RequestException):
    """An address that the operator did not name, or an answer that is not taken."""


def allowed_places(config: Config) -> set[tuple[str, str, int]]:
    """Return scheme, host and port of everything that may be asked."""
    places = {place_of(config.oidc_issuer)} if config.oidc_issuer else set()
    named = [host.strip() for host in config.oidc_hosts.split(",") if host.strip()]
    return places | {place_of(f"https://{host}") for host in named}


def place_of(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port of an address.

    Raises:
        RefusedAddressError: it is malformed, carries a name and password, or is of another scheme.
    """
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
    except ValueError as error:
        msg = "This is no address."
        raise RefusedAddressError(msg) from error
    if scheme not in PORTS or not host or parts.username or parts.password:
        msg = "Only plain http and https addresses are asked."
        raise RefusedAddressError(msg)
    return scheme, host.rstrip("."), port or PORTS[scheme]


def require_allowed(url: str) -> str:
    """Return an address that the operator named.

    Raises:
        RefusedAddressError: the operator did not name it, or it is a link-local one.
    """
    place = place_of(url)
    if place not in allowed_places(get_config()):
        msg = f"{place[1]} is not among the hosts that the operator named for OpenID Connect."
        raise RefusedAddressError(msg)
    return url


class IssuerSession(requests.Session):
    """A session that reaches named hosts only, within limits of time and size."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False  # no proxy and no password file of the machine

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send one request and read its answer whole, within the limits.

        Raises:
            RefusedAddressError: the host was not named, or the answer redirects or is too large.
        """
        require_allowed(str(request.url))
        _refuse_link_local(str(request.url))
        options |= {"timeout": TIMEOUT_SECONDS, "allow_redirects": False, "stream": True}
        response = super().send(request, **options)
        if response.is_redirect:
            response.close()
            msg = "The issuer redirects; name its new address instead."
            raise RefusedAddressError(msg)
        content = b""
        for chunk in response.iter_content(65536):
            content += chunk
            if len(content) > MOST_BYTES:
                response.close()
                msg = "The issuer's answer is too large."
                raise RefusedAddressError(msg)
        response._content = content  # noqa: SLF001  # as requests itself keeps what it has read
        return response


def _refuse_link_local(url: str) -> None:
    """Refuse cloud metadata and its like, by whatever name."""
    _, host, port = place_of(url)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        msg = f"{host} has no address."
        raise RefusedAddressError(msg) from error
    for *_, address in found:
        ip = ipaddress.ip_address(str(address[0]).split("%")[0])
        if ip.is_link_local or ip.is_multicast:
            msg = f"{host} leads to a link-local address."
            raise RefusedAddressError(msg)
