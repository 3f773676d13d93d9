"""What the tests of the protocol share."""

import pytest


@pytest.fixture(autouse=True)
def ordered_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take orders for local trainings where the trainer is not installed: nothing trains here."""
    monkeypatch.setattr("training.providers.registry.TRAINER_PACKAGES", ("json",))
