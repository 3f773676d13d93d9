import stat
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from curation.models import Heartbeat
from rickproject import doctor, readiness
from rickproject.heartbeats import heartbeat_ages, note_heartbeat
from rickproject.readiness import Finding

pytestmark = pytest.mark.django_db


def beat(name: str, *, seconds_ago: float) -> None:
    Heartbeat.objects.create(name=name, seen_at=timezone.now() - timedelta(seconds=seconds_ago))


def wrong() -> dict[str, Finding]:
    return {f.subject: f for f in readiness.look_at_heartbeats() if not f.ok}


def test_heartbeats_are_wrong_until_everyone_was_seen_lately() -> None:
    assert set(wrong()) == {
        "beat",
        "worker of queue default",
        "worker of queue export",
        "worker of queue training",
    }
    beat("beat", seconds_ago=5)
    beat("queue:default", seconds_ago=59)
    beat("queue:export", seconds_ago=61)
    beat("queue:training", seconds_ago=1)
    assert set(wrong()) == {"worker of queue export"}
    assert "61 s ago" in wrong()["worker of queue export"].detail
    assert "python manage.py up" in wrong()["worker of queue export"].remedy


def test_note_heartbeat_writes_one_row_for_each_name() -> None:
    note_heartbeat("beat")
    note_heartbeat("beat")
    assert Heartbeat.objects.count() == 1
    age = heartbeat_ages(["beat"])["beat"]
    assert age is not None
    assert 0 <= age < 5


def test_healthz_answers_without_a_database(
    client: Client, django_assert_num_queries: object
) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


def test_readyz_lists_causes_without_addresses(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 503
    problems = response.json()["problems"]
    assert any(problem.startswith("broker: does not answer") for problem in problems)
    assert any(problem.startswith("beat: has never been seen") for problem in problems)
    assert "redis://" not in response.content.decode()
    assert "/" not in "".join(problems).replace("and/or", "")


def test_look_at_disk_is_wrong_when_little_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert readiness.look_at_disk(tmp_path).ok
    monkeypatch.setattr(readiness, "LEAST_FREE_BYTES", 1 << 60)
    assert not readiness.look_at_disk(tmp_path).ok


def test_doctor_names_secret_files_that_others_can_read(tmp_path: Path) -> None:
    (tmp_path / "key").touch(mode=0o600)
    assert doctor.secret_files(tmp_path).ok
    (tmp_path / "loose").touch()
    (tmp_path / "loose").chmod(0o640)
    finding = doctor.secret_files(tmp_path)
    assert not finding.ok
    assert "loose" in finding.detail
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_doctor_gives_a_remedy_for_everything_that_is_wrong(var_dir: Path) -> None:
    findings = list(doctor.examine())
    assert [f.subject for f in findings if not f.ok and not f.remedy] == []
    subjects = [f.subject for f in findings]
    assert subjects[:3] == ["python", "libraries", "local training"]
    assert {"migrations", "broker", "disk", "secrets", "OpenAI key"} <= set(subjects)
