"""Read the annotators' own layers of an episode: whose they are, and who may see them."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from curation.enums import Role, ScriptState, SegmentationMode, SegmentationState, UtteranceKind
from curation.models import Boundary, Episode, Membership, Project, Segmentation, Utterance
from rickproject.lib.kept_queries import Given, KeptQuery

ADJUDICATORS = (Role.REVIEWER, Role.MANAGER)


@dataclass(frozen=True, slots=True)
class FinishedLayer:
    """A submitted layer.

    Attributes:
        starts: positions at which its scenes start, ascending, the first line left out.
        saw_others: its author could see colleagues' layers before submitting it.
    """

    annotator: User
    starts: tuple[int, ...]
    saw_others: bool


def _layer(**whose: object) -> KeptQuery[Segmentation]:
    return KeptQuery(
        lambda: (
            Segmentation.objects.filter(episode=Given("episode"), **whose)
            .select_related("updated_by")
            .order_by()
        )
    )


_AGREED_LAYER = _layer(annotator=None)
_OWN_LAYER = _layer(annotator=Given("annotator"))


def is_settled(episode: Episode) -> bool:
    """Whether the episode has agreed scenes, so that the team works on those together."""
    layer = layer_of(episode, None)
    return layer is not None and layer.state != SegmentationState.UNTOUCHED


def is_blind(project: Project) -> bool:
    """Whether annotators of the project cut layers of their own."""
    return project.segmentation_mode == SegmentationMode.BLIND


def cuts_blind(episode: Episode) -> bool:
    """Whether each annotator still cuts a layer of their own, unseen by colleagues."""
    return is_blind(episode.script.project) and not is_settled(episode)


def layer_of(episode: Episode, annotator: User | None) -> Segmentation | None:
    """Return an annotator's layer, or the agreed one; None before its first edit."""
    if annotator is None:
        return _AGREED_LAYER.first(episode=episode.pk)
    return _OWN_LAYER.first(episode=episode.pk, annotator=annotator.pk)


def is_adjudicator(user: User, project: Project) -> bool:
    """Whether a person may decide between layers: reviewers and managers."""
    if user.is_superuser:
        return True
    held = Membership.objects.filter(project=project, user=user, role__in=ADJUDICATORS)
    return held.exists()


def may_see_layers(user: User, episode: Episode) -> bool:
    """Whether colleagues' finished layers, and all that follows from them, are open to a person.

    They are once the episode is agreed or the person's own layer is submitted. Who began a layer
    stays blind until then, whatever their role; reviewers and managers who began none decide
    between layers and see them. A project that cuts together hides nothing.
    """
    if not is_blind(episode.script.project) or is_settled(episode):
        return True
    own = Segmentation.objects.filter(episode=episode, annotator=user).first()
    if own and own.state == SegmentationState.SUBMITTED:
        return True
    begun = own is not None and own.state != SegmentationState.UNTOUCHED
    return not begun and is_adjudicator(user, episode.script.project)


def visible_episodes(user: User, project: Project, episodes: Sequence[Episode]) -> set[int]:
    """Return the ids of those episodes whose layers a person may see, in two queries."""
    if not is_blind(project):
        return {one.pk for one in episodes}
    rows = Segmentation.objects.filter(
        Q(annotator=None) | Q(annotator=user), episode__in=episodes
    ).values_list("episode_id", "annotator_id", "state")
    settled: set[int] = set()
    submitted: set[int] = set()
    begun: set[int] = set()
    for episode, annotator, state in rows:
        if annotator is None and state != SegmentationState.UNTOUCHED:
            settled.add(episode)
        elif annotator and state == SegmentationState.SUBMITTED:
            submitted.add(episode)
        elif annotator and state != SegmentationState.UNTOUCHED:
            begun.add(episode)
    others = {one.pk for one in episodes} - begun if is_adjudicator(user, project) else set()
    return settled | submitted | others


