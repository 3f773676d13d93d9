"""The pages of held-out scenes."""

import pytest
from django.test import Client
from django.urls import reverse

from curation.enums import Role
from curation.models import DatasetVersion
from tests.factories import ModelVersionFactory, make_member
from tests.training.domain.test_openings import dataset as dataset_of_twelve
from training.domain.openings import held_out_records, read_opening
from training.models import Conversation, ModelVersion

pytestmark = pytest.mark.django_db
dataset = dataset_of_twelve


@pytest.fixture
def model(dataset: DatasetVersion, client: Client) -> ModelVersion:
    made = ModelVersionFactory(project=dataset.project, dataset=dataset)
    client.force_login(make_member(dataset.project, Role.TESTER))
    return made  # type: ignore[return-value]


def address(model: ModelVersion, name: str = "openings", *more: int) -> str:
    return reverse(name, args=[model.project.slug, *more])


def test_pages_lead_from_the_list_to_the_answer(model: ModelVersion, client: Client) -> None:
    listed = client.get(address(model)).text
    record = held_out_records(model)[0]
    opening = read_opening(record)
    assert listed.count("Begin here") == 3
    assert opening.turns[-1]["content"] in listed
    assert opening.real_line not in listed
    begun = client.post(address(model, "opening_start"), {"model": model.pk, "record": record.pk})
    page = client.get(begun["Location"]).text
    assert "from the script" in page
    assert "answer</button>" in page
    assert opening.real_line not in page
    talk = Conversation.objects.get()
    shown = client.post(address(model, "opening_peek", talk.pk), follow=True).text
    assert opening.real_line in shown
    assert "looked at" in shown


def test_pages_say_what_cannot_be_had(model: ModelVersion, client: Client) -> None:
    refused = client.post(address(model, "opening_start"), {"model": "0"}, follow=True)
    assert "no such model" in refused.text
    refused = client.post(address(model, "opening_start"), {"model": model.pk}, follow=True)
    assert "not held out" in refused.text
    assert "no such model" in client.get(address(model), {"model": "99"}, follow=True).text
    lone = ModelVersionFactory(project=model.project)
    assert "Nothing is held out" in client.get(address(model), {"model": lone.pk}).text
