"""Decisions on splits are taken back by whoever made them, the last press first."""

import pytest
from django.db import connection

from curation.domain.adjudication import (
    decide_split,
    lay_table,
    redo_last_split,
    take_majority,
    undo_last_split,
)
from curation.domain.layers import take_back_own_layer
from curation.domain.split_undo import UNDONE, SplitStandsError
from curation.models import Activity, SplitDecision
from tests.curation.domain.layer_world import BlindWorld
from tests.curation.domain.test_dialogue_races import at_once

pytestmark = pytest.mark.django_db


def decided(world: BlindWorld) -> list[tuple[int, int | None]]:
    return [
        (one.position, one.decision.start.position if one.decision.start else None)
        for one in lay_table(world.episode).splits
        if one.decision
    ]


def test_decisions_are_taken_back_press_by_press() -> None:
    world = BlindWorld()
    for person, start in ((world.ada, 4), (world.ben, 4), (world.cy, 10)):
        world.finish(person, start)
    take_majority(world.episode, actor=world.rex)
    majority = decided(world)
    assert (4, 4) in majority
    decide_split(world.episode, position=4, annotator=3, actor=world.rex)
    assert (4, None) in decided(world)
    undo_last_split(world.episode, actor=world.rex)
    assert decided(world) == majority
    with pytest.raises(SplitStandsError, match="no decision here"):
        undo_last_split(world.episode, actor=world.mina)
    decide_split(world.episode, position=4, annotator=3, actor=world.mina)
    with pytest.raises(SplitStandsError, match="Somebody else decided there"):
        undo_last_split(world.episode, actor=world.rex)
    undo_last_split(world.episode, actor=world.mina)
    undo_last_split(world.episode, actor=world.rex)
    assert decided(world) == []
    with pytest.raises(SplitStandsError, match="no decision here"):
        undo_last_split(world.episode, actor=world.rex)


@pytest.fixture
def world() -> BlindWorld:
    """Three layers with two places on which they differ: one drew line 11, two line 5."""
    world = BlindWorld()
    for person, start in ((world.ada, 4), (world.ben, 4), (world.cy, 10)):
        world.finish(person, start)
    return world


def test_decisions_taken_back_are_made_again_press_by_press(world: BlindWorld) -> None:
    take_majority(world.episode, actor=world.rex)
    majority = decided(world)
    decide_split(world.episode, position=4, annotator=3, actor=world.rex)
    after = decided(world)
    for _ in range(2):
        undo_last_split(world.episode, actor=world.rex)
    assert decided(world) == []
    redo_last_split(world.episode, actor=world.rex)
    assert decided(world) == majority
    redo_last_split(world.episode, actor=world.rex)
    assert decided(world) == after
    with pytest.raises(SplitStandsError, match="could be made again"):
        redo_last_split(world.episode, actor=world.rex)
    undo_last_split(world.episode, actor=world.rex)
    assert decided(world) == majority
    decide_split(world.episode, position=4, annotator=1, actor=world.rex)
    with pytest.raises(SplitStandsError, match="could be made again"):
        redo_last_split(world.episode, actor=world.rex)


def test_redo_is_refused_where_somebody_else_decided_since(world: BlindWorld) -> None:
    decide_split(world.episode, position=4, annotator=1, actor=world.rex)
    undo_last_split(world.episode, actor=world.rex)
    with pytest.raises(SplitStandsError, match="could be made again"):
        redo_last_split(world.episode, actor=world.mina)
    decide_split(world.episode, position=4, annotator=3, actor=world.mina)
    with pytest.raises(SplitStandsError, match="Somebody else decided there since"):
        redo_last_split(world.episode, actor=world.rex)
    assert decided(world) == [(4, None)]
    undo_last_split(world.episode, actor=world.mina)
    redo_last_split(world.episode, actor=world.rex)
    assert decided(world) == [(4, 4)]


def test_redo_is_refused_where_the_layers_changed_since(world: BlindWorld) -> None:
    decide_split(world.episode, position=4, annotator=1, actor=world.rex)
    undo_last_split(world.episode, actor=world.rex)
    layer = world.episode.segmentations.get(annotator=world.ben)
    take_back_own_layer(world.episode, revision=layer.revision, actor=world.ben)
    with pytest.raises(SplitStandsError, match="layers changed since"):
        redo_last_split(world.episode, actor=world.rex)
    assert not SplitDecision.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_presses_at_once_take_each_decision_back_once() -> None:
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("an SQLite database in memory has no lock that waits")
    world = BlindWorld()
    for person, start in ((world.ada, 4), (world.ben, 4), (world.cy, 10)):
        world.finish(person, start)
    for annotator in (1, 3):
        decide_split(world.episode, position=4, annotator=annotator, actor=world.rex)

    def press(number: int) -> str:
        if number == 7:
            decide_split(world.episode, position=4, annotator=1, actor=world.mina)
            return "decided"
        undo_last_split(world.episode, actor=world.rex)
        return "undone"

    answers = at_once(press, people=8)
    undone = Activity.objects.filter(verb=UNDONE)
    assert len({step.detail["undoes"] for step in undone}) == undone.count() == answers["undone"]
    assert set(answers) <= {"undone", "decided", SplitStandsError.code}
    assert answers["undone"] <= 2
    assert SplitDecision.objects.get().decided_by == world.mina
