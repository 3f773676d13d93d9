"""One supervised process: started in a group of its own, restarted with back-off, stopped whole."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 30.0
HEALTHY_AFTER_SECONDS = 30.0
MOST_FAILURES = 6
LOG_LIMIT_BYTES = 20 * 1024 * 1024

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Role:
    """What one process is: its command, and how it is to be stopped."""

    name: str
    command: list[str]
    stop_seconds: float
    stop_signal: signal.Signals = signal.SIGTERM
    vital: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)


class Child:
    """The process of a role, from one restart to the next."""

    def __init__(self, role: Role, *, log_dir: Path, report: Callable[[str], None]) -> None:
        self.role = role
        self.log_path = log_dir / f"{role.name}.log"
        self.failures = 0
        self.has_given_up = False
        self._report = report
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._start_again_at = 0.0

    @property
    def pid(self) -> int | None:
        """The process's pid, which is also its group's number; None when it does not run."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the process; its output is appended to the role's log."""
        turn_log(self.log_path)
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  # commands of our own
                self.role.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.role.environment},
                process_group=0,
                preexec_fn=end_with(os.getpid()),  # noqa: PLW1509  # we have one thread
            )
        self._started_at = time.monotonic()
        self._report(f"+{self._process.pid}")

    def watch(self) -> Literal["running", "restarted", "waiting", "failed"]:
        """Look after the process: start it again when it ended, unless it ends too often."""
        if self.has_given_up:
            return "failed"
        if self._process is None:
            if time.monotonic() < self._start_again_at:
                return "waiting"
            self.start()
            return "restarted"
        if self._process.poll() is None:
            return "running"
        return self._note_failure()

    def ask_to_stop(self) -> None:
        """Send the role's stop signal to the main process only: it looks after its own children."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(self.role.stop_signal)

    def is_running(self) -> bool:
        """Say whether the main process runs."""
        return self._process is not None and self._process.poll() is None

    def finish(self) -> None:
        """Kill what is left of the group and forget it."""
        if self._process is None:
            return
        kill_group(self._process.pid)
        self._process.wait()
        self._report(f"-{self._process.pid}")
        self._process = None

    def _note_failure(self) -> Literal["waiting", "failed"]:
        if time.monotonic() - self._started_at > HEALTHY_AFTER_SECONDS:
            self.failures = 0
        self.failures += 1
        self.finish()  # children of a killed main process outlive it
        if self.failures >= MOST_FAILURES:
            self.has_given_up = True
            return "failed"
        delay = min(FIRST_DELAY_SECONDS * 2 ** (self.failures - 1), LONGEST_DELAY_SECONDS)
        self._start_again_at = time.monotonic() + delay
        return "waiting"


def end_with(parent: int) -> Callable[[], None] | None:
    """Return what a new child runs so that Linux kills it when its parent dies; else None."""
    if _libc is None:
        return None
    libc = _libc

    def ask_kernel() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return ask_kernel


def kill_group(group: int) -> None:
    """Kill every process of a group; it may be gone already."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def turn_log(path: Path) -> None:
    """Move a log that has grown large aside; one older log is kept."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
        path.replace(path.with_suffix(".old.log"))
