"""The agreement of a team is kept, and follows every change of a finished layer."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from curation.domain.agreement import Agreement, measure_agreement
from curation.domain.agreement_pairs import Unit
from curation.domain.agreement_units import UnitFigures, measure_unit
from curation.domain.layers import take_back_own_layer
from curation.domain.team_agreement import agreement_of_episodes
from tests.curation.domain.layer_world import BlindWorld

pytestmark = pytest.mark.django_db


def together(world: BlindWorld) -> Agreement:
    return agreement_of_episodes(1, [world.episode]).together()


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
    monkeypatch.setattr("curation.domain.team_agreement.measure_unit", None)
    assert together(world) == first
    cache.clear()
    with pytest.raises(TypeError):
        together(world)


def test_only_the_episode_whose_layer_changed_is_measured_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = BlindWorld(), BlindWorld()
    for world in (first, second):
        world.finish(world.ada, 4, 8)
        world.finish(world.ben, 4, 9)
    episodes = [first.episode, second.episode]
    agreement_of_episodes(1, episodes).together()
    measured: list[Unit] = []

    def watched(unit: Unit) -> UnitFigures:
        measured.append(unit)
        return measure_unit(unit)

    monkeypatch.setattr("curation.domain.team_agreement.measure_unit", watched)
    second.finish(second.cy, 12)
    found = agreement_of_episodes(1, episodes).together()
    assert [len(unit.layers) for unit in measured] == [3]
    assert found.similarity.count == 4


def test_episodes_can_stand_in_the_order_of_their_agreement() -> None:
    alike, unlike, alone = BlindWorld(), BlindWorld(), BlindWorld()
    for world, gap in ((alike, 8), (unlike, 15)):
        world.finish(world.ada, 4, 8)
        world.finish(world.ben, 4, gap)
    alone.finish(alone.ada, 4)
    episodes = [alone.episode, alike.episode, unlike.episode]
    team = agreement_of_episodes(1, episodes)
    assert team.lowest_first() == [unlike.episode, alike.episode, alone.episode]
