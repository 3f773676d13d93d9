"""Kinds of servers that an operator can connect to, each with its row of capabilities.

A connection starts from its preset's row; what the operator entered differs from it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .capabilities import (
    AZURE_ROW,
    COMPATIBLE_ROW,
    NEBIUS_ROW,
    OPENAI_ROW,
    BaseModel,
    Capabilities,
    Hyperparameter,
)
from .errors import ProviderError

MOST_ROWS, MOST_NAME = 40, 200
NUMBERS = ("minimum", "maximum")


class CapabilityRowError(ProviderError):
    """A row that an operator wrote about a provider cannot be used."""

    code = "capability_row"


@dataclass(frozen=True)
class Preset:
    """A kind of server: what it can do, and its usual address."""

    row: Capabilities
    base_url: str = ""


PRESETS = {
    "openai": Preset(OPENAI_ROW, "https://api.openai.com/v1"),
    "azure": Preset(AZURE_ROW, "https://RESOURCE.openai.azure.com/openai/v1/"),
    "nebius": Preset(NEBIUS_ROW, "https://api.tokenfactory.nebius.com/v1/"),
    "compatible": Preset(COMPATIBLE_ROW),
}


def read_hyperparameters(rows: object) -> tuple[Hyperparameter, ...]:
    """Return settings of a job from rows of ``name, label, whole, minimum, maximum``.

    Args:
        rows: from JSON; ``label``, ``whole``, ``maximum``, ``above_minimum`` and ``help`` may be
            left out.

    Raises:
        CapabilityRowError: a row lacks its name or minimum, or has something unknown.
    """
    return tuple(_hyperparameter(row) for row in _rows(rows))


def read_base_models(names: Iterable[str], preset: Capabilities) -> tuple[BaseModel, ...]:
    """Return base models by name; what the preset knows about one of them is kept."""
    cleaned = [name.strip() for name in names if name.strip()]
    if len(cleaned) > MOST_ROWS or any(len(name) > MOST_NAME for name in cleaned):
        raise CapabilityRowError(
            f"At most {MOST_ROWS} base models with names of at most {MOST_NAME} characters."
        )
    return tuple(preset.base_model(name) or BaseModel(name=name, label=name) for name in cleaned)


def _rows(rows: object) -> list[Mapping[str, Any]]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        msg = 'Write a list of rows, such as [{"name": "n_epochs", "minimum": 1, "maximum": 50}].'
        raise CapabilityRowError(msg)
    if len(rows) > MOST_ROWS:
        raise CapabilityRowError(f"At most {MOST_ROWS} settings.")
    return rows


def _hyperparameter(row: Mapping[str, Any]) -> Hyperparameter:
    known = {"name", "label", "whole", "minimum", "maximum", "above_minimum", "help"}
    if unknown := sorted(set(row) - known):
        raise CapabilityRowError(f"{unknown[0]!r} is not one of {', '.join(sorted(known))}.")
    name = row.get("name")
    if not isinstance(name, str) or not name.isidentifier() or len(name) > 60:
        raise CapabilityRowError("Every setting needs its name, such as n_epochs.")
    for key in NUMBERS:
        value = row.get(key)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number and not (key == "maximum" and value is None):
            raise CapabilityRowError(f"{name} needs a number as its {key}.")
    low, high = float(row["minimum"]), row.get("maximum")
    if high is not None and high < low:
        raise CapabilityRowError(f"The maximum of {name} is below its minimum.")
    return Hyperparameter(
        name=name,
        label=str(row.get("label") or name.replace("_", " ").capitalize()),
        whole=bool(row.get("whole", False)),
        minimum=low,
        maximum=None if high is None else float(high),
        above_minimum=bool(row.get("above_minimum", False)),
        help=str(row.get("help", "")),
    )
