"""Which servers a connection may name: those that the operator's setting lists, nothing else."""

from rickproject.config import get_config

from .outbound import ForbiddenAddressError, names_private_address, parse_origin


def require_allowed_host(base_url: str) -> None:
    """Refuse an address whose host the operator did not list in ``RICK_PROVIDER_HOSTS``.

    Keys travel over https; plain http only to a loopback or private address in plain form.

    Raises:
        ForbiddenAddressError: with a sentence that names what to change.
    """
    origin = parse_origin(base_url)
    if not any(_matches(entry, origin.host, origin.port) for entry in _entries()):
        msg = (
            f"{origin.host} is not among the hosts that this installation may reach. An operator "
            "adds it to RICK_PROVIDER_HOSTS."
        )
        raise ForbiddenAddressError(msg)
    if origin.scheme == "http" and not names_private_address(origin):
        msg = f"The key may not be sent to {origin.host} unprotected: use an https address."
        raise ForbiddenAddressError(msg)


def _entries() -> list[str]:
    return [part.strip().lower() for part in get_config().provider_hosts.split(",") if part.strip()]


def _matches(entry: str, host: str, port: int) -> bool:
    """Compare with ``host``, ``host:port`` or ``*.domain``; a port must be named unless usual."""
    name, _, named_port = entry.partition(":") if entry.count(":") == 1 else (entry, "", "")
    ports = {int(named_port)} if named_port.isdigit() else {80, 443}
    if port not in ports:
        return False
    if name.startswith("*."):
        return host.endswith(name[1:]) and host != name[2:]
    return host == name.strip("[]")
