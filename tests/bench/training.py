"""B11: tokens a second of a local training, and of a plain TRL script with the same settings.

Run with ``python -m tests.bench.training``. Both train a LoRA adapter on the same base and records
on one CPU thread, by turns, each run a process of its own. Counted from the first step to the last:
the libraries' start is not in it, judging and saving after each epoch is.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.dataset_rows import WORDS
from tests.bench.report import Row, at_least, show
from training.trainer import files
from training.trainer.spec import JobSpec

RECORDS, HELD_OUT, EPOCHS, RUNS = 160, 16, 2, 3
LIMIT = 0.95
JOB = "7f0e2a52-5a1b-4c79-9a55-0c7f6d3a1b11"
ROOT = Path(__file__).parents[2]


def sentence(chance: random.Random) -> str:
    """Return a line of a few words."""
    return " ".join(chance.choices(WORDS, k=chance.randint(4, 24))) + "."


def record(chance: random.Random) -> dict[str, Any]:
    """Return a dialogue of four messages."""
    turns = [{"role": role, "content": sentence(chance)} for role in ("user", "assistant") * 2]
    return {"messages": [{"role": "system", "content": "You are Odo."}, *turns]}


def make_job(folder: Path, base: dict[str, Any], *, epochs: int = EPOCHS) -> Path:
    """Write a job's directory."""
    chance = random.Random(1)
    spec = JobSpec.parse(
        {
            "job": JOB,
            "base": base,
            "hyperparameters": {
                "n_epochs": epochs,
                "batch_size": 8,
                "learning_rate": 1e-3,
                "early_stopping_patience": 0,
            },
        }
    )
    folder.mkdir(parents=True)
    files.write_spec(folder, spec)
    script = [
        {"segment": at // 8, "speaker": ("Pip", "Odo")[at % 2], "text": sentence(chance)}
        for at in range(400)
    ]
    rows = {
        files.TRAIN: [record(chance) for _ in range(RECORDS)],
        files.VALIDATION: [record(chance) for _ in range(HELD_OUT)],
        files.SCRIPT: script,
    }
    for name, lines in rows.items():
        (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def run(module: str, folder: Path) -> str:
    """Run a module on a job's directory; return what it printed."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-m", module, str(folder)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return done.stdout


def ours(folder: Path) -> float:
    """Train with the trainer; return tokens a second."""
    run("training.trainer", folder)
    steps = [event for event in files.read_events(folder)[0] if event.id.endswith("-train")]
    tokens = steps[-1].data["num_tokens"] - steps[0].data["num_tokens"]
    return float(tokens / (steps[-1].created_at - steps[0].created_at))


def plain(folder: Path) -> float:
    """Train with the plain script; return tokens a second."""
    figures = json.loads(run("tests.bench.plain_trl", folder).strip().splitlines()[-1])
    return float(figures["tokens"] / figures["seconds"])


def main() -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="rickproject-bench-") as name:
        folder = Path(name)
        script = {"kind": "script", "cache_dir": str(folder / "bases"), "base_epochs": 1}
        run("training.trainer", make_job(folder / "built", script, epochs=1))
        result = files.read_result(folder / "built")
        assert result is not None, "no base was built"
        base = {"kind": "pretrained", "name_or_path": str(folder / "bases" / str(result.base_dir))}
        pairs = []
        for turn in range(RUNS):
            one = ours(make_job(folder / f"ours-{turn}", base))
            other = plain(make_job(folder / f"plain-{turn}", base))
            pairs.append((one, other))
    rates = [statistics.median(column) for column in zip(*pairs, strict=True)]
    ratio = statistics.median(one / other for one, other in pairs)
    what = f"tokens a second of a local training by those of plain TRL, {RECORDS} records"
    spread = ", ".join(f"{one / other:.2f}" for one, other in pairs)
    show(at_least("B11", what, ratio, limit=LIMIT, unit="x", beside=f"of {RUNS} pairs: {spread}"))
    rows = f"{rates[0]:,.0f} /s", f"{rates[1]:,.0f} /s of plain TRL"
    show(Row("B11", "median, one CPU thread", rows[0], beside=rows[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
