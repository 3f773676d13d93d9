"""When a job's page warns of over-fitting."""

import pytest

from training.queries.jobs import Curves
from training.queries.overfitting import overfitting_sentence


def curves(valid: list[float], train: list[float]) -> Curves:
    """Ten steps a figure; the training loss is measured halfway to each evaluation."""
    steps = sorted([10 * i for i in range(len(valid))] + [10 * i - 5 for i in range(1, len(valid))])
    valid_at = {10 * i: loss for i, loss in enumerate(valid)}
    train_at = {10 * i + 5: loss for i, loss in enumerate(train)}
    return Curves(
        steps,
        {
            "full_valid_loss": [valid_at.get(step) for step in steps],
            "train_loss": [train_at.get(step) for step in steps],
        },
    )


RISING = [2.5, 2.0, 2.1, 2.2, 2.3]


def test_overfitting_sentence_names_the_rise_the_fall_and_the_best_step() -> None:
    words = overfitting_sentence(curves(RISING, [2.4, 1.9, 1.5, 1.1]))
    assert words is not None
    assert "risen for 3 evaluations in a row, to 2.300" in words
    assert "training loss fell from 2.400 to 1.100" in words
    assert "Step 10 was best, with 2.000. Fewer epochs" in words


def test_overfitting_sentence_reads_a_rise_from_the_first_evaluation() -> None:
    words = overfitting_sentence(curves([2.0, 2.1, 2.2, 2.3], [2.0, 1.5, 1.0]))
    assert words is not None
    assert "fell from 2.000 to 1.000. Step 0 was best" in words


@pytest.mark.parametrize(
    ("valid", "train"),
    [
        ([2.5, 2.0, 2.1, 2.2], [2.4, 1.9, 1.5]),
        ([2.5, 2.0, 2.1, 2.2, 2.2], [2.4, 1.9, 1.5, 1.1]),
        ([2.5, 2.0, 2.1, 2.2, 2.3], [2.4, 2.4, 2.5, 2.6]),
        ([2.5, 2.0, 2.1, 2.2, 2.3], []),
        ([], []),
    ],
    ids=["two rises", "the last did not rise", "training rises too", "no training loss", "nothing"],
)
def test_overfitting_sentence_is_silent_otherwise(valid: list[float], train: list[float]) -> None:
    assert overfitting_sentence(curves(valid, train)) is None
