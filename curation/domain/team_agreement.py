"""The agreement of a team: its episodes' finished layers as units to measure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User

from curation.domain.agreement import Agreement, measure_agreement
from curation.domain.agreement_pairs import Unit
from curation.models import Episode
from curation.queries.finished_layers import (
    FinishedLayer,
    finished_layers,
    spoken_shapes,
    starts_of,
)
from rickproject.lib.kept_figures import kept


@dataclass(frozen=True, slots=True)
class EpisodeAgreement:
    """One episode's agreement; ``layers`` is the number of its finished layers."""

    episode: Episode
    layers: int
    figures: Agreement


@dataclass(frozen=True)
class TeamAgreement:
    """The episodes of a team that were finished by somebody.

    Attributes:
        measured: the episodes with finished layers, in the order in which they were given.
        layers: the finished layers of each, by episode.
        people: who made them, by id.
    """

    measured: tuple[Episode, ...]
    layers: Mapping[int, Sequence[FinishedLayer]]
    people: Mapping[int, User]

    def together(self) -> Agreement:
        """Measure all episodes as one; kept until a layer changes, is submitted or taken back."""
        layers = [layer for one in self.measured for layer in self.layers[one.pk]]
        return kept("agreement", layers, lambda: measure_agreement(list(self._units().values())))

    def of_episodes(self, episodes: Iterable[Episode]) -> list[EpisodeAgreement]:
        """Measure some of the measured episodes one by one, in three queries."""
        chosen = list(episodes)
        units = self._units(chosen)
        return [
            EpisodeAgreement(one, len(self.layers[one.pk]), measure_agreement([units[one.pk]]))
            for one in chosen
        ]

    def _units(self, episodes: Sequence[Episode] | None = None) -> dict[int, Unit]:
        chosen = self.measured if episodes is None else episodes
        starts = starts_of(layer for one in chosen for layer in self.layers[one.pk])
        spoken = spoken_shapes(chosen)
        return {
            one.pk: Unit(
                rows=spoken[one.pk].rows,
                layers={
                    layer.annotator: spoken[one.pk].gaps(starts[layer.pk])
                    for layer in self.layers[one.pk]
                },
            )
            for one in chosen
        }


def agreement_of_episodes(episodes: Sequence[Episode]) -> TeamAgreement:
    """Find the finished layers of episodes, in two queries however many there are.

    The caller leaves out episodes whose layers the reader may not see.
    """
    layers: dict[int, list[FinishedLayer]] = defaultdict(list)
    for layer in finished_layers(episodes):
        layers[layer.episode].append(layer)
    people = User.objects.in_bulk({one.annotator for found in layers.values() for one in found})
    measured = tuple(one for one in episodes if one.pk in layers)
    return TeamAgreement(measured, dict(layers), people)
