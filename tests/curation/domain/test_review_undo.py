"""A decision is taken back for a short time, by whoever made it, while nothing rests on it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from curation.domain.dialogue_undo import redo_dialogue, steps_of, undo_dialogue
from curation.domain.dialogues import remove_dialogue, set_training_text, submit_dialogue
from curation.domain.notes import save_note
from curation.domain.review_fixes import fix_and_approve
from curation.domain.review_undo import (
    DecisionStandsError,
    redo_decision,
    undo_decision,
    undone_decision,
)
from curation.domain.reviews import (
    OwnWorkError,
    approve_dialogue,
    discard_dialogue,
    return_dialogue,
)
from curation.enums import DialogueState, Role
from curation.models import Activity, Dialogue, Review
from curation.queries.dialogue_members import has_hand_in
from tests.curation.domain.dialogue_world import World
from tests.factories import make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def approve(world: World, dialogue: Dialogue) -> None:
    approve_dialogue(dialogue, reviewer=world.reviewer, revision=dialogue.revision)


def test_every_kind_of_decision_is_taken_back_and_made_again(world: World) -> None:
    dialogue = world.submitted()
    approve(world, dialogue)
    undo_decision(dialogue, reviewer=world.reviewer)
    assert (dialogue.state, dialogue.approvals) == (DialogueState.SUBMITTED, 0)
    return_dialogue(dialogue, reviewer=world.reviewer, revision=1, reason="Too long.")
    undo_decision(dialogue, reviewer=world.reviewer)
    discard_dialogue(dialogue, reviewer=world.reviewer, revision=1)
    undo_decision(dialogue, reviewer=world.reviewer)
    assert dialogue.members.filter(is_live=True).count() == 4
    approve(world, dialogue)
    assert dialogue.state == DialogueState.APPROVED
    assert Review.objects.count() == 4


def test_a_removal_stays_where_its_rows_are_taken(world: World) -> None:
    dialogue = world.submitted()
    discard_dialogue(dialogue, reviewer=world.reviewer, revision=1)
    other = world.dialogue()
    with pytest.raises(Exception, match=f"dialogue {other.pk}"):
        undo_decision(dialogue, reviewer=world.reviewer)
    remove_dialogue(other, actor=world.writer, revision=1)
    dialogue.refresh_from_db()
    undo_decision(dialogue, reviewer=world.reviewer)
    assert dialogue.state == DialogueState.SUBMITTED


def test_a_decision_stands_for_others_after_a_change_and_after_a_while(world: World) -> None:
    dialogue = world.submitted()
    with pytest.raises(DecisionStandsError, match="is not yours"):
        undo_decision(dialogue, reviewer=world.reviewer)
    approve(world, dialogue)
    with pytest.raises(DecisionStandsError, match="is not yours"):
        undo_decision(dialogue, reviewer=make_member(world.project, Role.REVIEWER))
    Review.objects.update(created_at=timezone.now() - timedelta(minutes=16))
    with pytest.raises(DecisionStandsError, match="older than 15 minutes"):
        undo_decision(dialogue, reviewer=world.reviewer)
    set_training_text(
        dialogue, actor=world.writer, revision=1, utterance=world.rows[1].pk, text="Other."
    )
    with pytest.raises(DecisionStandsError, match="was changed since"):
        undo_decision(dialogue, reviewer=world.reviewer)


def test_what_a_corrected_script_decided_stands(world: World) -> None:
    dialogue = world.submitted()
    return_dialogue(dialogue, reviewer=world.reviewer, revision=1, reason="A line is gone.")
    Review.objects.update(submission=None)  # as a correction writes it, in the uploader's name
    with pytest.raises(DecisionStandsError, match="corrected script"):
        undo_decision(dialogue, reviewer=world.reviewer)


@pytest.mark.parametrize("decision", ["approved", "returned", "removed"])
def test_every_kind_of_decision_taken_back_is_made_again(world: World, decision: str) -> None:
    dialogue = world.submitted()
    if decision == "approved":
        approve(world, dialogue)
    elif decision == "returned":
        return_dialogue(dialogue, reviewer=world.reviewer, revision=1, reason="Too long.")
    else:
        discard_dialogue(dialogue, reviewer=world.reviewer, revision=1, reason="Not said.")
    reason = Review.objects.get().reason
    for _ in range(2):
        undo_decision(dialogue, reviewer=world.reviewer)
        redo_decision(dialogue, reviewer=world.reviewer)
        assert dialogue.state == decision
    assert set(Review.objects.values_list("decision", "reason")) == {(decision, reason)}
    assert Review.objects.count() == 3
    is_live = decision != "removed"
    assert dialogue.members.filter(is_live=is_live).count() == 4


def test_redo_is_refused_for_others_after_a_while_and_after_a_change(world: World) -> None:
    dialogue = world.submitted()
    approve(world, dialogue)
    undo_decision(dialogue, reviewer=world.reviewer)
    other = make_member(world.project, Role.REVIEWER)
    with pytest.raises(DecisionStandsError, match="Nothing to redo"):
        redo_decision(dialogue, reviewer=other)
    past = timezone.now() - timedelta(minutes=16)
    step = Activity.objects.filter(verb="dialogue.decision_undone")
    step.update(created_at=past)
    assert undone_decision(dialogue, reviewer=world.reviewer) is None
    step.update(created_at=timezone.now())
    save_note(world.episode, position=0, title="", text="New.", revision=0, author=world.writer)
    with pytest.raises(DecisionStandsError, match="reads otherwise since"):
        redo_decision(dialogue, reviewer=world.reviewer)
    return_dialogue(dialogue, reviewer=other, revision=1, reason="No.")
    undo_decision(dialogue, reviewer=other)
    with pytest.raises(DecisionStandsError, match="Nothing to redo"):
        redo_decision(dialogue, reviewer=world.reviewer)
    set_training_text(
        dialogue, actor=world.writer, revision=1, utterance=world.rows[1].pk, text="Other."
    )
    with pytest.raises(DecisionStandsError, match="Nothing to redo"):
        redo_decision(dialogue, reviewer=other)
    assert dialogue.state == DialogueState.DRAFT


def lines_of(dialogue: Dialogue) -> list[tuple[str, bool]]:
    rows = dialogue.members.order_by("utterance__position")
    return list(rows.values_list("training_text", "is_dropped"))


def fix(world: World, dialogue: Dialogue) -> None:
    fix_and_approve(
        dialogue,
        reviewer=world.reviewer,
        revision=dialogue.revision,
        texts={world.rows[1].pk: "Mended."},
        dropped={world.rows[2].pk},
        reason="A typo.",
    )


def test_a_fix_taken_back_gives_the_annotators_text_back_and_is_made_again(world: World) -> None:
    dialogue = world.dialogue()
    set_training_text(
        dialogue, actor=world.writer, revision=1, utterance=world.rows[1].pk, text="As written."
    )
    submit_dialogue(dialogue, actor=world.writer, revision=2)
    before = lines_of(dialogue)
    fix(world, dialogue)
    fixed = lines_of(dialogue)
    for _ in range(2):
        undo_decision(dialogue, reviewer=world.reviewer)
        assert (dialogue.state, dialogue.approvals) == (DialogueState.SUBMITTED, 0)
        assert lines_of(dialogue) == before != fixed
        assert dialogue.submitted_by == dialogue.updated_by == world.writer
        assert not has_hand_in(world.reviewer, dialogue)
        redo_decision(dialogue, reviewer=world.reviewer)
        assert (dialogue.state, lines_of(dialogue)) == (DialogueState.APPROVED, fixed)
        assert has_hand_in(world.reviewer, dialogue)
    assert set(Review.objects.values_list("decision", "reason")) == {("approved", "A typo.")}


def test_after_a_fix_was_taken_back_anything_can_be_decided_and_undone(world: World) -> None:
    dialogue = world.submitted()
    fix(world, dialogue)
    undo_decision(dialogue, reviewer=world.reviewer)
    assert [one.verb for one in steps_of(dialogue).done][-1] == "dialogue.submitted"
    return_dialogue(dialogue, reviewer=world.reviewer, revision=3, reason="No.")
    undo_decision(dialogue, reviewer=world.reviewer)
    approve(world, dialogue)
    with pytest.raises(OwnWorkError):
        approve_dialogue(world.submitted(5, 6), reviewer=world.writer, revision=1)


def test_the_writers_steps_pass_over_a_fix_that_was_taken_back(world: World) -> None:
    dialogue = world.dialogue()
    row = world.rows[1].pk
    set_training_text(dialogue, actor=world.writer, revision=1, utterance=row, text="One.")
    submit_dialogue(dialogue, actor=world.writer, revision=2)
    fix(world, dialogue)
    undo_decision(dialogue, reviewer=world.reviewer)
    for step in (undo_dialogue, undo_dialogue, redo_dialogue):
        step(dialogue, actor=world.writer, revision=dialogue.revision)
    assert dialogue.members.get(utterance=row).training_text == "One."
    assert dialogue.members.filter(is_dropped=True).count() == 0
