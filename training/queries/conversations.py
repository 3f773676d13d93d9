"""Conversations and the models one may talk to."""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db.models import Case, Q, QuerySet, When, prefetch_related_objects

from curation.enums import Role
from curation.models import Character, Membership, Project
from curation.queries.joint_names import joint_members
from rickproject.lib.kept_queries import Given, KeptQuery
from training.enums import ModelStage
from training.models import Conversation, Message, ModelVersion

MOST_SPEAKERS = 60
OPEN_TO_TESTERS = Q(stage=ModelStage.LIVE) | Q(is_open_to_testers=True)
_MESSAGES = KeptQuery(
    lambda: (
        Message.objects.filter(conversation=Given("conversation"))
        .defer("sent_messages", "parameters")
        .order_by("pk")
    )
)


def conversation_messages(conversation: Conversation) -> list[Message]:
    """Return every message of a conversation in the order of writing, without what was sent."""
    return _MESSAGES.rows(conversation=conversation.pk)


def branch(rows: Sequence[Message]) -> list[Message]:
    """Return the messages from the first to the newest, along the newest branch."""
    by_pk = {row.pk: row for row in rows}
    current = rows[-1] if rows else None
    path: list[Message] = []
    while current:
        path.append(current)
        current = by_pk.get(current.parent_id) if current.parent_id else None
    return path[::-1]


def thread(conversation: Conversation) -> list[Message]:
    """Return the conversation as a page shows it, with its models and characters."""
    path = branch(conversation_messages(conversation))
    prefetch_related_objects(path, "model__character")
    return path


def talkable_models(project: Project, user: User) -> QuerySet[ModelVersion]:
    """Return the models of a project that a person may talk to.

    The live one first, then fine-tuned ones before the bases, newest first. Who is a tester and
    nothing else there sees live ones and those that are open to testers.
    """
    found = ModelVersion.objects.filter(project=project).exclude(stage=ModelStage.RETIRED)
    held = set(Membership.objects.filter(project=project, user=user).values_list("role", flat=True))
    if held == {Role.TESTER} and not user.is_superuser:
        found = found.filter(OPEN_TO_TESTERS)
    is_live = Case(When(stage=ModelStage.LIVE, then=0), default=1)
    return found.select_related("dataset", "character", "job").order_by(
        is_live, "-kind", "-created_at", "-pk"
    )


def own_conversations(project: Project, user: User) -> QuerySet[Conversation]:
    """Return a person's conversations in a project, the newest first."""
    return Conversation.objects.filter(project=project, user=user).select_related("model")


def speaker_names(project: Project) -> list[str]:
    """Return as whom one may speak: the characters that are no target and no alias.

    Several people at once are named as the records name them, by their members; a target among
    them is whom one speaks to, so such a name is left out.
    """
    rows = Character.objects.filter(project=project, is_target=False, alias_of=None)
    targets = set(
        Character.objects.filter(project=project, is_target=True).values_list("pk", flat=True)
    )
    joint = joint_members(project.pk)
    names = [
        " & ".join(joint[pk].values()) if pk in joint else name
        for pk, name in rows.values_list("pk", "name")
        if not targets & joint.get(pk, {}).keys()
    ]
    return list(dict.fromkeys(names))[:MOST_SPEAKERS]
