"""Who holds which place in the episodes' work, and what is free."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import (
    Count,
    Exists,
    F,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from curation.enums import (
    AssignmentOrigin,
    AssignmentState,
    Role,
    ScriptState,
    SegmentationState,
    WorkKind,
)
from curation.models import (
    Assignment,
    Character,
    Dialogue,
    Episode,
    Project,
    Script,
    Segmentation,
)
from curation.models.assignments import HOLDING
from rickproject.lib.kept_queries import Given, KeptQuery

from .layers import is_blind

WORKING_ROLES = (Role.ANNOTATOR, Role.REVIEWER, Role.MANAGER)
CANDIDATES = 8  # free episodes looked at together


def _agreed(state: str | None = None) -> QuerySet[Segmentation]:
    layers = Segmentation.objects.filter(episode=OuterRef("pk"), annotator=None)
    return (
        layers.filter(state=state) if state else layers.exclude(state=SegmentationState.UNTOUCHED)
    )


def open_places(project: Project) -> QuerySet[Assignment]:
    """Return the open places whose work is still to be done as it was given.

    A blind layer is no work any more once the episode has agreed scenes, nor are agreed scenes
    that were submitted; if either is undone, the places are there again.
    """
    return _open_places(project.pk, blind=is_blind(project))


def _open_places(project: Any, *, blind: bool) -> QuerySet[Assignment]:
    agreed = Segmentation.objects.filter(episode=OuterRef("episode"), annotator=None)
    settled = Exists(agreed.exclude(state=SegmentationState.UNTOUCHED))
    finished = Exists(agreed.filter(state=SegmentationState.SUBMITTED))
    layer, scenes = Q(kind=WorkKind.LAYER), Q(kind=WorkKind.SCENES)
    if blind:
        is_work = (layer & ~Q(settled)) | (scenes & Q(settled) & ~Q(finished))
    else:
        is_work = scenes & ~Q(finished)
    return Assignment.objects.filter(
        is_work | Q(kind=WorkKind.DIALOGUES),
        project=project,
        state=AssignmentState.OPEN,
        episode__script__state=ScriptState.IMPORTED,
    )


def own_places(project: Project, person: User) -> QuerySet[Assignment]:
    """Return a person's open places: what they were at last first, then in the order given."""
    return _own_places(project.pk, person.pk, blind=is_blind(project))


def _own_places(project: Any, person: Any, *, blind: bool) -> QuerySet[Assignment]:
    return (
        _open_places(project, blind=blind)
        .filter(person=person)
        .select_related("episode")
        .order_by(F("lease_until").desc(nulls_last=True), "pk")
    )


def _kept_own(blind: bool) -> KeptQuery[Assignment]:  # noqa: FBT001
    return KeptQuery(lambda: _own_places(Given("project"), Given("person"), blind=blind))


_OWN = {blind: _kept_own(blind) for blind in (True, False)}


def own_places_now(project: Project, person: User) -> list[Assignment]:
    """Return the same as :func:`own_places`, at once: for who asks for what is next."""
    return _OWN[is_blind(project)].rows(project=project.pk, person=person.pk)


def held_places(project: Project) -> QuerySet[Assignment]:
    """Return the places on which somebody works at this moment."""
    return (
        open_places(project)
        .filter(lease_until__gt=timezone.now())
        .select_related("episode", "person")
        .order_by("lease_until")
    )


def lapsed_places(project: Project, *, person: User) -> QuerySet[Assignment]:
    """Return places that others took and let lapse, which this person may take over."""
    mine = Assignment.objects.filter(
        episode=OuterRef("episode"), kind=OuterRef("kind"), person=person, state__in=HOLDING
    )
    return (
        open_places(project)
        .filter(~Exists(mine), origin=AssignmentOrigin.TAKEN, lease_until__lt=timezone.now())
        .exclude(person=person)
        .select_related("episode", "person")
        .order_by("lease_until", "pk")
    )


def wanted_places(project: Project, kind: WorkKind) -> int:
    """Return how many people may do a kind of work in one episode."""
    return project.annotators_per_episode if kind == WorkKind.LAYER else 1


def free_work(project: Project, kind: WorkKind) -> QuerySet[Episode]:
    """Return episodes with a free place, the least recently given first, then as in the story.

    Each has ``held``, how many hold a place. Where somebody picked dialogues already, the rest is
    not free; a manager may still give it to somebody.
    """
    found: QuerySet[Episode] = _free(
        project.pk, kind, wanted=wanted_places(project, kind), blind=is_blind(project)
    )
    return found


def free_for(project: Project, kind: WorkKind, person: User) -> list[Episode]:
    """Return the first episodes with a place that this person may take, each with its project."""
    if kind == WorkKind.LAYER and not is_blind(project):
        return []
    rows = _FREE[kind, is_blind(project)].rows(
        project=project.pk, person=person.pk, wanted=wanted_places(project, kind)
    )
    found = []
    for pk, script, season, number, title in rows:
        episode = Episode(pk=pk, season_number=season, episode_number=number, title=title)
        episode.script = Script(pk=script, project=project)
        found.append(episode)
    return found


