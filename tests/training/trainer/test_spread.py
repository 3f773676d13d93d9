"""One training by several processes: the same lessons, told once, stopped and gone on with."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.training.trainer.test_job import run
from tests.training.trainer.test_process import figures, finish, steps, wait_until
from tests.training.trainer.toy import make_job, start_trainer, toy_records
from training.trainer import files, spread
from training.trainer.spec import JobSpec

pytestmark = [
    pytest.mark.torch,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
pytest.importorskip("trl")


@pytest.mark.parametrize(
    ("asked", "cards", "batch_size", "kind", "share"),
    [
        (1, None, 8, "pretrained", 1),
        (4, None, 8, "pretrained", 4),
        (4, 2, 8, "pretrained", 2),
        (3, 3, 8, "pretrained", 2),  # a batch is divided evenly
        (4, 4, 1, "pretrained", 1),
        (4, 4, 8, "script", 1),
    ],
)
def test_share_of_a_job_keeps_the_batch_that_was_chosen(
    asked: int, cards: int | None, batch_size: int, kind: str, share: int
) -> None:
    base = {"kind": kind, "name_or_path": "somebody/base"}
    if kind == "script":
        base = {"kind": kind, "cache_dir": "bases"}
    spec = JobSpec.parse(
        {
            "job": "0d6f3f0e-6b0e-4a5c-9a51-1f6d3f0e0d6f",
            "base": base,
            "hyperparameters": {"batch_size": batch_size},
            "processes": asked,
        }
    )
    assert spread.share_of(spec, cards=cards) == share


@pytest.mark.faults
def test_two_processes_learn_what_one_learns(tmp_path: Path, base_cache: Path) -> None:
    built = run(tmp_path / "built", cache_dir=base_cache, n_epochs=1)
    base = {"kind": "pretrained", "name_or_path": str(base_cache / str(built.base_dir))}
    chosen = {
        "n_epochs": 16,
        "batch_size": 4,
        "learning_rate": 1e-3,
        "lora_dropout": 0.0,
        "early_stopping_patience": 0,
    }
    alone, together = tmp_path / "alone", tmp_path / "together"
    run(alone, cache_dir=base_cache, base=base, train=toy_records(12), **chosen)
    spec = make_job(together, cache_dir=base_cache, base=base, train=toy_records(12), **chosen)
    files.write_spec(together, replace(spec, processes=2))

    process = start_trainer(together)
    wait_until(lambda: steps(together), process)
    assert finish(start_trainer(together)) == files.EXIT_LOCKED  # the launcher holds the lock
    process.terminate()
    finish(process)
    interrupted = files.read_result(together)
    assert interrupted is not None
    assert interrupted.outcome == "interrupted"
    finish(start_trainer(together))

    result = files.read_result(together)
    assert result is not None
    assert (result.outcome, result.step, result.adapter_dir) == ("finished", 48, "adapter")
    ids = [event.id for event in files.read_events(together)[0]]
    assert len(ids) == len(set(ids))
    for one, other in zip(figures(alone), figures(together), strict=True):
        assert [value or 0.0 for value in other] == pytest.approx(
            [value or 0.0 for value in one], rel=0.05
        )
