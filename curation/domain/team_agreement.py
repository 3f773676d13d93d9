"""The agreement of a team: its episodes' finished layers as units to measure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.contrib.auth.models import User

from curation.domain.agreement import Agreement, pool_agreement
from curation.domain.agreement_pairs import Unit
from curation.domain.agreement_units import UnitFigures, measure_unit
from curation.domain.segmentation_metrics import Undefined
from curation.models import Episode
from curation.queries.finished_layers import (
    FinishedLayer,
    finished_layers,
    spoken_shapes,
    starts_of,
)
from rickproject.lib.kept_figures import kept_each


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
        project: its key.
        measured: the episodes with finished layers, in the order in which they were given.
        layers: the finished layers of each, by episode.
        people: who made them, by id.
    """

    project: int
    measured: tuple[Episode, ...]
    layers: Mapping[int, Sequence[FinishedLayer]]
    people: Mapping[int, User]

    def together(self) -> Agreement:
        """Measure all episodes as one; kept until any of their layers changes."""

        def work_out(_: list[str]) -> dict[str, Agreement]:
            return {"all": pool_agreement(list(self._figures.values()))}

        rows = [layer for one in self.measured for layer in self.layers[one.pk]]
        return kept_each(f"agreement-together-{self.project}", {"all": rows}, work_out)["all"]

    def of_episodes(self, episodes: Iterable[Episode]) -> list[EpisodeAgreement]:
        """Measure some of the measured episodes one by one."""
        return [
            EpisodeAgreement(one, len(self.layers[one.pk]), pool_agreement([self._figures[one.pk]]))
            for one in episodes
        ]

    def lowest_first(self) -> list[Episode]:
        """Return the measured episodes, the least alike first; those without a figure last."""

        def rank(one: Episode) -> tuple[bool, float]:
            value = pool_agreement([self._figures[one.pk]]).similarity.value
            return isinstance(value, Undefined), 0.0 if isinstance(value, Undefined) else value

        return sorted(self.measured, key=rank)

    @cached_property
    def _figures(self) -> dict[int, UnitFigures]:
        """The figures of each episode, kept until a layer of it changes, comes or is taken back."""
        by_key = {one.pk: one for one in self.measured}

        def work_out(keys: list[int]) -> dict[int, UnitFigures]:
            return {pk: measure_unit(unit) for pk, unit in self._units(by_key, keys)}

        return kept_each(f"agreement-{self.project}", self.layers, work_out)

    def _units(
        self, episodes: Mapping[int, Episode], keys: list[int]
    ) -> Iterator[tuple[int, Unit]]:
        """Yield the layers of some episodes, read in three queries."""
        starts = starts_of(layer for pk in keys for layer in self.layers[pk])
        spoken = spoken_shapes([episodes[pk] for pk in keys])
        for pk in keys:
            layers = {one.annotator: spoken[pk].gaps(starts[one.pk]) for one in self.layers[pk]}
            yield pk, Unit(rows=spoken[pk].rows, layers=layers)


def agreement_of_episodes(project: int, episodes: Sequence[Episode]) -> TeamAgreement:
    """Find the finished layers of a project's episodes, in two queries however many there are.

    The caller leaves out episodes whose layers the reader may not see.
    """
    layers: dict[int, list[FinishedLayer]] = defaultdict(list)
    for layer in finished_layers(episodes):
        layers[layer.episode].append(layer)
    people = User.objects.in_bulk({one.annotator for found in layers.values() for one in found})
    measured = tuple(one for one in episodes if one.pk in layers)
    return TeamAgreement(project, measured, dict(layers), people)
