"""The agreement of a team is kept, and follows every change of a finished layer."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from curation.domain.agreement import Agreement, measure_agreement
from curation.domain.agreement_pairs import Unit
from curation.domain.layers import take_back_own_layer
from curation.domain.team_agreement import agreement_of_episodes
from tests.curation.domain.layer_world import BlindWorld

pytestmark = pytest.mark.django_db


def together(world: BlindWorld) -> Agreement:
    return agreement_of_episodes([world.episode]).together()


def by_hand(*layers: set[int]) -> Agreement:
    return measure_agreement([Unit(rows=20, layers=dict(enumerate(map(frozenset, layers))))])


def test_team_agreement_follows_every_change_of_a_finished_layer() -> None:
    world = BlindWorld()
    world.finish(world.ada, 4, 8)
    world.finish(world.ben, 4, 9)
    assert together(world).similarity == by_hand({4, 8}, {4, 9}).similarity
    layer = world.finish(world.cy, 12)
    assert together(world).similarity == by_hand({4, 8}, {4, 9}, {12}).similarity
    take_back_own_layer(world.episode, revision=layer.revision, actor=world.cy)
    assert together(world).similarity == by_hand({4, 8}, {4, 9}).similarity
    world.finish(world.cy, 4)
    assert together(world).similarity == by_hand({4, 8}, {4, 9}, {4, 12}).similarity


def test_team_agreement_is_measured_once_for_the_same_layers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = BlindWorld()
    world.finish(world.ada, 4, 8)
    world.finish(world.ben, 4, 9)
    first = together(world)
    monkeypatch.setattr("curation.domain.team_agreement.measure_agreement", None)
    assert together(world) == first
    cache.clear()
    with pytest.raises(TypeError):
        together(world)
