"""The agreement of a team: its episodes' finished layers as units to measure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User

from curation.domain.agreement import Agreement, measure_agreement
from curation.domain.agreement_pairs import Unit
from curation.models import Episode
from curation.queries.finished_layers import finished_starts, spoken_shapes


@dataclass(frozen=True, slots=True)
class EpisodeAgreement:
    """One episode's agreement; ``layers`` is the number of its finished layers."""

    episode: Episode
    layers: int
    figures: Agreement


@dataclass(frozen=True, slots=True)
class TeamAgreement:
    """All episodes together, and the people by their id.

    Attributes:
        measured: the episodes with finished layers, in the order in which they were given.
        units: what was measured, by episode.
    """

    figures: Agreement
    measured: tuple[Episode, ...]
    units: Mapping[int, Unit]
    people: Mapping[int, User]

    def of_episodes(self, episodes: Iterable[Episode]) -> list[EpisodeAgreement]:
        """Measure some of the measured episodes one by one."""
        return [
            EpisodeAgreement(
                one, len(self.units[one.pk].layers), measure_agreement([self.units[one.pk]])
            )
            for one in episodes
        ]


def agreement_of_episodes(episodes: Sequence[Episode]) -> TeamAgreement:
    """Measure the finished layers of episodes, in five queries however many there are.

    The caller leaves out episodes whose layers the reader may not see.
    """
    layers = finished_starts(episodes)
    measured = tuple(one for one in episodes if one.pk in layers)
    spoken = spoken_shapes(measured)
    units = {
        one.pk: Unit(
            rows=spoken[one.pk].rows,
            layers={who: spoken[one.pk].gaps(starts) for who, starts in layers[one.pk].items()},
        )
        for one in measured
    }
    people = User.objects.in_bulk({who for found in layers.values() for who in found})
    return TeamAgreement(measure_agreement(list(units.values())), measured, units, people)
