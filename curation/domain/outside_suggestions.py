"""Scene starts that a suggester outside this program proposes, kept as suggestions to decide on."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from curation.domain.activity import record_activity
from curation.domain.scene_suggestions import decided_gaps
from curation.domain.segmentation import ensure_layer
from curation.enums import Suggester
from curation.models import Episode, SuggestedBoundary, SuggestionRun
from curation.queries.scenes import spoken_rows


@transaction.atomic
def keep_suggested_scenes(
    episode: Episode,
    *,
    starts: Mapping[int, str],
    model_name: str,
    actor: User | None,
    annotator: User | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> SuggestionRun:
    """Keep one answer of a language model; what people decided stands and is not suggested again.

    Args:
        starts: title of each proposed scene by the position at which it starts; a start at a
            stage direction counts for the next spoken row.
        model_name: who answered.
        annotator: whose layer the suggestions are for; None is the agreed one.
        parameters: small JSON values that tell how it was asked.
    """
    rows = spoken_rows(episode)
    positions = [row.position for row in rows]
    titles: dict[int, str] = {}
    for position, title in sorted(starts.items()):
        gap = bisect_left(positions, position)
        if 1 <= gap < len(rows):
            titles.setdefault(gap, title)
    layer = ensure_layer(episode, annotator=annotator)
    on, off = decided_gaps(layer, rows)
    run = SuggestionRun.objects.create(
        episode=episode,
        layer=layer if annotator else None,
        suggester=Suggester.LLM,
        model_name=model_name,
        parameters={**(parameters or {}), "gaps": sorted(titles)},
        scene_count=len(titles) + 1,
        created_by=actor,
    )
    SuggestedBoundary.objects.bulk_create(
        (
            SuggestedBoundary(
                run=run,
                utterance_id=rows[gap].utterance_id,
                probability=1.0,
                title=title,
                is_proposed=True,
            )
            for gap, title in titles.items()
            if gap not in on | off
        ),
        batch_size=500,
    )
    record_activity(
        "scenes.suggested",
        project=episode.script.project,
        actor=actor,
        target=layer,
        run=run.pk,
        scenes=run.scene_count,
        model=model_name,
    )
    return run
