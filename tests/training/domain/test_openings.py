"""A held-out scene opens a conversation with the very words of its record."""

import json

import pytest

from curation.domain.dataset_build import build_dataset
from curation.domain.datasets import request_dataset
from curation.domain.training_records import Recipe
from curation.enums import Split
from curation.models import Activity, Character, DatasetRecord, DatasetVersion
from tests.factories import ModelVersionFactory, UserFactory, make_approved_dialogues
from training.domain.chat import answer, close_reply, regenerate
from training.domain.chat_turns import ChatError
from training.domain.openings import (
    held_out_dataset,
    held_out_records,
    peek,
    real_line,
    start_from_opening,
)
from training.enums import MessageState, ModelKind
from training.models import ModelVersion
from training.queries.conversations import thread

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset() -> DatasetVersion:
    project = make_approved_dialogues(12)
    version = request_dataset(
        project,
        actor=project.created_by,
        target=Character.objects.get(project=project, is_target=True),
        recipe=Recipe(),
        validation_share=0.25,
        in_background=False,
    )
    build_dataset(version)
    version.refresh_from_db()
    assert version.validation_count == 3
    return version


@pytest.fixture
def model(dataset: DatasetVersion) -> ModelVersion:
    made: ModelVersion = ModelVersionFactory(  # type: ignore[assignment]
        project=dataset.project,
        dataset=dataset,
        character=dataset.target_character,
        base_model="small",
    )
    return made


def words(record: DatasetRecord) -> list[dict[str, str]]:
    messages: list[dict[str, str]] = json.loads(bytes(record.line))["messages"]
    return messages


def test_what_is_sent_is_the_record_without_its_last_reply(model: ModelVersion) -> None:
    record = held_out_records(model)[0]
    talk = start_from_opening(UserFactory(), model, record)
    reply = answer(talk)
    assert reply.sent_messages == words(record)[:-1]
    assert all(one.message.is_scripted for one in thread(talk)[:-1])
    close_reply(reply, state=MessageState.COMPLETE, content="No.")
    with pytest.raises(ChatError, match="no line to answer"):
        answer(talk)


def test_a_line_of_the_script_can_be_answered_anew(dataset: DatasetVersion) -> None:
    made = ModelVersionFactory(project=dataset.project, dataset=dataset)
    talk = start_from_opening(UserFactory(), made, held_out_records(made)[0])
    talk.refresh_from_db()
    close_reply(answer(talk), state=MessageState.COMPLETE, content="No.")
    last = thread(talk)[-1].message
    assert regenerate(talk, last).sent_messages == last.sent_messages


def test_the_real_line_is_shown_once_wanted_and_that_is_kept(model: ModelVersion) -> None:
    record = held_out_records(model)[1]
    talk = start_from_opening(UserFactory(), model, record)
    assert real_line(talk) == ""
    for _ in range(2):
        peek(talk)
    talk.refresh_from_db()
    assert real_line(talk) == words(record)[-1]["content"]
    assert Activity.objects.filter(verb="chat.real_line_shown").count() == 1


def test_only_what_is_held_out_from_the_model_opens(model: ModelVersion) -> None:
    learnt = DatasetRecord.objects.filter(dataset=model.dataset, split=Split.TRAIN)[0]
    other = ModelVersionFactory()
    for record, one in ((learnt, model), (held_out_records(model)[0], other), (None, model)):
        with pytest.raises(ChatError, match="not held out"):
            start_from_opening(UserFactory(), one, record)


def test_a_base_model_is_asked_about_the_scenes_of_the_newest_model_over_it(
    model: ModelVersion,
) -> None:
    base = ModelVersionFactory(project=model.project, base_model="small", kind=ModelKind.BASE)
    assert held_out_dataset(base) == model.dataset
    lone = ModelVersionFactory(project=model.project, base_model="large", kind=ModelKind.BASE)
    assert held_out_dataset(lone) is None
    assert not held_out_records(lone).exists()


def test_a_conversation_of_ones_own_words_has_no_real_line(model: ModelVersion) -> None:
    talk = start_from_opening(UserFactory(), model, held_out_records(model)[0])
    talk.opening = None
    with pytest.raises(ChatError, match="does not open with a scene"):
        peek(talk)
