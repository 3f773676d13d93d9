"""A remote job is followed to its end, whatever its provider says on the way."""

import pytest
from django.utils import timezone

from tests.contract.fault_server import (
    HTML,
    SERVER_ERROR_BEFORE,
    FaultServer,
    refusal,
)
from tests.contract.protocol_state import STEPS
from tests.training.jobs_world import approved_dataset, due, remote_job, use_provider
from training.domain.job_sync import RESULT_PATIENCE
from training.domain.job_turns import advance_job
from training.domain.jobs import cancel_job
from training.enums import JobState, ModelKind
from training.models import FineTuneJob, ModelVersion

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> FineTuneJob:
    use_provider(server, monkeypatch)
    return remote_job(approved_dataset())


def advance(job: FineTuneJob, count: int = 1) -> FineTuneJob:
    for _ in range(count):
        advance_job(due(job))
    job.refresh_from_db()
    return job


def test_sync_follows_a_job_to_its_end(job: FineTuneJob, server: FaultServer) -> None:
    server.state.page_size = 2
    states = [advance(job).state for _ in range(6)]
    assert states == [
        JobState.VALIDATING_FILES,
        JobState.REMOTE_QUEUED,
        JobState.RUNNING,
        JobState.RUNNING,
        JobState.SUCCEEDED,
        JobState.SUCCEEDED,
    ]
    assert (job.step, job.total_steps, job.trained_tokens) == (STEPS, STEPS, 4321)
    assert job.metrics.filter(name="train_loss").count() == STEPS
    assert job.events.filter(event_id__startswith="ftevent").count() == STEPS + 1
    assert [point.step for point in job.checkpoints.all()] == [2, 4, 6]
    assert job.checkpoints.get(is_best=True).step == 6
    assert job.cost_usd is not None
    assert job.result_file.startswith("step,")
    assert job.fine_tuned_model in set(
        ModelVersion.objects.filter(kind=ModelKind.FINE_TUNED).values_list("served_name", flat=True)
    )
    base = ModelVersion.objects.get(kind=ModelKind.BASE)
    assert (base.served_name, base.project) == ("gpt-4o-mini-2024-07-18", job.project)


def test_sync_brings_each_event_once(job: FineTuneJob, server: FaultServer) -> None:
    server.state.walk = ("running",)
    advance(job, 4)
    before = list(job.events.order_by("pk").values_list("pk", "event_id"))
    advance(job, 2)
    assert list(job.events.order_by("pk").values_list("pk", "event_id")) == before
    assert job.metrics.filter(name="train_loss").count() == STEPS // 2


@pytest.mark.parametrize("word", ["dreaming", "paused", "pausing"])
def test_sync_keeps_a_state_that_others_do_not_know(
    job: FineTuneJob, server: FaultServer, word: str
) -> None:
    server.state.walk = (word, "succeeded")
    advance(job)
    expected = {"paused": JobState.PAUSED, "pausing": JobState.PAUSING}
    assert job.state == expected.get(word, JobState.UNKNOWN)
    assert job.remote_status == word
    assert advance(job).state == JobState.SUCCEEDED


def test_sync_survives_an_outage(job: FineTuneJob, server: FaultServer) -> None:
    advance(job)
    server.fail("get_job", *[SERVER_ERROR_BEFORE] * 3, HTML, refusal(429, "rate_limit_exceeded"))
    for _ in range(5):
        assert advance(job).state == JobState.VALIDATING_FILES
    assert job.next_poll_at is not None
    assert advance(job, 4).state == JobState.SUCCEEDED
    warnings = job.events.filter(level="warn")
    assert 1 <= warnings.count() <= 3


def test_sync_says_that_a_job_vanished(job: FineTuneJob, server: FaultServer) -> None:
    advance(job)
    server.state.jobs.clear()
    assert advance(job).state == JobState.FAILED
    assert job.error_code == "vanished"
    assert "does not know this job" in job.error_detail


def test_sync_tells_a_failure_in_the_providers_words(job: FineTuneJob, server: FaultServer) -> None:
    server.state.walk = ("failed",)
    words = "Training file has 7 example(s), but must have at least 10 examples"
    server.state.error = {"code": "invalid_n_examples", "message": words, "param": "training_file"}
    advance(job)
    assert (job.state, job.error_code) == (JobState.FAILED, "invalid_n_examples")
    assert words in job.error_detail


def test_sync_cancels_at_the_provider(job: FineTuneJob, server: FaultServer) -> None:
    server.state.walk = ("running",)
    advance(job)
    cancel_job(job, actor=job.created_by)
    advance(job)
    assert (job.state, job.stop_reason) == (JobState.CANCELLED, "cancelled")
    assert server.count("cancel_job") == 1


def test_sync_finishes_without_a_result_file(job: FineTuneJob, server: FaultServer) -> None:
    server.state.walk = ("succeeded",)
    server.fail("file_content", refusal(404, "not_found"))
    assert advance(job).state == JobState.SUCCEEDED
    assert job.result_file == ""
    assert job.events.filter(event_id="rickproject-no-result-file").exists()


def test_sync_asks_again_for_a_result_file_that_an_outage_kept(
    job: FineTuneJob, server: FaultServer
) -> None:
    server.state.walk = ("succeeded",)
    server.fail("file_content", *[SERVER_ERROR_BEFORE] * 3)
    assert advance(job).state != JobState.SUCCEEDED
    assert not ModelVersion.objects.exists()
    assert job.next_poll_at is not None  # the next turn, or the sweeper, comes back to it
    assert advance(job, 3).state == JobState.SUCCEEDED
    assert job.result_file.startswith("step,")


def test_sync_does_not_wait_for_a_result_file_for_ever(
    job: FineTuneJob, server: FaultServer
) -> None:
    server.state.walk = ("succeeded",)
    server.fail("file_content", *[SERVER_ERROR_BEFORE] * 9)
    assert advance(job).state != JobState.SUCCEEDED
    late = job.events.filter(event_id="rickproject-result-file-late")
    late.update(created_at=timezone.now() - RESULT_PATIENCE)
    assert advance(job).state == JobState.SUCCEEDED
    assert job.result_file == ""


def test_sync_takes_figures_from_the_result_file_where_events_have_none(
    job: FineTuneJob, server: FaultServer
) -> None:
    server.state.walk = ("succeeded",)
    advance(job)
    assert job.metrics.get(name="valid_loss").value == 1.5
    assert job.metrics.get(name="train_loss", step=1).value == 1.9
