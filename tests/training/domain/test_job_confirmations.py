"""Money needs leave: a month's budget, a second person above a sum; pauses at the provider."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from curation.enums import Role
from curation.models import Activity, DatasetVersion
from rickproject.config import get_config
from tests.contract.fault_server import FaultServer, refusal
from tests.factories import FineTuneJobFactory, ProjectFactory, make_member
from tests.training.jobs_world import approved_dataset, due, remote_job, use_provider
from training.domain.job_confirmations import confirm_job
from training.domain.job_limits import BudgetError, JobError
from training.domain.job_pauses import may_pause, pause_job, resume_job
from training.domain.job_turns import advance_job
from training.domain.jobs import cancel_job
from training.models import FineTuneJob
from training.queries.jobs import status_sentence
from training.tasks.jobs import sweep_jobs_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    with FaultServer() as running:
        use_provider(running, monkeypatch)
        yield running
        assert not running.violations


@pytest.fixture
def dataset(server: FaultServer) -> DatasetVersion:
    return approved_dataset()


@pytest.fixture
def second(dataset: DatasetVersion) -> User:
    return make_member(dataset.project, Role.MANAGER)


def test_a_month_counts_the_jobs_of_all_projects(
    dataset: DatasetVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = ProjectFactory()
    FineTuneJobFactory(project=other, provider="openai", cost_usd=Decimal(7))
    monkeypatch.setattr(get_config(), "training_month_usd", Decimal("7.0001"))
    with pytest.raises(BudgetError, match=r"\$7.00 of this installation's \$7.00 for"):
        remote_job(dataset)
    with pytest.raises(BudgetError, match="price of this base model is not known"):
        remote_job(dataset, base_model="another")
    monkeypatch.setattr(get_config(), "training_month_usd", Decimal(8))
    assert remote_job(dataset).state == "queued"


@pytest.mark.parametrize("base_model", ["gpt-4o-mini-2024-07-18", "of an unknown price"])
def test_a_costly_job_waits_until_a_second_manager_confirms_it(
    base_model: str,
    dataset: DatasetVersion,
    second: User,
    server: FaultServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(get_config(), "training_confirm_usd", Decimal(0))
    job = remote_job(dataset, base_model=base_model)
    assert job.state == "awaiting"
    assert "second manager" in status_sentence(job)
    FineTuneJob.objects.update(created_at="2026-01-01T00:00Z")
    sweep_jobs_task()
    assert not advance_job(due(job))
    assert not server.received
    with pytest.raises(JobError, match="You asked for this job"):
        confirm_job(job, actor=job.created_by)
    with pytest.raises(JobError, match="ask a manager"):
        confirm_job(job, actor=make_member(dataset.project, Role.ANNOTATOR))
    confirm_job(job, actor=second)
    assert (job.state, job.confirmed_by) == ("queued", second)
    with pytest.raises(JobError, match="nothing to confirm"):
        confirm_job(job, actor=second)
    verbs = Activity.objects.filter(target_id=job.pk, verb__startswith="job.")
    assert list(verbs.order_by("pk").values_list("verb", flat=True)) == [
        "job.proposed", "job.confirmed",
    ]  # fmt: skip
    advance_job(due(job))
    assert server.count("create_job") == 1


def test_a_job_that_waits_for_leave_can_be_given_up(
    dataset: DatasetVersion, second: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_config(), "training_confirm_usd", Decimal(0))
    job = remote_job(dataset)
    assert cancel_job(job, actor=job.created_by).state == "cancelled"
    with pytest.raises(JobError):
        confirm_job(job, actor=second)


def test_the_page_of_a_job_offers_the_confirmation_to_others_only(
    dataset: DatasetVersion, second: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_config(), "training_confirm_usd", Decimal(0))
    job = remote_job(dataset)
    page, confirm = (
        reverse(name, args=[dataset.project.slug, job.pk]) for name in ("job", "job_confirm")
    )
    client.force_login(job.created_by)
    assert confirm not in client.get(page).text
    client.post(confirm)
    job.refresh_from_db()
    assert job.state == "awaiting"
    client.force_login(second)
    assert confirm in client.get(page).text
    client.post(confirm)
    job.refresh_from_db()
    assert job.state == "queued"


def running(server: FaultServer, dataset: DatasetVersion) -> FineTuneJob:
    server.state.walk = ("running",)
    job = remote_job(dataset)
    advance_job(due(job))
    job.refresh_from_db()
    assert job.state == "running"
    return job


def turn(job: FineTuneJob) -> str:
    advance_job(due(job))
    job.refresh_from_db()
    return str(job.state)


def test_a_remote_job_pauses_and_goes_on(server: FaultServer, dataset: DatasetVersion) -> None:
    job = running(server, dataset)
    assert may_pause(job)
    assert pause_job(job, actor=job.created_by).state == "pausing"
    assert turn(job) == "paused"
    assert job.pause_wanted is None
    resume_job(job, actor=job.created_by)
    assert turn(job) == "running"
    assert (server.count("pause_job"), server.count("resume_job")) == (1, 1)
    with pytest.raises(JobError, match="only a paused one"):
        resume_job(job, actor=job.created_by)


def test_a_pause_is_asked_again_after_no_answer_and_given_up_after_a_no(
    server: FaultServer, dataset: DatasetVersion
) -> None:
    job = running(server, dataset)
    server.fail("pause_job", refusal(500, None), refusal(404, None))
    pause_job(job, actor=job.created_by)
    assert turn(job) == "pausing"
    assert job.pause_wanted is True
    assert turn(job) == "running"
    assert job.pause_wanted is None
    assert job.events.filter(message__startswith="It could not be paused").exists()


def test_a_provider_without_pauses_is_not_asked(
    server: FaultServer, dataset: DatasetVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = running(server, dataset)
    monkeypatch.setattr(get_config(), "openai_base_url", "https://api.tokenfactory.nebius.com/v1/")
    assert not may_pause(job)
    with pytest.raises(JobError, match="cannot pause jobs"):
        pause_job(job, actor=job.created_by)


def test_events_that_came_late_are_there_at_the_end_once(
    server: FaultServer, dataset: DatasetVersion
) -> None:
    job = running(server, dataset)
    lost = job.events.exclude(event_id__startswith="rickproject").order_by("created_at", "pk")[1]
    lost.delete()  # as if the provider had told it below one that was known
    assert turn(job) == "running"
    server.state.walk = ("succeeded",)
    server.state.page_size = 2
    assert turn(job) == "succeeded"
    told = job.events.exclude(event_id__startswith="rickproject").values_list("event_id", flat=True)
    assert len(told) == len(set(told)) == 7
