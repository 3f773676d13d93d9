"""Suggested scenes: run the speaker model around what people decided, and take its advice."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from django.contrib.auth.models import User
from django.db import transaction

from curation.domain.activity import record_activity
from curation.domain.scene_edits import SceneEdits
from curation.domain.segmentation import apply_scene_edits, ensure_layer
from curation.domain.speaker_learnings import known_settings
from curation.domain.speaker_model import (
    DEFAULT_SETTINGS,
    SceneSuggestion,
    SpeakerModelSettings,
    suggest_about,
    suggest_boundaries,
)
from curation.enums import SuggestionState
from curation.errors import CurationError
from curation.models import (
    Boundary,
    Episode,
    Project,
    Segmentation,
    SuggestedBoundary,
    SuggestionRun,
)
from curation.queries.layers import cuts_blind
from curation.queries.scenes import (
    SpokenRow,
    dialogue_spans,
    imported_episodes,
    open_suggestions,
    runs_of,
    spoken_rows,
)
from curation.queries.suggester_scores import LEARNED

#: Gaps below this chance of a boundary are not worth a row.
WORTH_KEEPING = 0.05
#: How few speakers a scene has when a count is asked for.
ALPHA_WITH_COUNT = 1.0


class NothingSpokenError(CurationError):
    """The episode has too few spoken lines to be cut."""

    code = "nothing_spoken"


class UnknownEpisodeError(CurationError):
    """The project has no episode of this code."""

    code = "unknown_episode"


@dataclass(frozen=True, slots=True)
class EpisodeSuggestions:
    """What one episode got: scenes found, suggestions open, suggestions accepted."""

    episode: Episode
    run: SuggestionRun
    scenes: int
    suggested: int
    accepted: int


def run_speaker_model(
    episode: Episode,
    *,
    actor: User,
    scenes: int | None = None,
    settings: SpeakerModelSettings | None = None,
    annotator: User | None = None,
) -> SuggestionRun:
    """Suggest scenes for one episode and keep each suggestion with its probability.

    What people decided stands: their boundaries stay, what they took away or dismissed is not
    suggested again, and no live dialogue is cut.

    Args:
        scenes: about how many scenes to aim at; None leaves it to the model.
        settings: how the model cuts; None is what it learned from the team's other agreed
            episodes, or the built-in settings while there are too few.
        annotator: whose layer the suggestions are for; None is the agreed one.

    Raises:
        NothingSpokenError: fewer than two spoken lines.
    """
    rows = spoken_rows(episode)
    if len(rows) <= 1:
        msg = f"{episode.code} has fewer than two spoken lines, so there is nothing to cut."
        raise NothingSpokenError(msg)
    learned = known_settings(episode) if settings is None else None
    settings = settings or (learned.settings if learned else DEFAULT_SETTINGS)
    layer = ensure_layer(episode, annotator=annotator)
    on, off = decided_gaps(layer, rows)
    speakers = [row.speaker for row in rows]
    if scenes is None:
        found = suggest_boundaries(speakers, settings=settings, on=on, off=off)
    else:
        if learned is None:
            settings = replace(settings, alpha=ALPHA_WITH_COUNT)
        found = suggest_about(speakers, scenes=scenes, settings=settings, on=on, off=off)
    parameters = {
        **asdict(settings),
        "penalty": found.penalty,
        "asked_for": scenes,
        "gaps": list(found.boundaries),
        "decided": len(on) + len(off),
        "learned_from": learned.episodes if learned else 0,
    }
    with transaction.atomic():  # only now: nobody waits for the model
        run = SuggestionRun.objects.create(
            episode=episode,
            layer=layer if annotator else None,
            model_name=LEARNED if learned else "",
            parameters=parameters,
            scene_count=found.scenes,
            created_by=actor,
        )
        _keep_suggestions(run, found, rows, decided=on | off)
        record_activity(
            "scenes.suggested",
            project=episode.script.project,
            actor=actor,
            target=layer,
            run=run.pk,
            scenes=found.scenes,
        )
    return run


def accept_suggestions(
    episode: Episode,
    *,
    suggestions: Sequence[SuggestedBoundary],
    revision: int,
    actor: User,
    annotator: User | None = None,
) -> Segmentation:
    """Turn suggestions into boundaries; errors as of :func:`apply_scene_edits`."""
    edits = SceneEdits(
        on=frozenset(suggestion.utterance.position for suggestion in suggestions),
        accepted=frozenset(suggestion.pk for suggestion in suggestions),
    )
    return apply_scene_edits(
        episode, edits=edits, revision=revision, actor=actor, annotator=annotator
    )


def suggest_scenes(
    project: Project,
    *,
    actor: User,
    episode_code: str | None = None,
    scenes: int | None = None,
    accept: bool = False,
) -> list[EpisodeSuggestions]:
    """Suggest scenes for every episode of a project, or one; accept what is proposed if asked.

    Where annotators still cut blind, the suggestions are for the actor's own layer, unless one
    annotator is enough and what is proposed becomes the agreed scenes at once. Episodes of fewer
    than two spoken lines are passed over. Each episode is a transaction of its own.

    Raises:
        UnknownEpisodeError: no episode has this code, or the project has none at all.
    """
    episodes = [
        episode
        for episode in imported_episodes(project).select_related("script__project")
        if episode_code is None or episode.code.lower() == episode_code.strip().lower()
    ]
    if not episodes:
        wanted = f"episode {episode_code}" if episode_code else "episode yet; import a script"
        msg = f"{project.name} has no {wanted}."
        raise UnknownEpisodeError(msg)
    answers = []
    for episode in episodes:
        try:
            answers.append(_suggest_for_episode(episode, actor=actor, scenes=scenes, accept=accept))
        except NothingSpokenError:
            continue
    return answers


def _suggest_for_episode(
    episode: Episode, *, actor: User, scenes: int | None, accept: bool
) -> EpisodeSuggestions:
    several = episode.script.project.annotators_per_episode > 1
    annotator = actor if cuts_blind(episode) and (several or not accept) else None
    run = run_speaker_model(episode, actor=actor, scenes=scenes, annotator=annotator)
    proposed = [one for one in open_suggestions(episode, annotator=annotator) if one.is_proposed]
    layer = Segmentation.objects.get(episode=episode, annotator=annotator)
    if accept and proposed:
        accept_suggestions(
            episode,
            suggestions=proposed,
            revision=layer.revision,
            actor=actor,
            annotator=annotator,
        )
    count = Boundary.objects.filter(segmentation=layer, is_active=True).count()
    return EpisodeSuggestions(
        episode=episode,
        run=run,
        scenes=count,
        suggested=len(proposed),
        accepted=len(proposed) if accept else 0,
    )


def decided_gaps(layer: Segmentation, rows: Sequence[SpokenRow]) -> tuple[set[int], set[int]]:
    """Read people's decisions as gaps between spoken rows: those sure, and those never.

    A decision at a stage direction counts for the next spoken row.
    """
    positions = [row.position for row in rows]

    def gaps(at: list[int]) -> set[int]:
        found = {bisect_left(positions, position) for position in at}
        return {gap for gap in found if 1 <= gap < len(rows)}

    drawn = Boundary.objects.filter(segmentation=layer)
    on = gaps(list(drawn.filter(is_active=True).values_list("utterance__position", flat=True)))
    refused = SuggestedBoundary.objects.filter(
        run__in=runs_of(layer.episode, annotator=layer.annotator),
        state=SuggestionState.DISMISSED,
    )
    undecided = {
        suggestion.utterance.position
        for suggestion in open_suggestions(layer.episode, annotator=layer.annotator)
    }
    taken_away = [
        position
        for position in drawn.filter(is_active=False).values_list("utterance__position", flat=True)
        if position not in undecided
    ]
    off = gaps(taken_away) | gaps(list(refused.values_list("utterance__position", flat=True)))
    for span in [] if layer.annotator_id else dialogue_spans(layer.episode):
        off |= gaps([at for at in positions if span.first < at <= span.last])
    return on, off - on


def _keep_suggestions(
    run: SuggestionRun, found: SceneSuggestion, rows: Sequence[SpokenRow], *, decided: set[int]
) -> None:
    proposed = set(found.boundaries)
    SuggestedBoundary.objects.bulk_create(
        (
            SuggestedBoundary(
                run=run,
                utterance_id=rows[gap].utterance_id,
                probability=chance,
                is_proposed=gap in proposed,
            )
            for gap, chance in enumerate(found.probabilities)
            if gap and gap not in decided and (gap in proposed or chance >= WORTH_KEEPING)
        ),
        batch_size=500,
    )
