"""Scene boundaries: revisions, refusals, dialogues that follow their scene."""

from __future__ import annotations

import pytest

from curation.domain.scene_edits import SceneEdits
from curation.domain.scene_submission import reopen_scenes, submit_scenes
from curation.domain.segmentation import (
    BoundaryRefusedError,
    CutsDialogueError,
    SceneStateError,
    StaleScenesError,
    apply_scene_edits,
    ensure_agreed_layer,
)
from curation.enums import BoundaryOrigin, SegmentationState
from curation.models import Activity, Boundary, Episode, Segmentation
from tests.curation.domain.dialogue_world import World
from tests.cutting import clear_boundary, set_boundary
from tests.factories import EpisodeFactory, UserFactory, UtteranceFactory

pytestmark = pytest.mark.django_db


def starts(episode: Episode) -> list[int]:
    return list(
        Boundary.objects.filter(segmentation__episode=episode, is_active=True)
        .order_by("utterance__position")
        .values_list("utterance__position", flat=True)
    )


def make_episode(rows: int = 6) -> Episode:
    episode = EpisodeFactory(utterance_count=rows)
    for position in range(rows):
        UtteranceFactory(episode=episode, position=position)
    return episode


def test_ensure_agreed_layer_starts_the_first_scene_once() -> None:
    episode = make_episode()
    layer = ensure_agreed_layer(episode)
    assert ensure_agreed_layer(episode).pk == layer.pk
    assert starts(episode) == [0]
    assert layer.boundaries.get().origin == BoundaryOrigin.START
    assert (layer.revision, layer.state) == (0, SegmentationState.UNTOUCHED)


def test_ensure_agreed_layer_takes_an_episode_without_lines() -> None:
    assert ensure_agreed_layer(EpisodeFactory()).boundaries.count() == 0


def test_set_boundary_starts_a_scene_and_counts_the_revision() -> None:
    episode, actor = make_episode(), UserFactory()
    layer = set_boundary(episode, position=3, revision=0, actor=actor)
    assert starts(episode) == [0, 3]
    stored = Segmentation.objects.get(pk=layer.pk)
    assert (stored.revision, stored.state) == (1, SegmentationState.IN_PROGRESS)
    assert stored.updated_by == actor
    activity = Activity.objects.get()
    assert (activity.verb, activity.detail, activity.actor) == ("scenes.edited", {"on": [3]}, actor)


def test_set_boundary_on_a_boundary_changes_nothing_else() -> None:
    episode, actor = make_episode(), UserFactory()
    set_boundary(episode, position=3, revision=0, actor=actor)
    set_boundary(episode, position=3, revision=1, actor=actor)
    clear_boundary(episode, position=5, revision=2, actor=actor)
    assert starts(episode) == [0, 3]


def test_clear_boundary_keeps_its_row_and_note_for_undo() -> None:
    episode, actor = make_episode(), UserFactory()
    set_boundary(episode, position=3, revision=0, actor=actor)
    Boundary.objects.filter(utterance__position=3).update(title="Kitchen", note_revision=1)
    clear_boundary(episode, position=3, revision=1, actor=actor)
    assert starts(episode) == [0]
    set_boundary(episode, position=3, revision=2, actor=actor)
    assert Boundary.objects.get(utterance__position=3, is_active=True).title == "Kitchen"
    assert Boundary.objects.count() == 2


def test_apply_scene_edits_refuses_a_stale_revision_and_writes_nothing() -> None:
    episode, first, second = make_episode(), UserFactory(username="ada"), UserFactory()
    set_boundary(episode, position=3, revision=0, actor=first)
    with pytest.raises(StaleScenesError, match="ada changed"):
        set_boundary(episode, position=4, revision=0, actor=second)
    assert starts(episode) == [0, 3]
    assert Activity.objects.count() == 1


@pytest.mark.parametrize(
    ("on", "off", "sentence"),
    [
        ({6}, set(), "no line 7"),
        (set(), {99}, "no line 100"),
        (set(), {0}, "always starts"),
        ({2}, {2}, "cannot both"),
    ],
)
def test_apply_scene_edits_refuses_impossible_positions(
    on: set[int], off: set[int], sentence: str
) -> None:
    episode = make_episode()
    edits = SceneEdits(on=frozenset(on), off=frozenset(off))
    with pytest.raises(BoundaryRefusedError, match=sentence):
        apply_scene_edits(episode, edits=edits, revision=0, actor=UserFactory())
    assert not Segmentation.objects.filter(revision__gt=0).exists()


def test_set_boundary_refuses_to_cut_a_live_dialogue() -> None:
    world = World()
    world.dialogue(0, 3)
    for position in (1, 2, 3):
        with pytest.raises(CutsDialogueError, match=r"lines 1 to 4, draft"):
            set_boundary(world.episode, position=position, revision=0, actor=world.writer)
    assert starts(world.episode) == [0]
    assert Segmentation.objects.get().revision == 0


def test_dialogues_follow_the_scene_they_lie_in() -> None:
    world = World()
    dialogue = world.dialogue(2, 3)
    revision = dialogue.revision
    set_boundary(world.episode, position=1, revision=0, actor=world.writer)
    dialogue.refresh_from_db()
    assert dialogue.scene.utterance.position == 1
    set_boundary(world.episode, position=4, revision=1, actor=world.writer)
    clear_boundary(world.episode, position=1, revision=2, actor=world.writer)
    dialogue.refresh_from_db()
    assert dialogue.scene_id == world.scene.pk
    assert dialogue.revision == revision


def test_submit_scenes_binds_the_state_to_the_revision() -> None:
    episode, actor = make_episode(), UserFactory()
    set_boundary(episode, position=3, revision=0, actor=actor)
    with pytest.raises(StaleScenesError):
        submit_scenes(episode, revision=0, actor=actor)
    assert submit_scenes(episode, revision=1, actor=actor).state == SegmentationState.SUBMITTED
    with pytest.raises(SceneStateError, match="submitted"):
        submit_scenes(episode, revision=1, actor=actor)
    assert reopen_scenes(episode, revision=1, actor=actor).state == SegmentationState.IN_PROGRESS
    with pytest.raises(SceneStateError):
        reopen_scenes(episode, revision=1, actor=actor)


def test_an_edit_after_submission_puts_the_scenes_back_in_progress() -> None:
    episode, actor = make_episode(), UserFactory()
    submit_scenes(episode, revision=0, actor=actor)
    set_boundary(episode, position=2, revision=0, actor=actor)
    assert Segmentation.objects.get().state == SegmentationState.IN_PROGRESS
