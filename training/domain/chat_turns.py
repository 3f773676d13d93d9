"""Whose turn it is: one update takes it, and only along the branch that is shown."""

from django.utils import timezone

from training.enums import MessageRole, MessageState
from training.errors import TrainingError
from training.models import Conversation, Message
from training.queries.conversations import branch, conversation_messages


class ChatError(TrainingError):
    """A message cannot be sent like this."""

    code = "chat"


class TurnError(ChatError):
    """Somebody else had the turn, such as another tab; nothing was stored or sent."""

    code = "turn"


class AlreadyAnsweredError(TurnError):
    """The same message came before; its reply exists or is being written."""

    code = "already_answered"


class StaleConversationError(TurnError):
    """The conversation has gone on since the person's page was made."""

    code = "stale_conversation"


class ReplyRunningError(TurnError):
    """A reply of this conversation is still being written."""

    code = "reply_running"


def take_turn(
    conversation: Conversation, turn: int | None, *, client_key: str | None = None, **changes: str
) -> list[Message]:
    """Begin the next turn by one conditional update, so that two tabs never branch.

    The update locks the row until the transaction ends: what is read here stays true.

    Returns:
        The branch that is shown.
    """
    seen = conversation.turn if turn is None else turn
    is_mine = Conversation.objects.filter(pk=conversation.pk, turn=seen).update(
        turn=seen + 1, updated_at=timezone.now(), **changes
    )
    rows = conversation_messages(conversation)
    if client_key and any(row.client_key == client_key for row in rows):
        msg = "This message was sent already; its reply is in the conversation."
        raise AlreadyAnsweredError(msg)
    if not is_mine:
        raise StaleConversationError(
            "This conversation has gone on in another tab or window, so nothing was sent. Your "
            "text is still in the box: read what was said meanwhile, then send it again."
        )
    if any(row.state == MessageState.STREAMING for row in rows):
        raise ReplyRunningError(
            "The last reply is still being written, here or in another tab, so nothing was sent. "
            "Stop it or wait for its end, then send your text again."
        )
    leaf = conversation.leaf_id if conversation.turn == seen else _leaf_of(conversation)
    for name, value in {"turn": seen + 1, **changes}.items():
        setattr(conversation, name, value)
    return branch(rows, leaf)


def _leaf_of(conversation: Conversation) -> int | None:
    """Return where the shown branch ends, as it is now."""
    kept = Conversation.objects.filter(pk=conversation.pk).values_list("leaf", flat=True)
    return kept.first()


def show_leaf(conversation: Conversation, leaf: int) -> None:
    """Say where the branch ends that is shown from now on; within the transaction of a turn."""
    Conversation.objects.filter(pk=conversation.pk).update(leaf=leaf)
    conversation.leaf_id = leaf


def path_before(path: list[Message], message: Message, role: MessageRole) -> list[Message]:
    """Return what was said before a message of the branch that is shown.

    Raises:
        ChatError: it is not of this branch, or not of this role.
    """
    place = next((at for at, row in enumerate(path) if row.pk == message.pk), None)
    if place is None or message.role != role or (role == MessageRole.ASSISTANT and place == 0):
        what = "reply" if role == MessageRole.ASSISTANT else "message of yours"
        raise ChatError(f"Only a {what} in the conversation as it is shown can be written again.")
    return path[:place]
