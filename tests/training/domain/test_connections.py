"""Connections: what is refused, what a job through one sends and where, and who may keep them."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pydantic import SecretStr

from curation.models import Activity
from rickproject.config import get_config
from rickproject.lib.sealed import unseal
from tests.contract.fault_server import KEY, FaultServer
from tests.factories import UserFactory
from tests.training.jobs_world import approved_dataset, due, remote_job
from training.domain.connections import ConnectionRuleError, check_connection, save_connection
from training.domain.estimates import estimate_job
from training.domain.job_turns import advance_job
from training.domain.jobs import JobError
from training.models import ModelPrice, ModelVersion, ProviderConnection
from training.providers.connection_check import try_connection
from training.providers.model_server import endpoint_of
from training.providers.registry import capabilities_here, missing_for, provider_keys

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    with FaultServer() as running:
        host = running.base_url.removeprefix("http://").removesuffix("/v1")
        monkeypatch.setattr(get_config(), "provider_hosts", f"api.openai.com, {host}")
        yield running


def connection(**values: object) -> ProviderConnection:
    usual = {"key": "azure-eu", "name": "Azure in Europe", "preset": "azure"}
    return ProviderConnection(**(usual | {"base_url": "https://api.openai.com/v1"} | values))


def stored(server: FaultServer, **values: object) -> ProviderConnection:
    row = connection(base_url=server.base_url, **values)
    return save_connection(row, actor=UserFactory(is_superuser=True), new_key=KEY)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"key": "openai"}, "taken"),
        ({"base_url": "https://example.org/v1"}, "RICK_PROVIDER_HOSTS"),
        ({"base_url": "https://api.openai.com:8443/v1"}, "RICK_PROVIDER_HOSTS"),
        ({"base_url": "https://api.openai.com.example.org/v1"}, "RICK_PROVIDER_HOSTS"),
        ({"base_url": "https://api.openai.com@example.org/v1"}, "name or password"),
        ({"base_url": "http://api.openai.com/v1"}, "https"),
        ({"base_url": "http://169.254.169.254/v1"}, "RICK_PROVIDER_HOSTS"),
        ({"base_url": "file:///etc/passwd"}, "http"),
        ({"hyperparameters": {"n_epochs": 3}}, "list of rows"),
        ({"hyperparameters": [{"name": "n_epochs"}]}, "minimum"),
        ({"hyperparameters": [{"name": "a", "minimum": 5, "maximum": 1}]}, "below"),
    ],
)
def test_check_connection_refuses_what_must_not_be_kept(
    values: dict[str, object], words: str
) -> None:
    with pytest.raises(ConnectionRuleError, match=words):
        check_connection(connection(**values), new_key="sk-1")


def test_check_connection_takes_domains_that_the_setting_opens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(get_config(), "provider_hosts", "*.openai.azure.com, 10.0.0.5:8000")
    for url in ("https://team.openai.azure.com/openai/v1/", "http://10.0.0.5:8000/v1"):
        check_connection(connection(base_url=url))
    with pytest.raises(ConnectionRuleError):
        check_connection(connection(base_url="https://openai.azure.com/v1"))


def test_a_moved_connection_needs_its_key_again(server: FaultServer) -> None:
    row = stored(server)
    row.base_url = "https://api.openai.com/v1"
    with pytest.raises(ConnectionRuleError, match="enter the key again"):
        check_connection(row)
    check_connection(row, new_key="sk-other")


def test_what_the_operator_wrote_goes_before_the_preset(server: FaultServer) -> None:
    day = timezone.now().date() - timedelta(days=1)
    epochs = [{"name": "n_epochs", "whole": True, "minimum": 1, "maximum": 5}]
    stored(server, hyperparameters=epochs, longest_suffix=4, last_job_on=day, base_models="m\n")
    row = capabilities_here("azure-eu")
    assert row.label == "Azure in Europe"
    assert row.adds_byte_order_mark  # as the preset has it
    assert [setting.name for setting in row.hyperparameters] == ["n_epochs"]
    assert row.suffix_problem("abcde")
    assert not row.suffix_problem("abcd")
    assert row.base_model("m")
    dataset = approved_dataset()
    with pytest.raises(JobError, match="takes no fine-tuning jobs since"):
        remote_job(dataset, provider="azure-eu", base_model="m", suffix="")


def test_a_job_through_a_connection_goes_to_its_server_with_its_key(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_config(), "openai_api_key", SecretStr("sk-of-the-settings"))
    stored(server)
    server.state.walk = ("succeeded",)
    job = remote_job(provider="azure-eu")
    for _ in range(2):
        advance_job(due(job))
    job.refresh_from_db()
    assert job.state == "succeeded", job.error_detail
    assert {seen.headers["authorization"] for seen in server.received} == {f"Bearer {KEY}"}
    upload = next(seen for seen in server.received if seen.route == "create_file")
    assert b"\r\n\r\n\xef\xbb\xbf{" in upload.body
    assert not server.violations
    assert set(ModelVersion.objects.values_list("provider", flat=True)) == {"azure-eu"}
    assert endpoint_of("azure-eu").base_url == server.base_url


def test_a_host_that_is_taken_off_the_list_is_asked_no_more(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(server)
    job = remote_job(provider="azure-eu")
    monkeypatch.setattr(get_config(), "provider_hosts", "api.openai.com")
    advance_job(due(job))
    job.refresh_from_db()
    assert (job.state, job.error_code) == ("failed", "forbidden_address")
    assert not server.received


def test_a_closed_connection_takes_no_new_jobs(server: FaultServer) -> None:
    row = stored(server)
    assert "azure-eu" in provider_keys()
    ProviderConnection.objects.filter(pk=row.pk).update(is_open=False)
    assert "azure-eu" not in provider_keys()
    assert "closed" in missing_for("azure-eu")


ADMIN = "admin:training_providerconnection"


def posted(server: FaultServer, **values: object) -> dict[str, object]:
    usual = {"name": "Azure", "key": "azure-eu", "preset": "azure", "base_url": server.base_url}
    return usual | {"new_key": KEY, "is_open": "on", "hyperparameters": ""} | values


def test_the_admin_seals_the_key_and_shows_it_nowhere(client: Client, server: FaultServer) -> None:
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    answer = client.post(reverse(f"{ADMIN}_add"), posted(server))
    assert answer.status_code == 302, answer.context["errors"]
    row = ProviderConnection.objects.get()
    assert unseal(row.sealed_key) == KEY
    assert (row.hyperparameters, row.can_pause) == (None, None)
    change = reverse(f"{ADMIN}_change", args=[row.pk])
    pages = [client.get(url).text for url in (reverse(f"{ADMIN}_changelist"), change)]
    assert row.key_end in pages[0]
    assert "as the preset has it" in pages[1]
    kept = client.post(change, posted(server, new_key="", name="Renamed"))
    assert kept.status_code == 302, kept.context["errors"]
    row.refresh_from_db()
    assert (row.name, unseal(row.sealed_key)) == ("Renamed", KEY)
    logged = [*LogEntry.objects.values_list("change_message", flat=True)]
    steps = [json.dumps(detail) for detail in Activity.objects.values_list("detail", flat=True)]
    assert not any(KEY in text for text in (*pages, *logged, *steps, row.sealed_key))
    assert Activity.objects.filter(verb="connection.changed").count() == 1
    moved = client.post(change, posted(server, new_key="", base_url="https://api.openai.com/v1"))
    assert "enter the key again" in moved.text


def test_the_admin_of_connections_is_closed_to_staff(client: Client, server: FaultServer) -> None:
    row = stored(server)
    client.force_login(UserFactory(is_staff=True))
    assert client.get(reverse(f"{ADMIN}_changelist")).status_code == 403
    assert client.get(reverse(f"{ADMIN}_change", args=[row.pk])).status_code == 403
    assert client.post(reverse(f"{ADMIN}_check", args=[row.key])).status_code == 404
    assert not server.received


def test_the_admin_tests_a_connection_on_post_only(client: Client, server: FaultServer) -> None:
    stored(server)
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    url = reverse(f"{ADMIN}_check", args=["azure-eu"])
    assert client.get(url).status_code == 200
    assert not server.received
    page = client.post(url).text
    assert "It works." in page
    assert KEY not in page
    assert not server.violations


def test_the_operators_own_connection_cannot_be_asked_without_a_key(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_config(), "openai_api_key", None)
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    page = client.post(reverse(f"{ADMIN}_check", args=["openai"])).text
    assert "An operator sets OPENAI_API_KEY" in page


def test_try_connection_reports_nobody_there() -> None:
    assert try_connection("http://127.0.0.1:9/v1", "sk-x").code == "no_answer"


def test_the_estimate_of_a_connection_takes_its_own_price_list(server: FaultServer) -> None:
    dataset = approved_dataset()
    dataset.train_token_count, dataset.validation_token_count = 1_000_000, 500_000
    model = "gpt-4o-mini-2024-07-18"
    stored(server, is_validation_billed=True)

    def cost() -> object:
        told = {"n_epochs": 2}
        return estimate_job(
            dataset, provider="azure-eu", base_model=model, hyperparameters=told
        ).cost_usd

    assert cost() is None  # OpenAI's list is not Azure's
    ModelPrice.objects.create(
        provider="azure-eu",
        model=model,
        training_usd_per_million_tokens=2,
        as_of=timezone.now().date(),
        source="offer",
    )
    assert cost() == 6


def test_a_server_without_checkpoints_is_not_asked_for_them(server: FaultServer) -> None:
    stored(server, has_checkpoints=False)
    server.state.walk = ("running",)
    job = remote_job(provider="azure-eu")
    advance_job(due(job))
    job.refresh_from_db()
    assert job.state == "running"
    assert server.count("list_checkpoints") == 0
