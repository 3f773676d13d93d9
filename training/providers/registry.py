"""Which providers this installation has, from the operator's settings."""

import importlib.util

from rickproject.config import get_config

from .capabilities import LOCAL, OPENAI, Capabilities, capabilities_of
from .errors import ProviderRefusedError
from .openai_protocol import OpenAIProtocolProvider

TRAINER_PACKAGES = ("torch", "transformers", "peft", "trl", "datasets")


def missing_for(provider: str) -> str:
    """Return what has to be done before a provider can be used, empty when it is ready."""
    if provider == LOCAL:
        if any(importlib.util.find_spec(name) is None for name in TRAINER_PACKAGES):
            return (
                "Local training is not installed. An operator installs it with 'make trainer' "
                "(about 1.5 GB)."
            )
        return ""
    if provider != OPENAI:
        return f"There is no provider {provider!r}; use {LOCAL} or {OPENAI}."
    if get_config().openai_api_key is None:
        return (
            "No key of a fine-tuning provider is set. An operator sets OPENAI_API_KEY, and "
            "OPENAI_BASE_URL for another server than OpenAI's."
        )
    return ""


def nothing_trains() -> list[str]:
    """Return what has to be done before anything can be trained here, empty if something can."""
    sentences = [missing_for(provider) for provider in (LOCAL, OPENAI)]
    return sentences if all(sentences) else []


def capabilities_here(provider: str) -> Capabilities:
    """Return what a provider can do, at the address the operator set."""
    return capabilities_of(provider, base_url=get_config().openai_base_url)


def remote_provider() -> OpenAIProtocolProvider:
    """Return the fine-tuning provider at the operator's address.

    Raises:
        ProviderRefusedError: no key is set.
        ForbiddenAddressError: the address is not an allowed form.
    """
    config = get_config()
    if config.openai_api_key is None:
        raise ProviderRefusedError(missing_for(OPENAI), code="provider_key")
    return OpenAIProtocolProvider(
        config.openai_base_url,
        config.openai_api_key.get_secret_value(),
        adds_byte_order_mark=capabilities_here(OPENAI).adds_byte_order_mark,
    )
