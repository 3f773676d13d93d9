"""The queue under kill -9: what was sent runs, and runs once as far as anyone can see."""

import json
import os
import signal
import time

from tests.faults.platform import Platform, wait_for

SEND = """
from celery import current_app
task = current_app.tasks["rickproject.note_heartbeat"]
for number in range({count}):
    task.apply_async(kwargs={{"queue": "{mark}-%d" % number}}, queue="default")
"""


def send(platform: Platform, mark: str, *, count: int = 50) -> None:
    """Send tasks that leave a row each, from a process of its own."""
    done = platform.manage("shell", "--no-imports", "-c", SEND.format(count=count, mark=mark))
    assert done.returncode == 0, done.stderr


def arrived(platform: Platform, mark: str) -> int:
    """Count the rows that were left."""
    query = f"SELECT count(*) FROM curation_heartbeat WHERE name LIKE 'queue:{mark}-%'"
    return int(platform.rows(query)[0][0])


def signal_workers(platform: Platform, number: signal.Signals) -> None:
    """Send a signal to the whole group of the default worker."""
    os.killpg(platform.roles["worker-default"], number)


def broker_alone(platform: Platform) -> int:
    """Return the pid of a broker that was started by itself; 0 while there is none."""
    state = json.loads((platform.var_dir / "run" / "up-broker.json").read_text())
    return state["roles"]["broker"] or 0


def test_queue_keeps_every_task_when_the_broker_is_killed(platform: Platform) -> None:
    platform.start("--only", "broker")
    send(platform, "held")
    time.sleep(1.5)  # appendfsync everysec
    before = broker_alone(platform)
    platform.kill(before)
    wait_for("the broker again", lambda: broker_alone(platform) != before, seconds=60)
    worker = Platform(platform.var_dir)
    worker.output = platform.output.with_name("worker.log")
    worker.start("--only", "worker")
    wait_for("50 of 50", lambda: arrived(platform, "held") == 50, seconds=90)
    assert (worker.stop(), platform.stop()) == (0, 0)


def test_queue_keeps_what_a_killed_worker_had_not_taken(platform: Platform) -> None:
    """One message may be on its way to the worker that dies; only its row brings it back."""
    platform.start()
    wait_for("a worker", lambda: platform.heartbeat_seen("queue:default"), seconds=60)
    send(platform, "waiting")  # to a worker that listens: what it took unread would be lost
    signal_workers(platform, signal.SIGKILL)
    wait_for("49 of 50", lambda: arrived(platform, "waiting") >= 49, seconds=90)


def test_queue_takes_work_again_after_the_broker_lost_everything(platform: Platform) -> None:
    platform.start()
    wait_for("a worker", lambda: platform.heartbeat_seen("queue:default"), seconds=60)
    os.kill(platform.roles["broker"], signal.SIGSTOP)
    for path in (platform.var_dir / "broker" / "appendonlydir").iterdir():
        path.unlink()
    before = platform.roles["broker"]
    platform.kill(before)
    wait_for("the broker again", lambda: platform.roles.get("broker") != before, seconds=60)
    seen = platform.heartbeat_seen("queue:default")
    wait_for("work again", lambda: platform.heartbeat_seen("queue:default") > seen, seconds=90)
