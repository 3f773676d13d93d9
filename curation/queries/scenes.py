"""Read scenes: layers, where scenes start, which dialogues span what, what is suggested."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, Exists, F, FilteredRelation, Max, Min, OuterRef, Q, QuerySet

from curation.enums import (
    ScriptState,
    SegmentationState,
    Suggester,
    SuggestionState,
    UtteranceKind,
)
from curation.models import (
    Boundary,
    Character,
    DialogueUtterance,
    Episode,
    Project,
    Segmentation,
    SuggestedBoundary,
    SuggestionRun,
    Utterance,
)
from rickproject.lib.kept_queries import Given, KeptQuery
from rickproject.lib.numbers import is_key


@dataclass(frozen=True, slots=True)
class DialogueSpan:
    """Where a live dialogue lies: positions of its first and last utterance in the episode."""

    dialogue_id: int
    state: str
    scene_id: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Mark:
    """An utterance in a layer; one never marked has ``boundary_id`` 0 and ``is_active`` None."""

    utterance_id: int
    boundary_id: int
    is_active: bool | None


@dataclass(frozen=True, slots=True)
class SpokenRow:
    """One spoken row: its position in the episode and who speaks, aliases resolved."""

    position: int
    utterance_id: int
    speaker: str


def imported_episodes(project: Project) -> QuerySet[Episode]:
    """Return the project's episodes in the order of the story."""
    return Episode.objects.filter(
        script__project=project, script__state=ScriptState.IMPORTED
    ).order_by("season_number", "episode_number", "pk")


def scene_starts(layer: Segmentation | None) -> list[Boundary]:
    """Return the active boundaries of a layer in order, each with its utterance."""
    if layer is None:
        return []
    return list(
        Boundary.objects.filter(segmentation=layer, is_active=True)
        .select_related("utterance")
        .order_by("utterance__position")
    )


def scenes_at(layer: Segmentation, positions: Collection[int]) -> list[Boundary]:
    """Return a layer's boundaries at these positions: only what the reader shows of them."""
    return _scenes_at(len(positions)).rows(layer=layer.pk, **_by_place(positions))


@lru_cache(maxsize=16)
def _scenes_at(count: int) -> KeptQuery[Boundary]:
    return KeptQuery(
        lambda: (
            Boundary.objects.filter(
                segmentation=Given("layer"), utterance__position__in=_places(count)
            )
            .select_related("utterance")
            .only("title", "note", "note_revision", "utterance__position")
        )
    )


_DIALOGUE_SPANS = KeptQuery(
    lambda: (
        DialogueUtterance.objects.filter(utterance__episode=Given("episode"), is_live=True)
        .values_list("dialogue_id", "dialogue__state", "dialogue__scene_id")
        .annotate(first=Min("utterance__position"), last=Max("utterance__position"))
        .order_by("first")
    )
)


def dialogue_spans(episode: Episode) -> list[DialogueSpan]:
    """Return where the episode's live dialogues lie, in order."""
    return [DialogueSpan(*row) for row in _DIALOGUE_SPANS.rows(episode=episode.pk)]


def spoken_rows(episode: Episode) -> list[SpokenRow]:
    """Return the episode's spoken rows in order; an alias counts as the character it stands for."""
    rows = (
        Utterance.objects.filter(episode=episode, kind=UtteranceKind.SPEECH)
        .order_by("position")
        .values_list(
            "position",
            "pk",
            "character__normalised_name",
            "character__alias_of__normalised_name",
        )
    )
    return [SpokenRow(position, pk, alias or name or "") for position, pk, name, alias in rows]


def runs_of(episode: Episode, *, annotator: User | None = None) -> QuerySet[SuggestionRun]:
    """Return the runs of suggesters for an annotator's layer, or for the agreed one.

    What the source suggests is everybody's, until a layer has its own copy of it.
    """
    runs = SuggestionRun.objects.filter(episode=episode)
    if annotator is None:
        return runs.filter(layer=None)
    own = runs.filter(layer__annotator=annotator)
    has_layer = Segmentation.objects.filter(episode=episode, annotator=annotator).exists()
    return own if has_layer else runs.filter(layer=None, suggester=Suggester.SOURCE)


def first_run(episode: Episode, *, annotator: User | None = None) -> SuggestionRun | None:
    """Return the first run of a model over the episode."""
    runs = runs_of(episode, annotator=annotator).exclude(suggester=Suggester.SOURCE)
    return runs.order_by("pk").first()


def current_runs(episode: Episode, *, annotator: User | None = None) -> list[int]:
    """Return the runs whose suggestions count: the source's own, and the last of a model."""
    runs = runs_of(episode, annotator=annotator).order_by("pk")
    found = list(runs.values_list("suggester", "pk"))
    own = [pk for suggester, pk in found if suggester == Suggester.SOURCE]
    return own + [pk for suggester, pk in found if suggester != Suggester.SOURCE][-1:]


