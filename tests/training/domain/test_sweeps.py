"""Sweeps: every combination once, all or none, under one budget and one confirmation."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr

from curation.enums import Role
from curation.models import DatasetVersion
from rickproject.config import get_config
from tests.factories import UserFactory, make_member
from tests.training.jobs_world import approved_dataset
from training.domain.job_limits import BudgetError, JobError, JobLimitError
from training.domain.sweeps import (
    cancel_sweep,
    confirm_sweep,
    estimate_orders,
    orders_of,
    start_sweep,
)
from training.enums import JobState, Objective
from training.models import FineTuneJob, MetricPoint, Sweep
from training.queries.sweeps import project_sweep

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]
GRID = {"n_epochs": [1, 2], "learning_rate_multiplier": [0.5, 1.0]}


@pytest.fixture(autouse=True)
def openai(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(get_config(), "openai_api_key", SecretStr("sk-test"))


def order(dataset: DatasetVersion, **more: Any) -> dict[str, Any]:
    return {
        "dataset": dataset,
        "provider": "openai",
        "base_model": "gpt-4o-mini-2024-07-18",
        "hyperparameters": {"batch_size": 4},
        "seed": 1,
        "suffix": "",
        "objective": Objective.SFT,
    } | more


def sweep(dataset: DatasetVersion, **more: Any) -> Sweep:
    wanted = {"grid": GRID, "actor": dataset.created_by} | order(dataset) | more
    return start_sweep(dataset.project, **wanted)


def test_each_combination_is_a_job_once() -> None:
    dataset = approved_dataset()
    made = sweep(dataset, grid=GRID | {"seed": [1, 7]}, client_key="k")
    jobs = list(made.jobs.order_by("pk"))
    told = [
        (j.hyperparameters["n_epochs"], j.hyperparameters["learning_rate_multiplier"], j.seed)
        for j in jobs
    ]
    assert told == [(n, rate, seed) for n in (1, 2) for rate in (0.5, 1.0) for seed in (1, 7)]
    assert {job.hyperparameters["batch_size"] for job in jobs} == {4}
    assert sweep(dataset, grid=GRID, client_key="k") == made
    assert FineTuneJob.objects.count() == 8


def test_the_budget_is_of_all_jobs_together() -> None:
    dataset = approved_dataset()
    together = estimate_orders(orders_of(order(dataset), GRID))
    assert together.cost_usd
    singles = [estimate_orders([one]).cost_usd for one in orders_of(order(dataset), GRID)]
    assert together.cost_usd == sum(filter(None, singles))
    with pytest.raises(BudgetError):
        sweep(dataset, budget_usd=together.cost_usd - Decimal("0.0001"))
    assert not Sweep.objects.exists()
    assert sweep(dataset, budget_usd=together.cost_usd).jobs.count() == 4


def test_a_second_person_is_asked_about_the_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = approved_dataset()
    costs = [estimate_orders([one]).cost_usd for one in orders_of(order(dataset), GRID)]
    largest = max(filter(None, costs))
    monkeypatch.setattr(get_config(), "training_confirm_usd", largest)
    made = sweep(dataset)
    assert set(made.jobs.values_list("state", flat=True)) == {JobState.AWAITING}
    assert project_sweep(made).waiting == 4
    with pytest.raises(JobError, match="another manager"):
        confirm_sweep(made, actor=dataset.created_by)
    other = make_member(dataset.project, Role.MANAGER)
    assert confirm_sweep(made, actor=other) == 4
    assert set(made.jobs.values_list("state", flat=True)) == {JobState.QUEUED}
    with pytest.raises(JobError, match="No job of this sweep waits"):
        confirm_sweep(made, actor=other)


def test_a_sweep_is_started_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = approved_dataset()
    monkeypatch.setattr(get_config(), "trainings_per_day", 3)
    with pytest.raises(JobLimitError):
        sweep(dataset)
    monkeypatch.setattr(get_config(), "trainings_per_day", 50)
    with pytest.raises(JobError, match="Epochs must be 1 to 50"):
        sweep(dataset, grid={"n_epochs": [1, 51]})
    with pytest.raises(JobError, match="make 16 jobs; a sweep has at most 12"):
        sweep(dataset, grid={"n_epochs": [1, 2, 3, 4], "batch_size": [1, 2, 3, 4]})
    with pytest.raises(JobError, match="may not start training"):
        sweep(dataset, actor=UserFactory())
    assert not FineTuneJob.objects.exists()
    assert not Sweep.objects.exists()


def test_cancelling_a_sweep_stops_what_is_not_over() -> None:
    dataset = approved_dataset()
    made = sweep(dataset)
    done = made.jobs.order_by("pk").first()
    FineTuneJob.objects.filter(pk=done.pk).update(state=JobState.SUCCEEDED)  # type: ignore[union-attr]
    assert cancel_sweep(made, actor=dataset.created_by) == 3
    states = sorted(made.jobs.values_list("state", flat=True))
    assert states == [JobState.CANCELLED] * 3 + [JobState.SUCCEEDED]
    assert project_sweep(made).is_over


def test_the_view_puts_the_lowest_loss_first_and_marks_it() -> None:
    made = sweep(approved_dataset())
    jobs = list(made.jobs.order_by("pk"))
    for job in jobs:  # the base before it learnt
        MetricPoint.objects.create(job=job, step=0, name="full_valid_loss", value=1.0)
    for job, losses in ((jobs[1], (2.0, 1.4)), (jobs[2], (1.2, 1.6))):
        for step, loss in enumerate(losses, start=1):
            MetricPoint.objects.create(job=job, step=step, name="full_valid_loss", value=loss)
    view = project_sweep(made)
    assert [row.job.pk for row in view.jobs] == [jobs[n].pk for n in (2, 1, 0, 3)]
    assert [(row.loss, row.is_best) for row in view.jobs[:3]] == [
        (1.2, True),
        (1.4, False),
        (None, False),
    ]
    assert view.names == ["Epochs", "Learning rate multiplier"]
    assert view.jobs[0].tried == ["2", "0.5"]
    assert not view.is_over
