"""Asking a provider's moderation about a version: every text once, each flag with its dialogue."""

import pytest

from curation.domain.dataset_build import build_dataset
from curation.domain.datasets import request_dataset
from curation.domain.training_records import Recipe
from curation.enums import DatasetState, Severity
from curation.models import Character, DatasetVersion, Finding
from rickproject.config import get_config
from tests.contract.fault_server import KEY, SERVER_ERROR_BEFORE, FaultServer, refusal
from tests.factories import ProjectFactory, UserFactory, make_dialogue, make_scene
from training.domain import moderation
from training.domain.connections import save_connection
from training.domain.moderation import ModerationError, moderate, request_moderation
from training.enums import ModerationState
from training.models import ModerationRun, ProviderConnection
from training.providers.registry import remote_provider

pytestmark = pytest.mark.django_db
LINES = (
    ("Is that an anvil?", "It is mine now."),
    (
        "Who dropped it?",
        "An anvil drops itself. That is what makes an anvil an anvil, Pip.",
    ),
    ("Is that an anvil?", "Look up."),
)


@pytest.fixture
def dataset() -> DatasetVersion:
    project = ProjectFactory()
    for number, (question, answer) in enumerate(LINES, start=1):
        text = f"PIP: {question}\nVEX: {answer}"
        make_dialogue(make_scene(text, project=project, episode_number=number))
    target = Character.objects.get(project=project, is_target=True)
    version = request_dataset(
        project,
        actor=project.created_by,
        target=target,
        recipe=Recipe(),
        validation_share=0,
        in_background=False,
    )
    build_dataset(version)
    version.refresh_from_db()
    assert version.state == DatasetState.WAITING
    return version


@pytest.fixture(autouse=True)
def provider(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connect a server that has OpenAI's capabilities."""
    host = server.base_url.removeprefix("http://").removesuffix("/v1")
    monkeypatch.setattr(get_config(), "provider_hosts", host)
    monkeypatch.setattr(moderation, "WAITS_SECONDS", (0, 0, 0))
    row = ProviderConnection(key="house", name="House", preset="openai", base_url=server.base_url)
    save_connection(row, actor=UserFactory(is_superuser=True), new_key=KEY)


def ask(dataset: DatasetVersion) -> ModerationRun:
    return request_moderation(
        dataset, provider="house", actor=dataset.created_by, in_background=False
    )


def test_moderate_keeps_each_flagged_text_with_its_dialogue(
    dataset: DatasetVersion, server: FaultServer
) -> None:
    run = ask(dataset)
    assert moderate(run)
    run.refresh_from_db()
    assert (run.state, run.flagged_count) == (ModerationState.DONE, 2)
    sent = server.received[-1].json()
    assert sent["model"] == run.model_name == "omni-moderation-latest"
    assert len(sent["input"]) == len(set(sent["input"])) == run.texts_total == run.texts_done == 6
    found = Finding.objects.filter(dataset=dataset, code="moderation").order_by("pk")
    question, answer = found
    assert {one.severity for one in found} == {Severity.WARNING}
    assert "(violence 0.91)" in question.message
    assert "It stands in 1 more dialogue." in question.message
    assert "An anvil drops itself. That is what makes an anvil an anvil,…" in answer.message
    records = {row.dialogue_id: bytes(row.line).decode() for row in dataset.records.all()}
    assert "Is that an anvil?" in records[question.dialogue_id or 0]
    assert "drops itself" in records[answer.dialogue_id or 0]


def test_moderate_twice_adds_nothing(dataset: DatasetVersion, server: FaultServer) -> None:
    run = ask(dataset)
    assert moderate(run)
    assert not moderate(run)
    moderate(ask(dataset))
    assert Finding.objects.filter(dataset=dataset, code="moderation").count() == 2
    assert server.count("moderate") == 2


def test_moderate_waits_for_a_busy_provider(dataset: DatasetVersion, server: FaultServer) -> None:
    server.fail("moderate", refusal(429, "rate_limit_exceeded"), SERVER_ERROR_BEFORE)
    run = ask(dataset)
    moderate(run)
    run.refresh_from_db()
    assert run.state == ModerationState.DONE
    assert server.count("moderate") == 3


def test_moderate_tells_a_refusal_in_words(dataset: DatasetVersion, server: FaultServer) -> None:
    server.fail("moderate", refusal(401, "invalid_api_key"))
    run = ask(dataset)
    moderate(run)
    run.refresh_from_db()
    assert run.state == ModerationState.FAILED
    assert "does not accept the key" in run.error_detail
    assert ask(dataset).pk != run.pk


def test_request_moderation_gives_the_one_under_way_again(dataset: DatasetVersion) -> None:
    assert ask(dataset) == ask(dataset)


def test_request_moderation_refuses_what_cannot_be_asked(dataset: DatasetVersion) -> None:
    with pytest.raises(ModerationError, match="no moderation to ask"):
        request_moderation(dataset, provider="local", actor=dataset.created_by)
    DatasetVersion.objects.update(state=DatasetState.UPLOADED)
    dataset.refresh_from_db()
    with pytest.raises(ModerationError, match="not returned"):
        ask(dataset)


def test_provider_names_categories_as_the_protocol_does(server: FaultServer) -> None:
    told = remote_provider("house").moderate(
        ["An anvil.", "A feather."], model="omni-moderation-latest"
    )
    assert told == [{"violence": 0.91}, {}]
