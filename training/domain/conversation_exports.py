"""A conversation as a file: to read, or with everything that is known of each message."""

import json
from typing import Any

from training.enums import MessageRole
from training.models import Conversation, Message
from training.queries.conversations import thread

FORMAT = 1


def as_markdown(conversation: Conversation) -> str:
    """Return the branch that is shown, as a script: who speaks, and what."""
    lines = [f"# {_escaped(conversation.title or 'Untitled')}", ""]
    for shown in thread(conversation):
        message = shown.message
        lines += [f"**{_speaker(message)}:** {_escaped(message.content)}", ""]
    return "\n".join(lines)


def as_json(conversation: Conversation) -> str:
    """Return every message of every branch, with what each reply was made with and of."""
    rows = conversation.messages.select_related("model__character", "model__dataset")
    whole = {
        "format": FORMAT,
        "title": conversation.title,
        "shown": [shown.message.pk for shown in thread(conversation)],
        "messages": [_facts(row) for row in rows.order_by("pk")],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1)


def _speaker(message: Message) -> str:
    if message.is_scripted:
        return "Script" if message.role == MessageRole.USER else "From the script"
    if message.model is None:
        return message.speaker_name or "You"
    return message.model.character.name if message.model.character else message.model.name


def _escaped(text: str) -> str:
    """Keep the lines of a text, and let none of them be Markdown's."""
    safe = "".join(f"\\{char}" if char in "\\`*_{}[]<>#+-!|>" else char for char in text)
    return safe.replace("\n", "\\\n")


def _facts(message: Message) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "id": message.pk,
        "parent": message.parent_id,
        "role": message.role,
        "speaker": _speaker(message),
        "content": message.content,
        "is_scripted": message.is_scripted,
        "state": message.state,
        "at": message.created_at.isoformat(),
    }
    if model := message.model:
        facts |= {
            "model": model.name,
            "dataset_sha256": model.dataset.sha256 if model.dataset else None,
            "sent_messages": message.sent_messages,
            "parameters": message.parameters,
            "unsent_count": message.unsent_count,
            "finish_reason": message.finish_reason,
            "spoke_for_others": message.spoke_for_others,
            "echoed_name": message.echoed_name,
            "prompt_tokens": message.prompt_tokens,
            "completion_tokens": message.completion_tokens,
            "usd": None if message.usd is None else str(message.usd),
            "first_token_ms": message.first_token_ms,
            "total_ms": message.total_ms,
            "error": message.error_detail,
        }
    return facts
