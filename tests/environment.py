"""Loaded before Django reads its settings: nothing of the operator's environment reaches the tests.

pytest-django reads the settings before it looks for conftest.py, hence ``-p tests.environment``.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

FOLDER = Path(tempfile.mkdtemp(prefix="rickproject-tests-"))
(FOLDER / "static").mkdir()
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)

KEPT = {"RICK_TEST_DATABASE", "RICK_SCRIPTS_DIR", "RICK_REQUIRE_BROWSER"}
DROPPED = {"DATABASE_URL", "REDIS_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL"}
for _name in list(os.environ):
    if _name in DROPPED or (_name.startswith("RICK_") and _name not in KEPT):
        del os.environ[_name]
os.environ["RICK_VAR_DIR"] = str(FOLDER)
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright runs a loop in our thread
os.environ.setdefault("OMP_NUM_THREADS", "1")

if os.environ.get("RICK_TEST_DATABASE", "sqlite") == "postgresql":
    from tests.postgresql import start_postgresql

    os.environ["DATABASE_URL"] = start_postgresql()
