"""32 people at once over HTTP for seconds; ``tests.bench.annotators`` does it for a minute."""

import os
import subprocess
import sys

import pytest

from tests.faults.platform import ROOT
from tests.postgresql import PostgresqlMissingError, start_postgresql

SECONDS = "4"


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
)
def test_what_people_were_told_is_saved_is_there_once(database: str) -> None:
    environment = {**os.environ}
    environment.pop("DATABASE_URL", None)
    if database == "postgresql":
        try:
            environment["DATABASE_URL"] = start_postgresql()
        except PostgresqlMissingError as error:
            pytest.skip(str(error))
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.annotators", SECONDS],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    assert "0 errors, 0 lost or doubled" in done.stdout
