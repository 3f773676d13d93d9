"""Scenes that the source marks become suggestions of a run of its own."""

from collections.abc import Sequence

from django.utils import timezone

from curation.domain.script_files import ScriptReading
from curation.enums import Suggester, SuggestionState
from curation.models import Script, SuggestedBoundary, SuggestionRun, Utterance

POSITIONS_AT_ONCE = 500


def suggest_source_scenes(script: Script, reading: ScriptReading, episodes: Sequence[int]) -> None:
    """Keep the scene starts of the source as suggestions.

    The first line of an episode starts a scene anyway: its suggestion is decided from the start
    and only names the scene. Call it in the transaction that finishes the import.

    Args:
        episodes: primary keys, in the order of the reading.
    """
    for episode_id, episode in zip(episodes, reading.episodes, strict=True):
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
            ],
            batch_size=POSITIONS_AT_ONCE,
        )


def _utterances(episode_id: int, positions: Sequence[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for first in range(0, len(positions), POSITIONS_AT_ONCE):
        wanted = positions[first : first + POSITIONS_AT_ONCE]
        rows = Utterance.objects.filter(episode_id=episode_id, position__in=wanted)
        found += rows.values_list("position", "pk")
    return found


def _title(heading: str) -> str:
    return heading if len(heading) <= 200 else heading[:199] + "…"
