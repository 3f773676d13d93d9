import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rickproject.supervisor import child as child_module
from rickproject.supervisor.child import Child, Role, turn_log
from tests.faults.platform import wait_for

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STARTS_ANOTHER = (
    "import subprocess, sys, time; "
    "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
    "print(p.pid, flush=True); time.sleep(60)"
)
PARENT = [sys.executable, "-c", STARTS_ANOTHER]


@pytest.fixture
def reports() -> list[str]:
    return []


@pytest.fixture
def start(tmp_path: Path, reports: list[str]) -> Iterator[object]:
    started: list[Child] = []

    def start_one(command: list[str]) -> Child:
        role = Role("web", command, stop_seconds=5)
        started.append(Child(role, log_dir=tmp_path / "logs", report=reports.append))
        started[-1].start()
        return started[-1]

    yield start_one
    for one in started:
        one.finish()


def test_child_stops_and_reports_its_group(start: object, reports: list[str]) -> None:
    child = start(SLEEP)  # type: ignore[operator]
    pid = child.pid
    assert child.watch() == "running"
    child.ask_to_stop()
    wait_for("the end", lambda: not child.is_running(), seconds=5)
    child.finish()
    assert reports == [f"+{pid}", f"-{pid}"]


def test_child_is_restarted_after_a_delay_that_doubles(
    start: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(child_module.time, "monotonic", lambda: now[0])
    child = start(["/bin/false"])  # type: ignore[operator]
    delays = []
    for _ in range(5):
        while child.is_running():
            os.sched_yield()
        assert child.watch() == "waiting"
        before = now[0]
        while child.watch() == "waiting":
            now[0] += 0.25
        delays.append(now[0] - before)
    assert delays == [0.5, 1.0, 2.0, 4.0, 8.0]
    while child.is_running():
        os.sched_yield()
    assert child.watch() == "failed"
    assert child.has_given_up


def test_child_that_lived_long_is_forgiven(start: object, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(child_module.time, "monotonic", lambda: now[0])
    child = start(["/bin/false"])  # type: ignore[operator]
    child.failures = 5
    now[0] += 31
    while child.is_running():
        os.sched_yield()
    assert child.watch() == "waiting"
    assert child.failures == 1


def test_child_takes_its_own_children_with_it(start: object) -> None:
    child = start(PARENT)  # type: ignore[operator]
    wait_for("the grandchild", lambda: child.log_path.read_text().strip(), seconds=10)
    grandchild = int(child.log_path.read_text())
    os.kill(child.pid, 9)
    wait_for("the end", lambda: not child.is_running(), seconds=5)
    child.watch()
    wait_for("the grandchild gone", lambda: not _lives(grandchild), seconds=5)


def test_child_runs_in_a_group_of_its_own(start: object) -> None:
    child = start(SLEEP)  # type: ignore[operator]
    time.sleep(0.1)
    assert os.getpgid(child.pid) == child.pid != os.getpgid(0)


def test_turn_log_moves_a_large_log_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "LOG_LIMIT_BYTES", 10)
    log = tmp_path / "web.log"
    log.write_text("x" * 11)
    turn_log(log)
    assert not log.exists()
    assert (tmp_path / "web.old.log").read_text() == "x" * 11


def _lives(pid: int) -> bool:
    try:
        return b") Z " not in Path(f"/proc/{pid}/stat").read_bytes()
    except FileNotFoundError:
        return False
