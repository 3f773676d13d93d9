"""Which providers this installation has: its own trainer, the operator's settings, connections.

Connections are rows of the database, which providers know nothing of: whoever reads those rows
plugs itself in with :func:`plug_in`.
"""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass

from rickproject.config import get_config

from .allowed_hosts import require_allowed_host
from .capabilities import COMPATIBLE_ROW, LOCAL, OPENAI, Capabilities, capabilities_of
from .errors import ProviderRefusedError
from .openai_protocol import OpenAIProtocolProvider

TRAINER_PACKAGES = ("torch", "transformers", "peft", "trl", "datasets")


class Secret(str):
    """A text that does not show itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret(…)"


@dataclass(frozen=True, kw_only=True)
class Connection:
    """A provider that can be asked.

    Attributes:
        missing: what has to be done before new jobs go there, empty when it is ready.
        api_key: None where none is set or it cannot be read.
        webhook_secret: None where webhooks are not taken.
        is_listed: its host must be among the operator's; the settings' own address need not.
    """

    key: str
    base_url: str
    api_key: Secret | None
    capabilities: Capabilities
    missing: str = ""
    webhook_secret: Secret | None = None
    is_listed: bool = True


@dataclass
class _Rows:
    """Where connections are looked up; empty until somebody plugs in."""

    find: Callable[[str], Connection | None] = lambda _key: None
    keys: Callable[[], list[str]] = list


_rows = _Rows()


def plug_in(*, find: Callable[[str], Connection | None], keys: Callable[[], list[str]]) -> None:
    """Say where connections are looked up by key, and which there are."""
    _rows.find, _rows.keys = find, keys


def provider_keys() -> list[str]:
    """Return the keys of all providers: this machine, the settings' one, each open connection."""
    return [LOCAL, OPENAI, *_rows.keys()]


def connection_of(provider: str) -> Connection | None:
    """Return a remote provider, None when there is none of this key."""
    if provider != OPENAI:
        return _rows.find(provider)
    config = get_config()
    key, hook = config.openai_api_key, config.openai_webhook_secret
    return Connection(
        key=OPENAI,
        base_url=config.openai_base_url,
        api_key=Secret(key.get_secret_value()) if key else None,
        capabilities=capabilities_of(OPENAI, base_url=config.openai_base_url),
        missing=""
        if key
        else (
            "No key of a fine-tuning provider is set. An operator sets OPENAI_API_KEY, and "
            "OPENAI_BASE_URL for another server than OpenAI's."
        ),
        webhook_secret=Secret(hook.get_secret_value()) if hook else None,
        is_listed=False,
    )


def missing_for(provider: str) -> str:
    """Return what has to be done before a provider can be used, empty when it is ready."""
    if provider == LOCAL:
        if any(importlib.util.find_spec(name) is None for name in TRAINER_PACKAGES):
            return (
                "Local training is not installed. An operator installs it with 'make trainer' "
                "(about 1.6 GB)."
            )
        return ""
    connection = connection_of(provider)
    if connection is None:
        return f"There is no provider {provider!r}; use {' or '.join(provider_keys())}."
    return connection.missing


def nothing_trains() -> list[str]:
    """Return what has to be done before anything can be trained here, empty if something can."""
    sentences = [missing_for(provider) for provider in provider_keys()]
    return sentences if all(sentences) else []


def capabilities_here(provider: str) -> Capabilities:
    """Return what a provider can do; of one that is gone, what any server of the protocol can."""
    if provider == LOCAL:
        return capabilities_of(LOCAL)
    connection = connection_of(provider)
    return connection.capabilities if connection else COMPATIBLE_ROW


def require_connection(provider: str) -> tuple[Connection, Secret]:
    """Return a remote provider and its key, at an address that may be reached.

    Raises:
        ProviderRefusedError: there is none, or it has no key that can be read.
        ForbiddenAddressError: its host is not allowed.
    """
    connection = connection_of(provider)
    if connection is None or connection.api_key is None:
        raise ProviderRefusedError(
            missing_for(provider) or f"{provider} has no key.", code="provider_key"
        )
    if connection.is_listed:
        require_allowed_host(connection.base_url)
    return connection, connection.api_key


def remote_provider(provider: str = OPENAI) -> OpenAIProtocolProvider:
    """Return the client of a remote provider.

    Raises:
        ProviderRefusedError: there is none, or it has no key.
        ForbiddenAddressError: the address is not an allowed form or host.
    """
    connection, api_key = require_connection(provider)
    return OpenAIProtocolProvider(
        connection.base_url,
        api_key,
        adds_byte_order_mark=connection.capabilities.adds_byte_order_mark,
    )
