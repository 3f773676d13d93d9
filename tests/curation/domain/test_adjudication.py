"""Adjudication: splits, majority, decisions with their authors, agreed scenes by construction."""

from __future__ import annotations

import pytest

from curation.domain.adjudication import (
    AdjudicationError,
    decide_split,
    lay_table,
    save_agreed_scenes,
    take_majority,
)
from curation.domain.layers import take_back_own_layer
from curation.enums import DecisionRule, SegmentationState, UtteranceKind
from curation.models import Segmentation, SplitDecision, Utterance
from tests.curation.domain.layer_world import BlindWorld

pytestmark = pytest.mark.django_db


def three_layers() -> BlindWorld:
    """Line 4 is shared; 8 has a slip; 12 two of three; 16 only one; 18 only another."""
    world = BlindWorld()
    world.finish(world.ada, 4, 8, 12)
    world.finish(world.ben, 4, 9, 12, 16)
    world.finish(world.cy, 4, 8, 18)
    return world


def test_table_tells_what_is_shared_and_what_is_split() -> None:
    table = lay_table(three_layers().episode)
    assert table.shared == (4,)
    assert [(split.position, split.choices) for split in table.splits] == [
        (8, (8, 9, 8)),
        (12, (12, 12, None)),
    ]
    assert [split.majority for split in table.splits] == [8, 12]
    assert table.undecided == 2


def test_majority_decides_all_in_one_go_and_the_agreed_scenes_follow() -> None:
    world = three_layers()
    assert take_majority(world.episode, actor=world.rex).undecided == 0
    layer = save_agreed_scenes(world.episode, actor=world.rex)
    assert world.starts() == [0, 4, 8, 12]
    assert layer.state == SegmentationState.SUBMITTED
    decisions = SplitDecision.objects.filter(segmentation=layer)
    assert [(d.rule, d.votes, d.annotators, d.decided_by) for d in decisions] == [
        (DecisionRule.MAJORITY, 3, 3, world.rex),
        (DecisionRule.MAJORITY, 2, 3, world.rex),
    ]
    with pytest.raises(AdjudicationError, match="are agreed"):
        take_majority(world.episode, actor=world.rex)
    with pytest.raises(AdjudicationError, match="are agreed"):
        decide_split(world.episode, position=8, annotator=1, actor=world.rex)


def test_one_annotators_decision_is_taken_with_their_line() -> None:
    world = three_layers()
    decide_split(world.episode, position=8, annotator=2, actor=world.mina)
    table = decide_split(world.episode, position=12, annotator=3, actor=world.rex)
    assert table.undecided == 0
    save_agreed_scenes(world.episode, actor=world.mina)
    assert world.starts() == [0, 4, 9]
    first, second = SplitDecision.objects.all()
    assert (first.taken_from, first.decided_by, first.rule) == (
        world.ben,
        world.mina,
        DecisionRule.ANNOTATOR,
    )
    assert (second.start, second.taken_from) == (None, world.cy)


def test_majority_leaves_what_somebody_decided() -> None:
    world = three_layers()
    decide_split(world.episode, position=12, annotator=3, actor=world.mina)
    take_majority(world.episode, actor=world.mina)
    save_agreed_scenes(world.episode, actor=world.mina)
    assert world.starts() == [0, 4, 8]


def test_a_tie_waits_for_a_person() -> None:
    world = BlindWorld(annotators=2)
    world.finish(world.ada, 5)
    world.finish(world.ben, 12)
    assert take_majority(world.episode, actor=world.rex).undecided == 2
    with pytest.raises(AdjudicationError, match="2 splits wait"):
        save_agreed_scenes(world.episode, actor=world.rex)
    decide_split(world.episode, position=5, annotator=1, actor=world.rex)
    with pytest.raises(AdjudicationError, match="1 split waits"):
        save_agreed_scenes(world.episode, actor=world.rex)
    decide_split(world.episode, position=12, annotator=1, actor=world.rex)
    save_agreed_scenes(world.episode, actor=world.rex)
    assert world.starts() == [0, 5]


def test_every_layer_must_be_finished_first() -> None:
    world = BlindWorld(annotators=3)
    world.finish(world.ada, 5)
    world.finish(world.ben, 5)
    with pytest.raises(AdjudicationError, match="2 of 3 layers"):
        save_agreed_scenes(world.episode, actor=world.rex)


def test_a_decision_on_other_votes_counts_no_more() -> None:
    world = three_layers()
    take_majority(world.episode, actor=world.rex)
    take_back_own_layer(world.episode, revision=1, actor=world.cy)
    table = lay_table(world.episode)
    assert [(one.position, one.decision) for one in table.splits] == [(8, None), (16, None)]


@pytest.mark.parametrize(("position", "annotator"), [(4, 1), (99, 1), (8, 4), (8, 0)])
def test_only_splits_and_annotators_that_there_are(position: int, annotator: int) -> None:
    world = three_layers()
    with pytest.raises(AdjudicationError, match="no such split"):
        decide_split(world.episode, position=position, annotator=annotator, actor=world.rex)
    assert not Segmentation.objects.filter(annotator=None).exists()


def test_starts_at_a_direction_and_at_the_line_after_it_are_one() -> None:
    world = BlindWorld(annotators=2)
    Utterance.objects.filter(episode=world.episode, position=7).update(kind=UtteranceKind.DIRECTION)
    world.finish(world.ada, 7)
    world.finish(world.ben, 8)
    table = lay_table(world.episode)
    assert table.shared == (7,)
    assert table.splits == ()
    save_agreed_scenes(world.episode, actor=world.rex)
    assert world.starts() == [0, 7]


def test_the_table_takes_the_same_queries_however_many_layers(
    django_assert_num_queries: object,
) -> None:
    world = three_layers()
    with django_assert_num_queries(4):  # type: ignore[operator]
        lay_table(world.episode)
