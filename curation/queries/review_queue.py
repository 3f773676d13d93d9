"""What waits for review, and for whom."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet

from curation.enums import Decision, DialogueState, RereviewState
from curation.models import Dialogue, Project, Rereview, Review
from curation.queries.dialogue_members import own_work

_SHOWN = ("scene__utterance__episode__script", "target_character", "project")


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
        .select_related(*_SHOWN)
        .order_by("submitted_at", "pk")
    )


def decidable_dialogues(project: Project, person: User) -> QuerySet[Dialogue]:
    """Return what a person may decide on: waiting dialogues, then those to be read again.

    Left out is what they had a hand in and what they approved already.
    """
    submitted = Dialogue.objects.filter(project=project, state=DialogueState.SUBMITTED)
    # As a list of keys, so that the many approved dialogues are not looked at one by one.
    waiting = submitted.order_by().values("pk").union(_drawn_again(project), all=True)
    return (
        Dialogue.objects.filter(pk__in=waiting)
        .exclude(own_work(person))
        .exclude(approved_by(person))
        .select_related(*_SHOWN)
        .order_by("-state", "submitted_at", "pk")
    )


def returned_dialogues(project: Project, person: User) -> QuerySet[Dialogue]:
    """Return what came back to who submitted it, in the order in which it came."""
    returned = Dialogue.objects.filter(
        project=project, state=DialogueState.RETURNED, submitted_by=person
    )
    return returned.select_related(*_SHOWN).order_by("updated_at", "pk")


def decidable_keys(project: Project, person: User) -> list[tuple[int, str]]:
    """Return key and state of all that a person may decide on, in order, in one query."""
    rows = decidable_dialogues(project, person).select_related(None)
    return list(rows.values_list("pk", "state"))


def loaded_dialogue(pk: int) -> Dialogue | None:
    """Return a dialogue with all that the queue shows of it; None when it is gone."""
    return Dialogue.objects.filter(pk=pk).select_related(*_SHOWN).first()


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


def _drawn_again(project: Project) -> QuerySet[Rereview, Any]:
    """Return the approved dialogues that wait for a second reading; open readings are few."""
    approved = Dialogue.objects.filter(
        pk=OuterRef("dialogue"),
        project=project,
        state=DialogueState.APPROVED,
        submission=OuterRef("submission"),
    )
    drawn = Rereview.objects.filter(Exists(approved), state=RereviewState.OPEN)
    return drawn.order_by().values("dialogue")


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


def queue_count(
    project: Project,
    person: User,
    *,
    decidable: Collection[tuple[int, str]],
    besides: Collection[int] = (),
) -> QueueCount:
    """Count what waits for a person, and what waits for somebody else because of them.

    What is submitted is a person's own, approved by them, or theirs to decide on.

    Args:
        decidable: what :func:`decidable_keys` found.
        besides: dialogues that the person is deciding on at this moment.
    """
    waiting = Dialogue.objects.filter(project=project, state=DialogueState.SUBMITTED)
    approved = waiting.filter(approved_by(person)).exclude(own_work(person)).count()
    to_decide = sum(state == DialogueState.SUBMITTED for _, state in decidable)
    left = {pk for pk, _ in decidable} - set(besides)
    return QueueCount(len(left), own=waiting.count() - to_decide - approved, approved=approved)
