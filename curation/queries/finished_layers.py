"""Read the finished layers of many episodes, no more of them than comparing needs."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Count

from curation.enums import SegmentationState, UtteranceKind
from curation.models import Boundary, Episode, Segmentation, Utterance


@dataclass(frozen=True, slots=True)
class SpokenShape:
    """Which rows of an episode are spoken.

    Attributes:
        rows: how many are.
        directions: positions of the rows that are not, ascending.
    """

    rows: int
    directions: tuple[int, ...]

    def gaps(self, starts: Iterable[int]) -> frozenset[int]:
        """Turn starts of scenes into gaps between spoken rows, as ``layers.gaps_of`` does."""
        found = (start - bisect_left(self.directions, start) for start in starts)
        return frozenset(gap for gap in found if 1 <= gap < self.rows)


class FinishedLayer(NamedTuple):
    """A submitted layer; a change of any of these is a change of what it says."""

    pk: int
    episode: int
    annotator: int
    revision: int


def finished_layers(episodes: Iterable[Episode]) -> list[FinishedLayer]:
    """Return the submitted layers of episodes, the oldest first; one query."""
    layers = Segmentation.objects.filter(
        episode__in=list(episodes), annotator__isnull=False, state=SegmentationState.SUBMITTED
    )
    rows = layers.order_by("pk").values_list("pk", "episode", "annotator", "revision")
    return [FinishedLayer(pk, episode, who or 0, revision) for pk, episode, who, revision in rows]


def starts_of(layers: Iterable[FinishedLayer]) -> dict[int, list[int]]:
    """Return where the scenes of layers start, by layer; one query."""
    starts: dict[int, list[int]] = {layer.pk: [] for layer in layers}
    drawn = Boundary.objects.filter(segmentation__in=list(starts), is_active=True).order_by()
    for pk, position in drawn.values_list("segmentation", "utterance__position"):
        starts[pk].append(position)
    return starts


def spoken_shapes(episodes: Iterable[Episode]) -> dict[int, SpokenShape]:
    """Return which rows of each episode are spoken, in two queries; most of them are."""
    rows = Utterance.objects.filter(episode__in=list(episodes)).order_by()
    spoken = rows.filter(kind=UtteranceKind.SPEECH).values_list("episode").annotate(Count("pk"))
    counts = dict(spoken)
    others: dict[int, list[int]] = defaultdict(list)
    directions = rows.exclude(kind=UtteranceKind.SPEECH).order_by("episode", "position")
    for episode, position in directions.values_list("episode", "position"):
        others[episode].append(position)
    return {one.pk: SpokenShape(counts.get(one.pk, 0), tuple(others[one.pk])) for one in episodes}
