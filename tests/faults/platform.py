"""The whole platform as real processes, in a data folder of its own."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent.parent


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: str, is_so: Callable[[], Any], *, seconds: float) -> float:
    """Wait until something is so; return how long it took."""
    begun = time.monotonic()
    while not is_so():
        if time.monotonic() - begun > seconds:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)
    return time.monotonic() - begun


class Platform:
    """``manage.py up`` on a folder; the tests read its files and kill its processes."""

    def __init__(self, var_dir: Path) -> None:
        self.var_dir = var_dir
        self.port = free_port()
        self.output = var_dir.parent / "up.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What the processes are started with."""
        return {
            "RICK_WEB_WORKERS": "1",
            "RICK_TASK_REDELIVERY_SECONDS": "8",
            **os.environ,
            "RICK_VAR_DIR": str(self.var_dir),
        }

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of manage.py to its end."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )

    def start(self, *arguments: str, until: str | None = "is running") -> None:
        """Start ``up``; return once it said so."""
        command = [sys.executable, "manage.py", "up", "--port", str(self.port), *arguments]
        self.output.write_bytes(b"")
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=output, stderr=output
            )
        if until:
            wait_for(f"{until}: {self.said}", lambda: until in self.said, seconds=120)

    @property
    def said(self) -> str:
        """What ``up`` has printed so far."""
        return self.output.read_text()

    @property
    def roles(self) -> dict[str, int]:
        """The pids of the running roles."""
        state = json.loads((self.var_dir / "run" / "up.json").read_text())
        return {name: pid for name, pid in state["roles"].items() if pid}

    def processes(self) -> list[int]:
        """Return every living process that was started for this data folder."""
        mark = f"RICK_VAR_DIR={self.var_dir}\0".encode()
        return [pid for pid in _pids() if mark in _read(pid, "environ") + b"\0"]

    def kill(self, pid: int) -> None:
        """End a process as a power cut would."""
        os.kill(pid, signal.SIGKILL)

    def freeze(self, role: str) -> None:
        """Stop a role's processes where they stand, but not inside a transaction that writes."""
        while True:
            os.killpg(self.roles[role], signal.SIGSTOP)
            if self._can_write():
                return
            os.killpg(self.roles[role], signal.SIGCONT)
            time.sleep(0.05)

    def thaw(self, role: str) -> None:
        """Let a frozen role go on."""
        os.killpg(self.roles[role], signal.SIGCONT)

    def _can_write(self) -> bool:
        """Say whether a transaction that writes can begin within a second."""
        connection = sqlite3.connect(self.var_dir / "rickproject.sqlite3", timeout=1)
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        else:
            return True
        finally:
            connection.close()

    def stop(self) -> int:
        """Ask ``up`` to stop; return its exit code."""
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def page(self, path: str) -> tuple[int, bytes]:
        """Fetch a page."""
        with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return answer.status, answer.read()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the database, beside the processes."""
        connection = sqlite3.connect(self.var_dir / "rickproject.sqlite3", timeout=20)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def heartbeat_seen(self, name: str) -> str:
        """Return when a heartbeat was last written; empty when never."""
        rows = self.rows(f"SELECT seen_at FROM curation_heartbeat WHERE name = '{name}'")
        return rows[0][0] if rows else ""

    def clean_up(self) -> None:
        """Kill whatever a failed test left."""
        for pid in self.processes():
            with_signal = signal.SIGKILL
            try:
                os.kill(pid, with_signal)
            except ProcessLookupError:
                continue
        if self.process:
            self.process.wait(timeout=10)


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _read(pid: int, name: str) -> bytes:
    try:
        if name == "environ" and _is_zombie(pid):
            return b""
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def _is_zombie(pid: int) -> bool:
    return b") Z " in Path(f"/proc/{pid}/stat").read_bytes()
