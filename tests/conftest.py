import os
import tempfile
from pathlib import Path

import pytest
from django.conf import settings

os.environ.setdefault("RICK_VAR_DIR", str(Path(tempfile.mkdtemp(prefix="rickproject-tests-"))))


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Keep SQLite's test database in a file: only there do threads wait for each other."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        worker = os.environ.get("PYTEST_XDIST_WORKER", "")
        name = str(settings.VAR_DIR / f"test{worker}.sqlite3")
        database.setdefault("TEST", {})["NAME"] = name
