"""Orders at the same moment: no job above the limit or the budget, on both databases."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection, connections

from curation.models import DatasetVersion
from rickproject.config import get_config
from tests.contract.fault_server import FaultServer
from tests.training.jobs_world import approved_dataset, remote_job, use_provider
from training.domain.job_limits import BudgetError, JobLimitError
from training.errors import TrainingError
from training.models import FineTuneJob, ModelPrice

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 8


@pytest.fixture
def dataset(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> DatasetVersion:
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("an SQLite database in memory has no lock that waits")
    use_provider(server, monkeypatch)
    return approved_dataset()


def at_once(work: Callable[[int], object]) -> Counter[str]:
    """Let many threads begin at the same moment; return how often each answer came."""
    start = Barrier(PEOPLE)

    def one(number: int) -> str:
        try:
            start.wait(timeout=30)
            work(number)
        except TrainingError as error:
            return error.code
        finally:
            connections.close_all()
        return "started"

    with ThreadPoolExecutor(PEOPLE) as pool:
        return Counter(pool.map(one, range(PEOPLE)))


def test_of_many_orders_at_once_as_many_start_as_a_day_allows(
    dataset: DatasetVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_config(), "trainings_per_day", 3)
    answers = at_once(lambda _: remote_job(DatasetVersion.objects.get(pk=dataset.pk)))
    assert answers == {"started": 3, JobLimitError.code: PEOPLE - 3}
    assert FineTuneJob.objects.count() == 3


def test_of_many_orders_at_once_as_many_start_as_the_budget_pays(
    dataset: DatasetVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    ModelPrice.objects.create(
        provider="openai",
        model="gpt-4o-mini-2024-07-18",
        training_usd_per_million_tokens=Decimal(1_000_000),
        as_of="2026-11-22",
        source="a test",
    )
    budget = Decimal(dataset.train_token_count * 3) * 2
    monkeypatch.setattr(get_config(), "training_budget_usd", budget)
    monkeypatch.setattr(get_config(), "trainings_per_day", 100)
    answers = at_once(lambda _: remote_job(DatasetVersion.objects.get(pk=dataset.pk)))
    assert answers == {"started": 2, BudgetError.code: PEOPLE - 2}
    assert sum(job.estimated_cost_usd or 0 for job in FineTuneJob.objects.all()) == budget


def test_one_order_that_comes_many_times_at_once_starts_one_job(
    dataset: DatasetVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_config(), "trainings_per_day", 1)
    answers = at_once(
        lambda _: remote_job(DatasetVersion.objects.get(pk=dataset.pk), client_key="k")
    )
    assert answers == {"started": PEOPLE}
    assert FineTuneJob.objects.count() == 1
