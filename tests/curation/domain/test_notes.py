"""Notes of scenes: every revision kept, nobody overwritten unseen."""

from __future__ import annotations

import pytest

from curation.domain.notes import (
    NoSuchRevisionError,
    NoSuchSceneError,
    StaleNoteError,
    restore_note,
    save_note,
)
from curation.enums import SegmentationState
from curation.models import Activity, Boundary, ContextNote, Segmentation
from tests.curation.domain.dialogue_world import World
from tests.cutting import clear_boundary, set_boundary
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def write(world: World, title: str, *, revision: int, text: str = "") -> Boundary:
    return save_note(
        world.episode, position=0, title=title, text=text, revision=revision, author=world.writer
    )


def test_save_note_keeps_every_revision() -> None:
    world = World()
    write(world, " Kitchen ", revision=0, text="Morning.\n")
    scene = write(world, "Kitchen, later", revision=1)
    assert (scene.title, scene.note, scene.note_revision) == ("Kitchen, later", "", 2)
    kept = list(ContextNote.objects.order_by("revision").values_list("title", "text", "revision"))
    assert kept == [("Kitchen", "Morning.", 1), ("Kitchen, later", "", 2)]
    assert list(Activity.objects.values_list("verb", flat=True)) == ["note.saved", "note.saved"]
    assert Segmentation.objects.get().state == SegmentationState.IN_PROGRESS
    assert Segmentation.objects.get().revision == 0


def test_save_note_makes_no_revision_of_what_is_there() -> None:
    world = World()
    write(world, "Kitchen", revision=0)
    assert write(world, "Kitchen", revision=1).note_revision == 1
    assert ContextNote.objects.count() == 1


def test_save_note_refuses_a_stale_revision_and_shows_theirs() -> None:
    world = World()
    write(world, "Kitchen", revision=0)
    with pytest.raises(StaleNoteError, match=world.writer.username) as caught:
        save_note(
            world.episode, position=0, title="Cellar", text="", revision=0, author=UserFactory()
        )
    assert caught.value.theirs.title == "Kitchen"
    assert caught.value.theirs.note_revision == 1
    assert ContextNote.objects.count() == 1


def test_save_note_needs_a_scene() -> None:
    world = World()
    set_boundary(world.episode, position=2, revision=0, actor=world.writer)
    clear_boundary(world.episode, position=2, revision=1, actor=world.writer)
    for position in (2, 3, 99):
        with pytest.raises(NoSuchSceneError, match=f"line {position + 1}"):
            save_note(
                world.episode,
                position=position,
                title="x",
                text="",
                revision=0,
                author=world.writer,
            )


def test_restore_note_writes_the_old_words_as_the_newest_revision() -> None:
    world = World()
    write(world, "Kitchen", revision=0, text="Morning.")
    write(world, "Cellar", revision=1)
    scene = restore_note(world.episode, position=0, restored=1, revision=2, author=world.writer)
    assert (scene.title, scene.note, scene.note_revision) == ("Kitchen", "Morning.", 3)
    assert ContextNote.objects.count() == 3


def test_restore_note_refuses_unknown_and_stale_revisions() -> None:
    world = World()
    write(world, "Kitchen", revision=0)
    write(world, "Cellar", revision=1)
    with pytest.raises(NoSuchRevisionError, match="no revision 7"):
        restore_note(world.episode, position=0, restored=7, revision=2, author=world.writer)
    with pytest.raises(StaleNoteError):
        restore_note(world.episode, position=0, restored=1, revision=1, author=world.writer)
