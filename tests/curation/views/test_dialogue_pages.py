"""The doors to dialogues: who may, what is shown, what a refused change answers."""

import re
from http import HTTPStatus

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from curation.domain.dialogues import remove_dialogue, set_training_text
from curation.domain.reviews import approve_dialogue, return_dialogue
from curation.enums import DialogueState, Role
from curation.models import Dialogue, Review
from tests.curation.domain.dialogue_world import World, positions
from tests.curation.domain.test_proposals import TALK
from tests.factories import UserFactory, make_member

pytestmark = pytest.mark.django_db

HTMX = {"HTTP_HX_REQUEST": "true"}


class Desk(World):
    """A scene, its people, and a browser of the writer."""

    def __init__(self, lines: str = TALK, role: Role = Role.ANNOTATOR) -> None:
        super().__init__(lines)
        self.slug = self.project.slug
        self.client = Client()
        self.client.force_login(self.writer if role == Role.ANNOTATOR else self.reviewer)

    def scene_url(self, name: str = "scene_dialogues") -> str:
        return reverse(name, args=[self.slug, self.episode.pk, self.scene.pk])

    def change(self, dialogue: Dialogue, action: str, **values: object):  # type: ignore[no-untyped-def]
        data = {"action": action, "revision": dialogue.revision, **values}
        return self.client.post(reverse("dialogue_change", args=[self.slug, dialogue.pk]), data)


def addresses(desk: Desk, dialogue: Dialogue) -> dict[str, str]:
    own = [desk.slug, dialogue.pk]
    return {
        "dialogues": reverse("dialogues", args=[desk.slug]),
        "dialogues_propose": reverse("dialogues_propose", args=[desk.slug]),
        "dialogue": reverse("dialogue", args=own),
        "dialogue_history": reverse("dialogue_history", args=own),
        "scene_dialogues": desk.scene_url(),
        "activity": reverse("activity", args=[desk.slug]),
        "review": reverse("review", args=[desk.slug]),
    }


def posts(desk: Desk, dialogue: Dialogue) -> dict[str, str]:
    own = [desk.slug, dialogue.pk]
    return {
        "dialogues_submit": reverse("dialogues_submit", args=[desk.slug]),
        "dialogues_propose": reverse("dialogues_propose", args=[desk.slug]),
        "dialogue_change": reverse("dialogue_change", args=own),
        "dialogue_create": desk.scene_url("dialogue_create"),
        "scene_accept": desk.scene_url("scene_accept"),
        "dialogue_preview": desk.scene_url("dialogue_preview"),
        "review_decide": reverse("review_decide", args=own),
    }


def test_strangers_get_404_testers_403_and_visitors_the_log_in_page() -> None:
    desk = Desk()
    dialogue = desk.submitted(0, 3)
    stranger, tester, visitor = Client(), Client(), Client()
    stranger.force_login(UserFactory())
    tester.force_login(make_member(desk.project, Role.TESTER))
    for url in addresses(desk, dialogue).values():
        assert stranger.get(url).status_code == HTTPStatus.NOT_FOUND, url
        assert tester.get(url).status_code == HTTPStatus.FORBIDDEN, url
        assert visitor.get(url).status_code == HTTPStatus.FOUND, url
    for url in posts(desk, dialogue).values():
        assert stranger.post(url).status_code == HTTPStatus.NOT_FOUND, url
        assert tester.post(url).status_code == HTTPStatus.FORBIDDEN, url
        assert visitor.post(url).status_code == HTTPStatus.FOUND, url
    assert Dialogue.objects.get().state == DialogueState.SUBMITTED


def test_annotators_see_everything_but_the_review_queue() -> None:
    desk = Desk()
    dialogue = desk.submitted(0, 3)
    for name, url in addresses(desk, dialogue).items():
        expected = HTTPStatus.FORBIDDEN if name == "review" else HTTPStatus.OK
        assert desk.client.get(url).status_code == expected, name
    decide = reverse("review_decide", args=[desk.slug, dialogue.pk])
    answer = desk.client.post(decide, {"decision": "approved", "revision": 1})
    assert answer.status_code == HTTPStatus.FORBIDDEN


