"""One training over several graphics cards, or over several processes where there is no card.

The process that holds the job's lock becomes torch's launcher, which starts one process for each
card; accelerate, on which the trainer stands, finds the others by what the launcher tells each in
its environment. The first of them writes and decides; the others learn their share of each batch.
"""

import os
import sys
from pathlib import Path
from typing import BinaryIO

from training.trainer.files import Outcome
from training.trainer.spec import JobSpec

LEARNING_LOCK = ".learning.lock"
# The first judges the base alone before all of them meet, and the kept model after.
PATIENCE_SECONDS = 24 * 60 * 60


def share_of(spec: JobSpec, *, cards: int | None) -> int:
    """Return over how many processes a job is spread.

    A batch is divided evenly, so that it stays the batch that was chosen; the base that is made
    from a script is too small to gain anything.

    Args:
        cards: graphics cards there are; None without any, then processes share the CPU.
    """
    most = spec.processes if cards is None else min(spec.processes, max(cards, 1))
    if spec.base.kind == "script":
        return 1
    batch = spec.hyperparameters.batch_size
    return next(count for count in range(most, 0, -1) if batch % count == 0)


def is_one_of_several() -> bool:
    """Say whether the launcher started this process."""
    return "LOCAL_RANK" in os.environ


def is_first() -> bool:
    """Say whether this process is the one that writes and decides."""
    return os.environ.get("RANK", "0") == "0"


def processes() -> int:
    """Return how many learn together, this one among them."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def card() -> int:
    """Return the number of this process's graphics card."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def become_launcher(job_dir: Path, lock: BinaryIO, *, count: int) -> None:
    """Turn this process into the launcher; it keeps the lock until it ends, and never returns."""
    os.set_inheritable(lock.fileno(), True)  # noqa: FBT003  # it knows no names
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count)]
    work = ["--module", "training.trainer", str(job_dir)]
    os.execv(sys.executable, [sys.executable, *launcher, *work])  # noqa: S606  # no shell is wanted


def agree(outcome: Outcome | None) -> Outcome | None:
    """Return what the first process was asked, in all of them at the same step."""
    if processes() == 1:
        return outcome
    import torch.distributed as group  # noqa: PLC0415

    told = [outcome if is_first() else None]
    group.broadcast_object_list(told, src=0)
    return told[0]
