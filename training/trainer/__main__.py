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
from pathlib import Path

from training.trainer import files
from training.trainer.errors import JobLockedError, TrainerError
from training.trainer.spec import JobSpec


def main() -> int:
    """Take the lock, read the order form, train."""
    parser = argparse.ArgumentParser(prog="python -m training.trainer")
    parser.add_argument("job_dir", type=Path)
    job_dir: Path = parser.parse_args().job_dir.resolve()
    if not job_dir.is_dir():
        parser.error(f"{job_dir} is not a directory")
    try:
        with files.locked(job_dir / files.LOCK, patience_seconds=files.LOCK_PATIENCE_SECONDS):
            return _run(job_dir)
    except JobLockedError:
        sys.stderr.write("Another trainer works in this directory.\n")
        return files.EXIT_LOCKED


def _run(job_dir: Path) -> int:
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
    warnings.simplefilter("ignore", FutureWarning)  # names that transformers 6 will change
    from training.trainer.job import run_job  # noqa: PLC0415  (after the environment is set)

    return files.EXIT_CODES[run_job(job_dir, spec).outcome]


def set_environment(spec: JobSpec) -> None:
    """Set what torch and its companions read when they are imported: offline, quiet, one device."""
    os.environ.update(
        HF_HUB_OFFLINE="1",
        HF_DATASETS_OFFLINE="1",
        HF_HUB_DISABLE_TELEMETRY="1",
        HF_HUB_DISABLE_PROGRESS_BARS="1",
        OMP_NUM_THREADS=str(spec.threads),
        TOKENIZERS_PARALLELISM="false",
        TRANSFORMERS_VERBOSITY="error",
    )
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "0")


if __name__ == "__main__":
    sys.exit(main())
