"""Threads: one place each, answers, resolving once, reopening."""

import pytest
from django.db import IntegrityError, transaction

from curation.domain.threads import (
    CommentError,
    ThreadStateError,
    add_comment,
    open_thread,
    reopen_thread,
    resolve_thread,
)
from curation.models import Activity, Thread
from tests.factories import ProjectFactory, UserFactory, UtteranceFactory

pytestmark = pytest.mark.django_db


def opened() -> Thread:
    return open_thread(
        ProjectFactory(), on=UtteranceFactory(), author=UserFactory(), text=" Who says this? "
    )


def test_open_thread_keeps_its_first_comment_and_answers_in_order() -> None:
    thread = opened()
    add_comment(thread, author=UserFactory(), text="Pip does.")
    said = list(thread.comments.values_list("text", flat=True))
    assert said == ["Who says this?", "Pip does."]
    verbs = list(Activity.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs == ["thread.opened", "thread.answered"]


@pytest.mark.parametrize("text", ["", "  \n", "x" * 4001])
def test_open_thread_writes_nothing_when_the_text_is_empty_or_too_long(text: str) -> None:
    with pytest.raises(CommentError):
        open_thread(ProjectFactory(), on=UtteranceFactory(), author=UserFactory(), text=text)
    assert not Thread.objects.exists()


def test_thread_is_refused_by_the_database_when_it_is_on_nothing() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Thread.objects.create(project=ProjectFactory(), opened_by=UserFactory())


def test_resolve_thread_succeeds_once_and_can_be_taken_back() -> None:
    thread, ann = opened(), UserFactory()
    resolve_thread(thread, actor=ann)
    with pytest.raises(ThreadStateError):
        resolve_thread(thread, actor=UserFactory())
    thread.refresh_from_db()
    assert thread.resolved_by == ann
    reopen_thread(thread, actor=ann)
    with pytest.raises(ThreadStateError):
        reopen_thread(thread, actor=ann)
