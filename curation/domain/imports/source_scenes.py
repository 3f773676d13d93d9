"""Scenes that the source marks become suggestions of a run of its own."""

from collections.abc import Sequence

from django.utils import timezone

from curation.domain.script_files import ScriptReading
from curation.enums import Suggester, SuggestionState
from curation.models import Boundary, Script, SuggestedBoundary, SuggestionRun, Utterance

POSITIONS_AT_ONCE = 500


def suggest_source_scenes(script: Script, reading: ScriptReading, episodes: Sequence[int]) -> None:
    """Keep the scene starts of the source as suggestions.

    What people decided about earlier suggestions of the source, or drew themselves, stands.

    The first line of an episode starts a scene anyway: its suggestion is decided from the start
    and only names the scene. Call it in the transaction that finishes the import.

    Args:
        episodes: primary keys, in the order of the reading.
    """
    for episode_id, episode in zip(episodes, reading.episodes, strict=True):
        decided = _decided(episode_id)
        titles = dict(episode.scene_starts)
        if not titles:
            continue
        run = SuggestionRun.objects.create(
            episode_id=episode_id,
            suggester=Suggester.SOURCE,
            scene_count=len(titles.keys() | {0}),
            created_by=script.created_by,
        )
        SuggestedBoundary.objects.bulk_create(
            [
                SuggestedBoundary(
                    run=run,
                    utterance_id=pk,
                    probability=1.0,
                    is_proposed=position > 0,
                    title=_title(titles[position]),
                    state=SuggestionState.OPEN if position else SuggestionState.ACCEPTED,
                    decided_at=None if position else timezone.now(),
                )
                for position, pk in _utterances(episode_id, sorted(titles))
                if pk not in decided
            ],
            batch_size=POSITIONS_AT_ONCE,
        )


def _decided(episode_id: int) -> set[int]:
    """Return the rows about which people decided; forget the open suggestions of the source."""
    own = SuggestedBoundary.objects.filter(run__episode=episode_id, run__suggester=Suggester.SOURCE)
    own.filter(state=SuggestionState.OPEN).delete()
    drawn = Boundary.objects.filter(segmentation__episode=episode_id, segmentation__annotator=None)
    return {
        *own.values_list("utterance_id", flat=True),
        *drawn.values_list("utterance_id", flat=True),
    }


def _utterances(episode_id: int, positions: Sequence[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for first in range(0, len(positions), POSITIONS_AT_ONCE):
        wanted = positions[first : first + POSITIONS_AT_ONCE]
        rows = Utterance.objects.filter(episode_id=episode_id, position__in=wanted)
        found += rows.values_list("position", "pk")
    return found


def _title(heading: str) -> str:
    return heading if len(heading) <= 200 else heading[:199] + "…"
