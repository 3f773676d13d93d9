"""The chat page: no turn is lost, none branches, and what was typed or answered stays."""

from collections.abc import Callable, Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Route, expect
from pydantic import SecretStr

from curation.enums import Role
from rickproject.config import get_config
from tests.contract.fault_server import KEY, FaultServer
from tests.factories import ModelVersionFactory, make_member
from training.domain.chat import start_conversation
from training.models import Conversation, Message

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Conversation]:
    with FaultServer() as server:
        server.state.reply = ["Who ", "moved ", "the moon?"]
        monkeypatch.setattr(get_config(), "openai_base_url", server.base_url)
        monkeypatch.setattr(get_config(), "openai_api_key", SecretStr(KEY))
        model = ModelVersionFactory(provider="openai", served_name="gpt-4o-mini")
        tester = make_member(model.project, Role.TESTER)
        yield start_conversation(model.project, user=tester, model=model)


def say(page: Page, text: str) -> None:
    page.get_by_label("Your message").fill(text)
    page.get_by_role("button", name="Send").click()


def test_a_second_tab_is_told_and_keeps_its_text(
    talk: Conversation, sign_in: Callable[..., Page]
) -> None:
    address = reverse("conversation", args=[talk.project.slug, talk.pk])
    first = sign_in(talk.user)
    first.goto(address)
    second = sign_in(talk.user)
    second.goto(address)
    say(first, "From the first tab")
    expect(first.locator(".message-text").last).to_have_text("Who moved the moon?")

    say(second, "From the second tab")
    expect(second.get_by_role("alert")).to_contain_text("gone on in another tab")
    expect(second.get_by_label("Your message")).to_have_value("From the second tab")
    expect(second.locator(".message-text").first).to_have_text("From the first tab")
    assert Message.objects.count() == 2

    second.get_by_role("button", name="Send").click()
    expect(second.locator('[data-role="assistant"] .message-text').last).to_have_text(
        "Who moved the moon?"
    )
    expect(second.get_by_role("button", name="Send")).to_be_visible()
    assert [m.content for m in Message.objects.filter(role="user")] == [
        "From the first tab",
        "From the second tab",
    ]


def test_a_reply_stays_when_another_is_refused(
    talk: Conversation, sign_in: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_config(), "chat_messages_per_minute", 1)
    page = sign_in(talk.user)
    page.goto(reverse("conversation", args=[talk.project.slug, talk.pk]))
    say(page, "Who moved it?")
    answer = page.get_by_text("Who moved the moon?")
    expect(page.get_by_role("button", name="Another reply")).to_be_visible()
    expect(page.get_by_role("link", name="Who moved it?")).to_be_visible()  # no longer untitled
    page.get_by_role("button", name="Another reply").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(answer).to_be_visible()


def test_a_message_right_after_a_stop_waits_for_the_stopped_reply_to_end(
    talk: Conversation, sign_in: Callable[..., Page]
) -> None:
    page = sign_in(talk.user)
    page.goto(reverse("conversation", args=[talk.project.slug, talk.pk]))
    refusals = [{"error": {"code": "reply_running", "message": "Still being written."}}]

    def refuse_once(route: Route) -> None:
        if refusals:
            route.fulfill(status=409, json=refusals.pop())
        else:
            route.continue_()

    page.route("**/reply/", refuse_once)
    say(page, "And then?")
    expect(page.locator(".message-text").last).to_have_text("Who moved the moon?")
    expect(page.get_by_role("alert")).to_have_count(0)
    assert not refusals


def test_another_version_of_a_message_is_a_branch_that_stays(
    talk: Conversation, sign_in: Callable[..., Page]
) -> None:
    page = sign_in(talk.user)
    page.goto(reverse("conversation", args=[talk.project.slug, talk.pk]))
    texts = page.locator(".message-text")
    for text in ("One?", "Two?"):
        say(page, text)
        expect(texts.last).to_have_text("Who moved the moon?")
        expect(page.get_by_role("button", name="Send")).to_be_visible()
    expect(texts).to_have_count(4)
    page.locator(".message").first.hover()
    page.get_by_text("Edit", exact=True).first.click()
    page.get_by_label("Say this instead").first.fill("Uno?")
    page.get_by_role("button", name="Say it and go on from here").click()
    expect(page.get_by_text("2 of 2")).to_be_visible()
    expect(texts).to_have_text(["Uno?", "Who moved the moon?"])
    page.get_by_role("button", name="Version before").click()
    expect(texts).to_have_text(["One?", "Who moved the moon?", "Two?", "Who moved the moon?"])
    page.locator(".message").nth(1).hover()
    page.get_by_role("button", name="Write again").click()
    expect(texts).to_have_count(2)
    expect(page.get_by_text("2 of 2")).to_be_visible()
    page.reload()
    expect(texts).to_have_text(["One?", "Who moved the moon?"])
    assert Message.objects.filter(role="assistant").count() == 4


def test_a_scene_of_the_script_is_answered_on_its_page(
    talk: Conversation, sign_in: Callable[..., Page]
) -> None:
    line = talk.messages.create(role="user", content="PIP: Where is it?", is_scripted=True)
    Conversation.objects.update(leaf=line)
    page = sign_in(talk.user)
    page.goto(reverse("conversation", args=[talk.project.slug, talk.pk]))
    page.get_by_role("button", name="answer").click()
    expect(page.locator(".message-text")).to_have_text(["PIP: Where is it?", "Who moved the moon?"])
    expect(page.get_by_role("button", name="Let")).to_have_count(0)
    say(page, "And the sun?")
    expect(page.locator(".message-text")).to_have_count(4)
