"""Whose an episode's work is, in words, and where a person goes on."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from curation.domain.assignments import take_next
from curation.enums import AssignmentState, Role, WorkKind
from curation.models import Assignment, Boundary, Episode, Membership, Project
from curation.queries.assignments import last_place, places_by_episode
from curation.queries.layers import cuts_blind
from curation.queries.review_queue import decidable_dialogues, returned_dialogues
from curation.queries.scene_lines import agreed_scenes

REVIEWERS = frozenset({Role.REVIEWER, Role.MANAGER})


@dataclass(frozen=True, slots=True)
class PlaceCard:
    """What an episode's page says of its places.

    Attributes:
        mine: the person's own open place.
        others: places of colleagues who work there at this moment.
        lost: the person's last place, where somebody else ended it.
    """

    episode: Episode
    mine: Assignment | None
    others: list[Assignment]
    lost: Assignment | None


def place_card(
    person: User, episode: Episode, kinds: tuple[WorkKind, ...] | None = None
) -> PlaceCard:
    """Return whose an episode's work is: on its scenes, or of the kinds asked for."""
    if kinds is None:
        layer = WorkKind.LAYER if cuts_blind(episode) else WorkKind.SCENES
        kinds = (layer, WorkKind.DIALOGUES)
    rows = places_by_episode([episode], kinds).get(episode.pk, [])
    is_open = [row for row in rows if row.state == AssignmentState.OPEN]
    own = [row for row in is_open if row.person_id == person.pk]
    others = [row for row in at_work(rows) if row.person_id != person.pk]
    last = None if own else last_place(person, episode, kinds)
    ended = {AssignmentState.LAPSED, AssignmentState.RELEASED}
    is_lost = last is not None and last.state in ended and last.ended_by_id != person.pk
    return PlaceCard(episode, own[0] if own else None, others, last if is_lost else None)


def at_work(places: list[Assignment]) -> list[Assignment]:
    """Return the places on which somebody works at this moment."""
    now = timezone.now()
    return [
        one
        for one in places
        if one.state == AssignmentState.OPEN and one.lease_until and one.lease_until > now
    ]


def address_of(place: Assignment) -> str:
    """Return where a place is worked on: the reader, or the first scene without a dialogue."""
    slug = place.project.slug
    if place.kind != WorkKind.DIALOGUES:
        return reverse("reader", args=[slug, place.episode_id])
    scenes = agreed_scenes(place.project_id).filter(utterance__episode=place.episode_id)
    scenes = scenes.order_by("utterance__position")
    bare: Boundary | None = scenes.filter(dialogues=None).first() or scenes.first()
    if bare is None:
        return reverse("reader", args=[slug, place.episode_id])
    return reverse("scene_dialogues", args=[slug, place.episode_id, bare.pk])


def where_next(project: Project, person: User, roles: frozenset[Role]) -> str:
    """Return the address at which a person goes on; empty where nothing waits for them.

    What came back to them is first, then what they hold, then what they are to review; only then
    is something free taken for them. Reviewers and managers are given no place to cut as long as
    the project has annotators, for who cuts an episode cannot settle it.
    """
    if returned := returned_dialogues(project, person).values_list("pk", flat=True).first():
        return reverse("dialogue", args=[project.slug, returned])
    if roles & REVIEWERS:
        if held := take_next(project, person=person, takes_free=False):
            return address_of(held)
        if decidable_dialogues(project, person).exists():
            return reverse("review", args=[project.slug])
    annotators = Membership.objects.filter(project=project, role=Role.ANNOTATOR)
    if Role.ANNOTATOR not in roles and annotators.exists():
        return ""
    taken = take_next(project, person=person)
    return address_of(taken) if taken else ""
