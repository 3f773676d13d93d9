"""The pages of comments: begin, answer, resolve, reopen, and the list of what is open."""

from http import HTTPStatus

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from curation.domain.threads import add_comment, open_thread
from curation.enums import DialogueState, Role
from curation.models import Comment, Dialogue, Project, Thread
from tests.factories import make_approved_dialogues, make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_approved_dialogues(3)


@pytest.fixture
def person(project: Project, client: Client) -> User:
    person = make_member(project, Role.ANNOTATOR)
    client.force_login(person)
    return person


def address(thread: Thread, name: str) -> str:
    return reverse(name, args=[thread.project.slug, thread.pk])


def test_comments_begin_a_thread_and_show_its_words_as_text(
    project: Project, person: User, client: Client
) -> None:
    dialogue = project.dialogues.first()
    assert dialogue
    page = reverse("comments", args=[project.slug, dialogue.pk])
    answer = client.post(page, {"text": "<b>Who</b> says this?"})
    thread = Thread.objects.get()
    assert answer["Location"] == f"{page}#thread-{thread.pk}"
    content = client.get(page).content.decode()
    assert "&lt;b&gt;Who&lt;/b&gt; says this?" in content
    for place in ("dialogue", "dialogue_history"):
        assert client.get(reverse(place, args=[project.slug, dialogue.pk])).status_code == 200
    builder = client.get(reverse("dialogue", args=[project.slug, dialogue.pk])).content.decode()
    assert 'Comments <span class="num">1</span>' in builder
    feed = client.get(reverse("activity", args=[project.slug])).content.decode()
    assert f"thread {thread.pk} on dialogue {dialogue.pk}" in feed


def test_comments_keep_what_was_typed_when_it_is_refused(
    project: Project, person: User, client: Client
) -> None:
    dialogue = project.dialogues.first()
    assert dialogue
    page = reverse("comments", args=[project.slug, dialogue.pk])
    refused = client.post(page, {"text": "x" * 4001})
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "x" * 4001 in refused.content.decode()
    thread = open_thread(project, on=dialogue, author=person, text="Why?")
    refused = client.post(address(thread, "thread_answer"), {"text": "y" * 4001})
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "y" * 4001 in refused.content.decode()
    assert Comment.objects.count() == 1


def test_thread_is_answered_resolved_once_and_opened_again(
    project: Project, person: User, client: Client
) -> None:
    dialogue = project.dialogues.first()
    assert dialogue
    thread = open_thread(project, on=dialogue, author=project.created_by, text="Why?")
    client.post(address(thread, "thread_answer"), {"text": "Because."})
    assert [one.text for one in thread.comments.all()] == ["Why?", "Because."]
    client.post(address(thread, "thread_resolve"))
    twice = client.post(address(thread, "thread_resolve"), follow=True)
    assert "resolved already" in twice.content.decode()
    thread.refresh_from_db()
    assert thread.resolved_by == person
    threads = reverse("threads", args=[project.slug])
    assert "No open threads" in client.get(threads).content.decode()
    assert "Because." in client.get(threads, {"resolved": "1"}).content.decode()
    client.post(address(thread, "thread_reopen"))
    assert "Because." in client.get(threads).content.decode()


def test_thread_of_another_project_is_not_there(
    project: Project, person: User, client: Client
) -> None:
    other = make_approved_dialogues(1)
    dialogue = other.dialogues.first()
    assert dialogue
    thread = open_thread(other, on=dialogue, author=other.created_by, text="Secret")
    for name in ("thread_answer", "thread_resolve", "thread_reopen"):
        answer = client.post(reverse(name, args=[project.slug, thread.pk]), {"text": "x"})
        assert answer.status_code == HTTPStatus.NOT_FOUND
    page = reverse("comments", args=[project.slug, dialogue.pk])
    assert client.get(page).status_code == HTTPStatus.NOT_FOUND
    assert b"Secret" not in client.get(reverse("threads", args=[project.slug])).content


def test_threads_need_as_many_queries_for_many_as_for_one(
    project: Project, person: User, client: Client
) -> None:
    page = reverse("threads", args=[project.slug])
    first, *others = project.dialogues.all()
    open_thread(project, on=first, author=person, text="One")
    client.get(page)
    with CaptureQueriesContext(connection) as one:
        client.get(page)
    for dialogue in others:
        thread = open_thread(project, on=dialogue, author=project.created_by, text="More")
        add_comment(thread, author=person, text="And more")
    with CaptureQueriesContext(connection) as three:
        client.get(page)
    assert len(three) == len(one)


def test_review_says_how_many_threads_are_open(project: Project, client: Client) -> None:
    reviewer = make_member(project, Role.REVIEWER)
    client.force_login(reviewer)
    dialogue = project.dialogues.first()
    assert dialogue
    Dialogue.objects.filter(pk=dialogue.pk).update(state=DialogueState.SUBMITTED)
    open_thread(project, on=dialogue, author=reviewer, text="Too long?")
    page = client.get(reverse("review", args=[project.slug]), {"dialogue": dialogue.pk})
    assert "(1 open)" in page.content.decode()