def test_a_dialogue_of_another_project_is_not_found() -> None:
    desk, other = Desk(), Desk()
    dialogue = other.dialogue(0, 3)
    url = reverse("dialogue", args=[desk.slug, dialogue.pk])
    assert desk.client.get(url).status_code == HTTPStatus.NOT_FOUND
    url = reverse("scene_dialogues", args=[desk.slug, desk.episode.pk, other.scene.pk])
    assert desk.client.get(url).status_code == HTTPStatus.NOT_FOUND


def test_the_list_filters_by_state_and_asks_the_same_for_one_and_three_rows() -> None:
    desk = Desk("\n".join(f"PIP: Question {n}?\nVEX: Answer {n}." for n in range(4)))
    desk.dialogue(0, 1)
    url = reverse("dialogues", args=[desk.slug])
    desk.client.get(url)
    with CaptureQueriesContext(connection) as one:
        assert b"Answer 0." in desk.client.get(url).content
    desk.dialogue(2, 3)
    desk.submitted(4, 5)
    with CaptureQueriesContext(connection) as three:
        desk.client.get(url)
    assert len(one) == len(three)
    page = desk.client.get(url, {"state": "submitted"}).content.decode()
    assert "Answer 2." in page
    assert "Answer 0." not in page


def test_dialogues_are_submitted_in_bulk_at_the_revision_that_was_seen() -> None:
    desk = Desk()
    good, edited = desk.dialogue(0, 1), desk.dialogue(2, 3)
    set_training_text(
        edited, actor=desk.reviewer, revision=1, utterance=desk.rows[2].pk, text="Everything?"
    )
    url = reverse("dialogues_submit", args=[desk.slug])
    answer = desk.client.post(url, {"dialogue": [f"{good.pk}:1", f"{edited.pk}:1"]}, follow=True)
    good.refresh_from_db()
    edited.refresh_from_db()
    assert (good.state, edited.state) == (DialogueState.SUBMITTED, DialogueState.DRAFT)
    assert b"it is now 2" in answer.content
    assert desk.client.post(url, {"dialogue": ["x"]}, follow=True).status_code == HTTPStatus.OK


def test_proposals_for_the_project_are_told_then_made() -> None:
    desk = Desk()
    url = reverse("dialogues_propose", args=[desk.slug])
    assert b"1 dialogue for VEX" in desk.client.get(url).content
    assert not Dialogue.objects.exists()
    desk.client.post(url)
    assert positions(Dialogue.objects.get()) == [0, 1, 2, 3, 4, 5]
    assert b"0 dialogues for VEX" in desk.client.get(url).content


def test_the_builder_remembers_the_budget_and_refuses_a_senseless_one() -> None:
    desk = Desk()
    page = desk.client.get(desk.scene_url(), {"budget": "300"})
    assert b"300 tokens" in page.content
    assert b"300 tokens" in desk.client.get(desk.scene_url()).content
    assert b"512 tokens" in desk.client.get(desk.scene_url(), {"budget": "1"}).content


def test_rows_in_the_address_show_their_record_and_a_form_makes_the_dialogue() -> None:
    desk = Desk()
    page = desk.client.get(desk.scene_url(), {"first": 1, "last": 2}).content.decode()
    assert "PIP: Where are we going tonight" in page
    data = {"target": desk.target.pk, "first": 1, "last": 3}
    answer = desk.client.post(desk.scene_url("dialogue_create"), data)
    made = Dialogue.objects.get()
    assert answer.headers["Location"] == reverse("dialogue", args=[desk.slug, made.pk])
    assert positions(made) == [0, 1]
    again = desk.client.post(desk.scene_url("dialogue_create"), data)
    assert again.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert f"already in dialogue {made.pk}" in again.content.decode()


def test_a_repeated_request_shows_the_dialogue_that_the_first_one_made() -> None:
    desk = Desk()
    page = desk.client.get(desk.scene_url(), {"first": 1, "last": 2}).content.decode()
    key = re.search(r'name="client_key" value="([0-9a-f]{32})"', page)
    assert key
    data = {"target": desk.target.pk, "first": 1, "last": 3, "client_key": key[1]}
    first = desk.client.post(desk.scene_url("dialogue_create"), data)
    again = desk.client.post(desk.scene_url("dialogue_create"), data)
    made = Dialogue.objects.get()
    address = reverse("dialogue", args=[desk.slug, made.pk])
    assert (first.headers["Location"], again.headers["Location"]) == (address, address)
    other = desk.client.post(desk.scene_url("dialogue_create"), data | {"last": 5})
    assert f"already in dialogue {made.pk}" in other.content.decode()
    remove_dialogue(made, actor=desk.writer, revision=made.revision)
    desk.client.post(desk.scene_url("dialogue_create"), data)
    assert Dialogue.objects.count() == 2


