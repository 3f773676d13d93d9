"""Rows are the truth: what waits in the database is done, whatever became of its message."""

import os
import signal

from tests.faults.platform import Platform, wait_for

# A row whose message never reached the queue: the process died between commit and send.
RECEIVE = """
from django.contrib.auth.models import User
from curation.domain.imports import receive_script
from curation.models import Project
from tests.sample_scripts import many_rows
person, _ = User.objects.get_or_create(username="pip")
project, _ = Project.objects.get_or_create(name="Moon", slug="moon", created_by=person)
for number in range({count}):
    receive_script(project, user=person, file_name=f"{{number}}.csv",
                   content=[many_rows(50 + number)], in_background={in_background})
"""


def receive(platform: Platform, *, count: int, in_background: bool) -> None:
    """Receive script files, in a process of its own."""
    code = RECEIVE.format(count=count, in_background=in_background)
    done = platform.manage("shell", "--no-imports", "-c", code)
    assert done.returncode == 0, done.stderr


def checked(platform: Platform) -> int:
    """Count the scripts whose dry run is done."""
    query = "SELECT count(*) FROM curation_script WHERE state = 'checked'"
    return int(platform.rows(query)[0][0])


def test_rows_without_a_message_are_found_by_the_sweep(platform: Platform) -> None:
    platform.start()
    receive(platform, count=3, in_background=False)
    wait_for("3 of 3 checked", lambda: checked(platform) == 3, seconds=75)
    assert platform.rows("SELECT count(*) FROM curation_script") == [(3,)]


def test_rows_are_worked_on_after_the_broker_lost_their_messages(platform: Platform) -> None:
    platform.start()
    wait_for("a worker", lambda: platform.heartbeat_seen("queue:default"), seconds=60)
    platform.freeze("worker-default")
    receive(platform, count=10, in_background=True)
    broker = platform.roles["broker"]
    os.kill(broker, signal.SIGSTOP)
    for path in (platform.var_dir / "broker" / "appendonlydir").iterdir():
        path.unlink()
    platform.kill(broker)
    wait_for("the broker again", lambda: platform.roles.get("broker") != broker, seconds=60)
    platform.thaw("worker-default")
    wait_for("10 of 10 checked", lambda: checked(platform) == 10, seconds=90)


def test_rows_stay_and_pages_go_on_when_work_is_asked_for_without_a_broker(
    platform: Platform,
) -> None:
    receive(platform, count=2, in_background=True)
    assert platform.rows("SELECT state FROM curation_script") == [("uploaded",), ("uploaded",)]
    platform.start()
    wait_for("2 of 2 checked", lambda: checked(platform) == 2, seconds=75)


def test_pages_come_back_when_a_web_process_is_killed(platform: Platform) -> None:
    platform.start()
    platform.kill(platform.roles["web"])
    wait_for("the page again", lambda: _answers(platform), seconds=60)


def _answers(platform: Platform) -> bool:
    try:
        return platform.page("/healthz")[0] == 200
    except OSError:
        return False


CONFIRM = """
from django.contrib.auth.models import User
from curation.domain import imports
from curation.models import Project
from tests.sample_scripts import many_rows
person = User.objects.create(username="vex")
project = Project.objects.create(name="Long", slug="long", created_by=person)
script = imports.receive_script(project, user=person, file_name="long.csv",
    content=[many_rows(20_000)], in_background=False)
imports.check_script(script.pk)
script.refresh_from_db()
imports.confirm_import(script, user=person, in_background=True)
"""


def test_up_lets_a_running_import_finish_when_it_is_stopped(platform: Platform) -> None:
    platform.start()
    wait_for("a worker", lambda: platform.heartbeat_seen("queue:default"), seconds=60)
    done = platform.manage("shell", "--no-imports", "-c", CONFIRM)
    assert done.returncode == 0, done.stderr
    query = "SELECT state, rows_done FROM curation_script"
    wait_for("a part of it", lambda: platform.rows(query)[0][1] > 0, seconds=60)
    assert platform.stop() == 0
    assert platform.rows(query) == [("imported", 20_000)]
    assert platform.processes() == []
