"""The pages of fine-tuning jobs, by those who may and those who may not."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from curation.enums import Role
from curation.models import DatasetVersion
from rickproject.config import get_config
from tests.contract.fault_server import FaultServer
from tests.factories import (
    FineTuneJobFactory,
    MembershipFactory,
    UserFactory,
    make_member,
)
from tests.training.jobs_world import approved_dataset, remote_job, use_provider
from training.domain.job_records import mark_best, store_events, store_metrics
from training.enums import JobState
from training.models import FineTuneJob, Sweep
from training.providers import registry

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> DatasetVersion:
    use_provider(server, monkeypatch)
    return approved_dataset()


def browser(user: User | None = None) -> Client:
    client = Client()
    if user:
        client.force_login(user)
    return client


def address(name: str, job_or_dataset: FineTuneJob | DatasetVersion) -> str:
    args: list[Any] = [job_or_dataset.project.slug]
    if isinstance(job_or_dataset, FineTuneJob):
        args.append(job_or_dataset.pk)
    return reverse(name, args=args)


ORDER = {
    "provider": "openai",
    "other_base": "gpt-4o-mini-2024-07-18",
    "setting_n_epochs": "3",
    "seed": "1",
    "client_key": "once",
}


def test_jobs_page_has_a_constant_number_of_queries(
    dataset: DatasetVersion, django_assert_num_queries: Any, client: Client
) -> None:
    client.force_login(dataset.created_by)
    url = address("jobs", dataset)
    client.get(url)
    FineTuneJobFactory(project=dataset.project, dataset=dataset)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as one:
        client.get(url)
    for _ in range(2):
        FineTuneJobFactory(project=dataset.project, dataset=dataset)
    with django_assert_num_queries(len(one)):
        client.get(url)


@pytest.mark.parametrize("name", ["jobs", "job_start"])
def test_pages_without_a_job_are_hidden_from_strangers(name: str, dataset: DatasetVersion) -> None:
    url = address(name, dataset)
    assert browser().get(url).status_code == 302
    assert browser(UserFactory()).get(url).status_code == 404


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("job", "get"),
        ("job_status", "get"),
        ("job_points", "get"),
        ("job_cancel", "post"),
        ("job_retry", "post"),
    ],
)
def test_pages_of_a_job_are_hidden_from_strangers_and_other_projects(
    name: str, method: str, dataset: DatasetVersion
) -> None:
    job = remote_job(dataset)
    url = address(name, job)
    assert getattr(browser(), method)(url).status_code == 302
    assert getattr(browser(UserFactory()), method)(url).status_code == 404
    elsewhere = MembershipFactory(role=Role.MANAGER)
    crossed = reverse(name, args=[elsewhere.project.slug, job.pk])
    assert getattr(browser(elsewhere.user), method)(crossed).status_code == 404
    job.refresh_from_db()
    assert job.cancel_requested_at is None


@pytest.mark.parametrize("role", [Role.TESTER, Role.ANNOTATOR, Role.REVIEWER])
def test_members_read_but_only_managers_act(role: Role, dataset: DatasetVersion) -> None:
    job = remote_job(dataset)
    client = browser(make_member(dataset.project, role))
    assert client.get(address("job", job)).status_code == 200
    assert b"Stop training" not in client.get(address("job", job)).content
    assert client.get(address("job_start", dataset)).status_code == 403
    assert client.post(address("job_start", dataset), ORDER).status_code == 403
    assert client.post(address("job_cancel", job)).status_code == 403
    assert client.post(address("job_retry", job)).status_code == 403
    assert FineTuneJob.objects.count() == 1


def test_start_page_shows_the_estimate_before_anything_is_sent(
    dataset: DatasetVersion, server: FaultServer
) -> None:
    client = browser(dataset.created_by)
    page = client.get(address("job_start", dataset), {"provider": "openai"} | ORDER)
    assert page.status_code == 200
    assert f"{dataset.train_token_count * 3:,}" in page.content.decode()
    assert server.received == []
    assert not FineTuneJob.objects.exists()


def test_start_page_answers_the_estimate_alone_when_asked(dataset: DatasetVersion) -> None:
    client = browser(dataset.created_by)
    url = address("job_start", dataset)
    page = client.get(
        url,
        ORDER | {"dataset": dataset.pk},
        headers={"HX-Request": "true", "HX-Target": "estimate"},
    )
    text = page.content.decode()
    assert text.lstrip().startswith("<section")
    assert "3 epochs" in text


def test_start_page_says_what_is_missing(
    dataset: DatasetVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser(dataset.created_by)
    monkeypatch.setattr(get_config(), "openai_api_key", None)
    page = client.get(address("job_start", dataset), {"provider": "openai"})
    assert b"OPENAI_API_KEY" in page.content
    monkeypatch.setattr("training.providers.registry.TRAINER_PACKAGES", ("no_such_package",))
    page = client.get(address("job_start", dataset), {"provider": "local"})
    assert b"make trainer" in page.content


@pytest.mark.parametrize("name", ["jobs", "chat"])
def test_pages_say_what_is_missing_where_nothing_can_train(
    name: str, dataset: DatasetVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser(dataset.created_by)
    assert "Nothing can be trained here" not in client.get(address(name, dataset)).text
    monkeypatch.setattr(get_config(), "openai_api_key", None)
    monkeypatch.setattr(registry, "TRAINER_PACKAGES", ("a_package_nobody_has",))
    page = client.get(address(name, dataset)).text
    assert "Nothing can be trained here yet" in page
    assert "make trainer" in page
    assert "OPENAI_API_KEY" in page
    assert reverse("job_start", args=[dataset.project.slug]) not in page


def test_start_twice_with_one_key_starts_once(dataset: DatasetVersion) -> None:
    client = browser(dataset.created_by)
    url = address("job_start", dataset)
    for _ in range(2):
        answer = client.post(url, ORDER | {"dataset": dataset.pk})
        assert answer.status_code == 302
    job = FineTuneJob.objects.get()
    assert answer.headers["Location"] == address("job", job)
    assert job.hyperparameters == {"n_epochs": 3}


def test_several_values_of_a_setting_start_a_sweep(client: Client, dataset: DatasetVersion) -> None:
    client.force_login(dataset.created_by)
    url = reverse("job_start", args=[dataset.project.slug])
    order = ORDER | {"dataset": dataset.pk, "setting_n_epochs": "1, 2", "seed": "3; 4"}
    part = client.get(url, order, headers={"HX-Request": "true", "HX-Target": "estimate"})
    assert "<dd>4 jobs</dd>" in part.content.decode()
    answer = client.post(url, order)
    sweep = Sweep.objects.get()
    assert answer.headers["Location"] == reverse("sweep", args=[dataset.project.slug, sweep.pk])
    assert client.post(url, order).headers["Location"] == answer.headers["Location"]
    assert sweep.jobs.count() == 4
    page = client.get(answer.headers["Location"]).content.decode()
    assert "4 jobs that try Epochs, Seed" in " ".join(page.split())
    stopped = client.post(
        reverse("sweep_cancel", args=[dataset.project.slug, sweep.pk]), follow=True
    )
    assert "4 jobs asked to stop" in stopped.content.decode()


def test_start_page_fills_the_settings_of_a_starting_point_and_keeps_the_rest(
    client: Client, dataset: DatasetVersion
) -> None:
    client.force_login(dataset.created_by)
    url = reverse("job_start", args=[dataset.project.slug])
    typed = {"provider": "openai", "from": "quick", "setting_n_epochs": "9", "seed": "4"}
    answer = client.get(url, typed, headers={"HX-Request": "true", "HX-Target": "job-form"})
    form = answer.context["form"]
    assert (form["setting_n_epochs"].value(), form["seed"].value()) == ("1", "4")
    assert 'aria-current="true"><b>Quick look</b>' in answer.content.decode()
    part = client.get(url, typed, headers={"HX-Request": "true", "HX-Target": "estimate"})
    assert "<form" not in part.content.decode()


@pytest.mark.torch
def test_start_takes_the_method_of_a_local_job(dataset: DatasetVersion) -> None:
    client = browser(dataset.created_by)
    order = {"provider": "local", "dataset": dataset.pk, "base_model": "script-base", "seed": 1}
    url = address("job_start", dataset)
    refused = client.post(url, order | {"setting_method": "magic"})
    assert refused.status_code == 422
    assert client.post(url, order | {"setting_method": "full"}).status_code == 302
    job = FineTuneJob.objects.get()
    assert job.hyperparameters["method"] == "full"
    assert "every weight of the model" in client.get(address("job", job)).text


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"setting_n_epochs": "51"}, "Epochs must be 1 to 50"),
        ({"setting_n_epochs": "2, many"}, "is no number; write 0.5 with a point"),
        ({"setting_n_epochs": "1.5"}, "must be a whole number"),
        ({"seed": "-1"}, "Seed must be 0 to"),
        ({"seed": "nan"}, "no number that a setting can have"),
        ({"setting_n_epochs": "inf"}, "no number that a setting can have"),
        ({"setting_learning_rate_multiplier": "inf"}, "no number that a setting can have"),
        ({"setting_n_epochs": "1 2 3 4", "seed": "1,2,3,4"}, "make 16 jobs"),
        ({"setting_learning_rate_multiplier": "0"}, "above 0"),
        ({"suffix": "ü"}, "suffix may have"),
        ({"other_base": ""}, "Choose a base model"),
        ({"budget_usd": "0"}, "more than the budget"),
        ({"other_base": "another", "budget_usd": "5"}, "price of this base model is not known"),
    ],
)
def test_start_answers_422_in_words(
    dataset: DatasetVersion, values: dict[str, str], words: str
) -> None:
    client = browser(dataset.created_by)
    answer = client.post(address("job_start", dataset), ORDER | {"dataset": dataset.pk} | values)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not FineTuneJob.objects.exists()


def test_start_answers_429_at_the_limit(
    dataset: DatasetVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_config(), "trainings_per_day", 1)
    remote_job(dataset)
    answer = browser(dataset.created_by).post(
        address("job_start", dataset), ORDER | {"dataset": dataset.pk}
    )
    assert answer.status_code == 429


def test_start_refuses_a_dataset_of_another_project(dataset: DatasetVersion) -> None:
    other = approved_dataset()
    answer = browser(dataset.created_by).post(
        address("job_start", dataset), ORDER | {"dataset": other.pk}
    )
    assert answer.status_code == 422
    assert not FineTuneJob.objects.exists()


@pytest.fixture
def running(dataset: DatasetVersion) -> FineTuneJob:
    job = remote_job(dataset)
    store_metrics(
        job, [(1, "train_loss", 2.0), (2, "train_loss", 1.5), (2, "full_valid_loss", 1.7)]
    )
    store_events(job, [("e1", job.created_at, "info", "message", "Step <b>two</b> is done", {})])
    mark_best(job, None)
    FineTuneJob.objects.filter(pk=job.pk).update(
        state=JobState.RUNNING, step=2, total_steps=9, eta_seconds=61
    )
    job.refresh_from_db()
    return job


def test_job_page_tells_where_it_is_and_escapes_what_a_provider_says(running: FineTuneJob) -> None:
    page = browser(running.created_by).get(address("job", running)).content.decode()
    assert "Training, step 2 of 9, about 2 minutes left." in page
    assert "Step &lt;b&gt;two&lt;/b&gt; is done" in page
    assert "Stop training" in page


def test_job_points_are_the_charts(running: FineTuneJob) -> None:
    answer = browser(running.created_by).get(address("job_points", running)).json()
    loss = answer["charts"]["loss"]
    assert answer["is_over"] is False
    assert loss["x"] == [1, 2]
    assert [line["values"] for line in loss["lines"]] == [[2.0, 1.5], [None, 1.7]]
    assert loss["best"] == {"x": 2, "label": "best, step 2"}


def test_job_table_has_the_same_numbers(running: FineTuneJob) -> None:
    page = browser(running.created_by).get(address("job", running), {"view": "table"})
    text = page.content.decode()
    assert "1.7" in text
    assert text.count("<tr") == 3


def test_job_pages_warn_of_over_fitting(running: FineTuneJob) -> None:
    client = browser(running.created_by)
    assert b"by heart" not in client.get(address("job", running)).content
    rising = [(step, "full_valid_loss", 1.7 + step / 10) for step in (4, 6, 8)]
    falling = [(step, "train_loss", 1.5 - step / 10) for step in (3, 5, 7)]
    store_metrics(running, rising + falling)
    for name in ("job", "job_status"):
        page = client.get(address(name, running)).content.decode()
        assert "risen for 3 evaluations in a row" in page
        assert "Step 2 was best" in page


def test_job_status_asks_for_the_whole_page_once_it_is_over(running: FineTuneJob) -> None:
    client = browser(running.created_by)
    assert "HX-Refresh" not in client.get(address("job_status", running)).headers
    FineTuneJob.objects.update(state=JobState.FAILED, error_detail="The disk is full.")
    answer = client.get(address("job_status", running))
    assert answer.headers["HX-Refresh"] == "true"
    assert b"The disk is full." in answer.content


def test_job_cancel_asks_once_and_goes_back(running: FineTuneJob) -> None:
    client = browser(running.created_by)
    assert client.post(address("job_cancel", running)).status_code == 302
    running.refresh_from_db()
    assert running.cancel_requested_at is not None
    assert b"Stopping" in client.get(address("job", running)).content
    assert client.get(address("job_cancel", running)).status_code == 405


def test_job_retry_makes_one_new_job_however_often_it_is_pressed(running: FineTuneJob) -> None:
    FineTuneJob.objects.update(state=JobState.FAILED)
    client = browser(running.created_by)
    for _ in range(2):
        answer = client.post(address("job_retry", running), {"client_key": "again"})
    assert FineTuneJob.objects.count() == 2
    assert answer.headers["Location"] == address("job", FineTuneJob.objects.latest("pk"))


def test_a_job_is_tried_again_from_each_look_at_its_page(running: FineTuneJob) -> None:
    client = browser(running.created_by)
    FineTuneJob.objects.update(state=JobState.FAILED, error_detail="No.")
    for _ in range(2):
        page = client.get(address("job", running))
        client.post(address("job_retry", running), {"client_key": page.context["retry_key"]})
    assert FineTuneJob.objects.filter(retry_of=running).count() == 2


def test_a_base_model_that_is_chosen_and_another_that_is_named_are_refused(
    dataset: DatasetVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.providers.registry.TRAINER_PACKAGES", ("json",))
    order = {"provider": "local", "dataset": dataset.pk, "seed": "1"}
    client, url = browser(dataset.created_by), address("job_start", dataset)
    both = order | {"base_model": "script-base", "other_base": "owner/name"}
    answer = client.post(url, both)
    assert answer.status_code == 422
    assert "Two base models" in answer.content.decode()
    assert client.post(url, both | {"other_base": "script-base"}).status_code == 302
