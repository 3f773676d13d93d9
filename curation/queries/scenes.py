"""Read scenes: layers, where scenes start, which dialogues span what, what is suggested."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Count, F, FilteredRelation, Max, Min, Q, QuerySet

from curation.enums import ScriptState, Suggester, SuggestionState, UtteranceKind
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


def agreed_layer(episode: Episode) -> Segmentation | None:
    """Return the layer that the team edits together, None before its first edit."""
    return (
        Segmentation.objects.filter(episode=episode, annotator=None)
        .select_related("updated_by")
        .first()
    )


def scene_starts(layer: Segmentation | None) -> list[Boundary]:
    """Return the active boundaries of a layer in order, each with its utterance."""
    if layer is None:
        return []
    return list(
        Boundary.objects.filter(segmentation=layer, is_active=True)
        .select_related("utterance")
        .order_by("utterance__position")
    )


def scenes_at(layer: Segmentation, positions: Collection[int]) -> QuerySet[Boundary]:
    """Return a layer's boundaries at these positions: only what the reader shows of them."""
    return (
        Boundary.objects.filter(segmentation=layer, utterance__position__in=positions)
        .select_related("utterance")
        .only("title", "note", "note_revision", "utterance__position")
    )


def dialogue_spans(episode: Episode) -> list[DialogueSpan]:
    """Return where the episode's live dialogues lie, in order."""
    rows = (
        DialogueUtterance.objects.filter(utterance__episode=episode, is_live=True)
        .values_list("dialogue_id", "dialogue__state", "dialogue__scene_id")
        .annotate(first=Min("utterance__position"), last=Max("utterance__position"))
        .order_by("first")
    )
    return [DialogueSpan(*row) for row in rows]


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
    rows = (
        Utterance.objects.filter(episode=layer.episode_id, position__in=positions)
        .annotate(
            mark=FilteredRelation("boundaries", condition=Q(boundaries__segmentation=layer.pk))
        )
        .order_by()
        .values_list("position", "pk", "mark__pk", "mark__is_active")
    )
    return {
        position: Mark(utterance_id, boundary_id or 0, is_active)
        for position, utterance_id, boundary_id, is_active in rows
    }


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


def episode_summaries(project: Project, *, search: str = "", state: str = "") -> QuerySet[Episode]:
    """Return episodes with their agreed layer's facts, in one query.

    Each has ``layer_state``, ``layer_updated_at`` and ``layer_updated_by`` (None before the first
    edit) and ``scenes``.
    """
    episodes = imported_episodes(project).annotate(
        agreed=FilteredRelation("segmentations", condition=Q(segmentations__annotator=None)),
        layer_state=F("agreed__state"),
        layer_updated_at=F("agreed__updated_at"),
        layer_updated_by=F("agreed__updated_by__username"),
        scenes=Count("agreed__boundaries", filter=Q(agreed__boundaries__is_active=True)),
    )
    if search:
        episodes = episodes.filter(Q(title__icontains=search) | _code_filter(search))
    if state == "untouched":
        return episodes.filter(Q(layer_state=None) | Q(layer_state=state))
    return episodes.filter(layer_state=state) if state else episodes


def _code_filter(search: str) -> Q:
    """Match codes such as S1E3, whole or only the season."""
    season, _, number = search.strip().lower().removeprefix("s").partition("e")
    if not season.isdecimal() or (number and not number.isdecimal()):
        return Q(pk=None)
    found = Q(season_number=int(season))
    return found & Q(episode_number=int(number)) if number else found