def _free(project: Any, kind: WorkKind, *, wanted: Any, blind: bool) -> Any:
    places = Assignment.objects.filter(
        episode=OuterRef("pk"), kind=kind, state__in=HOLDING
    ).order_by()
    given = Assignment.objects.filter(episode=OuterRef("pk"), kind=kind).order_by()
    found = _workable(project, kind, blind=blind).annotate(
        held=Coalesce(
            Subquery(
                places.values("episode").annotate(n=Count("pk")).values("n"),
                output_field=IntegerField(),
            ),
            0,
        ),
        given_at=Subquery(given.values("episode").annotate(at=Max("created_at")).values("at")),
    )
    if kind == WorkKind.DIALOGUES:
        begun = Dialogue.objects.filter(scene__utterance__episode=OuterRef("pk"))
        found = found.filter(~Exists(begun))
    return found.filter(held__lt=wanted).order_by(
        F("given_at").asc(nulls_first=True), "season_number", "episode_number", "pk"
    )


def _free_for(kind: WorkKind, *, blind: bool) -> Any:
    person = Given("person")
    mine = Assignment.objects.filter(
        episode=OuterRef("pk"), kind=kind, state__in=HOLDING, person=person
    )
    finished = Segmentation.objects.filter(
        episode=OuterRef("pk"), annotator=person, state=SegmentationState.SUBMITTED
    )
    found = _free(Given("project"), kind, wanted=Given("wanted"), blind=blind).filter(~Exists(mine))
    if kind == WorkKind.LAYER:
        found = found.filter(~Exists(finished))
    return found.values_list("pk", "script", "season_number", "episode_number", "title")[
        :CANDIDATES
    ]


def _kept_free(kind: WorkKind, blind: bool) -> KeptQuery[Any]:  # noqa: FBT001
    return KeptQuery(lambda: _free_for(kind, blind=blind))


_FREE = {(kind, blind): _kept_free(kind, blind) for kind in WorkKind for blind in (True, False)}


def workable(project: Project, kind: WorkKind) -> QuerySet[Episode]:
    """Return the episodes on which this kind of work can be done now."""
    return _workable(project.pk, kind, blind=is_blind(project))


def _workable(project: Any, kind: WorkKind, *, blind: bool) -> QuerySet[Episode]:
    episodes = Episode.objects.filter(
        script__project=project, script__state=ScriptState.IMPORTED
    ).order_by("season_number", "episode_number", "pk")
    if kind == WorkKind.LAYER:
        return episodes.filter(~Exists(_agreed())) if blind else episodes.none()
    if kind == WorkKind.SCENES:
        if blind:
            return episodes.filter(Exists(_agreed(SegmentationState.IN_PROGRESS)))
        return episodes.filter(~Exists(_agreed(SegmentationState.SUBMITTED)))
    targets = Character.objects.filter(project=project, is_target=True)
    return episodes.filter(Exists(_agreed(SegmentationState.SUBMITTED)), Exists(targets))


_TAKEN: KeptQuery[tuple[int]] = KeptQuery(
    lambda: (
        Assignment.objects.filter(episode=Given("episode"), kind=Given("kind"), state__in=HOLDING)
        .order_by()
        .values_list("place")
    )
)


def taken_numbers(episode: Episode, kind: WorkKind) -> set[int]:
    """Return the numbers of the places that are held."""
    return {place for (place,) in _TAKEN.rows(episode=episode.pk, kind=str(kind))}


def places_by_episode(
    episodes: Iterable[Episode], kinds: Collection[WorkKind]
) -> dict[int, list[Assignment]]:
    """Return who holds a place in each episode, open or done, in one query."""
    rows = (
        Assignment.objects.filter(episode__in=list(episodes), kind__in=kinds, state__in=HOLDING)
        .select_related("person")
        .order_by("place")
    )
    found: dict[int, list[Assignment]] = defaultdict(list)
    for row in rows:
        found[row.episode_id].append(row)
    return dict(found)


def last_place(person: User, episode: Episode, kinds: Sequence[WorkKind]) -> Assignment | None:
    """Return the newest place of a person in an episode, held or ended, with who ended it."""
    rows = Assignment.objects.filter(episode=episode, person=person, kind__in=kinds)
    return rows.select_related("ended_by").order_by("pk").last()


def open_loads(project: Project, people: Collection[int]) -> dict[int, tuple[int, datetime | None]]:
    """Return for each person the utterances of their open places, and when they last got one."""
    found: dict[int, tuple[int, datetime | None]] = dict.fromkeys(people, (0, None))
    rows = (
        Assignment.objects.filter(project=project, person__in=people)
        .values_list("person")
        .annotate(last=Max("created_at"))
        .order_by()
    )
    lasts = dict(rows)
    open_rows = open_places(project).filter(person__in=people).order_by()
    for person, size in open_rows.values_list("person", "episode__utterance_count"):
        found[person] = (found[person][0] + size, None)
    return {person: (size, lasts.get(person)) for person, (size, _) in found.items()}


def count_free(project: Project, kind: WorkKind) -> int:
    """Return how many places of a kind nobody holds."""
    wanted = wanted_places(project, kind)
    held = _free(project.pk, kind, wanted=wanted, blind=is_blind(project))
    return sum(wanted - number for number in held.values_list("held", flat=True))
