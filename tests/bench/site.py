"""A site to measure: a database of its own, people who are logged in, real web processes.

Not a bench itself. ``DATABASE_URL`` is honoured: then the rows go to that database.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from tests.faults.platform import ROOT, free_port

os.environ["DJANGO_SETTINGS_MODULE"] = "rickproject.settings"


@contextmanager
def site(prepare: Callable[[], dict[str, Any]], **environment: str) -> Iterator[dict[str, Any]]:
    """Make a database, fill it by ``prepare``, start two web processes, and yield what it gave.

    The key ``url`` of what is yielded is the address.
    """
    with tempfile.TemporaryDirectory(prefix="rickproject-bench-") as folder:
        os.environ["RICK_VAR_DIR"] = folder
        os.environ["RICK_LOG_LEVEL"] = "ERROR"
        os.environ.update(environment)
        (Path(folder) / "static").mkdir()
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        made = prepare()
        from django.db import connection

        connection.close()
        port = free_port()
        command = [
            sys.executable,
            "-m",
            "uvicorn",
            "rickproject.asgi:application",
            "--workers",
            "2",
            "--port",
            str(port),
            *("--log-level", "error", "--no-access-log", "--lifespan", "off"),
        ]
        broker = subprocess.Popen(  # limits are counted in it
            [sys.executable, "manage.py", "up", "--only", "broker"],
            cwd=ROOT,
            env=dict(os.environ),
            stdout=subprocess.DEVNULL,
        )
        time.sleep(3)
        web = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ))
        try:
            made["url"] = f"http://127.0.0.1:{port}"
            _wait(f"{made['url']}/healthz")
            yield made
        finally:
            for process in (web, broker):
                process.terminate()
                process.wait(timeout=20)


def _wait(url: str) -> None:
    for _ in range(600):
        try:
            with urlopen(url, timeout=5):
                return
        except HTTPError:
            return
        except (URLError, OSError):
            time.sleep(0.05)
    msg = "the web processes did not start"
    raise RuntimeError(msg)


def logged_in(user: Any) -> dict[str, str]:
    """Return the cookies of a person who is logged in."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(user)
    token = "t" * 32
    return {
        settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value,
        settings.CSRF_COOKIE_NAME: token,
    }


def percentile(values: list[float], share: float) -> float:
    """Return the value below which ``share`` of the values lie, by the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
