"""Conversations and the models one may talk to."""

from django.contrib.auth.models import User
from django.db.models import QuerySet

from curation.models import Character, Project
from training.models import Conversation, Message, ModelVersion


def thread(conversation: Conversation, *, until: Message | None = None) -> list[Message]:
    """Return the conversation from its first message to its newest, along the newest branch.

    Args:
        until: stop at this message instead of the newest.
    """
    rows = list(conversation.messages.select_related("model"))
    by_pk = {row.pk: row for row in rows}
    current = by_pk.get(until.pk) if until else (rows[-1] if rows else None)
    path: list[Message] = []
    while current:
        path.append(current)
        current = by_pk.get(current.parent_id) if current.parent_id else None
    return path[::-1]


def talkable_models(project: Project) -> QuerySet[ModelVersion]:
    """Return the models of a project that answer, fine-tuned ones first, newest first."""
    return (
        ModelVersion.objects.filter(project=project, is_retired=False)
        .select_related("dataset", "character", "job")
        .order_by("-kind", "-created_at", "-pk")
    )


def own_conversations(project: Project, user: User) -> QuerySet[Conversation]:
    """Return a person's conversations in a project, the newest first."""
    return Conversation.objects.filter(project=project, user=user).select_related("model")


def speaker_names(project: Project) -> list[str]:
    """Return as whom one may speak: the characters that are no target and no alias."""
    rows = Character.objects.filter(project=project, is_target=False, alias_of=None)
    return list(rows.values_list("name", flat=True)[:60])
