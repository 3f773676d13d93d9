"""A layer as it was after each change, replayed from its activity."""

import pytest

from curation.domain.adjudication import save_agreed_scenes
from curation.domain.layer_history import (
    NoSuchLayerRevisionError,
    edits_to,
    layer_revisions,
    revision_numbered,
)
from curation.domain.layers import undo_agreement
from curation.domain.scene_edits import SceneEdits
from curation.domain.segmentation import apply_scene_edits
from curation.models import Activity, Segmentation
from tests.curation.domain.layer_world import BlindWorld

pytestmark = pytest.mark.django_db


def edit(world: BlindWorld, layer: Segmentation, *, on: set[int], off: set[int]) -> None:
    edits = SceneEdits(on=frozenset(on), off=frozenset(off))
    apply_scene_edits(
        world.episode, edits=edits, revision=layer.revision, actor=world.ada, annotator=world.ada
    )
    layer.refresh_from_db()


def test_every_change_is_replayed_and_can_be_gone_back_to() -> None:
    world = BlindWorld()
    layer = world.cut(world.ada, 4, 8)
    edit(world, layer, on={4, 12}, off={8})  # 4 starts one already
    edit(world, layer, on=set(), off={4})
    revisions = layer_revisions(layer)
    assert [sorted(one.starts) for one in revisions] == [[0, 4, 8], [0, 4, 12], [0, 12]]
    assert [(one.on, one.off) for one in revisions] == [((4, 8), ()), ((12,), (8,)), ((), (4,))]
    edits = edits_to(revisions[0], now=revisions[-1].starts)
    assert (edits.on, edits.off) == ({4, 8}, {12})
    with pytest.raises(NoSuchLayerRevisionError):
        revision_numbered(revisions, 4)


def test_what_was_there_before_the_first_known_change_is_worked_out() -> None:
    world = BlindWorld()
    layer = world.cut(world.ada, 4, 8)
    Activity.objects.all().delete()  # as a layer that a corrected script carried over
    edit(world, layer, on={12}, off={8})
    assert [sorted(one.starts) for one in layer_revisions(layer)] == [[0, 4, 12]]
    assert layer_revisions(layer)[0].off == (8,)


def test_an_agreement_that_was_undone_leaves_one_scene() -> None:
    world = BlindWorld(annotators=2)
    world.finish(world.ada, 4)
    world.finish(world.ben, 4)
    layer = save_agreed_scenes(world.episode, actor=world.rex)
    undo_agreement(world.episode, actor=world.rex)
    layer.refresh_from_db()
    assert [sorted(one.starts) for one in layer_revisions(layer)] == [[0, 4], [0]]