def finished_layers(episodes: Iterable[Episode]) -> dict[int, list[FinishedLayer]]:
    """Return the submitted layers of episodes by episode, in the order in which they were begun."""
    layers = list(
        Segmentation.objects.filter(
            episode__in=list(episodes), annotator__isnull=False, state=SegmentationState.SUBMITTED
        )
        .select_related("annotator")
        .order_by("pk")
    )
    starts: dict[int, list[int]] = defaultdict(list)
    drawn = (
        Boundary.objects.filter(segmentation__in=layers, is_active=True)
        .order_by("utterance__position")
        .values_list("segmentation_id", "utterance__position")
    )
    for pk, position in drawn:
        if position:
            starts[pk].append(position)
    found: dict[int, list[FinishedLayer]] = defaultdict(list)
    for layer in layers:
        if layer.annotator:
            one = FinishedLayer(layer.annotator, tuple(starts[layer.pk]), layer.saw_others)
            found[layer.episode_id].append(one)
    return dict(found)


def has_other_finished(episode: Episode, user: User) -> bool:
    """Whether somebody else submitted a layer of the episode."""
    return (
        Segmentation.objects.filter(
            episode=episode, annotator__isnull=False, state=SegmentationState.SUBMITTED
        )
        .exclude(annotator=user)
        .exists()
    )


def spoken_positions(episodes: Iterable[Episode]) -> dict[int, list[int]]:
    """Return the positions of spoken rows by episode, ascending."""
    rows = (
        Utterance.objects.filter(episode__in=list(episodes), kind=UtteranceKind.SPEECH)
        .order_by("episode_id", "position")
        .values_list("episode_id", "position")
    )
    found: dict[int, list[int]] = defaultdict(list)
    for episode, position in rows:
        found[episode].append(position)
    return dict(found)


def gaps_of(starts: Iterable[int], *, spoken: Sequence[int]) -> frozenset[int]:
    """Turn starts of scenes into gaps between spoken rows.

    A start at a stage direction counts for the next spoken row.
    """
    found = (bisect_left(spoken, start) for start in starts)
    return frozenset(gap for gap in found if 1 <= gap < len(spoken))


def with_layers(episodes: QuerySet[Episode], *, annotator: User) -> QuerySet[Episode]:
    """Add ``own_state``, of the person's own layer, and ``finished_layers``, how many there are."""
    layers = Segmentation.objects.filter(episode=OuterRef("pk"), annotator__isnull=False)
    finished = layers.filter(state=SegmentationState.SUBMITTED).order_by().values("episode")
    return episodes.annotate(
        own_state=Subquery(layers.filter(annotator=annotator).values("state")[:1]),
        finished_layers=Coalesce(Subquery(finished.annotate(n=Count("pk")).values("n")), 0),
    )


def waiting_layers(project: Project, *, annotator: User) -> tuple[int, int, int]:
    """Return how many blind episodes wait for this person's layer, how many to be settled, and
    how many have agreed scenes that nobody submitted.

    One that has as many finished layers as the project wants waits for nobody's layer any more.
    """
    agreed = Segmentation.objects.filter(annotator=None).exclude(state=SegmentationState.UNTOUCHED)
    episodes = Episode.objects.filter(
        script__project=project, script__state=ScriptState.IMPORTED
    ).exclude(pk__in=agreed.values("episode_id"))
    layers = Segmentation.objects.filter(episode=OuterRef("pk"), annotator__isnull=False)
    finished = Count(
        "segmentations",
        filter=Q(
            segmentations__annotator__isnull=False,
            segmentations__state=SegmentationState.SUBMITTED,
        ),
    )
    own = Subquery(layers.filter(annotator=annotator).values("state")[:1])
    wanted = project.annotators_per_episode
    found = list(episodes.order_by().annotate(own=own, n=finished).values_list("own", "n"))
    mine = [1 for own, number in found if own != SegmentationState.SUBMITTED and number < wanted]
    begun = Segmentation.objects.filter(
        episode__script__project=project,
        episode__script__state=ScriptState.IMPORTED,
        annotator=None,
        state=SegmentationState.IN_PROGRESS,
    ).count()
    return len(mine), sum(number >= wanted for _, number in found), begun
