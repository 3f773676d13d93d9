"""B12: ``up`` to the first page, and the memory of all processes when idle.

Run it from the root of the project: ``python -m tests.bench.startup``. Linux only.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.report import at_most, show
from tests.faults.platform import Platform

RUNS = 5
IDLE_SECONDS = 20


def main() -> int:
    """Measure and print, with as many web processes as by default."""
    os.environ["RICK_WEB_WORKERS"] = "2"
    with tempfile.TemporaryDirectory(prefix="rickproject-bench-") as folder:
        platform = Platform(Path(folder) / "var")
        begun = time.monotonic()
        done = platform.manage("migrate", "--verbosity", "0")
        assert done.returncode == 0, done.stderr
        first = time.monotonic() - begun + seconds_to_first_page(platform)
        show(at_most("B12", "first start with migrations, to a page", first, limit=15, unit="s"))
        platform.stop()
        times = []
        for _ in range(RUNS):
            times.append(seconds_to_first_page(platform))
            platform.stop()
        what = f"`up` to the first page, median of {RUNS}"
        show(at_most("B12", what, sorted(times)[RUNS // 2], limit=3, unit="s"))
        seconds_to_first_page(platform)
        _wait_until_all_run(platform)
        time.sleep(IDLE_SECONDS)
        parts = {pid: _megabytes(pid) for pid in platform.processes()}
        model = sum(_megabytes(pid) for pid in _group(platform, "model", parts))
        what = f"memory of {len(parts)} processes, idle, without the model server"
        beside = f"the model server {model:.0f} MB"
        idle = sum(parts.values()) - model
        show(at_most("B12", what, idle, limit=600, unit="MB", beside=beside))
        platform.stop()
    return 0


def seconds_to_first_page(platform: Platform) -> float:
    """Start ``up`` and wait for the log-in page, which reads database, templates and session."""
    begun = time.monotonic()
    platform.start(until=None)
    while True:
        try:
            if platform.page("/accounts/login/")[0] == 200:
                return time.monotonic() - begun
        except OSError:
            time.sleep(0.02)


def _wait_until_all_run(platform: Platform) -> None:
    while "is running" not in platform.said:
        time.sleep(0.1)


def _group(platform: Platform, role: str, parts: dict[int, float]) -> list[int]:
    leader = platform.roles.get(role)
    return [pid for pid in parts if leader and os.getpgid(pid) == leader]


def _megabytes(pid: int) -> float:
    """Return a process's proportional share of memory: what it shares counts once in the sum."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


if __name__ == "__main__":
    sys.exit(main())
