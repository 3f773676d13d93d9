import pytest

from curation.domain.dialogue_edits import DialogueStateError
from curation.domain.dialogue_shape import DialogueShapeError
from curation.domain.dialogues import set_training_text, submit_dialogue, withdraw_dialogue
from curation.domain.reviews import (
    OwnWorkError,
    ReasonMissingError,
    approve_dialogue,
    approve_dialogues,
    discard_dialogue,
    return_dialogue,
)
from curation.enums import Decision, DialogueState, Role
from curation.errors import StaleRevisionError
from curation.models import Activity, Review
from curation.queries.review_queue import decidable_dialogues, queue_count
from tests.curation.domain.dialogue_world import World
from tests.factories import make_member

pytestmark = pytest.mark.django_db


def test_approve_dialogue_writes_the_decision_and_the_revision_read() -> None:
    world = World()
    dialogue = world.submitted()
    approve_dialogue(dialogue, reviewer=world.reviewer, revision=1)
    assert dialogue.state == DialogueState.APPROVED
    review = Review.objects.get()
    assert (review.decision, review.revision, review.reviewer) == (
        Decision.APPROVED,
        1,
        world.reviewer,
    )
    assert Activity.objects.filter(verb="dialogue.approved", actor=world.reviewer).count() == 1


def test_approve_dialogue_refuses_a_stale_revision() -> None:
    world = World()
    dialogue = world.submitted()
    set_training_text(
        dialogue, actor=world.writer, revision=1, utterance=world.rows[0].pk, text="Who?"
    )
    submit_dialogue(dialogue, actor=world.writer, revision=2)
    with pytest.raises(StaleRevisionError, match="it is now 2"):
        approve_dialogue(dialogue, reviewer=world.reviewer, revision=1)
    assert not Review.objects.exists()


def test_approve_dialogue_refuses_a_draft_and_a_second_decision() -> None:
    world = World()
    dialogue = world.dialogue()
    with pytest.raises(DialogueStateError, match="is draft now"):
        approve_dialogue(dialogue, reviewer=world.reviewer, revision=1)
    submit_dialogue(dialogue, actor=world.writer, revision=1)
    approve_dialogue(dialogue, reviewer=world.reviewer, revision=1)
    with pytest.raises(DialogueStateError, match="is approved now"):
        approve_dialogue(dialogue, reviewer=world.reviewer, revision=1)
    assert Review.objects.count() == 1


def test_nobody_decides_on_what_they_made() -> None:
    world = World()
    dialogue = world.submitted()
    decisions = (
        lambda: approve_dialogue(dialogue, reviewer=world.writer, revision=1),
        lambda: return_dialogue(dialogue, reviewer=world.writer, revision=1, reason="No."),
        lambda: discard_dialogue(dialogue, reviewer=world.writer, revision=1),
    )
    for decide in decisions:
        with pytest.raises(OwnWorkError, match="had a hand in"):
            decide()
    dialogue.refresh_from_db()
    assert dialogue.state == DialogueState.SUBMITTED
    assert not Review.objects.exists()


def test_nobody_decides_on_what_they_submitted_for_another() -> None:
    world = World()
    dialogue = world.dialogue()
    submit_dialogue(dialogue, actor=world.reviewer, revision=1)
    with pytest.raises(OwnWorkError):
        approve_dialogue(dialogue, reviewer=world.reviewer, revision=1)


def test_nobody_decides_on_what_they_submitted_once_though_it_was_taken_back() -> None:
    world = World()
    dialogue = world.dialogue()
    submit_dialogue(dialogue, actor=world.reviewer, revision=1)
    withdraw_dialogue(dialogue, actor=world.reviewer, revision=1)
    submit_dialogue(dialogue, actor=world.writer, revision=1)
    with pytest.raises(OwnWorkError):
        approve_dialogue(dialogue, reviewer=world.reviewer, revision=1)
    assert not decidable_dialogues(world.project, world.reviewer).exists()
    assert queue_count(world.project, world.reviewer, decidable=[]).own == 1
    other = make_member(world.project, Role.REVIEWER)
    assert decidable_dialogues(world.project, other).exists()


def test_nobody_decides_on_what_they_edited_even_at_an_earlier_revision() -> None:
    world = World()
    dialogue = world.dialogue()
    row = world.rows[0].pk
    set_training_text(dialogue, actor=world.reviewer, revision=1, utterance=row, text="Who?")
    set_training_text(dialogue, actor=world.writer, revision=2, utterance=row, text="Who did?")
    submit_dialogue(dialogue, actor=world.writer, revision=3)
    with pytest.raises(OwnWorkError):
        approve_dialogue(dialogue, reviewer=world.reviewer, revision=3)


def test_approve_dialogue_refuses_when_the_scenes_changed() -> None:
    world = World()
    dialogue = world.submitted()
    world.cut(2)
    with pytest.raises(DialogueShapeError):
        approve_dialogue(dialogue, reviewer=world.reviewer, revision=1)


def test_return_dialogue_wants_a_reason() -> None:
    world = World()
    dialogue = world.submitted()
    with pytest.raises(ReasonMissingError):
        return_dialogue(dialogue, reviewer=world.reviewer, revision=1, reason=" ")
    return_dialogue(dialogue, reviewer=world.reviewer, revision=1, reason=" Ends too early. ")
    assert dialogue.state == DialogueState.RETURNED
    assert Review.objects.get().reason == "Ends too early."


def test_an_approved_dialogue_can_still_be_returned() -> None:
    world = World()
    dialogue = world.submitted()
    approve_dialogue(dialogue, reviewer=world.reviewer, revision=1)
    return_dialogue(dialogue, reviewer=world.reviewer, revision=1, reason="On second thought.")
    assert list(Review.objects.order_by("pk").values_list("decision", flat=True)) == [
        Decision.APPROVED,
        Decision.RETURNED,
    ]


def test_discard_dialogue_frees_its_rows() -> None:
    world = World()
    dialogue = world.submitted()
    discard_dialogue(dialogue, reviewer=world.reviewer, revision=1)
    assert dialogue.state == DialogueState.REMOVED
    assert world.dialogue(0, 3).members.count() == 4


def test_approve_dialogues_says_which_not_and_why() -> None:
    world = World()
    good, withdrawn = world.submitted(0, 1), world.submitted(2, 3)
    withdraw_dialogue(withdrawn, actor=world.writer, revision=1)
    outcome = approve_dialogues([good, withdrawn], reviewer=world.reviewer)
    assert [dialogue.pk for dialogue in outcome.done] == [good.pk]
    assert "is draft now" in outcome.refused[0][1]
