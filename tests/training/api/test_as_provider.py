"""One site as the provider of another: our client and our server, judged by what both store."""

import pytest
from django.db import connections
from pydantic import SecretStr

from curation.enums import DatasetState, Role
from rickproject.config import get_config
from tests.factories import ModelVersionFactory
from tests.training.api.test_jobs import TIME
from tests.training.api.world import make_key
from tests.training.jobs_world import approved_dataset, due, remote_job
from training.domain.job_records import (
    mark_best,
    move_job,
    store_checkpoints,
    store_events,
    store_metrics,
)
from training.domain.job_turns import advance_job
from training.domain.jobs import cancel_job
from training.domain.model_versions import model_name
from training.domain.result_csv import result_csv
from training.enums import JobState
from training.models import FineTuneJob

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]


def turn(job: FineTuneJob) -> FineTuneJob:
    advance_job(due(job))
    job.refresh_from_db()
    return job


@pytest.fixture
def asking(live_server: object, monkeypatch: pytest.MonkeyPatch) -> FineTuneJob:
    """A job of this site at the provider that is this site as well."""
    dataset = approved_dataset(12)
    deeds = {"may_files": True, "may_train": True, "may_train_uploads": True}
    _, secret = make_key(dataset.project, user=dataset.created_by, **deeds)
    monkeypatch.setattr(get_config(), "openai_base_url", f"{live_server.url}/v1")  # type: ignore[attr-defined]
    monkeypatch.setattr(get_config(), "openai_api_key", SecretStr(secret))
    return remote_job(dataset, base_model="script-base", hyperparameters={"n_epochs": 2})


def test_a_job_at_another_site_brings_back_everything(asking: FineTuneJob) -> None:
    turn(asking)
    done = FineTuneJob.objects.exclude(pk=asking.pk).get()
    assert asking.remote_id == f"ftjob-{done.uuid.hex}"
    assert (asking.state, done.dataset.state) == (JobState.REMOTE_QUEUED, DatasetState.UPLOADED)
    assert (done.provider, done.hyperparameters["n_epochs"], done.seed) == ("local", 2, asking.seed)
    train(done)
    turn(asking)
    assert (asking.state, asking.best_step, asking.trained_tokens) == (JobState.SUCCEEDED, 4, 99)
    assert asking.result_file.strip() == done.result_file.strip()
    assert figures(asking) >= figures(done)
    assert asking.events.filter(type="metrics").count() == 2
    assert list(asking.checkpoints.values_list("step", "validation_loss")) == [(2, 3.5), (4, 3.0)]
    assert asking.models.filter(kind="fine_tuned").get().served_name == model_name(done)
    connections.close_all()


def train(job: FineTuneJob) -> None:
    """Store what a training process would tell."""
    rows = [(2, 2.5, 3.5), (4, 2.0, 3.0)]
    told = [
        (step, {"step": step, "total_steps": 4, "train_loss": loss, "full_valid_loss": held})
        for step, loss, held in rows
    ]
    store_events(
        job, [(f"e{step}", TIME, "info", "metrics", f"Step {step}", data) for step, data in told]
    )
    store_metrics(job, [(s, "train_loss", loss) for s, loss, _ in rows])
    store_metrics(job, [(s, "full_valid_loss", held) for s, _, held in rows])
    store_checkpoints(job, [(step, "checkpoint", data) for step, data in told])
    mark_best(job, 4)
    ModelVersionFactory(name=model_name(job), project=job.project, job=job)
    move_job(job, to=JobState.SUCCEEDED, trained_tokens=99, result_file=result_csv(job))


def figures(job: FineTuneJob) -> set[tuple[int, str, float]]:
    return set(job.metrics.values_list("step", "name", "value"))


def test_cancelling_and_refusals_reach_the_other_site(asking: FineTuneJob) -> None:
    turn(asking)
    there = FineTuneJob.objects.exclude(pk=asking.pk).get()
    cancel_job(asking, actor=asking.created_by)
    turn(asking)
    there.refresh_from_db()
    assert (asking.state, there.state) == (JobState.CANCELLED, JobState.CANCELLED)
    asking.project.memberships.filter(role=Role.MANAGER).update(role=Role.TESTER)
    refused = FineTuneJob.objects.create(
        project=asking.project,
        dataset=asking.dataset,
        provider="openai",
        base_model="script-base",
        created_by=asking.created_by,
    )
    assert turn(refused).state == JobState.FAILED
    assert "roles" in refused.error_detail
    connections.close_all()
