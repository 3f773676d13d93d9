"""The review queue's pages: several approvals, fixes, second readings, the next one ahead."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from django.test import Client

from curation.domain.review_rules import choose_review_rules
from curation.domain.reviews import approve_dialogue
from curation.enums import DialogueState, Role
from curation.models import Dialogue, Project, Review
from tests.curation.domain.dialogue_world import World
from tests.factories import make_member

pytestmark = pytest.mark.django_db
JSON = {"accept": "application/json"}


class Queue:
    """A reviewer's queue with two dialogues in it."""

    def __init__(self, *, approvals: int = 1, percent: int = 0) -> None:
        self.world = World()
        project = self.world.project
        choose_review_rules(
            project, approvals=approvals, percent=percent, seed=1, actor=project.created_by
        )
        self.first, self.second = self.world.submitted(0, 1), self.world.submitted(2, 3)
        self.url = f"/p/{project.slug}/review/"
        self.client = self.signed_in(Role.REVIEWER)

    def signed_in(self, role: Role) -> Client:
        client = Client()
        client.force_login(make_member(self.world.project, role))
        return client

    def page(self, query: str = "", client: Client | None = None) -> str:
        answer = (client or self.client).get(self.url + query)
        assert answer.status_code == HTTPStatus.OK
        return " ".join(answer.content.decode().split())


def test_the_next_one_is_given_ahead_of_the_decision() -> None:
    queue = Queue()
    shown = queue.page(f"?skip=&ahead={queue.first.pk}&last={queue.first.pk}")
    assert f'data-dialogue="{queue.second.pk}"' in shown
    assert '<span class="num">1</span> left' in shown
    assert f"Back to dialogue {queue.first.pk}" in shown


def test_a_script_is_told_the_outcome_or_the_refusal() -> None:
    queue = Queue(approvals=2)
    decide = f"{queue.url}{queue.first.pk}/"
    values = {"decision": "approved", "revision": 1}
    told = queue.client.post(decide, values, headers=JSON)
    assert "approved by 1 of 2; it waits for another" in told.json()["words"]
    again = queue.client.post(decide, values, headers=JSON)
    assert again.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "is counted" in again.json()["error"]["message"]
    late = queue.client.post(decide, {**values, "revision": 9}, headers=JSON)
    assert late.status_code == HTTPStatus.CONFLICT
    other = queue.signed_in(Role.REVIEWER)
    assert "1 of 2 approvals" in queue.page(client=other)
    told = other.post(decide, values, headers=JSON)
    assert told.json()["words"] == f"Dialogue {queue.first.pk} is approved."


def test_lines_are_fixed_and_approved_on_one_page() -> None:
    queue = Queue()
    row = queue.world.rows[1]
    shown = queue.page(f"?dialogue={queue.first.pk}&fix=1")
    assert f'name="text-{row.pk}"' in shown
    values = {"decision": "fixed", "revision": 1, f"text-{row.pk}": "\u0007"}
    decide = f"{queue.url}{queue.first.pk}/?fix=1"
    refused = queue.client.post(decide, values)
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    values |= {f"text-{row.pk}": "I moved it.", f"text-{queue.world.rows[0].pk}": ""}
    told = queue.client.post(decide, values, follow=True)
    assert "is fixed and approved" in told.content.decode()
    queue.first.refresh_from_db()
    assert (queue.first.state, queue.first.revision) == (DialogueState.APPROVED, 2)
    assert queue.first.members.get(utterance=row).training_text == "I moved it."


def test_a_second_reading_shows_nothing_of_the_first() -> None:
    queue = Queue(percent=100)
    reviewer = make_member(queue.world.project, Role.REVIEWER)
    for dialogue in (queue.first, queue.second):
        approve_dialogue(dialogue, reviewer=reviewer, revision=1, reason="Splendid.")
    shown = queue.page()
    assert "Approve and next" in shown
    assert 'name="again"' in shown
    for word in ("Splendid", "approved at", "History", "Submitted", reviewer.username):
        assert word not in shown
    values = {"decision": "returned", "revision": 1, "again": "1", "reason": "Flat."}
    decide = f"{queue.url}{queue.first.pk}/"
    assert "you disagree" in queue.client.post(decide, values, headers=JSON).json()["words"]
    values = {"decision": "approved", "revision": 1, "again": "1"}
    decide = f"{queue.url}{queue.second.pk}/"
    assert "you agree" in queue.client.post(decide, values, headers=JSON).json()["words"]
    mina = queue.signed_in(Role.MANAGER)
    assert "Two reviewers disagree" in queue.page(client=mina)
    rules = queue.page("rules/", client=mina)
    assert "1 dialogue approved again, 1 dialogue decided otherwise" in rules
    assert "Flat." in rules
    assert Review.objects.filter(is_decisive=False).count() == 2


def test_a_manager_chooses_the_rules() -> None:
    queue = Queue(approvals=2)
    reviewer = make_member(queue.world.project, Role.REVIEWER)
    approve_dialogue(queue.first, reviewer=reviewer, revision=1)
    mina = queue.signed_in(Role.MANAGER)
    bad = mina.post(f"{queue.url}rules/", {"approvals": 0, "percent": 5, "seed": 1})
    assert bad.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    told = mina.post(
        f"{queue.url}rules/", {"approvals": 1, "percent": 5, "seed": 3}, follow=True
    ).content.decode()
    assert "1 dialogue had enough approvals" in told
    project = Project.objects.get(pk=queue.world.project.pk)
    assert (project.required_approvals, project.rereview_percent, project.rereview_seed) == (
        1,
        5,
        3,
    )
    assert Dialogue.objects.get(pk=queue.first.pk).state == DialogueState.APPROVED


def test_a_decision_is_taken_back_and_made_again_by_buttons() -> None:
    queue = Queue()
    address = f"{queue.url}{queue.first.pk}/"
    queue.client.post(address, {"decision": "returned", "revision": 1, "reason": "Too long."})
    assert "Redo the decision" not in queue.page(f"?dialogue={queue.first.pk}")
    back = queue.client.post(f"{address}undo/")
    assert "Redo the decision" in queue.page(back.headers["Location"].partition("review/")[2])
    other = queue.signed_in(Role.REVIEWER)
    assert "Redo the decision" not in queue.page(f"?dialogue={queue.first.pk}", client=other)
    assert "Nothing to redo" in other.post(f"{address}redo/", follow=True).content.decode()
    done = queue.client.post(f"{address}redo/", follow=True).content.decode()
    assert f"made again: dialogue {queue.first.pk} is returned." in done
    queue.first.refresh_from_db()
    assert (queue.first.state, queue.first.reviews.count()) == ("returned", 2)
