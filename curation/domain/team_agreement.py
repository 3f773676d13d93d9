"""The agreement of a team: its episodes' finished layers as units to measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User

from curation.domain.agreement import Agreement, measure_agreement
from curation.domain.agreement_pairs import Unit
from curation.models import Episode
from curation.queries.layers import finished_layers, gaps_of, spoken_positions


@dataclass(frozen=True, slots=True)
class EpisodeAgreement:
    """One episode's agreement; ``layers`` is the number of its finished layers."""

    episode: Episode
    layers: int
    figures: Agreement


@dataclass(frozen=True, slots=True)
class TeamAgreement:
    """All episodes together, one by one, and the people by their id."""

    figures: Agreement
    episodes: tuple[EpisodeAgreement, ...]
    people: dict[int, User]


def agreement_of_episodes(episodes: Sequence[Episode]) -> TeamAgreement:
    """Measure the finished layers of episodes, in three queries however many there are.

    The caller leaves out episodes whose layers the reader may not see.
    """
    layers = finished_layers(episodes)
    spoken = spoken_positions([one for one in episodes if one.pk in layers])
    people = {one.annotator.pk: one.annotator for found in layers.values() for one in found}
    units = {
        pk: Unit(
            rows=len(spoken.get(pk, ())),
            layers={
                one.annotator.pk: gaps_of(one.starts, spoken=spoken.get(pk, ())) for one in found
            },
        )
        for pk, found in layers.items()
    }
    each = tuple(
        EpisodeAgreement(one, len(layers[one.pk]), measure_agreement([units[one.pk]]))
        for one in episodes
        if one.pk in units
    )
    return TeamAgreement(measure_agreement(list(units.values())), each, people)
