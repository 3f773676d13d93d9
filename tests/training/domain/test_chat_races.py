"""Tabs and clicks at the same moment: the database decides, on SQLite and PostgreSQL alike."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections

from rickproject.config import get_config
from tests.factories import ModelVersionFactory, UserFactory
from training.domain.chat import ask, close_reply, regenerate, start_conversation
from training.domain.chat_turns import AlreadyAnsweredError, StaleConversationError
from training.enums import MessageState
from training.errors import TrainingError
from training.models import Conversation, Message

pytestmark = pytest.mark.django_db(transaction=True)

TABS = 8


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch) -> Conversation:
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("an SQLite database in memory has no lock that waits")
    monkeypatch.setattr(get_config(), "chat_messages_per_minute", 1000)
    model = ModelVersionFactory()
    return start_conversation(model.project, user=UserFactory(), model=model)


def at_once(work: Callable[[int], str]) -> Counter[str]:
    """Let many threads begin at the same moment; return how often each answer came."""
    start = Barrier(TABS)

    def one(number: int) -> str:
        try:
            start.wait(timeout=30)
            return work(number)
        except TrainingError as error:
            return error.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(TABS) as pool:
        return Counter(pool.map(one, range(TABS)))


def test_of_many_tabs_that_send_at_once_one_is_answered_and_the_others_are_told(
    talk: Conversation,
) -> None:
    def send(number: int) -> str:
        own = Conversation.objects.get(pk=talk.pk)
        close_reply(ask(own, text=f"From tab {number}", turn=0), state=MessageState.COMPLETE)
        return "asked"

    assert at_once(send) == {"asked": 1, StaleConversationError.code: TABS - 1}
    assert Message.objects.count() == 2


def test_a_message_that_comes_many_times_at_once_is_asked_once(talk: Conversation) -> None:
    def send(_: int) -> str:
        ask(Conversation.objects.get(pk=talk.pk), text="Hi", client_key="k", turn=0)
        return "asked"

    assert at_once(send) == {"asked": 1, AlreadyAnsweredError.code: TABS - 1}
    assert Message.objects.count() == 2


def test_a_question_and_another_reply_at_once_never_branch(talk: Conversation) -> None:
    first = ask(talk, text="Hi")
    close_reply(first, state=MessageState.COMPLETE, content="No.")

    def act(number: int) -> str:
        own = Conversation.objects.get(pk=talk.pk)
        if number % 2:
            regenerate(own, Message.objects.get(pk=first.pk), turn=1)
        else:
            ask(own, text="Why?", turn=1)
        return "done"

    assert at_once(act) == {"done": 1, StaleConversationError.code: TABS - 1}
    talk.refresh_from_db()
    assert talk.turn == 2
