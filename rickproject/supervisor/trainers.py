"""Trainer processes: found by their job folders, asked to save and end.

Standard library only: the guard runs this without the installed packages.
"""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

MARK = "training.trainer"


def living_trainers(jobs_dir: Path) -> list[int]:
    """Return the pids noted in job folders that are trainers of ours and still run."""
    pids = {_noted_pid(path) for path in jobs_dir.glob("*/progress.json")}
    pids |= {_noted_pid(path) for path in jobs_dir.glob("*/lock")}
    return sorted(pid for pid in pids if pid and _is_trainer(pid))


def end_trainers(jobs_dir: Path, *, wait_seconds: float) -> int:
    """Ask every trainer to save and end (SIGTERM), kill what is left; return how many there were.

    A trainer that is asked writes a checkpoint and notes itself as interrupted; it resumes there.
    """
    pids = living_trainers(jobs_dir)
    _signal_all(pids, signal.SIGTERM)
    deadline = time.monotonic() + wait_seconds
    while time.monotonic() < deadline and any(_is_trainer(pid) for pid in pids):
        time.sleep(0.1)
    _signal_all([pid for pid in pids if _is_trainer(pid)], signal.SIGKILL)
    return len(pids)


def _noted_pid(path: Path) -> int | None:
    try:
        text = path.read_text(encoding="utf-8").strip()
        noted = json.loads(text) if text else None
    except (OSError, ValueError):
        return None
    pid = noted.get("pid") if isinstance(noted, dict) else noted
    return pid if isinstance(pid, int) and pid > 1 else None


def _is_trainer(pid: int) -> bool:
    """Say whether a pid is alive and runs the trainer: a number may have been given away again."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return False
        command = _command_by_ps(pid)
    except OSError:
        return False
    return MARK in command


def _command_by_ps(pid: int) -> str:
    command = ["ps", "-o", "command=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603


def _signal_all(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