@pytest.mark.parametrize(
    "values", [{}, {"first": 1, "last": 900}, {"first": "x", "last": 2}, {"first": 1, "last": 2}]
)
def test_senseless_choices_are_told_in_words(values: dict[str, object]) -> None:
    desk = Desk()
    target = 0 if values == {"first": 1, "last": 2} else desk.target.pk
    answer = desk.client.post(desk.scene_url("dialogue_create"), {"target": target, **values})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert not Dialogue.objects.exists()


def test_scene_proposals_are_shown_and_accepted() -> None:
    desk = Desk()
    page = desk.client.get(desk.scene_url(), {"propose": 1}).content.decode()
    assert "1 dialogue proposed for VEX" in page
    desk.client.post(desk.scene_url("scene_accept"))
    assert Dialogue.objects.get().is_proposed


def test_every_change_is_a_plain_form() -> None:
    desk = Desk()
    dialogue = desk.dialogue(0, 5)
    row = desk.rows[2].pk
    steps = (
        ("drop", {"utterances": row}),
        ("keep", {"utterances": row}),
        ("text", {"utterances": row, "text": "Everything?"}),
        ("undo", {}),
        ("redo", {}),
        ("range", {"first": 1, "last": 4}),
        ("revert", {"to_revision": 1}),
        ("remove", {}),
        ("restore", {}),
        ("submit", {}),
        ("undo", {}),
    )
    for action, values in steps:
        dialogue.refresh_from_db()
        answer = desk.change(dialogue, action, **values)
        assert answer.status_code == HTTPStatus.FOUND, (action, answer.content)
    dialogue.refresh_from_db()
    assert (dialogue.state, dialogue.revision) == (DialogueState.DRAFT, 8)
    assert desk.client.get(reverse("dialogue", args=[desk.slug, dialogue.pk])).status_code == 200


def test_a_stale_change_answers_409_and_a_broken_rule_422() -> None:
    desk = Desk()
    dialogue = desk.dialogue(0, 3)
    desk.change(dialogue, "range", first=1, last=2)
    stale = desk.change(dialogue, "range", first=1, last=4)
    assert stale.status_code == HTTPStatus.CONFLICT
    assert b"it is now 2" in stale.content
    dialogue.refresh_from_db()
    for action, values in (
        ("range", {"first": 2, "last": 4}),
        ("range", {"first": 1, "last": 99}),
        ("drop", {}),
        ("dance", {}),
        ("drop", {"utterances": "x"}),
    ):
        refused = desk.change(dialogue, action, **values)
        assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, action
    assert positions(dialogue) == [0, 1]


def test_a_script_gets_the_part_of_the_page_and_the_new_address() -> None:
    desk = Desk()
    data = {"target": desk.target.pk, "first": 1, "last": 2}
    answer = desk.client.post(desk.scene_url("dialogue_create"), data, **HTMX)
    made = Dialogue.objects.get()
    assert answer.headers["HX-Push-Url"] == reverse("dialogue", args=[desk.slug, made.pk])
    page = answer.content.decode()
    assert page.lstrip().startswith('<div id="builder"')
    assert "<html" not in page


def test_an_edit_of_an_approved_dialogue_says_that_the_approval_is_lost() -> None:
    desk = Desk()
    dialogue = desk.submitted(0, 3)
    approve_dialogue(dialogue, reviewer=desk.reviewer, revision=1)
    desk.change(dialogue, "range", first=1, last=2)
    page = desk.client.get(reverse("dialogue", args=[desk.slug, dialogue.pk])).content.decode()
    assert "lost its approval" in page


