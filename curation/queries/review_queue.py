"""What waits for review, and for whom."""

from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from curation.enums import Decision, DialogueState, RereviewState
from curation.models import Dialogue, Project, Rereview, Review
from curation.queries.dialogue_members import own_work


@dataclass(frozen=True)
class QueueCount:
    """How many dialogues wait.

    Attributes:
        decidable: those a person may decide on.
        own: those of their own.
        approved: those they approved, which wait for another person's approval.
    """

    decidable: int
    own: int
    approved: int


def waiting_dialogues(project: Project) -> QuerySet[Dialogue]:
    """Return the submitted dialogues of a project, the longest waiting first."""
    return (
        Dialogue.objects.filter(project=project, state=DialogueState.SUBMITTED)
        .select_related("scene__utterance__episode__script", "target_character", "project")
        .order_by("submitted_at", "pk")
    )


def decidable_dialogues(project: Project, person: User) -> QuerySet[Dialogue]:
    """Return what a person may decide on: waiting dialogues, then those to be read again.

    Left out is what they had a hand in and what they approved already.
    """
    states = (DialogueState.SUBMITTED, DialogueState.APPROVED)
    return (
        Dialogue.objects.filter(project=project, state__in=states)
        .filter(Q(state=DialogueState.SUBMITTED) | drawn_again())
        .exclude(own_work(person))
        .exclude(approved_by(person))
        .select_related("scene__utterance__episode__script", "target_character", "project")
        .order_by("-state", "submitted_at", "pk")
    )


def approved_by(person: User) -> Exists:
    """Return the condition under which a person's approval of a dialogue is counted."""
    return Exists(
        Review.objects.filter(
            dialogue=OuterRef("pk"),
            submission=OuterRef("submission"),
            reviewer=person,
            decision=Decision.APPROVED,
        )
    )


def drawn_again() -> Exists:
    """Return the condition under which an approved dialogue waits for a second reading."""
    return Exists(
        Rereview.objects.filter(
            dialogue=OuterRef("pk"), submission=OuterRef("submission"), state=RereviewState.OPEN
        )
    )


def is_read_again(dialogue: Dialogue) -> bool:
    """Whether an approved dialogue waits for a second, blind reading."""
    if dialogue.state != DialogueState.APPROVED:
        return False
    drawn = Rereview.objects.filter(dialogue=dialogue, submission=dialogue.submission)
    return drawn.filter(state=RereviewState.OPEN).exists()


def disagreement_about(dialogue: Dialogue) -> Rereview | None:
    """Return the two decisions that sent a waiting dialogue back to review, if any did."""
    return (
        Rereview.objects.filter(
            dialogue=dialogue,
            submission=dialogue.submission - 1,
            state=RereviewState.DISAGREED,
        )
        .select_related("first__reviewer", "second__reviewer")
        .first()
    )


def rereviews_of(project: Project) -> QuerySet[Rereview]:
    """Return the second readings of a project, the newest first."""
    return (
        Rereview.objects.filter(dialogue__project=project)
        .select_related("dialogue", "first__reviewer", "second__reviewer")
        .order_by("-pk")
    )


def queue_count(project: Project, person: User, *, besides: Collection[int] = ()) -> QueueCount:
    """Count what waits for a person, and what waits for somebody else because of them.

    Args:
        besides: dialogues that the person is deciding on at this moment.
    """
    mine = Q(pk__in=Dialogue.objects.filter(own_work(person)).values("pk"))
    waiting = Dialogue.objects.filter(project=project, state=DialogueState.SUBMITTED)
    counts = waiting.aggregate(
        own=Count("pk", filter=mine), approved=Count("pk", filter=~mine & Q(approved_by(person)))
    )
    left = decidable_dialogues(project, person).exclude(pk__in=besides)
    return QueueCount(left.count(), **counts)
