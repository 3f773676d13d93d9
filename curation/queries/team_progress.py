"""How far episodes and people are, and how many dialogues were decided on each day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.contrib.auth.models import User
from django.db.models import Count, F, Q, TextField
from django.db.models.functions import Cast, Substr

from curation.enums import Decision, DialogueState, SegmentationState
from curation.models import Activity, Boundary, Dialogue, Episode, Project, Review, Segmentation

from .assignments import open_places
from .projects import members_of

# The first ten characters of the moment in UTC, which both databases give without a function call
# of ours for every row.
_DAY = Substr(Cast("created_at", TextField()), 1, 10)


@dataclass(slots=True)
class EpisodeProgress:
    """One episode: its agreed layer's state, its scenes, finished layers, dialogues by state."""

    episode: Episode
    state: str = SegmentationState.UNTOUCHED.value
    scenes: int = 0
    layers: int = 0
    dialogues: dict[str, int] = field(default_factory=dict)

    @property
    def state_label(self) -> str:
        """The state in words."""
        return str(SegmentationState(self.state).label)


@dataclass(slots=True)
class PersonProgress:
    """One person: what they submitted and what became of the dialogues they made."""

    user: User
    episodes: int = 0
    scenes: int = 0
    dialogues: dict[str, int] = field(default_factory=dict)
    first_decisions: dict[str, int] = field(default_factory=dict)
    returns: int = 0
    decided: int = 0
    in_hand: int = 0

    @property
    def name(self) -> str:
        """As the pages call this person."""
        return self.user.get_full_name() or self.user.username

    @property
    def first_time(self) -> str:
        """Approved at the first decision, of all that were decided on; in words."""
        total = sum(self.first_decisions.values())
        if not total:
            return "–"
        return f"{self.first_decisions.get(Decision.APPROVED, 0)} of {total}"

    @property
    def first_time_percent(self) -> int | None:
        """The same as a percentage; None before the first decision."""
        total = sum(self.first_decisions.values())
        share = self.first_decisions.get(Decision.APPROVED, 0)
        return round(100 * share / total) if total else None


def episode_progress(episodes: Iterable[Episode]) -> list[EpisodeProgress]:
    """Return how far these episodes of one project are, in three queries."""
    found = {one.pk: EpisodeProgress(one) for one in episodes}
    layers = Segmentation.objects.filter(episode__in=found).values_list(
        "episode", "annotator", "state"
    )
    for episode, annotator, state in layers:
        if annotator is None:
            found[episode].state = state
        elif state == SegmentationState.SUBMITTED:
            found[episode].layers += 1
    scenes = (
        Boundary.objects.filter(
            segmentation__episode__in=found, segmentation__annotator=None, is_active=True
        )
        .values_list("segmentation__episode")
        .annotate(number=Count("pk"))
        .order_by()
    )
    for episode, number in scenes:
        found[episode].scenes = number
    rows = (
        Dialogue.objects.filter(scene__segmentation__episode__in=found)
        .values_list("scene__segmentation__episode", "state")
        .annotate(number=Count("pk"))
        .order_by()
    )
    for episode, state, number in rows:
        found[episode].dialogues[state] = number
    return list(found.values())


def people_progress(project: Project, *, only: User | None = None) -> list[PersonProgress]:
    """Return the members with what they did, by name, in five queries however many there are.

    Args:
        only: leave everybody else out, down to the counting.
    """
    people = {
        user.pk: PersonProgress(user)
        for user, _ in members_of(project)
        if only is None or user.pk == only.pk
    }
    _count_scenes(project, people)
    mine = {} if only is None else {"created_by": only}
    rows = (
        Dialogue.objects.filter(project=project, **mine)
        .values_list("created_by", "state")
        .annotate(number=Count("pk"))
        .order_by()
    )
    for person, state, number in rows:
        if person in people:
            people[person].dialogues[state] = number
    _count_decisions(project, people, only=only)
    held = open_places(project).filter(person__in=people).order_by()
    for person, number in held.values_list("person").annotate(number=Count("pk")):
        people[person].in_hand = number
    return list(people.values())


def _count_scenes(project: Project, people: dict[int, PersonProgress]) -> None:
    """Credit the scenes of a submitted layer to everybody who submitted it."""
    submitted = Activity.objects.filter(
        project=project, verb="scenes.submitted", actor__in=people
    ).order_by()
    pairs = set(submitted.values_list("actor", "target_id"))
    scenes = dict(
        Boundary.objects.filter(
            segmentation__episode__script__project=project,
            segmentation__state=SegmentationState.SUBMITTED,
            is_active=True,
        )
        .values_list("segmentation")
        .annotate(number=Count("pk"))
        .order_by()
    )
    for actor, layer in pairs:
        if actor is not None and layer in scenes:
            people[actor].episodes += 1
            people[actor].scenes += scenes[layer]


def _count_decisions(
    project: Project, people: dict[int, PersonProgress], *, only: User | None
) -> None:
    """Count decisions for whose dialogues they were and for who decided, in one query."""
    reviews = Review.objects.filter(project=project).order_by()
    if only is not None:
        reviews = reviews.filter(Q(author=only) | Q(reviewer=only))
    rows = reviews.values_list("author", "reviewer", "decision", "is_decisive", "is_first")
    for author, reviewer, decision, is_decisive, is_first, number in rows.annotate(n=Count("pk")):
        if reviewer in people:
            people[reviewer].decided += number
        if author not in people or not is_decisive:
            continue
        found = people[author]
        found.returns += number if decision == Decision.RETURNED else 0
        if is_first:
            found.first_decisions[decision] = found.first_decisions.get(decision, 0) + number


def decisions_by_day(project: Project, *, since: datetime) -> dict[date, dict[str, int]]:
    """Return the decisions of each day since a moment, by decision, in one query."""
    reviews = Review.objects.filter(project=project, is_decisive=True, created_at__gte=since)
    rows = reviews.order_by().values_list(_DAY, "decision").annotate(number=Count("pk"))
    found: dict[date, dict[str, int]] = defaultdict(dict)
    for words, decision, number in rows:
        found[date.fromisoformat(words)][decision] = number
    return dict(found)


def approvals_by_day(project: Project, *, since: datetime) -> dict[date, int]:
    """Return the approvals of each day since a moment that last, in one query.

    One that was lost, by a change or a return, does not count towards the goal.
    """
    rows = (
        Review.objects.filter(
            project=project,
            is_decisive=True,
            created_at__gte=since,
            decision=Decision.APPROVED,
            dialogue__state=DialogueState.APPROVED,
            revision=F("dialogue__revision"),
        )
        .order_by()
        .values_list(_DAY)
        .annotate(number=Count("dialogue", distinct=True))
    )
    return {date.fromisoformat(words): number for words, number in rows}


def first_dialogue_day(project: Project) -> date | None:
    """Return the day on which the first dialogue was made, from when approvals could come."""
    made = (
        Dialogue.objects.filter(project=project)
        .order_by("pk")
        .values_list("created_at", flat=True)
        .first()
    )
    return made.date() if made else None
