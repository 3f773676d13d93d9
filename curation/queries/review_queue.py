"""What waits for review, and for whom."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Count, Q, QuerySet

from curation.enums import DialogueState
from curation.models import Dialogue, Project
from curation.queries.dialogue_members import own_work


@dataclass(frozen=True)
class QueueCount:
    """How many dialogues wait: those a person may decide on, and those of their own."""

    decidable: int
    own: int


def waiting_dialogues(project: Project) -> QuerySet[Dialogue]:
    """Return the submitted dialogues of a project, the longest waiting first."""
    return (
        Dialogue.objects.filter(project=project, state=DialogueState.SUBMITTED)
        .select_related("scene__utterance__episode__script", "target_character", "project")
        .order_by("submitted_at", "pk")
    )


def decidable_dialogues(project: Project, person: User) -> QuerySet[Dialogue]:
    """Return the waiting dialogues in which a person had no hand."""
    return waiting_dialogues(project).exclude(own_work(person))


def queue_count(project: Project, person: User) -> QueueCount:
    """Count what waits for a person, and what waits for somebody else because it is theirs."""
    mine = Q(pk__in=Dialogue.objects.filter(own_work(person)).values("pk"))
    waiting = Dialogue.objects.filter(project=project, state=DialogueState.SUBMITTED)
    counts = waiting.aggregate(all=Count("pk"), own=Count("pk", filter=mine))
    return QueueCount(decidable=counts["all"] - counts["own"], own=counts["own"])
