"""Undo and redo of whole steps: a submission, a removal, making a dialogue; one's own only."""

from collections.abc import Callable

import pytest

from curation.domain.dialogue_history import NothingToUndoError
from curation.domain.dialogue_undo import (
    CREATED,
    SUBMITTED,
    redo_dialogue,
    step_words,
    steps_of,
    undo_dialogue,
    undo_together,
)
from curation.domain.dialogues import (
    remove_dialogue,
    set_training_text,
    submit_dialogue,
    withdraw_dialogue,
)
from curation.domain.rereviews import decide_again
from curation.domain.review_fixes import fix_and_approve
from curation.domain.review_undo import undo_decision
from curation.domain.reviews import approve_dialogue, discard_dialogue, return_dialogue
from curation.enums import Decision, DialogueState, Role
from curation.errors import CurationError
from curation.models import Dialogue, Project
from tests.curation.domain.dialogue_world import World
from tests.factories import make_member

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


def approve(world: World, dialogue: Dialogue) -> None:
    approve_dialogue(dialogue, reviewer=world.reviewer, revision=dialogue.revision)


def approve_first_of_two(world: World, dialogue: Dialogue) -> None:
    Project.objects.update(required_approvals=2)
    approve(world, Dialogue.objects.get(pk=dialogue.pk))


def approve_and_undo(world: World, dialogue: Dialogue) -> None:
    approve(world, dialogue)
    undo_decision(dialogue, reviewer=world.reviewer)


def discard_and_undo(world: World, dialogue: Dialogue) -> None:
    discard_dialogue(dialogue, reviewer=world.reviewer, revision=dialogue.revision)
    undo_decision(dialogue, reviewer=world.reviewer)


def approve_and_dispute(world: World, dialogue: Dialogue) -> None:
    Project.objects.update(rereview_percent=100)
    dialogue.refresh_from_db()
    approve(world, dialogue)
    decide_again(
        dialogue,
        reviewer=make_member(world.project, Role.REVIEWER),
        revision=dialogue.revision,
        decision=Decision.RETURNED,
        reason="Too long.",
    )


@pytest.mark.parametrize(
    "decide", [approve_first_of_two, approve_and_undo, discard_and_undo, approve_and_dispute]
)
def test_a_submission_that_waits_again_is_taken_back_as_one_step(
    world: World, decide: Callable[[World, Dialogue], None]
) -> None:
    dialogue = world.dialogue()
    edit(world, dialogue, world.writer)
    submit_dialogue(dialogue, actor=world.writer, revision=2)
    decide(world, dialogue)
    undo_dialogue(dialogue, actor=world.writer, revision=2)
    assert step_words(dialogue, person_id=world.writer.pk) == ("Undo", "Redo")
    undo_dialogue(dialogue, actor=world.writer, revision=2)
    assert (dialogue.state, dialogue.revision) == ("draft", 3)  # the edit, not the dialogue
    redo_dialogue(dialogue, actor=world.writer, revision=3)
    redo_dialogue(dialogue, actor=world.writer, revision=4)
    assert dialogue.state == DialogueState.SUBMITTED


def test_an_edit_after_a_submission_ends_it_as_a_step(world: World) -> None:
    dialogue = world.dialogue()
    edit(world, dialogue, world.writer)
    submit_dialogue(dialogue, actor=world.writer, revision=2)
    edit(world, dialogue, world.writer, "Two.")
    for step in (undo_dialogue, undo_dialogue, redo_dialogue):
        step(dialogue, actor=world.writer, revision=dialogue.revision)
    text = dialogue.members.get(utterance=world.rows[1]).training_text
    assert (dialogue.state, text) == (DialogueState.DRAFT, "One.")


def test_a_fix_that_waits_for_another_approval_is_no_submission_of_its_own(world: World) -> None:
    dialogue = world.submitted()
    Project.objects.update(required_approvals=2)
    dialogue.refresh_from_db()
    texts = {world.rows[1].pk: "One."}
    fix_and_approve(dialogue, reviewer=world.reviewer, revision=1, texts=texts, dropped=())
    withdraw_dialogue(dialogue, actor=world.writer, revision=2)
    assert [one.verb for one in steps_of(dialogue).done] == [CREATED, "dialogue.fixed"]
