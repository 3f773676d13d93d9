"""Tell whole checkpoints from half-written ones, and make artefacts fit to leave the house."""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from training.trainer.files import CheckpointInfo

STATE = "trainer_state.json"
WEIGHTS = "adapter_model.safetensors"
# of a whole model, in one file or listed in an index of several
MODEL_WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
NEEDED = ("optimizer.pt", "scheduler.pt", "rng_state*.pth")  # several, where several learnt
README = """# {name}

A LoRA adapter for **{base}**, trained by rickproject. It is useless without that base.
"""
WHOLE_README = """# {name}

A whole model, made from **{base}** by full training in rickproject.
"""


def read_state(checkpoint: Path) -> dict[str, Any] | None:
    """Return the trainer's state, None unless the checkpoint is whole.

    The trainer writes ``trainer_state.json`` last, so a checkpoint counts only when it parses.
    """
    weights = any((checkpoint / name).is_file() for name in (WEIGHTS, *MODEL_WEIGHTS))
    if not weights or not all(any(checkpoint.glob(name)) for name in NEEDED):
        return None
    try:
        state = json.loads((checkpoint / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return state if isinstance(state, dict) and "global_step" in state else None


def whole_checkpoints(directory: Path) -> list[Path]:
    """Return the whole checkpoints, oldest first."""
    found = [path for path in directory.glob("checkpoint-*") if read_state(path)]
    return sorted(found, key=_number)


def drop_broken(directory: Path) -> list[str]:
    """Delete half-written checkpoints, so that nothing resumes from them; return their names."""
    broken = [path for path in directory.glob("checkpoint-*") if not read_state(path)]
    for path in broken:
        shutil.rmtree(path)
    return sorted(path.name for path in broken)


def describe(checkpoint: Path, *, job_dir: Path) -> CheckpointInfo:
    """Return step and figures of a whole checkpoint from its own log."""
    state = read_state(checkpoint) or {}
    step = int(state.get("global_step", 0))
    rows = [row for row in state.get("log_history", []) if row.get("step") == step]
    figures: dict[str, Any] = {}
    for row in rows:
        figures.update(row)
    return CheckpointInfo(
        path=str(checkpoint.relative_to(job_dir)),
        step=step,
        train_loss=figures.get("loss"),
        train_mean_token_accuracy=figures.get("mean_token_accuracy"),
        valid_loss=figures.get("eval_loss"),
        valid_mean_token_accuracy=figures.get("eval_mean_token_accuracy"),
    )


def best_step(checkpoints: Iterable[CheckpointInfo]) -> int | None:
    """Return the step with the lowest validation loss; without any, the last step."""
    rows = list(checkpoints)
    judged = [row for row in rows if row.valid_loss is not None]
    if judged:
        return min(judged, key=lambda row: (row.valid_loss or 0.0, row.step)).step
    return rows[-1].step if rows else None


def make_portable(adapter: Path, *, base_name: str) -> None:
    """Take this computer's paths out of an adapter or a model and let others read it.

    peft writes the base's absolute path into ``adapter_config.json`` and the model card, and the
    weights readable by their owner only.
    """
    config_files = list(adapter.rglob("adapter_config.json"))  # of preferences, ``ref/`` has one
    for config_file in config_files:
        config = json.loads(config_file.read_text(encoding="utf-8"))
        config["base_model_name_or_path"] = base_name
        text = json.dumps(config, indent=2, sort_keys=True) + "\n"
        config_file.write_text(text, encoding="utf-8")
    words = README if config_files else WHOLE_README
    card = words.format(name=adapter.name, base=base_name)
    (adapter / "README.md").write_text(card, encoding="utf-8")
    for path in adapter.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    adapter.chmod(0o755)


def _number(path: Path) -> int:
    return int(path.name.rpartition("-")[2])
