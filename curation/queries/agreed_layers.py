"""Read the agreed scenes of a project: which episodes have them, and where scenes start."""

from __future__ import annotations

from dataclasses import dataclass

from curation.enums import ScriptState, SegmentationState
from curation.models import Boundary, Episode, Project, Segmentation
from curation.queries.layers import gaps_of
from curation.queries.scenes import spoken_rows


@dataclass(frozen=True, slots=True)
class AgreedLayer:
    """An episode whose agreed scenes were submitted, at one revision of them."""

    episode_id: int
    layer_id: int
    revision: int


def agreed_layers(project: Project) -> list[AgreedLayer]:
    """Return the project's submitted agreed layers in the order of the story, in one query."""
    rows = (
        Segmentation.objects.filter(
            annotator=None,
            state=SegmentationState.SUBMITTED,
            episode__script__project=project,
            episode__script__state=ScriptState.IMPORTED,
        )
        .order_by("episode__season_number", "episode__episode_number", "episode_id")
        .values_list("episode_id", "pk", "revision")
    )
    return [AgreedLayer(*row) for row in rows]


def projects_with_agreed_layers() -> list[int]:
    """Return the ids of projects in which at least one episode is agreed."""
    rows = Segmentation.objects.filter(
        annotator=None,
        state=SegmentationState.SUBMITTED,
        episode__script__state=ScriptState.IMPORTED,
    )
    found = rows.order_by().values_list("episode__script__project_id", flat=True).distinct()
    return sorted(found)


def agreed_rows(layer: AgreedLayer) -> tuple[tuple[str, ...], frozenset[int]]:
    """Return who speaks each spoken row of an agreed episode, and the gaps where scenes start."""
    rows = spoken_rows(Episode(pk=layer.episode_id))
    starts = Boundary.objects.filter(segmentation=layer.layer_id, is_active=True)
    positions = list(starts.values_list("utterance__position", flat=True))
    gaps = gaps_of(positions, spoken=[row.position for row in rows])
    return tuple(row.speaker for row in rows), gaps
