"""The page that asks a provider's moderation: its words, its refusal, its progress."""

import pytest
from django.test import Client
from django.urls import reverse

from curation.models import DatasetVersion, Finding
from rickproject.config import get_config
from tests.contract.fault_server import KEY, FaultServer
from tests.factories import UserFactory
from tests.training.jobs_world import approved_dataset
from training.domain.connections import save_connection
from training.domain.moderation import moderate
from training.models import ModerationRun, ProviderConnection

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset() -> DatasetVersion:
    return approved_dataset(2)


@pytest.fixture
def manager(client: Client, dataset: DatasetVersion) -> Client:
    client.force_login(dataset.created_by)
    return client


@pytest.fixture
def house(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    host = server.base_url.removeprefix("http://").removesuffix("/v1")
    monkeypatch.setattr(get_config(), "provider_hosts", host)
    row = ProviderConnection(key="house", name="House", preset="openai", base_url=server.base_url)
    save_connection(row, actor=UserFactory(is_superuser=True), new_key=KEY)


def page(dataset: DatasetVersion, name: str = "moderation") -> str:
    return reverse(name, args=[dataset.project.slug, dataset.number])


def test_page_says_when_there_is_nobody_to_ask(manager: Client, dataset: DatasetVersion) -> None:
    assert "No provider to ask" in manager.get(page(dataset)).text
    refused = manager.post(page(dataset), {"provider": "local"})
    assert refused.status_code == 422
    assert "has no moderation to ask" in refused.text


def test_page_asks_and_shows_what_is_flagged(
    manager: Client, dataset: DatasetVersion, house: None
) -> None:
    assert "Ask the moderation of House" in manager.get(page(dataset)).text
    assert manager.post(page(dataset), {"provider": "house"}).status_code == 302
    waits = manager.get(page(dataset, "moderation_status"))
    assert "You may leave" in waits.text
    assert "HX-Refresh" not in waits
    run = ModerationRun.objects.get()
    moderate(run)
    over = manager.get(page(dataset, "moderation_status"))
    assert over["HX-Refresh"] == "true"
    assert "none flagged" in over.text
    Finding.objects.create(
        dataset=dataset,
        dialogue=dataset.records.all()[0].dialogue,
        code="moderation",
        severity="warning",
        message="Flags <b>this</b>.",
    )
    shown = manager.get(page(dataset)).text
    assert "Flags &lt;b&gt;this&lt;/b&gt;." in shown
    assert "Open the dialogue" in shown


def test_job_form_points_to_it_until_it_was_asked(
    manager: Client, dataset: DatasetVersion, house: None
) -> None:
    address = reverse("job_start", args=[dataset.project.slug]) + "?provider=house"
    assert page(dataset) in manager.get(address).text
    manager.post(page(dataset), {"provider": "house"})
    moderate(ModerationRun.objects.get())
    assert page(dataset) not in manager.get(address).text
