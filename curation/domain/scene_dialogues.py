"""Dialogues follow the scenes they lie in."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from curation.models import Boundary, Dialogue, Segmentation
from curation.queries.scenes import DialogueSpan


def carry_dialogues(layer: Segmentation, *, spans: Iterable[DialogueSpan]) -> None:
    """Hang each live dialogue on the scene it now lies in; call it in a transaction."""
    starts = list(
        Boundary.objects.filter(segmentation=layer, is_active=True)
        .order_by("utterance__position")
        .values_list("utterance__position", "pk")
    )
    positions = [position for position, _ in starts]
    for span in spans:
        scene_id = starts[bisect_right(positions, span.first) - 1][1]
        if scene_id != span.scene_id:
            Dialogue.objects.filter(pk=span.dialogue_id).update(scene_id=scene_id)
