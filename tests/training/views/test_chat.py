"""Conversations on their pages: searched, branched, taken along."""

import json
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from curation.enums import Role
from tests.factories import CharacterFactory, ModelVersionFactory, make_member
from training.domain.chat import ask, close_reply, regenerate, start_conversation
from training.enums import MessageState
from training.models import Conversation, Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk() -> Conversation:
    vex = CharacterFactory(name="VEX", is_target=True)
    model = ModelVersionFactory(project=vex.project, character=vex, name="vex-1")
    tester = make_member(vex.project, Role.TESTER)
    return start_conversation(vex.project, user=tester, model=model, speaker_name="PIP")


@pytest.fixture
def tester(client: Client, talk: Conversation) -> Client:
    client.force_login(talk.user)
    return client


def say(talk: Conversation, text: str, reply: str) -> Message:
    message = ask(talk, text=text)
    close_reply(message, state=MessageState.COMPLETE, content=reply)
    return message


def address(talk: Conversation, name: str = "conversation") -> str:
    return reverse(name, args=[talk.project.slug, talk.pk])


def test_search_finds_titles_messages_and_models_with_all_words(
    tester: Client, talk: Conversation
) -> None:
    say(talk, "Where is the moon?", "Under the FRIDGE.")
    other = start_conversation(talk.project, user=talk.user, model=talk.model)
    say(other, "Who is there?", "Nobody.")
    chat = reverse("chat", args=[talk.project.slug])

    def found(words: str) -> list[bool]:
        page = tester.get(chat, {"q": words}).text
        return [address(one) in page for one in (talk, other)]

    assert found("") == [True, True]
    assert found("fridge") == [True, False]
    assert found("moon fridge vex-1") == [True, False]
    assert found("moon nobody") == [False, False]
    assert found("vex") == [True, True]
    assert "No conversation of yours has “&lt;b&gt;”" in tester.get(chat, {"q": "<b>"}).text


def test_search_finds_nobody_elses(tester: Client, talk: Conversation) -> None:
    stranger = make_member(talk.project, Role.TESTER)
    theirs = start_conversation(talk.project, user=stranger, model=talk.model)
    say(theirs, "Secret?", "Secret.")
    page = tester.get(reverse("chat", args=[talk.project.slug]), {"q": "secret"}).text
    assert address(theirs) not in page


def test_page_shows_which_version_it_is_and_another_when_asked(
    tester: Client, talk: Conversation
) -> None:
    first = say(talk, "Where?", "Here.")
    again = regenerate(talk, first)
    close_reply(again, state=MessageState.COMPLETE, content="There.")
    page = tester.get(address(talk)).text
    assert "There." in page
    assert "Here." not in page
    assert "<span>2 of 2</span>" in page
    where = address(talk, "conversation_version")
    moved = tester.post(where, {"message": first.pk, "turn": talk.turn})
    assert moved["Location"] == f"{address(talk)}#message-{first.pk}"
    assert "Here." in tester.get(address(talk)).text
    stale = tester.post(where, {"message": again.pk, "turn": talk.turn}, follow=True)
    assert "gone on in another tab" in stale.text
    assert "There is no such message" in tester.post(where, follow=True).text


def test_export_as_a_script_has_the_branch_that_is_shown(
    tester: Client, talk: Conversation
) -> None:
    first = say(talk, "Where?", "Here.")
    close_reply(regenerate(talk, first), state=MessageState.COMPLETE, content="*There*\n<b>")
    sent = tester.get(address(talk, "conversation_export"))
    assert sent["Content-Disposition"].endswith('.md"')
    assert sent.text == "# Where?\n\n**PIP:** Where?\n\n**VEX:** \\*There\\*\\\n\\<b\\>\n"


def test_export_as_json_has_every_branch_and_how_it_was_made(
    tester: Client, talk: Conversation
) -> None:
    first = say(talk, "Where?", "Here.")
    again = regenerate(talk, first)
    sent = tester.get(address(talk, "conversation_export"), {"format": "json"})
    whole = json.loads(sent.content)
    assert whole["shown"] == [first.parent_id, again.pk]
    assert [row["content"] for row in whole["messages"]] == ["Where?", "Here.", ""]
    assert whole["messages"][1]["sent_messages"] == first.sent_messages
    assert whole["messages"][1]["parameters"] == first.parameters


def test_settings_keep_whether_replies_end_at_names(tester: Client, talk: Conversation) -> None:
    settings = {"model": talk.model_id, "temperature": 1, "top_p": 1, "max_tokens": 9}
    tester.post(address(talk, "conversation_settings"), settings)
    talk.refresh_from_db()
    assert not talk.stops_at_names
    tester.post(address(talk, "conversation_settings"), settings | {"stops_at_names": "on"})
    talk.refresh_from_db()
    assert talk.stops_at_names


def test_page_sums_up_tokens_and_cost_of_all_branches(tester: Client, talk: Conversation) -> None:
    first = say(talk, "Where?", "Here.")
    close = {"prompt_tokens": 40, "completion_tokens": 2, "usd": Decimal("0.0123")}
    Message.objects.filter(pk=first.pk).update(**close)
    assert "All " not in tester.get(address(talk)).text
    again = regenerate(talk, first)
    close_reply(again, state=MessageState.COMPLETE, content="There.", prompt_tokens=1_000)
    page = tester.get(address(talk)).text
    words = "All 2 replies: 1,040 tokens read, 2 written, $0.0123 and 1 reply of unknown price."
    assert words in page