def test_submitting_leads_to_the_next_draft() -> None:
    desk = Desk()
    first, second = desk.dialogue(0, 1), desk.dialogue(2, 3)
    answer = desk.change(second, "submit")
    assert answer.headers["Location"] == reverse("dialogue", args=[desk.slug, first.pk])
    answer = desk.change(first, "submit")
    assert answer.headers["Location"] == reverse("dialogues", args=[desk.slug])


def test_the_builder_asks_the_same_number_of_queries_for_one_and_three_dialogues() -> None:
    desk = Desk("\n".join(f"PIP: Question {n}?\nVEX: Answer {n}." for n in range(4)))
    shown = desk.dialogue(0, 1)
    url = reverse("dialogue", args=[desk.slug, shown.pk])
    desk.client.get(url)
    with CaptureQueriesContext(connection) as one:
        desk.client.get(url)
    desk.dialogue(2, 3)
    desk.dialogue(4, 5)
    with CaptureQueriesContext(connection) as three:
        desk.client.get(url)
    assert len(one) == len(three)


def test_the_preview_writes_nothing_and_shows_the_record_of_an_edit() -> None:
    desk = Desk()
    url = desk.scene_url("dialogue_preview")
    rows = desk.client.post(url, {"first": 4, "last": 1}).json()
    assert rows["rows"] == [1, 4]
    assert rows["messages"][0] == {"role": "system", "content": "You are VEX.", "tokens": 9}
    assert rows["total"] == 3 + sum(message["tokens"] for message in rows["messages"])
    dialogue = desk.dialogue(0, 1)
    edit = {"dialogue": dialogue.pk, "utterance": desk.rows[0].pk, "text": "Where to?"}
    assert desk.client.post(url, edit).json()["messages"][1]["content"] == "PIP: Where to?"
    assert desk.client.post(url, {"first": 2, "last": 2}).json()["problem"]
    assert desk.client.post(url, {}).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    edit["text"] = "a\x07"
    assert desk.client.post(url, edit).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert dialogue.members.exclude(training_text=None).count() == 0


def test_the_history_tells_what_changed_and_shows_an_old_revision() -> None:
    desk = Desk()
    dialogue = desk.submitted(0, 3)
    return_dialogue(dialogue, reviewer=desk.reviewer, revision=1, reason="Too long.")
    desk.change(dialogue, "range", first=1, last=2)
    url = reverse("dialogue_history", args=[desk.slug, dialogue.pk])
    page = desk.client.get(url, {"revision": 1}).content.decode()
    for words in ("2 rows taken away", "made of 4 rows", "Too long.", "At revision 1"):
        assert words in page


def test_script_text_is_never_markup() -> None:
    desk = Desk("PIP: <script>alert(1)</script>\nVEX: <b>bold</b> & brave.")
    dialogue = desk.submitted(0, 1)
    approver = Client()
    approver.force_login(desk.reviewer)
    for page in (
        desk.client.get(reverse("dialogue", args=[desk.slug, dialogue.pk])),
        desk.client.get(reverse("dialogues", args=[desk.slug])),
        approver.get(reverse("review", args=[desk.slug])),
    ):
        assert b"<script>alert" not in page.content
        assert b"<b>bold" not in page.content


def test_the_feed_tells_steps_in_words_and_filters_by_kind() -> None:
    desk = Desk()
    dialogue = desk.submitted(0, 3)
    return_dialogue(dialogue, reviewer=desk.reviewer, revision=1, reason="Too long.")
    url = reverse("activity", args=[desk.slug])
    page = desk.client.get(url, {"kind": "dialogue"}).content.decode()
    for words in ("submitted", "returned", "“Too long.”", "S1E1 1–4"):
        assert words in page
    assert "Nothing fits" in desk.client.get(url, {"kind": "dataset"}).content.decode()
    with CaptureQueriesContext(connection) as few:
        desk.client.get(url)
    for first in (4,):
        desk.submitted(first, 5)
    with CaptureQueriesContext(connection) as more:
        desk.client.get(url)
    assert len(few) == len(more)