def suggestion_fates(episode: Episode, *, annotator: User | None = None) -> dict[str, int]:
    """Count the episode's proposed boundaries by state; open ones only of the current runs."""
    proposed = SuggestedBoundary.objects.filter(
        run__in=runs_of(episode, annotator=annotator), is_proposed=True
    ).exclude(~Q(run__in=current_runs(episode, annotator=annotator)), state=SuggestionState.OPEN)
    return dict(
        proposed.order_by().values_list("state").annotate(Count("utterance", distinct=True))
    )


def open_suggestions(episode: Episode, *, annotator: User | None = None) -> list[SuggestedBoundary]:
    """Return the undecided suggestions of the current runs that are no boundary yet, in order.

    Where the source and the model suggest the same, the source is the one that is offered.
    """
    runs = current_runs(episode, annotator=annotator)
    if not runs:
        return []
    taken = Boundary.objects.filter(
        segmentation__episode=episode, segmentation__annotator=annotator, is_active=True
    ).values("utterance_id")
    found = (
        SuggestedBoundary.objects.filter(run__in=runs, state=SuggestionState.OPEN)
        .exclude(utterance_id__in=taken)
        .select_related("utterance", "run")
        .order_by("utterance__position", "pk")
    )
    best: dict[int, SuggestedBoundary] = {}
    for one in found:
        if one.utterance_id not in best or one.run.suggester == Suggester.SOURCE:
            best[one.utterance_id] = one
    return list(best.values())


def positions_of(episode: Episode, positions: Collection[int]) -> dict[int, Utterance]:
    """Return the episode's utterances at these positions, by position, without their text."""
    found = Utterance.objects.filter(episode=episode, position__in=positions).only("position")
    return {utterance.position: utterance for utterance in found}


def marks_of(layer: Segmentation, positions: Collection[int]) -> dict[int, Mark]:
    """Return what a layer says at these positions of its episode, by position."""
    rows = _marks_at(len(positions)).rows(
        episode=layer.episode_id, layer=layer.pk, **_by_place(positions)
    )
    return {
        position: Mark(utterance_id, boundary_id or 0, is_active)
        for position, utterance_id, boundary_id, is_active in rows
    }


@lru_cache(maxsize=16)
def _marks_at(count: int) -> KeptQuery[tuple[int, int, int | None, bool | None]]:
    marks = FilteredRelation("boundaries", condition=Q(boundaries__segmentation=Given("layer")))
    return KeptQuery(
        lambda: (
            Utterance.objects.filter(episode=Given("episode"), position__in=_places(count))
            .annotate(mark=marks)
            .order_by()
            .values_list("position", "pk", "mark__pk", "mark__is_active")
        )
    )


def _places(count: int) -> list[Any]:
    """Leave so many positions open; :func:`_by_place` gives them."""
    return [Given(f"place{number}") for number in range(count)]


def _by_place(positions: Collection[int]) -> dict[str, int]:
    return {f"place{number}": position for number, position in enumerate(positions)}


def reader_rows(episode: Episode) -> list[tuple[int, int | None, str, str, int]]:
    """Return position, character, kind, text and missing lines of every row, in order."""
    return list(
        Utterance.objects.filter(episode=episode)
        .order_by("position")
        .values_list("position", "character_id", "kind", "text", "missing_before")
    )


def project_characters(project: Project) -> dict[int, tuple[str, int]]:
    """Return name and colour of every character by primary key; aliases wear their own name."""
    rows = Character.objects.filter(project=project).values_list(
        "pk", "name", "colour", "alias_of__colour"
    )
    return {pk: (name, colour if of is None else of) for pk, name, colour, of in rows}


def listed_episodes(project: Project, *, search: str = "", state: str = "") -> QuerySet[Episode]:
    """Return the episodes with this in their title or code, and agreed scenes in this state."""
    episodes = imported_episodes(project)
    if search:
        episodes = episodes.filter(Q(title__icontains=search) | _code_filter(search))
    if not state:
        return episodes
    agreed = Segmentation.objects.filter(episode=OuterRef("pk"), annotator=None)
    if state == SegmentationState.UNTOUCHED:
        return episodes.exclude(Exists(agreed.exclude(state=state)))
    return episodes.filter(Exists(agreed.filter(state=state)))


def episode_summaries(episodes: QuerySet[Episode]) -> QuerySet[Episode]:
    """Return episodes with their agreed layer's facts, in one query; ask for one page of them.

    Each has ``layer_state``, ``layer_updated_at`` and ``layer_updated_by`` (None before the first
    edit) and ``scenes``.
    """
    return episodes.annotate(
        agreed=FilteredRelation("segmentations", condition=Q(segmentations__annotator=None)),
        layer_state=F("agreed__state"),
        layer_updated_at=F("agreed__updated_at"),
        layer_updated_by=F("agreed__updated_by__username"),
        scenes=Count("agreed__boundaries", filter=Q(agreed__boundaries__is_active=True)),
    )


def _code_filter(search: str) -> Q:
    """Match codes such as S1E3, whole or only the season."""
    season, _, number = search.strip().lower().removeprefix("s").partition("e")
    if not is_key(season) or (number and not is_key(number)):
        return Q(pk=None)
    found = Q(season_number=int(season))
    return found & Q(episode_number=int(number)) if number else found
