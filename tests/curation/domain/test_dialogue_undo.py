"""Undo and redo of whole steps: a submission, a removal, making a dialogue; one's own only."""

import pytest

from curation.domain.dialogue_history import NothingToUndoError
from curation.domain.dialogue_undo import (
    CREATED,
    SUBMITTED,
    redo_dialogue,
    step_words,
    undo_dialogue,
    undo_together,
)
from curation.domain.dialogues import remove_dialogue, set_training_text, submit_dialogue
from curation.domain.reviews import approve_dialogue, return_dialogue
from curation.enums import DialogueState
from curation.errors import CurationError
from curation.models import Dialogue
from tests.curation.domain.dialogue_world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def edit(world: World, dialogue: Dialogue, actor: object, text: str = "One.") -> None:
    set_training_text(
        dialogue,
        actor=actor,  # type: ignore[arg-type]
        revision=dialogue.revision,
        utterance=world.rows[1].pk,
        text=text,
    )


def test_an_edit_a_submission_and_making_it_are_undone_and_redone_in_order(world: World) -> None:
    dialogue = world.dialogue()
    edit(world, dialogue, world.writer)
    submit_dialogue(dialogue, actor=world.writer, revision=2)
    states = []
    for step in (undo_dialogue,) * 3 + (redo_dialogue,) * 3:
        step(dialogue, actor=world.writer, revision=dialogue.revision)
        states.append((dialogue.state, dialogue.revision))
    assert states == [
        ("draft", 2), ("draft", 3), ("removed", 3), ("draft", 3), ("draft", 4), ("submitted", 4),
    ]  # fmt: skip
    with pytest.raises(NothingToUndoError, match="Nothing to redo"):
        redo_dialogue(dialogue, actor=world.writer, revision=4)


def test_a_removal_is_undone_and_redone(world: World) -> None:
    dialogue = world.dialogue()
    remove_dialogue(dialogue, actor=world.writer, revision=1)
    assert step_words(dialogue, person_id=world.writer.pk) == ("Bring back", "")
    undo_dialogue(dialogue, actor=world.writer, revision=1)
    assert step_words(dialogue, person_id=world.writer.pk) == ("Undo", "Redo")
    redo_dialogue(dialogue, actor=world.writer, revision=1)
    assert dialogue.state == DialogueState.REMOVED


def test_undo_and_redo_leave_what_others_did(world: World) -> None:
    dialogue = world.dialogue()
    edit(world, dialogue, world.reviewer)
    with pytest.raises(NothingToUndoError, match=f"{world.reviewer.username} changed"):
        undo_dialogue(dialogue, actor=world.writer, revision=2)
    undo_dialogue(dialogue, actor=world.reviewer, revision=2)
    with pytest.raises(NothingToUndoError, match=f"{world.reviewer.username} changed"):
        redo_dialogue(dialogue, actor=world.writer, revision=3)
    assert step_words(dialogue, person_id=world.writer.pk) == ("Undo", "")
    assert step_words(dialogue, person_id=world.reviewer.pk) == ("", "Redo")


def test_a_submission_that_was_decided_on_is_not_taken_back(world: World) -> None:
    dialogue = world.dialogue()
    edit(world, dialogue, world.writer)
    submit_dialogue(dialogue, actor=world.writer, revision=2)
    return_dialogue(dialogue, reviewer=world.reviewer, revision=2, reason="Too long.")
    undo_dialogue(dialogue, actor=world.writer, revision=2)
    assert (dialogue.state, dialogue.revision) == ("returned", 3)


def test_undo_together_takes_back_what_nobody_touched_since(world: World) -> None:
    first, second = world.dialogue(0, 1), world.dialogue(2, 3)
    edit(world, first, world.reviewer)
    outcome = undo_together([first, second], actor=world.writer, verb=CREATED)
    assert outcome.done == (second,)
    assert "was changed or decided on since" in outcome.refused[0][1]
    third = world.submitted(2, 3)
    approve_dialogue(third, reviewer=world.reviewer, revision=1)
    outcome = undo_together([third], actor=world.writer, verb=SUBMITTED)
    assert (outcome.done, third.state) == ((), DialogueState.APPROVED)


def test_undo_of_making_it_needs_the_revision_of_now(world: World) -> None:
    dialogue = world.dialogue()
    edit(world, Dialogue.objects.get(pk=dialogue.pk), world.writer)
    with pytest.raises(CurationError, match="you saw revision 1"):
        undo_dialogue(dialogue, actor=world.writer, revision=1)
