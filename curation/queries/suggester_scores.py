"""Read what suggesters answered and what became of it, for a whole project."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Case, Count, Exists, OuterRef, Value, When

from curation.enums import Suggester
from curation.models import (
    Boundary,
    Episode,
    NoteDraft,
    Project,
    SpeakerLearning,
    SuggestedBoundary,
    SuggestionRun,
)
from curation.queries.agreed_layers import agreed_layers
from curation.queries.layers import gaps_of, spoken_positions

Key = tuple[str, str]
#: What a run of the speaker model with learned settings bears as the model's name.
LEARNED = "learned"


@dataclass(frozen=True, slots=True)
class AgreedScenes:
    """An agreed episode: positions of its spoken rows, and the gaps where scenes start."""

    episode: Episode
    spoken: Sequence[int]
    gaps: frozenset[int]


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """Where a suggester would start scenes in an episode, before anybody decided anything."""

    key: Key
    episode_id: int
    gaps: tuple[int, ...]


def agreed_scenes(project: Project) -> dict[int, AgreedScenes]:
    """Return the project's agreed episodes in the order of the story, in four queries."""
    layers = agreed_layers(project)
    ids = [layer.episode_id for layer in layers]
    episodes = Episode.objects.in_bulk(ids)
    spoken = spoken_positions(episodes.values())
    starts: dict[int, list[int]] = defaultdict(list)
    drawn = Boundary.objects.filter(
        segmentation__in=[layer.layer_id for layer in layers], is_active=True
    ).values_list("segmentation__episode_id", "utterance__position")
    for episode_id, position in drawn:
        starts[episode_id].append(position)
    return {
        pk: AgreedScenes(
            episodes[pk], spoken.get(pk, []), gaps_of(starts[pk], spoken=spoken.get(pk, []))
        )
        for pk in ids
    }


def first_answers(project: Project) -> list[FirstAnswer]:
    """Return each suggester's answers, oldest first; of the speaker model those given freely.

    What the source proposes has no answer of its own kept: it is read from its suggestions.
    """
    runs = SuggestionRun.objects.filter(episode__script__project=project).order_by("pk")
    answers = []
    for suggester, model, episode_id, parameters in runs.values_list(
        "suggester", "model_name", "episode_id", "parameters"
    ):
        is_free = not parameters.get("decided") and parameters.get("asked_for") is None
        if "gaps" in parameters and is_free:
            gaps = tuple(parameters["gaps"])
            answers.append(FirstAnswer((suggester, model), episode_id, gaps))
    return answers + _source_answers(project)


def _source_answers(project: Project) -> list[FirstAnswer]:
    rows = SuggestedBoundary.objects.filter(
        run__episode__script__project=project,
        run__suggester=Suggester.SOURCE,
        run__layer=None,
        is_proposed=True,
    ).values_list("run__episode_id", "utterance__position")
    starts: dict[int, list[int]] = defaultdict(list)
    for episode_id, position in rows:
        starts[episode_id].append(position)
    if not starts:
        return []
    spoken = spoken_positions(Episode.objects.filter(pk__in=starts))
    return [
        FirstAnswer(
            (Suggester.SOURCE, ""),
            episode_id,
            tuple(sorted(gaps_of(positions, spoken=spoken.get(episode_id, [])))),
        )
        for episode_id, positions in starts.items()
    ]


def learned_answers(project: Project) -> list[FirstAnswer]:
    """Return the speaker model's scenes of agreed episodes, learned without them and built in."""
    rows = SpeakerLearning.objects.filter(project=project, left_out__isnull=False)
    answers = []
    for episode_id, learned, built_in in rows.values_list(
        "left_out_id", "learned_gaps", "built_in_gaps"
    ):
        for model, gaps in ((LEARNED, learned), ("", built_in)):
            if gaps is not None:
                key = (Suggester.SPEAKER_MODEL.value, model)
                answers.append(FirstAnswer(key, episode_id, tuple(gaps)))
    return answers


def boundary_fates(project: Project) -> list[tuple[Key, str, bool, int]]:
    """Count proposed scene starts by suggester, state, and whether their title was changed."""
    changed = Boundary.objects.filter(
        utterance=OuterRef("utterance"), origin=OuterRef("run__suggester"), is_active=True
    ).exclude(title=OuterRef("title"))
    rows = (
        SuggestedBoundary.objects.filter(run__episode__script__project=project, is_proposed=True)
        .annotate(is_changed=Case(When(title="", then=Value(value=False)), default=Exists(changed)))
        .order_by()
        .values_list("run__suggester", "run__model_name", "state", "is_changed")
        .annotate(n=Count("pk"))
    )
    return [((suggester, model), *rest) for suggester, model, *rest in rows]


def note_fates(project: Project) -> list[tuple[Key, str, int]]:
    """Count drafted notes by suggester and state."""
    rows = (
        NoteDraft.objects.filter(scene__segmentation__episode__script__project=project)
        .order_by()
        .values_list("suggester", "model_name", "state")
        .annotate(n=Count("pk"))
    )
    return [((suggester, model), state, n) for suggester, model, state, n in rows]
