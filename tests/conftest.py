"""What every test runs on: a database in a file, limits counted in memory, tasks on demand."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection
from pytest_django import DjangoDbBlocker, Settings

from rickproject.celery import app
from rickproject.config import get_config

app.conf.broker_url = app.conf.broker_write_url = "memory://"  # what is sent waits, unread


# Files of many seconds, the slowest first: no process is left with one of them at the end.
SLOW_FILES = (
    "e2e/test_pages.py",
    "e2e/test_loop.py",
    "faults/test_loop_faults.py",
    "loop/test_command_line.py",
    "faults/test_rows.py",
    "faults/test_submission.py",
    "training/trainer/test_process.py",
    "faults/test_import_killed.py",
    "faults/",
    "training/domain/test_local_jobs.py",
    "training/",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest; on PostgreSQL leave out what asks no database.

    Files stay whole, in the order in which they came.
    """
    if os.environ.get("RICK_TEST_DATABASE") == "postgresql":
        alike = [item for item in items if not asks_the_database(item)]
        items[:] = [item for item in items if asks_the_database(item)]
        config.hook.pytest_deselected(items=alike)

    def place(item: pytest.Item) -> int:
        path = item.path.as_posix()
        matching = (n for n, part in enumerate(SLOW_FILES) if f"/tests/{part}" in path)
        return next(matching, len(SLOW_FILES))

    items.sort(key=place)


def asks_the_database(item: pytest.Item) -> bool:
    """Say whether a test uses the database, by its mark or by a fixture."""
    fixtures: list[str] = getattr(item, "fixturenames", [])
    return bool(item.get_closest_marker("django_db")) or bool(
        {"db", "transactional_db", "live_server"} & set(fixtures)
    )


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Keep SQLite's test database in a file: only there do threads wait for each other."""
    database = django_settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        worker = os.environ.get("PYTEST_XDIST_WORKER", "")
        name = str(django_settings.VAR_DIR / f"test{worker}.sqlite3")
        database.setdefault("TEST", {})["NAME"] = name


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let PostgreSQL drop the test database although threads left connections to it."""
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(autouse=True)
def quick_and_alone(settings: Settings) -> Iterator[None]:
    """Count limits in this process, from zero in every test; hash passwords quickly.

    Static files are looked up when asked for: every client would else read all of them.
    """
    settings.WHITENOISE_AUTOREFRESH = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    backend = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": {"BACKEND": backend}}
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def var_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty data folder that the settings object points at during this test."""
    folder = tmp_path / "var"
    folder.mkdir(mode=0o700)
    monkeypatch.setattr(get_config(), "var_dir", folder)
    return folder


@pytest.fixture
def eager_tasks() -> Iterator[None]:
    """Run tasks at once, in the caller, with their errors raised."""
    app.conf.task_always_eager = app.conf.task_eager_propagates = True
    yield
    app.conf.task_always_eager = app.conf.task_eager_propagates = False
