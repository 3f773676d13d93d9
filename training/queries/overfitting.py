"""When a job begins to learn its examples by heart, in words."""

from rickproject.lib.numbers import counted
from training.queries.jobs import Curves

RISES_THAT_WARN = 3


def overfitting_sentence(curves: Curves) -> str | None:
    """Warn when the validation loss keeps rising while the training loss falls.

    The training loss is noisy from step to step, so what is compared is its mean between two
    evaluations: the stretch before the rise began and the last one.

    Args:
        curves: with the columns ``full_valid_loss`` and ``train_loss``.

    Returns:
        What happened, which step was best and what helps; None while the last three evaluations
        did not all rise, or the training loss did not fall with them.
    """
    evaluations = _measured(curves, "full_valid_loss")
    rises = _rises_at_the_end([loss for _, loss in evaluations])
    if rises < RISES_THAT_WARN:
        return None
    train = _measured(curves, "train_loss")
    stretches = [_mean_until(train, evaluations, i) for i in range(len(evaluations))]
    before, last = stretches[-1 - rises], stretches[-1]
    if before is None:
        before = stretches[-rises]
    if before is None or last is None or last >= before:
        return None
    best_step, best = min(evaluations, key=lambda found: (found[1], found[0]))
    return (
        f"It learns its examples by heart: the validation loss has risen for "
        f"{counted(rises, 'evaluation')} in a row, to {evaluations[-1][1]:.3f}, while the training "
        f"loss fell from {before:.3f} to {last:.3f}. Step {best_step} was best, with {best:.3f}. "
        "Fewer epochs, a lower learning rate or more dialogues help a next job."
    )


def _measured(curves: Curves, name: str) -> list[tuple[int, float]]:
    found = curves.columns.get(name, [])
    return [(step, v) for step, v in zip(curves.steps, found, strict=False) if v is not None]


def _rises_at_the_end(losses: list[float]) -> int:
    rises = 0
    for i in range(len(losses) - 1, 0, -1):
        if losses[i] <= losses[i - 1]:
            break
        rises += 1
    return rises


def _mean_until(
    train: list[tuple[int, float]], evaluations: list[tuple[int, float]], i: int
) -> float | None:
    """Return the mean training loss after the evaluation before ``i``, up to the one at ``i``."""
    start = evaluations[i - 1][0] if i else -1
    values = [loss for step, loss in train if start < step <= evaluations[i][0]]
    return sum(values) / len(values) if values else None
