"""Changes that a browser kept while it was offline: in order, once, never over another's."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from curation.domain.dialogues import set_training_text, withdraw_dialogue
from curation.forms.dialogues import PrimaryKeysField
from curation.models import Activity, Dialogue
from tests.curation.domain.dialogue_world import World, positions

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def send(
    client: Client, world: World, dialogue: Dialogue, *changes: dict[str, Any], revision: int = 1
) -> Any:
    client.force_login(world.writer)
    address = reverse("dialogue_edits", args=[world.project.slug, dialogue.pk])
    body = {"revision": revision, "changes": list(changes)}
    return client.post(
        address, json.dumps(body), "application/json", headers={"accept": "application/json"}
    )


def test_keys_of_several_digits_stay_whole_in_one_text() -> None:
    field = PrimaryKeysField()
    assert field.clean("12,345") == field.clean(["12", "345"]) == [12, 345]


def text(world: World, row: int, words: str) -> dict[str, Any]:
    return {"action": "text", "utterances": str(world.rows[row].pk), "text": words}


def test_changes_are_made_in_their_order_and_only_once(client: Client, world: World) -> None:
    dialogue = world.dialogue(0, 3)
    changes = [
        text(world, 1, "One."),
        {"action": "drop", "utterances": str(world.rows[2].pk)},
        {"action": "range", "first": 1, "last": 7},
        text(world, 1, "Two."),
    ]
    answer = send(client, world, dialogue, *changes)
    assert answer.json() == {"revision": 5, "state": "draft", "refused": []}
    assert positions(dialogue, kept_only=True) == [0, 1, 3, 4, 5, 6]
    again = send(client, world, dialogue, *changes)  # the answer was lost
    assert again.json() == {"revision": 5, "state": "draft", "refused": []}
    dialogue.refresh_from_db()
    assert dialogue.revision == 5
    assert Activity.objects.filter(target_id=dialogue.pk, verb="dialogue.text_changed").count() == 2


def test_a_submission_that_comes_twice_is_made_once_whatever_came_between(
    client: Client, world: World
) -> None:
    dialogue = world.dialogue(0, 3)
    changes = [text(world, 1, "One."), {"action": "submit", "client_key": "once"}]
    assert send(client, world, dialogue, *changes).json()["state"] == "submitted"
    dialogue.refresh_from_db()
    withdraw_dialogue(dialogue, actor=world.writer, revision=dialogue.revision)
    again = send(client, world, dialogue, *changes)  # the answer was lost, and it was taken back
    assert again.json() == {"revision": 2, "state": "draft", "refused": []}
    other = [{"action": "submit", "client_key": "another press"}]
    assert send(client, world, dialogue, *other, revision=2).json()["state"] == "submitted"


def test_a_submission_kept_while_somebody_else_wrote_is_asked_about(
    client: Client, world: World
) -> None:
    dialogue = world.dialogue(0, 3)
    set_training_text(
        dialogue, actor=world.reviewer, revision=1, utterance=world.rows[1].pk, text="Theirs."
    )
    answer = send(client, world, dialogue, {"action": "submit", "client_key": "once"})
    assert answer.status_code == 409
    dialogue.refresh_from_db()
    assert dialogue.state == "draft"


def test_nothing_is_submitted_after_a_change_that_was_refused(client: Client, world: World) -> None:
    dialogue = world.dialogue(0, 3)
    changes = [{"action": "drop", "utterances": "999999"}, {"action": "submit"}]
    answer = send(client, world, dialogue, *changes).json()
    assert answer["state"] == "draft"
    assert len(answer["refused"]) == 2


def test_a_conflict_shows_what_somebody_else_wrote_and_writes_nothing(
    client: Client, world: World
) -> None:
    dialogue = world.dialogue(0, 3)
    set_training_text(
        dialogue, actor=world.reviewer, revision=1, utterance=world.rows[1].pk, text="Theirs."
    )
    answer = send(client, world, dialogue, text(world, 1, "Mine."))
    assert answer.status_code == 409
    assert answer.json()["theirs"] == {
        "revision": 2, "lines": ["It is draft now.", "Row 2: “Theirs.”"],
    }  # fmt: skip
    assert dialogue.members.get(utterance=world.rows[1]).training_text == "Theirs."
    answer = send(client, world, dialogue, text(world, 1, "Mine."), revision=2)
    assert answer.json()["revision"] == 3
    assert dialogue.members.get(utterance=world.rows[1]).training_text == "Mine."


def test_a_change_that_a_rule_refuses_is_told_and_the_others_are_made(
    client: Client, world: World
) -> None:
    dialogue = world.dialogue(0, 3)
    drops = [{"action": "drop", "utterances": str(world.rows[row].pk)} for row in (0, 2)]
    answer = send(client, world, dialogue, *drops, text(world, 1, "One."))
    assert answer.json()["revision"] == 3
    assert ["VEX speaks first" in one for one in answer.json()["refused"]] == [True]
    assert positions(dialogue, kept_only=True) == [0, 1, 3]


@pytest.mark.parametrize(
    "change",
    [
        {"action": "remove"},
        {"action": "text"},
        {},
        {"action": "text", "utterances": "1", "text": "\x00"},
    ],
)
def test_what_cannot_wait_or_makes_no_sense_is_refused(
    client: Client, world: World, change: dict[str, Any]
) -> None:
    dialogue = world.dialogue(0, 3)
    assert send(client, world, dialogue, change).status_code == 422


def test_another_person_in_the_same_browser_never_sends_them(client: Client, world: World) -> None:
    dialogue = world.dialogue(0, 3)
    client.force_login(world.reviewer)
    address = reverse("dialogue_edits", args=[world.project.slug, dialogue.pk])
    body = json.dumps({"revision": 1, "changes": [text(world, 1, "Ada's.")]})

    def sent_as(person: User) -> HttpResponse:
        headers = {"x-person": str(person.pk)}
        return client.post(address, body, "application/json", headers=headers)  # type: ignore[return-value]

    refused = sent_as(world.writer)
    assert refused.status_code == 403
    assert "Nothing was sent" in json.loads(refused.content)["error"]["message"]
    dialogue.refresh_from_db()
    assert dialogue.revision == 1
    assert sent_as(world.reviewer).status_code == 200
