"""Connections as providers that can be asked: preset, what differs from it, the key unsealed."""

from dataclasses import replace
from typing import Any

from rickproject.lib.sealed import SealError, unseal
from training.models import ProviderConnection
from training.providers.capabilities import Capabilities
from training.providers.presets import PRESETS, read_base_models, read_hyperparameters
from training.providers.registry import Connection, Secret, plug_in

SAME_NAMES = ("adds_byte_order_mark", "can_pause", "has_checkpoints", "is_validation_billed")
DASHED = r"[A-Za-z0-9_-]"


def find_connection(key: str) -> Connection | None:
    """Return the connection of a key, closed ones too; None when there is none."""
    row = ProviderConnection.objects.filter(key=key).first()
    return _connection(row) if row else None


def open_connections() -> list[str]:
    """Return the keys of the connections that take new jobs."""
    return list(ProviderConnection.objects.filter(is_open=True).values_list("key", flat=True))


def capability_row(row: ProviderConnection) -> Capabilities:
    """Return what a connection can do: its preset's row, and what the operator wrote instead.

    Raises:
        CapabilityRowError: what the operator wrote cannot be used.
    """
    preset = PRESETS[row.preset].row
    values: dict[str, Any] = {
        name: getattr(row, name) for name in SAME_NAMES if getattr(row, name) is not None
    }
    if row.hyperparameters is not None:
        values["hyperparameters"] = read_hyperparameters(row.hyperparameters)
    if row.base_models.strip():
        values["base_models"] = read_base_models(row.base_models.splitlines(), preset)
    if row.longest_suffix is not None:
        values |= _suffix(row.longest_suffix)
    if row.moderation_model:
        values["moderation_model"] = row.moderation_model
    if row.last_job_on:
        values |= {"last_job_on": row.last_job_on, "closing_source": row.closing_source}
    return replace(preset, label=row.name, **values)


def _suffix(longest: int) -> dict[str, Any]:
    if longest == 0:
        return {"takes_suffix": False}
    return {
        "suffix_pattern": f"{DASHED}{{1,{longest}}}",
        "suffix_rule": f"at most {longest} letters, digits and hyphens",
    }


def _connection(row: ProviderConnection) -> Connection:
    missing, key = "", None
    if not row.sealed_key:
        missing = f"{row.name} has no key yet; an operator enters it in the admin."
    else:
        try:
            key = Secret(unseal(row.sealed_key))
        except SealError as error:
            missing = str(error)
    if not row.is_open:
        missing = f"{row.name} is closed for new jobs; an operator can open it in the admin."
    return Connection(
        key=row.key,
        base_url=row.base_url,
        api_key=key,
        capabilities=capability_row(row),
        missing=missing,
        webhook_secret=_unsealed(row.sealed_webhook_secret),
    )


def _unsealed(sealed: str) -> Secret | None:
    try:
        return Secret(unseal(sealed)) if sealed else None
    except SealError:
        return None


plug_in(find=find_connection, keys=open_connections)
