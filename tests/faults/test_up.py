"""``manage.py up``: real processes, really killed, counted afterwards."""

import json
import os
import re
import signal
import socket
import stat
import time
from pathlib import Path

from tests.faults.platform import Platform, wait_for


def test_up_answers_pages_and_shows_heartbeats_of_every_queue(platform: Platform) -> None:
    platform.start()
    status, body = platform.page("/healthz")
    assert (status, body) == (200, b"ok\n")
    for name in ("beat", "queue:default", "queue:export", "queue:training"):
        wait_for(name, lambda name=name: platform.heartbeat_seen(name), seconds=60)
    assert set(platform.roles) >= {"broker", "web", "worker-default", "worker-training", "beat"}
    report = json.loads(platform.manage("doctor", "--json").stdout)
    wrong = {finding["subject"] for finding in report["findings"] if not finding["ok"]}
    assert wrong <= {"model server"}


def test_up_leaves_nothing_behind_when_it_is_stopped(platform: Platform) -> None:
    platform.start()
    assert platform.processes()
    begun = time.monotonic()
    assert platform.stop() == 0
    assert time.monotonic() - begun < 35
    assert platform.processes() == []
    assert not (platform.var_dir / "run" / "up.json").exists()


def test_up_leaves_nothing_behind_when_it_is_killed(platform: Platform) -> None:
    platform.start()
    assert len(platform.processes()) > len(platform.roles)  # and the supervisor
    platform.kill(platform.process.pid)
    platform.process.wait()
    wait_for("every process gone", lambda: not platform.processes(), seconds=10)


def test_up_starts_again_at_once_after_it_was_killed(platform: Platform) -> None:
    platform.start()
    platform.kill(platform.process.pid)
    platform.process.wait()
    platform.start()
    assert platform.page("/healthz")[0] == 200


def test_up_refuses_a_second_start_on_the_same_folder(platform: Platform) -> None:
    platform.start()
    second = Platform(platform.var_dir).manage("up", "--port", "0")
    assert second.returncode == 1
    assert "already running" in second.stdout + second.stderr
    assert platform.page("/healthz")[0] == 200


def test_up_says_that_the_port_is_taken_before_anything_starts(platform: Platform) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", platform.port))
        stranger.listen()
        done = platform.manage("up", "--port", str(platform.port))
    assert done.returncode == 1
    assert f"Port {platform.port}" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert platform.processes() == []


def test_up_says_that_a_migration_is_missing(platform: Platform) -> None:
    (platform.var_dir / "rickproject.sqlite3").unlink()
    done = platform.manage("up", "--port", str(platform.port))
    assert done.returncode == 1
    assert "python manage.py migrate" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_up_says_that_the_operators_broker_does_not_answer(
    platform: Platform, monkeypatch: object
) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://:canary-password@127.0.0.1:9/0")
    done = platform.manage("up", "--port", str(platform.port))
    assert done.returncode == 1
    assert "does not answer" in done.stderr
    assert "canary-password" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_up_restarts_each_role_that_is_killed(platform: Platform) -> None:
    platform.start()
    for name in ("worker-default", "web", "beat", "broker"):
        before = platform.roles[name]
        platform.kill(before)
        wait_for(
            f"{name} again",
            lambda name=name, before=before: platform.roles.get(name, before) != before,
            seconds=60,
        )
    wait_for("the page again", lambda: _answers(platform), seconds=60)
    seen = platform.heartbeat_seen("queue:default")
    wait_for(
        "work is taken again",
        lambda: platform.heartbeat_seen("queue:default") > seen,
        seconds=90,
    )
    assert platform.stop() == 0
    assert platform.processes() == []


def test_up_goes_on_when_its_guard_was_killed(platform: Platform) -> None:
    platform.start()
    guard = _guards(platform)[0]
    platform.kill(guard)
    wait_for("another guard", lambda: _guards(platform) not in ([], [guard]), seconds=5)
    platform.kill(platform.process.pid)
    platform.process.wait()
    wait_for("every process gone", lambda: not platform.processes(), seconds=10)


def test_up_keeps_passwords_out_of_command_lines_and_logs(platform: Platform) -> None:
    platform.start()
    wait_for("a heartbeat", lambda: platform.heartbeat_seen("queue:default"), seconds=60)
    secrets = [path.read_text() for path in (platform.var_dir / "secrets").iterdir()]
    lines = [_command_line(pid) for pid in platform.processes()]
    logs = [path.read_text() for path in (platform.var_dir / "logs").iterdir()]
    assert len(secrets) >= 2
    for secret in secrets:
        assert not [text for text in (*lines, *logs) if secret in text]


def test_up_writes_no_file_that_others_can_read(platform: Platform) -> None:
    platform.start()
    platform.stop()
    written = [
        path
        for folder in ("run", "secrets", "logs", "broker")
        for path in (platform.var_dir / folder).rglob("*")
        if path.is_file()
    ]
    assert written
    open_files = [str(path) for path in written if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert open_files == []


def test_up_runs_one_role_alone(platform: Platform) -> None:
    platform.start("--only", "broker")
    port = (platform.var_dir / "run" / "broker-port").read_text()
    assert re.fullmatch(r"\d+", port)
    commands = [_command_line(pid) for pid in platform.processes()]
    assert not [line for line in commands if "uvicorn" in line or "celery" in line]
    os.kill(platform.process.pid, signal.SIGINT)
    assert platform.process.wait(timeout=15) == 0


def _answers(platform: Platform) -> bool:
    try:
        return platform.page("/healthz")[0] == 200
    except OSError:
        return False


def _guards(platform: Platform) -> list[int]:
    return [pid for pid in platform.processes() if "supervisor.guard" in _command_line(pid)]


def _command_line(pid: int) -> str:
    try:
        with Path(f"/proc/{pid}/cmdline").open(encoding="utf-8") as handle:
            return handle.read().replace("\0", " ")
    except OSError:
        return ""
