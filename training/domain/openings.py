"""Held-out scenes as openings: the model goes on where the script did, with lines it never saw."""

import json
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from curation.domain.activity import record_activity
from curation.domain.training_records import ChatMessage
from curation.enums import Split
from curation.models import DatasetRecord, DatasetVersion
from training.domain.chat import start_conversation
from training.domain.chat_turns import ChatError, show_leaf
from training.enums import MessageRole
from training.models import Conversation, Message, ModelVersion


@dataclass(frozen=True)
class Opening:
    """A record of the validation split, without its last reply.

    Attributes:
        system: what the record opens with; empty if it has no system message.
        turns: what was said, up to the line that is to be answered.
        real_line: what the character says next in the script.
    """

    system: str
    turns: list[ChatMessage]
    real_line: str


def held_out_dataset(model: ModelVersion) -> DatasetVersion | None:
    """Return the version whose validation records a model has not learnt.

    A base model was made from none; it is asked about the scenes of the newest model over it.
    """
    if model.dataset is not None:
        return model.dataset
    if not model.base_model:
        return None
    beside = ModelVersion.objects.filter(
        project=model.project, base_model=model.base_model, dataset__isnull=False
    )
    newest = beside.select_related("dataset").order_by("-created_at", "-pk").first()
    return newest.dataset if newest else None


def held_out_records(model: ModelVersion) -> Any:
    """Return the validation records that can open a conversation, in the order of their file."""
    records = DatasetRecord.objects.filter(dataset=held_out_dataset(model), split=Split.VALIDATION)
    return records.select_related("dialogue__scene__utterance__episode").order_by("position")


def read_opening(record: DatasetRecord) -> Opening:
    """Return what a record opens with and what follows."""
    messages: list[ChatMessage] = json.loads(bytes(record.line))["messages"]
    system = messages[0]["content"] if messages[0]["role"] == "system" else ""
    turns = messages[1:-1] if system else messages[:-1]
    return Opening(system, turns, messages[-1]["content"])


@transaction.atomic
def start_from_opening(
    user: User, model: ModelVersion, record: DatasetRecord | None
) -> Conversation:
    """Begin a conversation with a held-out scene; what is sent equals the record's own words.

    Raises:
        ChatError: the record is not held out from this model, or the model is not to be had.
    """
    if record is None or not held_out_records(model).filter(pk=record.pk).exists():
        raise ChatError("This scene is not held out from the model; choose another one.")
    opening = read_opening(record)
    talk = start_conversation(
        model.project,
        user=user,
        model=model,
        opening=record,
        title=_title(record),
        system_message=opening.system,
        uses_system_message=bool(opening.system),
    )
    last: Message | None = None
    for turn in opening.turns:
        last = Message.objects.create(
            conversation=talk,
            parent=last,
            role=turn["role"],
            content=turn["content"],
            is_scripted=True,
        )
    if last is None or last.role != MessageRole.USER:
        raise ChatError("This scene does not open with a line to answer; choose another one.")
    show_leaf(talk, last.pk)
    return talk


def real_line(conversation: Conversation) -> str:
    """Return what the character really says next; empty until somebody wanted to see it."""
    if conversation.peeked_at is None or conversation.opening is None:
        return ""
    return read_opening(conversation.opening).real_line


def peek(conversation: Conversation) -> None:
    """Show what the character really says next from now on; that it was looked at is kept.

    Raises:
        ChatError: the conversation does not open with a scene of the script.
    """
    record = conversation.opening
    if record is None:
        raise ChatError("This conversation does not open with a scene of the script.")
    changed = Conversation.objects.filter(pk=conversation.pk, peeked_at=None).update(
        peeked_at=timezone.now()
    )
    if changed:
        record_activity(
            "chat.real_line_shown",
            project=conversation.project,
            actor=conversation.user,
            target=record.dialogue,
        )


def _title(record: DatasetRecord) -> str:
    scene = record.dialogue.scene
    return f"{scene.utterance.episode.code} {scene.title or 'scene'}".strip()[:200]
