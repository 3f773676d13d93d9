"""Who may start what, and what is refused before anything is sent."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from curation.enums import DatasetState, Role
from curation.models import Activity, DatasetRecord, DatasetVersion
from rickproject.config import get_config
from tests.contract.fault_server import FaultServer
from tests.factories import ProjectFactory, UserFactory, make_member
from tests.training.jobs_world import approved_dataset, remote_job, use_provider
from training.domain.estimates import automatic_epochs, estimate_job
from training.domain.job_limits import BudgetError, JobError, JobLimitError
from training.domain.jobs import (
    cancel_job,
    retry_job,
    start_job,
)
from training.enums import JobState
from training.models import FineTuneJob, ModelPrice
from training.providers.capabilities import OPENAI_ROW
from training.trainer.spec import DEFAULTS

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> DatasetVersion:
    use_provider(server, monkeypatch)
    return approved_dataset()


def start(dataset: DatasetVersion, **values: Any) -> FineTuneJob:
    return remote_job(dataset, **values)


def test_start_job_writes_a_row_and_sends_nothing(
    dataset: DatasetVersion, server: FaultServer
) -> None:
    job = start(dataset)
    assert (job.state, job.remote_id, job.attempts) == (JobState.QUEUED, None, 0)
    assert job.estimated_tokens == dataset.train_token_count * 3
    assert server.received == []
    activity = Activity.objects.get(verb="job.started")
    assert (activity.actor, activity.target_id) == (job.created_by, job.pk)


def test_start_job_writes_down_what_the_trainer_chooses_so_that_the_row_repeats_the_job(
    dataset: DatasetVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.domain.order_checks.missing_for", lambda provider: "")
    wanted = {"provider": "local", "base_model": "script-base", "suffix": ""}
    job = start(dataset, **wanted, hyperparameters={"n_epochs": 2})
    assert job.hyperparameters == {**DEFAULTS["script"], "n_epochs": 2}
    FineTuneJob.objects.filter(pk=job.pk).update(state=JobState.FAILED)
    job.refresh_from_db()
    assert retry_job(job, actor=job.created_by).hyperparameters == job.hyperparameters
    remote = start(dataset, hyperparameters={"n_epochs": 2})
    assert remote.hyperparameters == {"n_epochs": 2}


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({}, "has 65,537 tokens, and gpt-4o-mini-2024-07-18 takes 65,536"),
        ({"fewest_records": 99}, "asks for at least 99"),
        ({"largest_file_mb": 9, "base_models": ()}, "above the 9 MB that OpenAI takes"),
    ],
)
def test_the_providers_rules_about_files_are_kept_before_anything_is_sent(
    dataset: DatasetVersion, rules: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    DatasetRecord.objects.filter(dataset=dataset, position=0).update(token_count=65_537)
    row = replace(OPENAI_ROW, **rules)
    monkeypatch.setattr("training.domain.order_checks.capabilities_here", lambda _: row)
    monkeypatch.setattr("training.domain.order_checks.MEGABYTE", 1)
    with pytest.raises(JobError, match=words):
        start(dataset)
    assert not FineTuneJob.objects.exists()


@pytest.mark.parametrize(
    "state", [DatasetState.WAITING, DatasetState.RETURNED, DatasetState.FAILED]
)
def test_start_job_refuses_a_dataset_that_is_not_approved(
    dataset: DatasetVersion, state: DatasetState
) -> None:
    dataset.state = state
    with pytest.raises(JobError, match="only approved versions"):
        start(dataset)
    assert not FineTuneJob.objects.exists()


@pytest.mark.parametrize("role", [Role.TESTER, Role.ANNOTATOR, Role.REVIEWER])
def test_start_job_refuses_everybody_but_managers(dataset: DatasetVersion, role: Role) -> None:
    person = make_member(dataset.project, role)
    with pytest.raises(JobError, match="ask a manager"):
        start_job(
            dataset.project, actor=person, dataset=dataset, provider="openai", base_model="gpt-4o"
        )


def test_start_job_refuses_a_manager_of_another_project(dataset: DatasetVersion) -> None:
    elsewhere = ProjectFactory()
    person = make_member(elsewhere, Role.MANAGER)
    with pytest.raises(JobError, match="another project"):
        start_job(elsewhere, actor=person, dataset=dataset, provider="openai", base_model="gpt-4o")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"hyperparameters": {"n_epochs": 51}}, "1 to 50"),
        ({"hyperparameters": {"lora_rank": 8}}, "no setting 'lora_rank'"),
        ({"hyperparameters": {"n_epochs": "three"}}, "must be a number"),
        ({"suffix": "x" * 65}, "suffix"),
        ({"seed": -1}, "seed"),
        ({"base_model": " "}, "base model"),
        ({"provider": "cloud"}, "no provider"),
    ],
)
def test_start_job_refuses_what_no_provider_takes(
    dataset: DatasetVersion, values: dict[str, Any], words: str
) -> None:
    with pytest.raises(JobError, match=words):
        start(dataset, **values)


def test_start_job_says_that_no_key_is_set(
    dataset: DatasetVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_config(), "openai_api_key", None)
    with pytest.raises(JobError, match="OPENAI_API_KEY"):
        start(dataset)


def test_start_job_with_the_same_key_gives_the_first_again(dataset: DatasetVersion) -> None:
    first = start(dataset, client_key="a")
    assert start(dataset, client_key="a") == first
    assert start(dataset, client_key="b") != first


def test_start_job_keeps_the_budget(dataset: DatasetVersion) -> None:
    ModelPrice.objects.create(
        provider="openai",
        model="gpt-4o-mini-2024-07-18",
        training_usd_per_million_tokens=Decimal(1_000_000),
        as_of="2026-11-22",
        source="a test",
    )
    with pytest.raises(BudgetError, match="more than the budget"):
        start(dataset, budget_usd=Decimal(1))
    with pytest.raises(BudgetError, match="not known"):
        start(dataset, base_model="another-model", budget_usd=Decimal(1))
    enough = Decimal(dataset.train_token_count * 3)
    assert start(dataset, budget_usd=enough).estimated_cost_usd == enough


def test_start_job_keeps_the_projects_budget(
    dataset: DatasetVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    ModelPrice.objects.create(
        provider="openai",
        model="gpt-4o-mini-2024-07-18",
        training_usd_per_million_tokens=Decimal(1_000_000),
        as_of="2026-11-22",
        source="a test",
    )
    cost = Decimal(dataset.train_token_count * 3)
    monkeypatch.setattr(get_config(), "training_budget_usd", cost * 2)
    first = start(dataset)
    with pytest.raises(BudgetError, match="not known"):
        start(dataset, base_model="another-model")
    second = start(dataset)
    with pytest.raises(BudgetError, match="spent or reserved"):
        start(dataset)
    FineTuneJob.objects.filter(pk=first.pk).update(state=JobState.FAILED)
    start(dataset)
    sent = FineTuneJob.objects.filter(pk=second.pk)
    sent.update(state=JobState.CANCELLED, submitted_at=second.created_at)
    with pytest.raises(BudgetError, match="spent or reserved"):
        start(dataset)


def test_start_job_stops_at_the_limit_of_a_day(
    dataset: DatasetVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_config(), "trainings_per_day", 2)
    for _ in range(2):
        start(dataset)
    with pytest.raises(JobLimitError, match="2 trainings"):
        start(dataset)
    FineTuneJob.objects.filter(pk=FineTuneJob.objects.latest("pk").pk).update(state=JobState.FAILED)
    start(dataset)


def test_estimate_counts_tokens_times_epochs_times_price(dataset: DatasetVersion) -> None:
    estimate = estimate_job(
        dataset,
        provider="openai",
        base_model="gpt-4.1-mini-2025-04-14",
        hyperparameters={"n_epochs": 4},
    )
    tokens = dataset.train_token_count * 4
    assert (estimate.tokens, estimate.epochs) == (tokens, 4)
    assert estimate.cost_usd == (Decimal(tokens) * 5 / 1_000_000).quantize(Decimal("0.0001"))
    assert estimate.price_source


@pytest.mark.parametrize(("examples", "epochs"), [(52, 3), (20, 5), (10, 10), (30_000, 1), (1, 25)])
def test_automatic_epochs_are_those_of_the_cookbook(examples: int, epochs: int) -> None:
    assert automatic_epochs(examples) == epochs


def test_cancel_job_ends_one_that_was_never_sent(dataset: DatasetVersion) -> None:
    job = cancel_job(start(dataset), actor=dataset.created_by)
    assert (job.state, job.stop_reason) == (JobState.CANCELLED, "cancelled")


def test_cancel_job_twice_is_harmless_and_of_a_finished_one_refused(
    dataset: DatasetVersion,
) -> None:
    job = start(dataset)
    FineTuneJob.objects.filter(pk=job.pk).update(state=JobState.RUNNING)
    first = cancel_job(job, actor=dataset.created_by).cancel_requested_at
    assert cancel_job(job, actor=dataset.created_by).cancel_requested_at == first
    FineTuneJob.objects.filter(pk=job.pk).update(state=JobState.SUCCEEDED)
    with pytest.raises(JobError, match="finished already"):
        cancel_job(job, actor=dataset.created_by)


def test_cancel_job_is_for_managers(dataset: DatasetVersion) -> None:
    job = start(dataset)
    with pytest.raises(JobError, match="ask a manager"):
        cancel_job(job, actor=UserFactory())


def test_retry_job_makes_a_new_row_that_points_back(dataset: DatasetVersion) -> None:
    job = start(dataset)
    with pytest.raises(JobError, match="not over yet"):
        retry_job(job, actor=dataset.created_by)
    FineTuneJob.objects.filter(pk=job.pk).update(state=JobState.FAILED)
    job.refresh_from_db()
    again = retry_job(job, actor=dataset.created_by)
    assert (again.retry_of, again.hyperparameters, again.uuid != job.uuid) == (
        job,
        job.hyperparameters,
        True,
    )


@pytest.mark.torch
@pytest.mark.parametrize(
    "name", ["/etc", "/", "../secrets", "./var", "~/models", "a/b/c", "a/../b"]
)
def test_start_job_takes_no_folder_that_nobody_opened(dataset: DatasetVersion, name: str) -> None:
    with pytest.raises(JobError, match=r"not open for base models|absolute folder"):
        start(dataset, provider="local", base_model=name, suffix="")


@pytest.mark.torch
def test_start_job_takes_ids_and_opened_folders(
    dataset: DatasetVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, secret = tmp_path / "opened", tmp_path / "secret"
    for folder in (opened / "tiny", secret):
        folder.mkdir(parents=True)
    (opened / "link").symlink_to(secret)
    monkeypatch.setattr(get_config(), "base_model_dirs", str(opened))
    local = {"provider": "local", "suffix": ""}
    for name in ("gpt2", "owner/name-0.5b", str(opened / "tiny")):
        assert start(dataset, base_model=name, **local).base_model == name
    with pytest.raises(JobError, match="no such folder"):
        start(dataset, base_model=str(opened / "gone"), **local)
    for name in (secret, opened / "link", opened / ".." / "secret"):
        with pytest.raises(JobError, match="RICK_BASE_MODEL_DIRS"):
            start(dataset, base_model=str(name), **local)
