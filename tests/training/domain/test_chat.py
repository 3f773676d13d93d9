import pytest
from django.test import override_settings

from curation.models import Project
from rickproject.lib.limits import LimitsUnavailableError
from tests.factories import CharacterFactory, ModelVersionFactory, ScriptFactory, UserFactory
from training.domain.chat import (
    ask,
    change_conversation,
    close_abandoned_replies,
    close_reply,
    regenerate,
    request_body,
    show_version,
    start_conversation,
)
from training.domain.chat_turns import (
    AlreadyAnsweredError,
    ChatError,
    ReplyRunningError,
    StaleConversationError,
)
from training.enums import MessageState
from training.models import Conversation, Message
from training.queries.conversations import thread

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk() -> Conversation:
    script = ScriptFactory(title="The Vex Files")
    vex = CharacterFactory(project=script.project, name="VEX", is_target=True)
    model = ModelVersionFactory(project=script.project, character=vex, context_tokens=1024)
    return start_conversation(script.project, user=UserFactory(), model=model, speaker_name="PIP")


def answer(reply: Message, text: str = "No.") -> Message:
    close_reply(reply, state=MessageState.COMPLETE, content=text)
    reply.refresh_from_db()
    return reply


def test_ask_sends_the_words_of_the_training_record(talk: Conversation) -> None:
    reply = ask(talk, text=" Where is the moon? ")
    assert request_body(reply) == {
        "model": talk.model.served_name,
        "messages": [
            {"role": "system", "content": "You are VEX."},
            {"role": "user", "content": "PIP: Where is the moon?"},
        ],
        "temperature": 0.7,
        "top_p": 0.9,
        "max_tokens": 200,
    }


def test_ask_sends_the_earlier_turns(talk: Conversation) -> None:
    answer(ask(talk, text="One?"), "First.")
    second = ask(talk, text="Two?")
    assert [m["content"] for m in second.sent_messages] == [
        "You are VEX.",
        "PIP: One?",
        "First.",
        "PIP: Two?",
    ]


def test_ask_leaves_the_oldest_turns_out_when_the_window_is_full(talk: Conversation) -> None:
    change_conversation(talk, max_tokens=800)
    for _ in range(3):
        answer(ask(talk, text="word " * 40))
    reply = ask(talk, text="Now?")
    assert reply.unsent_count > 0
    assert reply.sent_messages[0]["role"] == "system"
    assert reply.sent_messages[-1]["content"] == "PIP: Now?"
    assert len(reply.sent_messages) == 1 + 7 - reply.unsent_count


def test_ask_without_system_message_sends_none(talk: Conversation) -> None:
    change_conversation(talk, uses_system_message=False)
    assert [m["role"] for m in ask(talk, text="Hi").sent_messages] == ["user"]


def test_ask_waits_for_the_reply_before(talk: Conversation) -> None:
    ask(talk, text="Hi")
    with pytest.raises(ChatError, match="still being written"):
        ask(talk, text="Hello?")


def test_ask_does_not_send_a_reply_that_failed_before_its_first_word(talk: Conversation) -> None:
    answer(ask(talk, text="One?"), "")
    assert [m["role"] for m in ask(talk, text="Two?").sent_messages] == ["system", "user", "user"]


def test_ask_twice_with_one_key_gives_one_reply(talk: Conversation) -> None:
    answer(ask(talk, text="Hi", client_key="k"))
    with pytest.raises(AlreadyAnsweredError):
        ask(talk, text="Hi", client_key="k")
    assert Message.objects.count() == 2


@pytest.mark.parametrize(("text", "words"), [("  ", "Write something"), ("x" * 8001, "8000")])
def test_ask_refuses_empty_and_endless_texts(talk: Conversation, text: str, words: str) -> None:
    with pytest.raises(ChatError, match=words):
        ask(talk, text=text)
    assert not Message.objects.exists()


def test_ask_names_the_conversation_after_its_first_line(talk: Conversation) -> None:
    ask(talk, text="Where is the moon?\nSecond line")
    talk.refresh_from_db()
    assert talk.title == "Where is the moon?"


def test_regenerate_keeps_the_earlier_reply_and_sends_the_same(talk: Conversation) -> None:
    first = answer(ask(talk, text="Hi"))
    second = regenerate(talk, first)
    assert second.sent_messages == first.sent_messages
    assert second.parent == first.parent
    assert [one.message.pk for one in thread(talk)] == [first.parent_id, second.pk]


def test_regenerate_refuses_a_reply_still_being_written(talk: Conversation) -> None:
    with pytest.raises(ChatError, match="still being written"):
        regenerate(talk, ask(talk, text="Hi"))


def test_regenerate_refuses_a_question(talk: Conversation) -> None:
    reply = answer(ask(talk, text="Hi"))
    assert reply.parent
    with pytest.raises(ChatError, match="Only a reply"):
        regenerate(talk, reply.parent)


def test_start_conversation_refuses_another_projects_model(talk: Conversation) -> None:
    other: Project = ModelVersionFactory().project
    with pytest.raises(ChatError, match="not to be had"):
        start_conversation(other, user=talk.user, model=talk.model)


def test_close_reply_leaves_a_closed_reply_alone(talk: Conversation) -> None:
    reply = answer(ask(talk, text="Hi"), "First.")
    close_reply(reply, state=MessageState.FAILED, content="Second.")
    reply.refresh_from_db()
    assert (reply.content, reply.state) == ("First.", MessageState.COMPLETE)


def test_close_abandoned_replies_marks_only_old_ones(talk: Conversation) -> None:
    ask(talk, text="Hi")
    assert close_abandoned_replies(3600) == 0
    assert close_abandoned_replies(-1) == 1
    assert Message.objects.get(role="assistant").state == MessageState.FAILED


