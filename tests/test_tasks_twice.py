"""Every task may come twice, also at the same moment, and changes as much as once.

Real rows, real tasks, real threads; what a task sends on stays in a queue in memory.
"""

from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from celery import current_app
from django.apps import apps
from django.conf import settings
from django.db import connections

from rickproject.schedule import make_schedule
from tests.task_entries import ENTRIES

# Leases and clocks differ from run to run by design.
UNSTABLE = {"updated_at", "seen_at", "lease_owner", "lease_until", "next_poll_at"}
# These change nothing of ours; that they may come twice is tested where they are.
OUTSIDE = {"training.register_adapters"}  # tests/training/domain/test_adapter_serving.py
APPS = ("curation", "training")

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]


def our_tasks() -> list[str]:
    """Return the names of our registered tasks."""
    ours = {name for name in current_app.tasks if not name.startswith("celery.")}
    return sorted(ours - OUTSIDE)


def snapshot() -> dict[str, list[dict[str, Any]]]:
    """Return every row of our tables, without what is unstable."""
    return {
        model._meta.label: [
            {name: value for name, value in row.items() if name not in UNSTABLE}
            for row in model._default_manager.order_by("pk").values()
        ]
        for app in APPS
        for model in apps.get_app_config(app).get_models()
    }


def counts() -> dict[str, int]:
    """Return how many rows each of our tables has."""
    return {label: len(rows) for label, rows in snapshot().items()}


def run_at_once(name: str, ids: dict[str, object], *, times: int) -> list[Exception]:
    """Run a task in several threads that start together; return what went wrong."""
    start, errors = Barrier(times), []

    def run() -> None:
        try:
            start.wait(timeout=10)
            current_app.tasks[name](**ids)
        except Exception as error:  # noqa: BLE001  # handed to the caller
            errors.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return errors


def test_every_task_has_an_entry() -> None:
    assert sorted(set(our_tasks()) - set(ENTRIES)) == []
    assert sorted(set(ENTRIES) - set(our_tasks())) == []


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_task_run_twice_equals_once(name: str, var_dir: Path) -> None:
    ids = ENTRIES[name]()
    before = snapshot()
    current_app.tasks[name](**ids)
    once = snapshot()
    files = sorted(path for path in var_dir.rglob("*") if path.is_file())
    current_app.tasks[name](**ids)
    assert snapshot() == once
    assert sorted(path for path in var_dir.rglob("*") if path.is_file()) == files
    if name not in ONLY_SEND:
        assert once != before, "the entry gives the task nothing to do"


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_task_run_three_times_at_once_equals_once(name: str) -> None:
    ids = ENTRIES[name]()
    current_app.tasks[name](**ids)
    once = counts()
    _empty()
    ids = ENTRIES[name]()
    assert run_at_once(name, ids, times=3) == []
    assert counts() == once


def test_schedule_sends_only_tasks_that_exist() -> None:
    schedule = make_schedule(current_app)
    assert {entry["task"] for entry in schedule.values()} <= {*our_tasks(), *OUTSIDE}
    assert {f"heartbeat of {queue}" for queue in settings.QUEUES} <= set(schedule)
    for name, entry in schedule.items():
        assert entry["options"]["expires"] == entry["schedule"].total_seconds(), name


# They look for rows and send other tasks, which have entries of their own.
ONLY_SEND = {
    "curation.sweep_scripts",
    "curation.sweep_datasets",
    "curation.sweep_sealed_mail",
    "curation.sweep_learning",
    "training.sweep_jobs",
    "training.sweep_moderation",
    "training.sweep_suggestions",
}


def _empty() -> None:
    from django.core.management import call_command

    call_command("flush", interactive=False, verbosity=0)
