"""Decisions on splits are taken back by whoever made them, the last press first."""

import pytest

from curation.domain.adjudication import (
    decide_split,
    lay_table,
    take_majority,
    undo_last_split,
)
from curation.domain.split_undo import SplitStandsError
from tests.curation.domain.layer_world import BlindWorld

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
