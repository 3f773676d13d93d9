"""Conversations and the models one may talk to."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.auth.models import User
from django.db.models import (
    Case,
    Count,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    When,
    prefetch_related_objects,
)

from curation.enums import Role
from curation.models import Character, Membership, Project
from curation.queries.joint_names import joint_members
from rickproject.lib.kept_queries import Given, KeptQuery
from training.enums import MessageRole, MessageState, ModelStage
from training.models import Conversation, Message, ModelVersion

MOST_SPEAKERS = 60
MOST_WORDS = 8  # of a search
OPEN_TO_TESTERS = Q(stage=ModelStage.LIVE) | Q(is_open_to_testers=True)
_MESSAGES = KeptQuery(
    lambda: (
        Message.objects.filter(conversation=Given("conversation"))
        .defer("sent_messages", "parameters")
        .order_by("pk")
    )
)
_NAMES = KeptQuery(
    lambda: Character.objects.filter(project=Given("project")).order_by("pk").values_list("name")
)


def conversation_messages(conversation: Conversation) -> list[Message]:
    """Return every message of a conversation in the order of writing, without what was sent."""
    return _MESSAGES.rows(conversation=conversation.pk)


def branch(rows: Sequence[Message], leaf: int | None) -> list[Message]:
    """Return the messages from the first to ``leaf``, or to the newest where there is none."""
    by_pk = {row.pk: row for row in rows}
    current = by_pk.get(leaf or 0) or (rows[-1] if rows else None)
    path: list[Message] = []
    while current:
        path.append(current)
        current = by_pk.get(current.parent_id) if current.parent_id else None
    return path[::-1]


def newest_leaf(rows: Sequence[Message], start: int) -> int:
    """Return where the newest branch ends that goes through a message; keys in and out."""
    newest_child = {row.parent_id: row.pk for row in rows}  # rows come in the order of writing
    while start in newest_child:
        start = newest_child[start]
    return start


@dataclass(frozen=True)
class ShownMessage:
    """A message of the branch that is shown, and its versions: what else was said in its place.

    Attributes:
        versions: keys of all of them in the order of writing, its own among them.
    """

    message: Message
    versions: list[int]

    @property
    def number(self) -> int:
        """Which version it is, from 1."""
        return self.versions.index(self.message.pk) + 1

    @property
    def earlier(self) -> int | None:
        """The version before."""
        return self.versions[self.number - 2] if self.number > 1 else None

    @property
    def later(self) -> int | None:
        """The version after."""
        return self.versions[self.number] if self.number < len(self.versions) else None


@dataclass(frozen=True)
class Spent:
    """What the replies of all branches of a conversation took.

    Attributes:
        usd: of those whose price was known.
        unpriced: how many replies had none.
    """

    replies: int
    tokens_read: int
    tokens_written: int
    usd: Decimal
    unpriced: int


def spent_on(conversation: Conversation) -> Spent:
    """Sum up a conversation."""
    replies = Q(role=MessageRole.ASSISTANT) & ~Q(state=MessageState.STREAMING)
    sums = conversation.messages.filter(replies).aggregate(
        replies=Count("pk"),
        read=Sum("prompt_tokens"),
        written=Sum("completion_tokens"),
        cost=Sum("usd"),
        unpriced=Count("pk", filter=Q(usd=None)),
    )
    return Spent(
        sums["replies"],
        sums["read"] or 0,
        sums["written"] or 0,
        sums["cost"] or Decimal(0),
        sums["unpriced"],
    )


def thread(conversation: Conversation) -> list[ShownMessage]:
    """Return the conversation as a page shows it, with its models and characters."""
    rows = conversation_messages(conversation)
    path = branch(rows, conversation.leaf_id)
    prefetch_related_objects(path, "model__character")
    versions: dict[int | None, list[int]] = defaultdict(list)
    for row in rows:
        versions[row.parent_id].append(row.pk)
    return [ShownMessage(message, versions[message.parent_id]) for message in path]


def cast_names(project_id: int) -> list[str]:
    """Return every name under which somebody speaks in the project's scripts."""
    return [name for (name,) in _NAMES.rows(project=project_id)]


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


def own_conversations(project: Project, user: User, words: str = "") -> QuerySet[Conversation]:
    """Return a person's conversations in a project, the newest first.

    Args:
        words: only those whose title, model or messages have all of them, whatever the case.
    """
    found = Conversation.objects.filter(project=project, user=user).select_related("model")
    for word in words.split()[:MOST_WORDS]:
        said = Message.objects.filter(conversation=OuterRef("pk"), content__icontains=word)
        found = found.filter(
            Q(title__icontains=word) | Q(model__name__icontains=word) | Exists(said)
        )
    return found


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
