"""Exactly one file and one job, whatever breaks; the server counts."""

from datetime import timedelta

import pytest
from django.utils import timezone

from rickproject.config import get_config
from tests.contract.fault_server import (
    DROPPED_AFTER,
    DROPPED_BEFORE,
    HTML,
    SERVER_ERROR_AFTER,
    SERVER_ERROR_BEFORE,
    Fault,
    FaultServer,
    refusal,
)
from tests.training.jobs_world import approved_dataset, due, remote_job, use_provider
from training.domain import submission
from training.domain.job_turns import advance_job
from training.domain.jobs import cancel_job
from training.enums import FINAL_JOB_STATES, JobState
from training.models import FineTuneJob
from training.providers import outbound
from training.providers.registry import remote_provider

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> FineTuneJob:
    use_provider(server, monkeypatch)
    return remote_job(approved_dataset())


def wait(job: FineTuneJob, seconds: float) -> FineTuneJob:
    """Let time pass for a job."""
    before = timedelta(seconds=seconds)
    row = FineTuneJob.objects.get(pk=job.pk)
    FineTuneJob.objects.filter(pk=job.pk).update(
        submitted_at=row.submitted_at and row.submitted_at - before,
        submitting_since=row.submitting_since and row.submitting_since - before,
        lease_until=row.lease_until and row.lease_until - before,
    )
    return due(job)


def turns(job: FineTuneJob, count: int = 4, seconds: float = 61) -> FineTuneJob:
    for _ in range(count):
        advance_job(wait(job, seconds))
    job.refresh_from_db()
    return job


def test_submission_sends_two_files_and_one_job(job: FineTuneJob, server: FaultServer) -> None:
    advance_job(job)
    job.refresh_from_db()
    remote = server.state.jobs[job.remote_id or ""]
    assert remote["metadata"]["rickproject_job"] == str(job.uuid)
    assert (remote["training_file"], remote["validation_file"]) == (
        job.training_file_id,
        job.validation_file_id,
    )
    sent = server.state.contents[job.training_file_id]
    assert sent.count(b"\n") == job.dataset.train_count
    assert (server.count("create_file"), server.count("create_job")) == (2, 1)
    assert job.lease_owner == ""


@pytest.mark.parametrize("route", ["create_file", "create_job"])
@pytest.mark.parametrize(
    "fault",
    [
        SERVER_ERROR_BEFORE,
        SERVER_ERROR_AFTER,
        DROPPED_BEFORE,
        DROPPED_AFTER,
        Fault(accepts=True, status=200, body=HTML.body, headers=HTML.headers),
        refusal(429, "rate_limit_exceeded"),
        Fault(accepts=True, seconds=1.0),
        Fault(seconds=1.0, status=504, body=b"{}"),
    ],
    ids=["500", "500 after", "dropped", "dropped after", "html", "429", "hang after", "hang"],
)
def test_submission_ends_with_one_job_when_an_answer_is_lost(
    job: FineTuneJob,
    server: FaultServer,
    route: str,
    fault: Fault,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbound.TIMEOUT, "read", 0.4)
    server.fail(route, fault)
    turns(job)
    assert len(server.state.jobs) == 1
    assert len(server.state.files) == 2
    assert job.remote_id in server.state.jobs


def test_submission_looks_twice_and_a_minute_before_it_sends_again(
    job: FineTuneJob, server: FaultServer
) -> None:
    server.fail("create_job", DROPPED_BEFORE)
    advance_job(job)
    assert server.count("create_job") == 1
    for seconds in (0, 0, 0):
        advance_job(wait(job, seconds))
    assert server.count("create_job") == 1
    advance_job(wait(job, 61))
    job.refresh_from_db()
    assert (server.count("create_job"), len(server.state.jobs)) == (2, 1)


def test_submission_hands_over_to_a_person_after_a_quarter_of_an_hour(
    job: FineTuneJob, server: FaultServer
) -> None:
    server.fail("create_job", DROPPED_BEFORE)
    advance_job(job)
    advance_job(wait(job, 16 * 60))
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.NEEDS_ATTENTION, "unknown_outcome")
    assert not advance_job(wait(job, 60))
    assert server.count("create_job") == 1


def test_submission_fails_in_words_when_the_provider_refuses(
    job: FineTuneJob, server: FaultServer
) -> None:
    server.fail("create_job", refusal(403, "forbidden", "You may not."))
    advance_job(job)
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.FAILED, "provider_forbidden")
    assert "You may not." in job.error_detail
    assert not advance_job(due(job))


def test_submission_does_nothing_while_another_worker_has_it(
    job: FineTuneJob, server: FaultServer
) -> None:
    later = timezone.now() + timedelta(seconds=60)
    FineTuneJob.objects.filter(pk=job.pk).update(lease_owner="another", lease_until=later)
    submission.submit_job(job, remote_provider())
    assert server.received == []
    FineTuneJob.objects.filter(pk=job.pk).update(lease_until=timezone.now())
    submission.submit_job(job, remote_provider())
    assert len(server.state.jobs) == 1


def test_submission_of_a_cancelled_job_sends_nothing(job: FineTuneJob, server: FaultServer) -> None:
    FineTuneJob.objects.filter(pk=job.pk).update(lease_until=timezone.now())
    cancel_job(job, actor=job.created_by)
    advance_job(due(job))
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert server.received == []


def test_submission_cancels_a_job_that_turns_out_to_exist(
    job: FineTuneJob, server: FaultServer
) -> None:
    server.fail("create_job", DROPPED_AFTER)
    advance_job(job)
    cancel_job(job, actor=job.created_by)
    turns(job)
    assert job.state == JobState.CANCELLED
    assert [remote["status"] for remote in server.state.jobs.values()] == ["cancelled"]
    assert server.count("create_job") == 1


def test_submission_keeps_looking_when_a_look_is_refused_after_sending(
    job: FineTuneJob, server: FaultServer
) -> None:
    server.fail("create_job", DROPPED_AFTER)
    advance_job(job)
    server.fail("list_jobs", refusal(401, "invalid_api_key", "Wrong key."))
    advance_job(wait(job, 61))
    job.refresh_from_db()
    assert job.state == JobState.SUBMITTING
    turns(job)
    assert job.remote_id in server.state.jobs
    assert server.count("create_job") == 1


def test_job_at_the_provider_waits_while_the_key_is_missing(
    job: FineTuneJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    advance_job(job)
    monkeypatch.setattr(get_config(), "openai_api_key", None)
    advance_job(due(job))
    job.refresh_from_db()
    assert job.state not in FINAL_JOB_STATES
    assert job.events.filter(event_id="rickproject-settings-provider_key").exists()


def test_cancel_job_ends_one_that_is_left_to_a_person(
    job: FineTuneJob, server: FaultServer
) -> None:
    server.fail("create_job", DROPPED_BEFORE)
    advance_job(job)
    advance_job(wait(job, 16 * 60))
    cancel_job(job, actor=job.created_by)
    assert job.state == JobState.CANCELLED


def test_two_jobs_of_one_dataset_are_told_apart_where_metadata_is_not_kept(
    job: FineTuneJob, server: FaultServer
) -> None:
    server.state.keeps_metadata = server.state.filters_by_metadata = False
    other = remote_job(job.dataset, hyperparameters={"n_epochs": 2})
    turns(job, 1)
    turns(other, 1)
    assert len(server.state.jobs) == 2
    assert job.remote_id
    assert other.remote_id
    assert job.remote_id != other.remote_id
