"""Conversations: asked, answered, kept."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from curation.models import Project
from rickproject.config import get_config
from rickproject.lib.limits import spend
from rickproject.lib.text import text_problem
from training.domain.adapter_serving import asked_as
from training.domain.chat_prompt import build_prompt, default_system_message
from training.domain.chat_turns import ChatError, path_before, show_leaf, take_turn
from training.domain.model_versions import SCRIPT_SAMPLING
from training.domain.spoken_alone import SpokenAlone
from training.enums import MessageRole, MessageState
from training.models import Conversation, Message, ModelVersion
from training.providers.capabilities import SCRIPT_BASE
from training.queries.conversations import (
    cast_names,
    conversation_messages,
    newest_leaf,
    speaker_names,
    talkable_models,
)

MAXIMUM_TEXT = 8000
TITLE_LENGTH = 60
LONGEST_REPLY = 200


def start_conversation(
    project: Project, *, user: User, model: ModelVersion, **settings: Any
) -> Conversation:
    """Open a conversation with a model; its system message is the one the model was taught with.

    Raises:
        ChatError: the model is another project's, or retired.
    """
    _require_usable(project, model, user)
    settings.setdefault("system_message", default_system_message(model))
    if model.base_model == SCRIPT_BASE:
        settings.setdefault("temperature", SCRIPT_SAMPLING["temperature"])
    if model.context_tokens:  # leave most of a small window to what was said before
        settings.setdefault("max_tokens", min(LONGEST_REPLY, model.context_tokens // 4))
    return Conversation.objects.create(project=project, user=user, model=model, **settings)


def change_conversation(conversation: Conversation, **settings: Any) -> Conversation:
    """Change model, speaker, system message, parameters or title; earlier replies keep theirs.

    Raises:
        ChatError: the model is another project's, or retired.
    """
    if model := settings.get("model"):
        _require_usable(conversation.project, model, conversation.user)
    Conversation.objects.filter(pk=conversation.pk).update(**settings, updated_at=timezone.now())
    conversation.refresh_from_db()
    return conversation


def _require_usable(project: Project, model: ModelVersion, user: User) -> None:
    if not talkable_models(project, user).filter(pk=model.pk).exists():
        msg = "This model is not to be had in this project; choose another one."
        raise ChatError(msg)


def ask(
    conversation: Conversation,
    *,
    text: str,
    speaker: str | None = None,
    client_key: str | None = None,
    turn: int | None = None,
    instead_of: Message | None = None,
    is_counted: bool = True,
) -> Message:
    """Store what the person says and an empty reply for the model to fill.

    Args:
        instead_of: an earlier message of the person's, of which this is another version; what was
            said after it stays, on the other branch.
        speaker: as whom the person speaks from now on; None for as before, empty for nobody.
        turn: the conversation's turn that the person saw; None for the one in ``conversation``.
        is_counted: against the person's messages of a minute, which needs the cache.

    Returns:
        The reply, in state streaming, with exactly what the model is to be sent.

    Raises:
        ChatError: the text is empty, too long or holds control characters, or there is no such
            speaker, model or message.
        AlreadyAnsweredError: the same ``client_key`` came before.
        StaleConversationError: the conversation has gone on since ``turn``.
        ReplyRunningError: the last reply is still being written.
        LimitReachedError: too many messages in a minute.
    """
    text = _sayable(text)
    _require_usable(conversation.project, conversation.model, conversation.user)
    changes = {} if conversation.title else {"title": _title_after(text)}
    if speaker is not None:
        changes["speaker_name"] = _known_speaker(conversation.project, speaker)
    if is_counted:
        _spend_message(conversation)
    with transaction.atomic():
        earlier = take_turn(conversation, turn, client_key=client_key, **changes)
        if instead_of is not None:
            earlier = path_before(earlier, instead_of, MessageRole.USER)
        question = Message.objects.create(
            conversation=conversation,
            parent=earlier[-1] if earlier else None,
            role=MessageRole.USER,
            speaker_name=conversation.speaker_name,
            content=text,
            client_key=client_key,
        )
        return _open_reply(conversation, [*earlier, question])


def regenerate(conversation: Conversation, reply: Message, *, turn: int | None = None) -> Message:
    """Open another reply to the same question; the earlier one is kept.

    Args:
        turn: the conversation's turn that the person saw; None for the one in ``conversation``.

    Raises:
        ChatError: it is no reply of the branch that is shown.
        StaleConversationError: the conversation has gone on since ``turn``.
        ReplyRunningError: the last reply is still being written.
        LimitReachedError: too many messages in a minute.
    """
    _require_usable(conversation.project, conversation.model, conversation.user)
    _spend_message(conversation)
    with transaction.atomic():
        earlier = take_turn(conversation, turn)
        return _open_reply(conversation, path_before(earlier, reply, MessageRole.ASSISTANT))


def answer(conversation: Conversation, *, turn: int | None = None) -> Message:
    """Open a reply to the last line of the branch that is shown, which nobody has answered yet.

    Raises:
        ChatError: the last message is a reply already.
        StaleConversationError: the conversation has gone on since ``turn``.
        ReplyRunningError: a reply is still being written.
        LimitReachedError: too many messages in a minute.
    """
    _require_usable(conversation.project, conversation.model, conversation.user)
    _spend_message(conversation)
    with transaction.atomic():
        path = take_turn(conversation, turn)
        if not path or path[-1].role != MessageRole.USER:
            raise ChatError("There is no line to answer; say something first.")
        return _open_reply(conversation, path)


@transaction.atomic
def show_version(
    conversation: Conversation, message: Message | None, *, turn: int | None = None
) -> None:
    """Show the newest branch that goes through a message; the other branches are kept.

    Raises:
        ChatError: it is another conversation's.
        StaleConversationError: the conversation has gone on since ``turn``.
        ReplyRunningError: a reply is still being written.
    """
    if message is None or message.conversation_id != conversation.pk:
        raise ChatError("There is no such message in this conversation.")
    take_turn(conversation, turn)
    leaf = newest_leaf(conversation_messages(conversation), message.pk)
    show_leaf(conversation, leaf)


def _sayable(text: str) -> str:
    text = text.strip()
    if not text:
        msg = "Write something first."
        raise ChatError(msg)
    if len(text) > MAXIMUM_TEXT:
        msg = f"A message holds at most {MAXIMUM_TEXT} characters; this one has {len(text)}."
        raise ChatError(msg)
    if problem := text_problem(text):
        raise ChatError(problem)
    return text


def _spend_message(conversation: Conversation) -> None:
    limit = get_config().chat_messages_per_minute
    spend("chat", conversation.user_id, limit=limit, seconds=60, what="send a message")


def _title_after(text: str) -> str:
    first_line = text.splitlines()[0]
    shortened = first_line[: TITLE_LENGTH - 1] + "…"
    return first_line if len(first_line) <= TITLE_LENGTH else shortened


def _known_speaker(project: Project, name: str) -> str:
    if name and name not in speaker_names(project):
        msg = f"There is no character {name} to speak as; choose another one."
        raise ChatError(msg)
    return name


def _open_reply(conversation: Conversation, turns: list[Message]) -> Message:
    model = conversation.model
    prompt = build_prompt(conversation, model, turns)
    reply = Message.objects.create(
        conversation=conversation,
        parent=turns[-1],
        role=MessageRole.ASSISTANT,
        state=MessageState.STREAMING,
        model=model,
        sent_messages=prompt.messages,
        unsent_count=prompt.unsent_count,
        parameters=_parameters(conversation),
    )
    show_leaf(conversation, reply.pk)
    return reply


def _parameters(conversation: Conversation) -> dict[str, Any]:
    values = {
        "temperature": conversation.temperature,
        "top_p": conversation.top_p,
        "max_tokens": conversation.max_tokens,
    }
    return values if conversation.seed is None else {**values, "seed": conversation.seed}


def request_body(reply: Message) -> dict[str, Any]:
    """Return the body of the completion request that fills a reply."""
    if reply.model is None:
        msg = "This reply has no model."
        raise ChatError(msg)
    return {
        "model": asked_as(reply.model),
        "messages": reply.sent_messages,
        **reply.parameters,
    }


def alone(reply: Message) -> SpokenAlone | None:
    """Return what keeps a reply to its character; None where the person wants it as it comes."""
    talk = reply.conversation
    if not talk.stops_at_names:
        return None
    own = reply.model.character.name if reply.model and reply.model.character else ""
    return SpokenAlone(own, cast_names(talk.project_id))


def close_reply(reply: Message, *, state: MessageState, **facts: Any) -> None:
    """Store what came of a reply; one that is closed already stays as it is."""
    Message.objects.filter(pk=reply.pk, state=MessageState.STREAMING).update(
        state=state, updated_at=timezone.now(), **facts
    )


def close_abandoned_replies(older_than_seconds: int) -> int:
    """Mark replies as broken off whose web process died while it wrote them.

    Returns:
        How many there were.
    """
    limit = timezone.now() - timedelta(seconds=older_than_seconds)
    return Message.objects.filter(state=MessageState.STREAMING, updated_at__lt=limit).update(
        state=MessageState.FAILED,
        error_code="broken_off",
        error_detail="The server was stopped while this reply was being written.",
    )
