"""Scenes that the source marks become suggestions of a run of its own."""

from collections.abc import Mapping, Sequence

from django.utils import timezone

from curation.domain.script_files import ScriptReading
from curation.enums import Suggester, SuggestionState
from curation.models import (
    Boundary,
    Script,
    Segmentation,
    SuggestedBoundary,
    SuggestionRun,
    Utterance,
)

POSITIONS_AT_ONCE = 500
Start = tuple[int, int, str]


def suggest_source_scenes(script: Script, reading: ScriptReading, episodes: Sequence[int]) -> None:
    """Keep the scene starts of the source as suggestions.

    What people decided about earlier suggestions of the source, or drew themselves, stands.

    The first line of an episode starts a scene anyway: its suggestion is decided from the start
    and only names the scene. Call it in the transaction that finishes the import.

    Args:
        episodes: primary keys, in the order of the reading.
    """
    for episode_id, episode in zip(episodes, reading.episodes, strict=True):
        SuggestedBoundary.objects.filter(
            run__episode=episode_id, run__suggester=Suggester.SOURCE, state=SuggestionState.OPEN
        ).delete()
        starts = _starts(episode_id, dict(episode.scene_starts))
        layers = Segmentation.objects.filter(episode=episode_id, annotator__isnull=False)
        for layer in [None, *layers]:
            fresh = [one for one in starts if one[1] not in _decided(episode_id, layer)]
            _suggest(script, episode_id, layer, fresh)


def _suggest(
    script: Script, episode_id: int, layer: Segmentation | None, starts: Sequence[Start]
) -> None:
    if not starts:
        return
    run = SuggestionRun.objects.create(
        episode_id=episode_id,
        layer=layer,
        suggester=Suggester.SOURCE,
        scene_count=len({0, *(position for position, _, _ in starts)}),
        created_by=script.created_by,
    )
    SuggestedBoundary.objects.bulk_create(
        [
            SuggestedBoundary(
                run=run,
                utterance_id=pk,
                probability=1.0,
                is_proposed=position > 0,
                title=title,
                state=SuggestionState.OPEN if position else SuggestionState.ACCEPTED,
                decided_at=None if position else timezone.now(),
            )
            for position, pk, title in starts
        ],
        batch_size=POSITIONS_AT_ONCE,
    )


def _decided(episode_id: int, layer: Segmentation | None) -> set[int]:
    """Return the rows about which people decided in a layer; None is the agreed one."""
    own = SuggestedBoundary.objects.filter(
        run__episode=episode_id, run__layer=layer, run__suggester=Suggester.SOURCE
    )
    annotator_id = layer.annotator_id if layer else None
    drawn = Boundary.objects.filter(
        segmentation__episode=episode_id, segmentation__annotator=annotator_id
    )
    return {pk for rows in (own, drawn) for pk in rows.values_list("utterance_id", flat=True)}


def _starts(episode_id: int, titles: Mapping[int, str]) -> list[Start]:
    """Return position, primary key and title of each row at which the source starts a scene."""
    positions = sorted(titles)
    found: list[Start] = []
    for first in range(0, len(positions), POSITIONS_AT_ONCE):
        wanted = positions[first : first + POSITIONS_AT_ONCE]
        rows = Utterance.objects.filter(episode_id=episode_id, position__in=wanted)
        for position, pk in rows.values_list("position", "pk"):
            found.append((position, pk, _title(titles[position])))
    return sorted(found)


def _title(heading: str) -> str:
    return heading if len(heading) <= 200 else heading[:199] + "…"
