"""A worker killed at every step of a paid submission: one file, one job, its id saved.

``RICK_FAULT_REPEATS`` says how often at each step (3 unless told otherwise).
"""

import json
import os
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from tests.contract.fault_server import DROPPED_AFTER, KEY, FaultServer
from tests.faults.platform import ROOT, Platform

POINTS = (
    "claimed",
    "file sent",
    "file saved",
    "submitting",
    "about to send",
    "sent",
    "saved",
)
REPEATS = int(os.environ.get("RICK_FAULT_REPEATS", "3"))


def drive(platform: Platform, server: FaultServer, point: str, repeats: int) -> list[Any]:
    environment = platform.environment | {
        "DJANGO_SETTINGS_MODULE": "rickproject.settings",
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": server.base_url,
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.submission_driver", point, str(repeats)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert KEY not in done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def expect_once(server: FaultServer, jobs: list[Any]) -> None:
    keys = Counter(job["metadata"]["rickproject_job"] for job in server.state.jobs.values())
    names = Counter(file["filename"] for file in server.state.files.values())
    assert keys == Counter(job["uuid"] for job in jobs)
    assert set(names.values()) == {1}
    assert len(names) == len(jobs)
    assert {job["remote_id"] for job in jobs} == set(server.state.jobs)
    assert max(job["seconds"] for job in jobs) < 30
    assert server.violations == []


@pytest.mark.parametrize("point", POINTS)
def test_submission_killed_at_a_step_ends_with_one_job(point: str, platform: Platform) -> None:
    with FaultServer() as server:
        server.state.walk = ("running",)
        jobs = drive(platform, server, point, REPEATS)
        assert all(job["killed"] for job in jobs)
        expect_once(server, jobs)


def test_submission_killed_at_any_time_ends_with_one_job(platform: Platform) -> None:
    with FaultServer() as server:
        server.state.walk = ("running",)
        server.fail("create_job", *[DROPPED_AFTER] * REPEATS)
        expect_once(server, drive(platform, server, "any time", 2 * REPEATS))
