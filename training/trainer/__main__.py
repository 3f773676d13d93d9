"""``python -m training.trainer JOB_DIR``: train the job described in a directory.

Exit codes:
    0  finished, or stopped early because the validation loss no longer fell
    2  wrong usage: no such directory, or a spec.json that cannot be read
    3  failed; result.json says why
    4  cancelled
    5  interrupted; run it again and it goes on from its last whole checkpoint
    6  another trainer works in this directory
"""

import argparse
import os
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from training.trainer import files, spread
from training.trainer.errors import JobLockedError, TrainerError
from training.trainer.journal import GRACE_SECONDS
from training.trainer.spec import JobSpec


def main() -> int:
    """Take the lock, read the order form, train."""
    parser = argparse.ArgumentParser(prog="python -m training.trainer")
    parser.add_argument("job_dir", type=Path)
    job_dir: Path = parser.parse_args().job_dir.resolve()
    if not job_dir.is_dir():
        parser.error(f"{job_dir} is not a directory")
    try:
        if spread.is_one_of_several():
            return _learn_together(job_dir)
        with files.locked(
            job_dir / files.LOCK, patience_seconds=files.LOCK_PATIENCE_SECONDS
        ) as lock:
            return _run(job_dir, lock)
    except JobLockedError:
        sys.stderr.write("Another trainer works in this directory.\n")
        return files.EXIT_LOCKED


def _learn_together(job_dir: Path) -> int:
    """Train as one of the processes that the launcher started, for which it holds the lock.

    It may die without them. Whoever starts the job again then waits until the first of them has
    seen that and gone.
    """
    spec = replace(files.read_spec(job_dir), owner_pid=os.getppid())
    set_environment(spec)
    lock = job_dir / spread.LEARNING_LOCK
    if not spread.is_first():
        failed = files.EXIT_CODES["failed"]
        return failed if _learn(job_dir, spec) == failed else 0
    with files.locked(lock, patience_seconds=2 * GRACE_SECONDS):
        return _learn(job_dir, spec)


def _run(job_dir: Path, lock: BinaryIO) -> int:
    try:
        spec = files.read_spec(job_dir)
    except TrainerError as error:
        sys.stderr.write(f"{error}\n")
        files.write_result(
            job_dir,
            files.Result(outcome="failed", error_code=error.code, error_detail=str(error)),
        )
        return files.EXIT_USAGE
    set_environment(spec)
    if spec.processes > 1:
        count = spread.share_of(spec, cards=_cards())
        if count > 1:
            spread.become_launcher(job_dir, lock, count=count)
    return _learn(job_dir, spec)


def _cards() -> int | None:
    import torch  # noqa: PLC0415  (after the environment is set)

    return torch.cuda.device_count() if torch.cuda.is_available() else None


def _learn(job_dir: Path, spec: JobSpec) -> int:
    warnings.simplefilter("ignore", FutureWarning)  # names that transformers 6 will change
    from training.trainer.job import run_job  # noqa: PLC0415  (after the environment is set)

    return files.EXIT_CODES[run_job(job_dir, spec).outcome]


def set_environment(spec: JobSpec) -> None:
    """Set what torch and its companions read when imported: offline, quiet, their devices."""
    os.environ.update(
        HF_HUB_OFFLINE="1",
        HF_DATASETS_OFFLINE="1",
        HF_HUB_DISABLE_TELEMETRY="1",
        HF_HUB_DISABLE_PROGRESS_BARS="1",
        OMP_NUM_THREADS=str(spec.threads),
        TOKENIZERS_PARALLELISM="false",
        TRANSFORMERS_VERBOSITY="error",
    )
    cards = ",".join(str(number) for number in range(spec.processes))
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", cards)


if __name__ == "__main__":
    sys.exit(main())
