"""A second person reads a dataset version in the admin, and decides."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from curation.domain.dataset_build import build_dataset
from curation.domain.datasets import request_dataset
from curation.domain.training_records import Recipe
from curation.enums import DatasetState
from curation.models import Character, DatasetVersion
from tests.factories import DatasetVersionFactory, UserFactory, make_approved_dialogues

pytestmark = pytest.mark.django_db
LIST = "admin:curation_datasetversion_changelist"


@pytest.fixture
def dataset() -> DatasetVersion:
    project = make_approved_dialogues(12)
    dataset = request_dataset(
        project,
        actor=project.created_by,
        target=Character.objects.get(project=project, is_target=True),
        recipe=Recipe(),
    )
    build_dataset(dataset)
    dataset.refresh_from_db()
    return dataset


@pytest.fixture
def decider() -> User:
    person = UserFactory(is_staff=True, username="dora")
    person.user_permissions.add(Permission.objects.get(codename="decide_dataset"))
    return person


def page_of(dataset: DatasetVersion) -> str:
    return reverse("admin:curation_datasetversion_change", args=[dataset.pk])


def decide(client: Client, dataset: DatasetVersion, **words: str) -> str:
    address = reverse("admin:curation_datasetversion_decide", args=[dataset.pk])
    return client.post(address, words, follow=True).content.decode()


def test_queue_has_what_waits_on_top_and_the_oldest_of_it_first(
    client: Client, decider: User
) -> None:
    states = [DatasetState.APPROVED, DatasetState.WAITING, DatasetState.RETURNED]
    made = [DatasetVersionFactory(state=state) for state in [*states, DatasetState.WAITING]]
    client.force_login(decider)
    shown = client.get(reverse(LIST)).context["cl"].result_list
    assert [made.index(one) for one in shown] == [1, 3, 2, 0]


def test_decision_stands_in_the_history_with_its_reason(
    client: Client, decider: User, dataset: DatasetVersion
) -> None:
    client.force_login(decider)
    assert "Say why it is returned" in decide(client, dataset, decision="return", reason="")
    text = decide(client, dataset, decision="return", reason="The cellar is missing.")
    dataset.refresh_from_db()
    assert dataset.state == DatasetState.RETURNED
    assert "there is nothing to decide" in text
    history = text[text.index('id="history"') :]
    for words in ("Dataset requested by", "Dataset built by", "Dataset returned by dora"):
        assert words in history
    assert "“The cellar is missing.”" in history


def test_history_names_the_decisions_on_other_versions(
    client: Client, decider: User, dataset: DatasetVersion
) -> None:
    client.force_login(decider)
    decide(client, dataset, decision="approve", reason="Reads well.")
    later = DatasetVersionFactory(
        project=dataset.project, target_character=dataset.target_character, number=2
    )
    stranger = DatasetVersionFactory()
    text = client.get(page_of(later)).content.decode()
    assert "Dataset 1</a> of VEX: approved by dora" in text
    assert page_of(stranger) not in text


def test_builder_and_staff_without_the_permission_decide_nothing(
    client: Client, dataset: DatasetVersion
) -> None:
    builder = dataset.created_by
    builder.is_staff = builder.is_superuser = True
    builder.save()
    client.force_login(builder)
    assert "You built this version" in client.get(page_of(dataset)).content.decode()
    assert "ask a second person" in decide(client, dataset, decision="approve", reason="")
    client.force_login(UserFactory(is_staff=True))
    address = reverse("admin:curation_datasetversion_decide", args=[dataset.pk])
    assert client.post(address, {"decision": "approve"}).status_code == 403
    dataset.refresh_from_db()
    assert dataset.state == DatasetState.WAITING
