"""The team's profile: PostgreSQL, a server of one's own for the queue, each role by itself."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rickproject.broker import EmbeddedBroker, find_server
from tests.faults.platform import Platform, wait_for
from tests.postgresql import PostgresqlMissingError, start_postgresql

pytestmark = pytest.mark.postgresql


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Platform]]:
    """Three machines' worth of platforms on one database, one queue and one data folder."""
    try:
        monkeypatch.setenv("DATABASE_URL", start_postgresql())
    except PostgresqlMissingError as error:
        pytest.skip(str(error))
    queue = EmbeddedBroker(tmp_path / "queue")
    server = subprocess.Popen(queue.command(find_server()), stdout=subprocess.DEVNULL)
    wait_for("the queue", queue.answers, seconds=30)
    monkeypatch.setenv("REDIS_URL", queue.url())
    machines = [Platform(tmp_path / f"machine{number}" / "var") for number in range(3)]
    for machine in machines:
        machine.var_dir.mkdir(parents=True)
        machine.var_dir = tmp_path / "machine0" / "var"
    yield machines
    for machine in machines:
        machine.clean_up()
    server.terminate()
    server.wait(timeout=10)


def test_team_runs_its_roles_one_by_one(team: list[Platform]) -> None:
    web, worker, beat = team
    assert web.manage("migrate", "--verbosity", "0").returncode == 0
    web.start("--only", "web")
    worker.start("--only", "worker")
    beat.start("--only", "beat")
    assert web.page("/healthz")[0] == 200

    def wrong() -> set[str]:
        report = json.loads(web.manage("doctor", "--json").stdout)
        return {finding["subject"] for finding in report["findings"] if not finding["ok"]}

    wait_for("all signs of life", lambda: wrong() <= {"model server"}, seconds=90)
    for machine in (beat, worker, web):
        assert machine.stop() == 0
    assert web.processes() == []
    assert not (web.var_dir / "rickproject.sqlite3").exists()
    assert not (web.var_dir / "broker").exists()


def test_team_refuses_an_embedded_broker_beside_its_own(team: list[Platform]) -> None:
    done = team[0].manage("up", "--only", "broker")
    assert done.returncode == 1
    assert "REDIS_URL is set" in done.stderr
