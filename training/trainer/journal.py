"""What a running trainer tells the world: events, heartbeat, requests to stop."""

import contextlib
import json
import os
import signal
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from training.trainer import files
from training.trainer.errors import StoppedError

POLL_SECONDS = 1.0
GRACE_SECONDS = 30.0  # an orphan that cannot reach the end of a step is ended hard


class EventLog:
    """Appends to ``events.jsonl``; an id that is already there is not written again.

    A resumed trainer walks through steps it has told about before. Their ids are made from the
    job and the step, so they are recognised and skipped.
    """

    def __init__(self, job_dir: Path, *, job: str, writes: bool = True) -> None:
        """Read what an earlier process wrote and cut off a line it left half written.

        Args:
            writes: False for a process that learns beside the one that tells.
        """
        self._path, self._writes = job_dir / files.EVENTS, writes
        self._prefix = f"ftevent-{job.replace('-', '')}"
        events, end = files.read_events(job_dir)
        if writes and self._path.exists() and self._path.stat().st_size > end:
            os.truncate(self._path, end)
        self._known = {event.id: event for event in events}

    def message(self, name: str, text: str, *, level: str = "info", **data: Any) -> None:
        """Tell something in words; ``name`` makes the id."""
        self._append(name, level=level, kind="message", text=text, data=data)

    def metrics(self, name: str, text: str, **data: Any) -> None:
        """Tell the figures of one step."""
        self._append(name, level="info", kind="metrics", text=text, data=data)

    def find(self, name: str) -> files.Event | None:
        """Return the event of that name, None if it was never told."""
        return self._known.get(f"{self._prefix}-{name}")

    def count(self, start: str) -> int:
        """Return how many events have a name that begins so."""
        return sum(1 for key in self._known if key.startswith(f"{self._prefix}-{start}"))

    def _append(self, name: str, *, level: str, kind: str, text: str, data: dict[str, Any]) -> None:
        event = files.Event(
            id=f"{self._prefix}-{name}",
            created_at=round(time.time(), 3),
            level=level,
            type=kind,
            message=text,
            data=data,
        )
        if event.id in self._known or not self._writes:
            return
        line = json.dumps(asdict(event), ensure_ascii=False, separators=(",", ":"))
        with self._path.open("ab") as file:
            file.write(line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._known[event.id] = event


class Heartbeat:
    """Replaces ``progress.json`` at most once a second."""

    def __init__(self, job_dir: Path, *, writes: bool = True) -> None:
        """Start the clock of the current stage."""
        self._path, self._writes = job_dir / files.PROGRESS, writes
        self._last = 0.0

    def beat(
        self, *, stage: str, step: int, total: int, eta: float | None, force: bool = False
    ) -> None:
        """Tell stage, step and the seconds still to go (None: not known)."""
        now = time.time()
        if not self._writes or (not force and now - self._last < POLL_SECONDS):
            return
        self._last = now
        progress = files.Progress(
            pid=os.getpid(),
            stage=stage,
            step=step,
            total_steps=total,
            eta_seconds=None if eta is None else round(eta, 1),
            updated_at=round(now, 3),
        )
        files.write_json(self._path, asdict(progress))


class StopRequest:
    """Gathers the reasons to stop: the cancel file, SIGTERM, the owner's death."""

    def __init__(self, job_dir: Path) -> None:
        """Nobody has asked yet."""
        self._cancel_file = job_dir / files.CANCEL
        self._interrupted = threading.Event()
        self._looked_at = 0.0
        self._cancelled = False

    def listen(self, *, owner_pid: int | None) -> None:
        """Turn SIGTERM and SIGINT into a request and watch the owner."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._interrupted.set())
        if owner_pid is not None:
            threading.Thread(
                target=self._watch, args=(owner_pid,), name="owner-watch", daemon=True
            ).start()

    def outcome(self) -> files.Outcome | None:
        """Return ``cancelled`` or ``interrupted`` once somebody asked, else None.

        Looks at the disk at most once a second.
        """
        now = time.monotonic()
        if not self._cancelled and now - self._looked_at >= POLL_SECONDS:
            self._looked_at = now
            self._cancelled = self._cancel_file.exists()
        if self._cancelled:
            return "cancelled"
        return "interrupted" if self._interrupted.is_set() else None

    def check(self) -> None:
        """Raise StoppedError once somebody asked."""
        if outcome := self.outcome():
            raise StoppedError(outcome)

    def _watch(self, owner_pid: int) -> None:
        born = process_start(owner_pid)
        while born is not None and process_start(owner_pid) == born:
            time.sleep(POLL_SECONDS)
        self._interrupted.set()
        time.sleep(GRACE_SECONDS)
        os._exit(files.EXIT_CODES["interrupted"])


def process_start(pid: int) -> str | None:
    """Return what tells this process from a later one with the same id; None when it is gone.

    On Linux the start time in clock ticks; elsewhere only whether it lives.
    """
    with contextlib.suppress(OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return None if fields[0] == "Z" else fields[19]
    if Path("/proc/self/stat").exists():
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return "alive"
    return "alive"
