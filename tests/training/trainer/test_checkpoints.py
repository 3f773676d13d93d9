import json
from pathlib import Path

import pytest

from training.trainer import checkpoints as saved
from training.trainer.files import CheckpointInfo


def checkpoint(directory: Path, step: int, *, state: str | None = None) -> Path:
    path = directory / f"checkpoint-{step}"
    path.mkdir()
    for name in (saved.WEIGHTS, *saved.NEEDED):
        (path / name).write_bytes(b"x")
    history = [
        {"step": step, "loss": 1.5, "mean_token_accuracy": 0.6},
        {"step": step, "eval_loss": 2.5 - step / 10, "eval_mean_token_accuracy": 0.5},
    ]
    whole = json.dumps({"global_step": step, "log_history": history})
    (path / saved.STATE).write_text(whole if state is None else state)
    return path


@pytest.mark.parametrize("state", ["", '{"global_step": 9', "[]", "{}"])
def test_whole_checkpoints_skips_a_half_written_one(tmp_path: Path, state: str) -> None:
    checkpoint(tmp_path, 10)
    checkpoint(tmp_path, 9)
    checkpoint(tmp_path, 99, state=state)
    found = saved.whole_checkpoints(tmp_path)
    assert [path.name for path in found] == ["checkpoint-9", "checkpoint-10"]
    assert saved.drop_broken(tmp_path) == ["checkpoint-99"]
    assert not (tmp_path / "checkpoint-99").exists()


def test_whole_checkpoints_skips_one_without_weights(tmp_path: Path) -> None:
    (checkpoint(tmp_path, 3) / saved.WEIGHTS).unlink()
    assert saved.whole_checkpoints(tmp_path) == []


def test_describe_reads_the_figures_of_its_step(tmp_path: Path) -> None:
    row = saved.describe(checkpoint(tmp_path, 5), job_dir=tmp_path)
    assert row == CheckpointInfo(
        path="checkpoint-5",
        step=5,
        train_loss=1.5,
        train_mean_token_accuracy=0.6,
        valid_loss=2.0,
        valid_mean_token_accuracy=0.5,
    )


def test_best_step_is_the_lowest_validation_loss_or_else_the_last(tmp_path: Path) -> None:
    rows = [saved.describe(checkpoint(tmp_path, step), job_dir=tmp_path) for step in (5, 9, 7)]
    assert saved.best_step(rows) == 9
    unjudged = [
        CheckpointInfo(
            path="c",
            step=step,
            train_loss=None,
            train_mean_token_accuracy=None,
            valid_loss=None,
            valid_mean_token_accuracy=None,
        )
        for step in (1, 2)
    ]
    assert saved.best_step(unjudged) == 2
    assert saved.best_step([]) is None


def test_make_portable_takes_the_paths_out(tmp_path: Path) -> None:
    config = {"base_model_name_or_path": "/home/somebody/bases/1", "r": 4}
    (tmp_path / "adapter_config.json").write_text(json.dumps(config))
    (tmp_path / "README.md").write_text("base_model: /home/somebody/bases/1")
    (tmp_path / saved.WEIGHTS).write_bytes(b"x")
    (tmp_path / saved.WEIGHTS).chmod(0o600)
    saved.make_portable(tmp_path, base_name="script-base")
    assert json.loads((tmp_path / "adapter_config.json").read_text()) == {
        "base_model_name_or_path": "script-base",
        "r": 4,
    }
    assert not any("somebody" in path.read_text() for path in tmp_path.iterdir())
    assert (tmp_path / saved.WEIGHTS).stat().st_mode & 0o777 == 0o644
