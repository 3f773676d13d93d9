"""The guard: a small process that cleans up when its supervisor was killed.

It reads the supervisor's messages from standard input: ``+<group>`` for a process group that was
started, ``-<group>`` for one that ended. When the input closes while groups are left, the
supervisor is gone without having stopped them: the guard ends them and every trainer. It holds
the supervisor's locks meanwhile. Run without site packages, so that it stays small.
"""

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

from rickproject.supervisor.trainers import end_trainers

GRACE_SECONDS = 1.5


def end_groups(groups: set[int], *, grace_seconds: float) -> None:
    """End process groups: SIGTERM, and SIGKILL for those that are left after the grace."""
    _signal_groups(groups, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while time.monotonic() < deadline and any(_exists(group) for group in groups):
        time.sleep(0.05)
    _signal_groups(groups, signal.SIGKILL)


def main(jobs_dir: Path) -> None:
    """Follow the supervisor until its end."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        sign, group = line[0], int(line[1:])
        (groups.add if sign == "+" else groups.discard)(group)
    if groups:
        end_groups(groups, grace_seconds=GRACE_SECONDS)
        end_trainers(jobs_dir, wait_seconds=GRACE_SECONDS)


def _exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _signal_groups(groups: set[int], number: signal.Signals) -> None:
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