def test_the_queue_shows_what_waits_longest_and_leads_to_the_next() -> None:
    desk = Desk(role=Role.REVIEWER)
    first, second = desk.submitted(0, 1), desk.submitted(2, 3)
    url = reverse("review", args=[desk.slug])
    page = desk.client.get(url).content.decode()
    assert reverse("review_decide", args=[desk.slug, first.pk]) in page
    decide = reverse("review_decide", args=[desk.slug, first.pk])
    answer = desk.client.post(decide, {"decision": "approved", "revision": 1}, follow=True)
    assert reverse("review_decide", args=[desk.slug, second.pk]) in answer.content.decode()
    first.refresh_from_db()
    assert first.state == DialogueState.APPROVED
    skipped = desk.client.get(url, {"skip": str(second.pk)}).content.decode()
    assert "Only those you skipped are left" in skipped


def test_the_queue_never_shows_ones_own_work() -> None:
    desk = Desk(role=Role.REVIEWER)
    dialogue = desk.submitted(0, 1)
    set_training_text(
        dialogue, actor=desk.reviewer, revision=1, utterance=desk.rows[0].pk, text="Where to?"
    )
    desk.client.post(
        reverse("dialogue_change", args=[desk.slug, dialogue.pk]),
        {"action": "submit", "revision": 2},
    )
    page = desk.client.get(reverse("review", args=[desk.slug])).content.decode()
    assert "your own work" in page
    decide = reverse("review_decide", args=[desk.slug, dialogue.pk])
    answer = desk.client.post(decide, {"decision": "approved", "revision": 2})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert not Review.objects.exists()


def test_a_decision_on_an_old_revision_answers_409_with_the_dialogue_as_it_is_now() -> None:
    desk = Desk(role=Role.REVIEWER)
    dialogue = desk.submitted(0, 1)
    set_training_text(
        dialogue, actor=desk.writer, revision=1, utterance=desk.rows[0].pk, text="Where to?"
    )
    decide = reverse("review_decide", args=[desk.slug, dialogue.pk])
    answer = desk.client.post(decide, {"decision": "approved", "revision": 1})
    assert answer.status_code == HTTPStatus.CONFLICT
    assert b"it is now 2" in answer.content
    nothing = desk.client.post(decide, {"decision": "returned", "revision": 2, "reason": ""})
    assert nothing.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


def test_the_queue_asks_the_same_number_of_queries_for_one_and_three() -> None:
    desk = Desk(role=Role.REVIEWER)
    url = reverse("review", args=[desk.slug])
    desk.submitted(0, 1)
    desk.client.get(url)
    with CaptureQueriesContext(connection) as one:
        desk.client.get(url)
    desk.submitted(2, 3)
    desk.submitted(4, 5)
    with CaptureQueriesContext(connection) as three:
        desk.client.get(url)
    assert len(one) == len(three)


def test_a_reviewer_can_go_back_to_a_decision_and_return_it() -> None:
    desk = Desk(role=Role.REVIEWER)
    dialogue = desk.submitted(0, 1)
    decide = reverse("review_decide", args=[desk.slug, dialogue.pk])
    answer = desk.client.post(decide, {"decision": "approved", "revision": 1}, follow=True)
    back = f"{reverse('review', args=[desk.slug])}?dialogue={dialogue.pk}"
    assert back in answer.content.decode()
    page = desk.client.get(back).content.decode()
    assert "Approve and next" not in page
    desk.client.post(decide, {"decision": "returned", "revision": 1, "reason": "Not yet."})
    dialogue.refresh_from_db()
    assert dialogue.state == DialogueState.RETURNED
    assert b"Nothing waits for review" in desk.client.get(back).content


@pytest.mark.parametrize("number", ["9" * 30, "9" * 5000])
def test_numbers_that_no_database_holds_are_no_fault_of_the_server(number: str) -> None:
    desk = Desk(role=Role.REVIEWER)
    dialogue = desk.submitted(0, 3)
    review, history = (
        reverse("review", args=[desk.slug]),
        reverse("dialogue_history", args=[desk.slug, dialogue.pk]),
    )
    for url in (
        f"{review}?skip={number}",
        f"{review}?dialogue={number}",
        f"{history}?revision={number}",
    ):
        assert desk.client.get(url).status_code == HTTPStatus.OK
    answer = desk.change(dialogue, "drop", utterances=number)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    chosen = {"dialogue": f"{number}:1"}
    desk.client.post(reverse("dialogues_submit", args=[desk.slug]), chosen)
