"""Settings to start from, in words: each fills the names that a provider knows."""

from dataclasses import dataclass, field

from training.providers.capabilities import Capabilities


@dataclass(frozen=True, kw_only=True)
class StartingPoint:
    """Settings for a purpose; what is not named is chosen by the provider.

    Attributes:
        purpose: when to take it, in one sentence.
    """

    key: str
    label: str
    purpose: str
    values: dict[str, float | int] = field(default_factory=dict)


STARTING_POINTS = (
    StartingPoint(
        key="quick",
        label="Quick look",
        purpose="One pass with a small adapter: do data and settings work at all?",
        values={"n_epochs": 1, "lora_r": 8, "lora_alpha": 16},
    ),
    StartingPoint(
        key="balanced",
        label="Balanced",
        purpose="What is chosen where nothing is said; right for most first models.",
    ),
    StartingPoint(
        key="thorough",
        label="Thorough",
        purpose=(
            "More passes with a larger adapter, ended early where that can be: for a hundred "
            "dialogues or more, once a balanced one has shown that it learns."
        ),
        values={
            "n_epochs": 8,
            "learning_rate_multiplier": 0.5,
            "lora_r": 32,
            "lora_alpha": 64,
            "early_stopping_patience": 3,
        },
    ),
)


def point_of(key: str) -> StartingPoint | None:
    """Return the starting point of that key."""
    return next((point for point in STARTING_POINTS if point.key == key), None)


def point_values(point: StartingPoint, row: Capabilities) -> dict[str, str]:
    """Return a value for each setting of a provider, empty where the provider chooses.

    A provider that allows less than one wants gets as much as it allows.
    """
    found = {}
    for setting in row.hyperparameters:
        value = point.values.get(setting.name)
        if value is not None and setting.maximum is not None:
            value = min(value, setting.maximum)
        fits = value is not None and not setting.problem(value)
        found[setting.name] = f"{value:g}" if fits and value is not None else ""
    return found
