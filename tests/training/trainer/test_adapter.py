import pytest

from training.trainer.adapter import stop_reason
from training.trainer.files import Outcome


@pytest.mark.parametrize(
    ("step", "total", "asked", "outcome"),
    [
        (34, 34, None, "finished"),
        (20, 34, None, "early_stopped"),
        (20, 34, "cancelled", "cancelled"),
        (20, 34, "interrupted", "interrupted"),
    ],
)
def test_stop_reason_tells_four_ends_apart(
    step: int, total: int, asked: Outcome | None, outcome: Outcome
) -> None:
    assert stop_reason(step=step, total=total, asked=asked) == outcome
