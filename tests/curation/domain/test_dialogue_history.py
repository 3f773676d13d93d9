import pytest

from curation.domain.dialogue_edits import DialogueClashError
from curation.domain.dialogue_history import (
    NothingToUndoError,
    revert_dialogue,
)
from curation.domain.dialogue_undo import redo_dialogue, undo_dialogue
from curation.domain.dialogues import change_range, remove_dialogue, set_training_text
from curation.enums import DialogueState
from curation.errors import StaleRevisionError
from curation.models import Dialogue
from tests.curation.domain.dialogue_world import World, positions

pytestmark = pytest.mark.django_db


def write(world: World, dialogue: Dialogue, text: str) -> None:
    set_training_text(
        dialogue,
        actor=world.writer,
        revision=dialogue.revision,
        utterance=world.rows[0].pk,
        text=text,
    )


def text_of(world: World, dialogue: Dialogue) -> str | None:
    return dialogue.members.get(utterance=world.rows[0]).training_text


def test_undo_and_redo_walk_the_edits_and_history_only_grows() -> None:
    world = World()
    dialogue = world.dialogue()
    for text in ("one", "two", "three"):
        write(world, dialogue, text)
    seen = []
    for step in (undo_dialogue, undo_dialogue, undo_dialogue, redo_dialogue, redo_dialogue):
        step(dialogue, actor=world.writer, revision=dialogue.revision)
        seen.append(text_of(world, dialogue))
    assert seen == ["two", "one", None, "one", "two"]
    assert dialogue.revision == 9
    assert dialogue.revisions.count() == 9


def test_undo_after_redo_and_a_new_edit_walks_the_new_path() -> None:
    world = World()
    dialogue = world.dialogue()
    write(world, dialogue, "one")
    write(world, dialogue, "two")
    undo_dialogue(dialogue, actor=world.writer, revision=3)
    write(world, dialogue, "other")
    with pytest.raises(NothingToUndoError, match="redo"):
        redo_dialogue(dialogue, actor=world.writer, revision=5)
    undo_dialogue(dialogue, actor=world.writer, revision=5)
    assert text_of(world, dialogue) == "one"
    undo_dialogue(dialogue, actor=world.writer, revision=6)
    assert text_of(world, dialogue) is None
    undo_dialogue(dialogue, actor=world.writer, revision=7)
    assert dialogue.state == DialogueState.REMOVED
    with pytest.raises(NothingToUndoError, match="Redo brings it back"):
        undo_dialogue(dialogue, actor=world.writer, revision=7)
    redo_dialogue(dialogue, actor=world.writer, revision=7)
    assert dialogue.state == DialogueState.DRAFT
    redo_dialogue(dialogue, actor=world.writer, revision=7)
    assert text_of(world, dialogue) == "one"


def test_undo_takes_back_a_submission_and_a_removal() -> None:
    world = World()
    dialogue = world.submitted()
    undo_dialogue(dialogue, actor=world.writer, revision=1)
    assert dialogue.state == DialogueState.DRAFT
    remove_dialogue(dialogue, actor=world.writer, revision=1)
    undo_dialogue(dialogue, actor=world.writer, revision=1)
    assert dialogue.state == DialogueState.DRAFT
    assert dialogue.members.filter(is_live=True).count() == 4


def test_undo_refuses_a_stale_revision() -> None:
    world = World()
    dialogue = world.dialogue()
    write(world, dialogue, "one")
    with pytest.raises(StaleRevisionError):
        undo_dialogue(dialogue, actor=world.writer, revision=1)


def test_revert_dialogue_brings_rows_back_unless_somebody_took_them() -> None:
    world = World()
    dialogue = world.dialogue(0, 3)
    change_range(dialogue, actor=world.writer, revision=1, first=world.rows[0], last=world.rows[1])
    other = world.dialogue(2, 3)
    with pytest.raises(DialogueClashError, match=f"dialogue {other.pk}"):
        revert_dialogue(dialogue, actor=world.writer, revision=2, to_revision=1)
    remove_dialogue(other, actor=world.writer, revision=1)
    revert_dialogue(dialogue, actor=world.writer, revision=2, to_revision=1)
    assert positions(dialogue) == [0, 1, 2, 3]
    with pytest.raises(NothingToUndoError, match="no revision 9"):
        revert_dialogue(dialogue, actor=world.writer, revision=3, to_revision=9)
