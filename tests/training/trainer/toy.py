"""A made-up script and the job directories the trainer's tests work in."""

import json
import random
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from training.trainer import files
from training.trainer.records import ScriptLine
from training.trainer.spec import JobSpec

JOB = "0d6f3f0e-6b0e-4a5c-9a51-1f6d3f0e0d6f"
ROOT = Path(__file__).parents[3]
NOUNS = ("kettle", "lantern", "ladder", "pigeon", "engine", "teapot", "bucket", "window")


def toy_lines(segments: int = 12, per_segment: int = 8) -> list[ScriptLine]:
    """Return a short show: Pip asks, Odo answers, Wren complains."""
    chance = random.Random(7)
    lines = []
    for segment in range(segments):
        for index in range(per_segment):
            noun = chance.choice(NOUNS)
            speaker, text = (
                ("Pip", f"Where is the {noun}?"),
                ("Odo", f"The {noun} is under the stairs, as always."),
                ("Wren", f"Nobody asked me about the {noun}."),
            )[index % 3]
            lines.append(ScriptLine(segment, speaker, text))
    return lines


def toy_records(count: int, *, start: int = 0) -> list[dict[str, Any]]:
    """Return OpenAI chat lines in which Odo answers."""
    rows = []
    for index in range(start, start + count):
        noun = NOUNS[index % len(NOUNS)]
        rows.append(
            {
                "messages": [
                    {"role": "system", "content": "You are Odo."},
                    {"role": "user", "content": f"Pip: Where is the {noun} number {index}?"},
                    {"role": "assistant", "content": f"The {noun} is under the stairs, as always."},
                ]
            }
        )
    return rows


def write_lines(path: Path, rows: Iterable[Any]) -> None:
    """Write JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def make_job(
    job_dir: Path,
    *,
    cache_dir: Path,
    train: list[dict[str, Any]] | None = None,
    validation: list[dict[str, Any]] | None = None,
    base: dict[str, Any] | None = None,
    seed: int = 1,
    owner_pid: int | None = None,
    tokenizer_copy_to: str | None = None,
    **hyperparameters: Any,
) -> JobSpec:
    """Write a whole job directory of the smallest size and return its order form."""
    script = {"kind": "script", "cache_dir": str(cache_dir), "base_epochs": 10, "size": "micro"}
    spec = JobSpec.parse(
        {
            "job": JOB,
            "base": base or script,
            "hyperparameters": {"n_epochs": 2, "lora_r": 4, **hyperparameters},
            "seed": seed,
            "owner_pid": owner_pid,
            "tokenizer_copy_to": tokenizer_copy_to,
        }
    )
    files.write_spec(job_dir, spec)
    write_lines(job_dir / files.TRAIN, toy_records(12) if train is None else train)
    write_lines(
        job_dir / files.VALIDATION, toy_records(3, start=12) if validation is None else validation
    )
    write_lines(job_dir / files.SCRIPT, [vars(line) for line in toy_lines()])
    return spec


def start_trainer(job_dir: Path) -> subprocess.Popen[bytes]:
    """Start the real process."""
    return subprocess.Popen(
        [sys.executable, "-m", "training.trainer", str(job_dir)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
