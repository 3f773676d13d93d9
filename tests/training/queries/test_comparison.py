"""Jobs beside each other: what differs, what came of them, and when losses mean nothing."""

from typing import Any

import pytest

from tests.factories import DatasetVersionFactory, FineTuneJobFactory, ProjectFactory
from training.enums import JobState
from training.models import FineTuneJob
from training.queries.comparison import MOST, Comparison, compare_jobs

pytestmark = pytest.mark.django_db


def made(dataset: Any, points: dict[int, tuple[float, float | None]], **values: Any) -> FineTuneJob:
    job: FineTuneJob = FineTuneJobFactory(
        project=dataset.project, dataset=dataset, state=JobState.SUCCEEDED, **values
    )
    for step, (train, valid) in points.items():
        job.metrics.create(name="train_loss", step=step, value=train)
        if valid is not None:
            job.metrics.create(name="full_valid_loss", step=step, value=valid)
    return job


def compared(*jobs: FineTuneJob) -> Comparison:
    found = compare_jobs(jobs[0].project, [job.pk for job in jobs])
    assert found
    return found


def test_compare_jobs_marks_what_differs_and_puts_it_first() -> None:
    dataset = DatasetVersionFactory()
    one = made(dataset, {}, hyperparameters={"n_epochs": 3}, seed=1)
    other = made(dataset, {}, hyperparameters={"n_epochs": 6}, seed=1)
    told = compared(one, other).told
    assert [row.label for row in told if row.differs] == ["Epochs"]
    assert (told[0].label, told[0].values) == ("Epochs", ["6", "3"])  # the newest first


def test_compare_jobs_shows_the_loss_of_the_step_that_was_kept() -> None:
    dataset = DatasetVersionFactory()
    one = made(dataset, {1: (3.0, 2.5), 2: (2.0, 2.0), 3: (1.0, 2.25)}, best_step=2, step=3)
    other = made(dataset, {2: (2.5, 2.75)}, best_step=None, step=2)
    found = compared(one, other)
    results = {row.label: row.values for row in found.results}
    assert results["Validation loss"] == ["2.750", "2.000"]
    assert [row.best for row in found.results if row.best is not None] == [1]
    assert results["Best step"] == ["–", "2 of 3"]
    assert found.table == [(1, [None, 2.5]), (2, [2.75, 2.0]), (3, [None, 2.25])]
    lines = {line["label"]: line["values"] for line in found.chart["lines"]}
    assert found.chart["x"] == [1, 2, 3]
    assert lines[f"Job {other.pk}, validation"] == [None, 2.75, None]
    assert lines[f"Job {one.pk}, training"] == [3.0, 2.0, 1.0]
    assert found.caution == ""


def test_compare_jobs_warns_where_losses_were_measured_otherwise() -> None:
    dataset = DatasetVersionFactory(number=1)
    second = DatasetVersionFactory(
        project=dataset.project, target_character=dataset.target_character, number=2
    )
    found = compared(made(dataset, {}), made(second, {}, base_model="owner/other"))
    assert all(row.best is None for row in found.results)
    assert "by other held-out dialogues and other tokens" in found.caution


def test_compare_jobs_takes_jobs_of_the_project_only_and_not_too_many() -> None:
    dataset = DatasetVersionFactory()
    jobs = [made(dataset, {}) for _ in range(MOST + 1)]
    stranger = made(DatasetVersionFactory(), {})
    assert compare_jobs(dataset.project, [jobs[0].pk, stranger.pk]) is None
    keys = [job.pk for job in jobs]
    found = compare_jobs(dataset.project, keys)
    assert found
    assert [job.pk for job, _ in found.jobs] == keys[:0:-1]
    assert compare_jobs(ProjectFactory(), keys) is None


@pytest.mark.parametrize("count", [2, 5])
def test_compare_jobs_reads_each_job_once(count: int, django_assert_max_num_queries: Any) -> None:
    dataset = DatasetVersionFactory()
    jobs = [made(dataset, {1: (2.0, 2.0)}) for _ in range(count)]
    with django_assert_max_num_queries(1 + count):
        compared(*jobs)


def test_compare_jobs_takes_a_providers_last_step_and_pairs_for_another_measure() -> None:
    dataset = DatasetVersionFactory()
    points = {4: (2.0, 1.2), 6: (1.5, 1.6)}
    remote = made(dataset, points, provider="openai", best_step=4, step=6)
    pairs = made(dataset, points, provider="openai", objective="dpo", best_step=4, step=6)
    found = compared(remote, pairs)
    assert next(row.values for row in found.results if row.label == "Validation loss") == [
        "1.600",
        "1.600",
    ]
    assert "judged by other measures" in found.caution