def test_ask_as_another_character_is_kept_for_the_next_message(talk: Conversation) -> None:
    CharacterFactory(project=talk.project, name="MARLOW")
    reply = ask(talk, text="Hi", speaker="MARLOW")
    assert reply.sent_messages[-1]["content"] == "MARLOW: Hi"
    talk.refresh_from_db()
    assert talk.speaker_name == "MARLOW"


def test_ask_refuses_a_speaker_who_is_not_in_the_script(talk: Conversation) -> None:
    with pytest.raises(ChatError, match="no character NOBODY"):
        ask(talk, text="Hi", speaker="NOBODY")


def test_ask_from_a_page_that_is_behind_stores_nothing(talk: Conversation) -> None:
    answer(ask(talk, text="One?", turn=0))
    with pytest.raises(StaleConversationError, match="another tab"):
        ask(Conversation.objects.get(pk=talk.pk), text="Two?", turn=0)
    assert Message.objects.count() == 2
    talk.refresh_from_db()
    assert talk.turn == 1


def test_ask_while_a_reply_is_written_leaves_the_turn_where_it_was(talk: Conversation) -> None:
    ask(talk, text="One?")
    with pytest.raises(ReplyRunningError):
        ask(talk, text="Two?")
    talk.refresh_from_db()
    assert talk.turn == 1


def test_regenerate_from_a_page_that_is_behind_stores_nothing(talk: Conversation) -> None:
    first = answer(ask(talk, text="One?"))
    answer(regenerate(talk, first))
    with pytest.raises(StaleConversationError):
        regenerate(talk, first, turn=1)
    assert Message.objects.count() == 3


def test_ask_keeps_a_title_given_meanwhile(talk: Conversation) -> None:
    answer(ask(talk, text="One?"))
    Conversation.objects.filter(pk=talk.pk).update(title="The moon")
    ask(talk, text="Two?")
    talk.refresh_from_db()
    assert talk.title == "The moon"


def test_ask_without_a_cache_works_where_nobody_is_counted(talk: Conversation) -> None:
    backend = "django.core.cache.backends.redis.RedisCache"
    nobody = {"default": {"BACKEND": backend, "LOCATION": "redis://127.0.0.1:1"}}
    with override_settings(CACHES=nobody):
        with pytest.raises(LimitsUnavailableError):
            ask(talk, text="Hi")
        assert ask(talk, text="Hi", is_counted=False).state == MessageState.STREAMING


def test_start_conversation_with_a_small_base_begins_cooler() -> None:
    model, other = (ModelVersionFactory(base_model=name) for name in ("script-base", "owner/name"))
    user = UserFactory()
    assert start_conversation(model.project, user=user, model=model).temperature == 0.6
    assert start_conversation(other.project, user=user, model=other).temperature == 0.7
    asked = start_conversation(model.project, user=user, model=model, temperature=1.0)
    assert asked.temperature == 1.0


def shown(talk: Conversation) -> list[str]:
    return [one.message.content for one in thread(talk)]


def test_ask_instead_of_an_earlier_message_begins_another_branch(talk: Conversation) -> None:
    first = answer(ask(talk, text="One?"), "First.")
    answer(ask(talk, text="Two?"), "Second.")
    question = talk.messages.get(content="One?")
    other = answer(ask(talk, text="Uno?", instead_of=question), "Primo.")
    assert shown(talk) == ["Uno?", "Primo."]
    assert [m["content"] for m in other.sent_messages] == ["You are VEX.", "PIP: Uno?"]
    asked = thread(talk)[0]
    assert (asked.number, len(asked.versions)) == (2, 2)
    assert (asked.earlier, asked.later) == (question.pk, None)
    answer(ask(talk, text="And then?"), "Then.")
    assert shown(talk) == ["Uno?", "Primo.", "And then?", "Then."]
    show_version(talk, question)
    assert shown(talk) == ["One?", "First.", "Two?", "Second."]
    show_version(talk, talk.messages.get(content="Uno?"))
    assert shown(talk) == ["Uno?", "Primo.", "And then?", "Then."]
    assert first.pk in [row.pk for row in talk.messages.all()]


def test_regenerate_in_the_middle_keeps_what_was_said_after(talk: Conversation) -> None:
    first = answer(ask(talk, text="One?"), "First.")
    answer(ask(talk, text="Two?"), "Second.")
    again = answer(regenerate(talk, first), "First, again.")
    assert shown(talk) == ["One?", "First, again."]
    assert thread(talk)[1].versions == [first.pk, again.pk]
    show_version(talk, first)
    assert shown(talk) == ["One?", "First.", "Two?", "Second."]


def test_versions_are_of_the_branch_that_is_shown_only(talk: Conversation) -> None:
    first = answer(ask(talk, text="One?"), "First.")
    question = talk.messages.get(content="One?")
    answer(ask(talk, text="Uno?", instead_of=question), "Primo.")
    with pytest.raises(ChatError, match="as it is shown"):
        regenerate(talk, first)
    talk.refresh_from_db()
    with pytest.raises(ChatError, match="message of yours"):
        ask(talk, text="Eins?", instead_of=first)
    talk.refresh_from_db()
    assert shown(talk) == ["Uno?", "Primo."]


def test_show_version_refuses_another_conversation_and_a_stale_page(talk: Conversation) -> None:
    first = answer(ask(talk, text="One?"))
    other = start_conversation(talk.project, user=talk.user, model=talk.model)
    with pytest.raises(ChatError, match="no such message"):
        show_version(other, first)
    with pytest.raises(StaleConversationError):
        show_version(talk, first, turn=0)
