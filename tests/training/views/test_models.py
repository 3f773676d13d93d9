"""The registry's pages."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from curation.domain.dataset_build import build_dataset
from curation.domain.datasets import request_dataset
from curation.domain.training_records import Recipe
from curation.enums import DatasetState, Role
from curation.models import Character, DatasetVersion
from tests.factories import (
    FineTuneJobFactory,
    ModelVersionFactory,
    ProjectFactory,
    make_approved_dialogues,
    make_member,
)
from training.domain.model_stages import promote_model
from training.enums import JobState
from training.models import ModelVersion

pytestmark = pytest.mark.django_db


@pytest.fixture
def model() -> ModelVersion:
    """A model of a real dataset of four dialogues."""
    project = make_approved_dialogues(4)
    target = Character.objects.get(project=project, is_target=True)
    dataset = request_dataset(project, actor=project.created_by, target=target, recipe=Recipe())
    build_dataset(dataset)
    DatasetVersion.objects.update(state=DatasetState.APPROVED)
    job = FineTuneJobFactory(project=project, dataset=dataset, state=JobState.SUCCEEDED)
    made: ModelVersion = ModelVersionFactory(
        project=project, job=job, dataset=dataset, character=target, name="vex-1"
    )
    return made


@pytest.mark.parametrize("count", [1, 3])
def test_models_page_reads_no_more_for_more_models(
    client: Client, count: int, django_assert_max_num_queries: Any
) -> None:
    project = ProjectFactory()
    for _ in range(count):
        ModelVersionFactory(project=project)
    client.force_login(make_member(project, Role.MANAGER))
    with django_assert_max_num_queries(12):
        answer = client.get(reverse("models", args=[project.slug]))
    assert len(answer.context["page_obj"].object_list) == count


def test_model_page_tells_dialogues_lines_and_people(client: Client, model: ModelVersion) -> None:
    manager = make_member(model.project, Role.MANAGER)
    promote_model(model, actor=manager, reason="The best so far.")
    client.force_login(manager)
    text = client.get(reverse("model", args=[model.project.slug, model.pk])).content.decode()
    assert "4 dialogues</dd>" in text.replace(" of 8 lines", "")
    for words in (
        ", ".join(f"S1E{n}" for n in range(1, 5)),
        "wrote on 4 of its dialogues",
        "approved 1 of its dialogues",  # each by somebody else
        "built dataset 1",
        f"started job {model.job_id}",
        f"Made live by {manager}: “The best so far.”",
    ):
        assert words in text


def test_model_change_promotes_and_says_what_it_refuses(
    client: Client, model: ModelVersion
) -> None:
    client.force_login(make_member(model.project, Role.MANAGER))
    address = reverse("model_change", args=[model.project.slug, model.pk])
    client.post(address, {"action": "promote", "reason": "Funny."})
    model.refresh_from_db()
    assert model.stage == "live"
    text = client.post(address, {"action": "promote"}, follow=True).content.decode()
    assert "vex-1 is live already." in text
    assert client.post(address, {"action": "explode"}, follow=True).status_code == 200
    client.post(address, {"action": "close"})
    model.refresh_from_db()
    assert not model.is_open_to_testers
