"""Several approvals, fixing and approving in one step, second readings."""

from __future__ import annotations

import pytest

from curation.domain.dialogue_edits import DialogueStateError
from curation.domain.dialogue_shape import DialogueShapeError
from curation.domain.dialogues import set_training_text, submit_dialogue, withdraw_dialogue
from curation.domain.rereviews import RereviewOverError, decide_again
from curation.domain.review_draws import is_drawn
from curation.domain.review_fixes import fix_and_approve
from curation.domain.review_rules import ReviewRulesError, choose_review_rules
from curation.domain.reviews import (
    ApprovedAlreadyError,
    OwnWorkError,
    ReasonMissingError,
    approve_dialogue,
    return_dialogue,
)
from curation.enums import Decision, DialogueState, RereviewState, Role
from curation.errors import StaleRevisionError
from curation.models import Activity, Dialogue, DialogueRevision, Project, Rereview, Review
from curation.queries.review_queue import (
    decidable_dialogues,
    disagreement_about,
    is_read_again,
    queue_count,
)
from curation.queries.team_progress import people_progress
from tests.curation.domain.dialogue_world import World
from tests.curation.domain.test_dialogue_races import at_once
from tests.factories import make_member

pytestmark = pytest.mark.django_db


def rules(world: World, *, approvals: int = 1, percent: int = 0) -> None:
    choose_review_rules(
        world.project, approvals=approvals, percent=percent, seed=1, actor=world.project.created_by
    )


def again(world: World) -> Dialogue:
    """A dialogue that its reviewer approved, drawn to be read again."""
    rules(world, percent=100)
    dialogue = world.submitted()
    return approve_dialogue(dialogue, reviewer=world.reviewer, revision=1)


def test_a_dialogue_is_approved_by_as_many_people_as_the_project_asks_for() -> None:
    world = World()
    rules(world, approvals=2)
    dialogue, other = world.submitted(), make_member(world.project, Role.REVIEWER)
    approve_dialogue(dialogue, reviewer=world.reviewer, revision=1)
    assert (dialogue.state, dialogue.approvals) == (DialogueState.SUBMITTED, 1)
    assert not decidable_dialogues(world.project, world.reviewer).exists()
    assert queue_count(world.project, world.reviewer, decidable=[]).approved == 1
    with pytest.raises(ApprovedAlreadyError):
        approve_dialogue(dialogue, reviewer=world.reviewer, revision=1)
    dialogue.refresh_from_db()
    assert dialogue.approvals == 1
    approve_dialogue(dialogue, reviewer=other, revision=1)
    assert (dialogue.state, dialogue.approvals) == (DialogueState.APPROVED, 2)
    assert list(Review.objects.order_by("pk").values_list("is_decisive", flat=True)) == [
        False,
        True,
    ]
    step = Activity.objects.filter(verb="dialogue.approved").order_by("pk").first()
    assert step
    assert step.detail["approval"] == [1, 2]
    writer = next(one for one in people_progress(world.project) if one.user == world.writer)
    assert writer.first_decisions == {Decision.APPROVED: 1}


def test_approvals_count_for_one_submission_of_one_revision() -> None:
    world = World()
    rules(world, approvals=2)
    dialogue, other = world.submitted(), make_member(world.project, Role.REVIEWER)
    approve_dialogue(dialogue, reviewer=world.reviewer, revision=1)
    withdraw_dialogue(dialogue, actor=world.writer, revision=1)
    submit_dialogue(dialogue, actor=world.writer, revision=1)
    approve_dialogue(dialogue, reviewer=other, revision=1)
    assert (dialogue.state, dialogue.approvals) == (DialogueState.SUBMITTED, 1)
    row = world.rows[0].pk
    set_training_text(dialogue, actor=world.writer, revision=1, utterance=row, text="Who?")
    submit_dialogue(dialogue, actor=world.writer, revision=2)
    assert dialogue.approvals == 0
    approve_dialogue(dialogue, reviewer=other, revision=2)
    return_dialogue(dialogue, reviewer=world.reviewer, revision=2, reason="No.")
    submit_dialogue(dialogue, actor=world.writer, revision=2)
    approve_dialogue(dialogue, reviewer=other, revision=2)
    approve_dialogue(dialogue, reviewer=world.reviewer, revision=2)
    assert dialogue.state == DialogueState.APPROVED


def test_fewer_approvals_asked_for_approve_what_has_enough() -> None:
    world = World()
    rules(world, approvals=2)
    dialogue = world.submitted()
    approve_dialogue(dialogue, reviewer=world.reviewer, revision=1)
    rules(world, approvals=1)
    dialogue.refresh_from_db()
    assert dialogue.state == DialogueState.APPROVED
    for approvals, percent in ((0, 0), (10, 0), (1, 101)):
        with pytest.raises(ReviewRulesError):
            rules(world, approvals=approvals, percent=percent)


def test_a_fix_is_a_revision_of_the_reviewers_and_approved_in_one_step() -> None:
    world = World()
    dialogue = world.submitted()
    texts = {world.rows[1].pk: "I did."}
    fix_and_approve(dialogue, reviewer=world.reviewer, revision=1, texts=texts, dropped=set())
    assert (dialogue.state, dialogue.revision) == (DialogueState.APPROVED, 2)
    assert dialogue.submitted_by == world.writer
    review = Review.objects.get()
    assert (review.revision, review.fixed_from) == (2, 1)
    assert DialogueRevision.objects.get(revision=2).author == world.reviewer
    assert Activity.objects.filter(verb="dialogue.fixed", actor=world.reviewer).count() == 1
    with pytest.raises(OwnWorkError):
        return_dialogue(dialogue, reviewer=world.reviewer, revision=2, reason="No.")


def test_a_fix_takes_the_approvals_of_the_other_text_and_counts_as_one() -> None:
    world = World()
    rules(world, approvals=2)
    dialogue, other = world.submitted(), make_member(world.project, Role.REVIEWER)
    approve_dialogue(dialogue, reviewer=other, revision=1)
    dropped = {world.rows[2].pk}
    fix_and_approve(dialogue, reviewer=world.reviewer, revision=1, texts={}, dropped=dropped)
    assert (dialogue.state, dialogue.approvals) == (DialogueState.SUBMITTED, 1)
    approve_dialogue(dialogue, reviewer=other, revision=2)
    assert dialogue.state == DialogueState.APPROVED


def test_a_fix_is_refused_to_the_writer_to_the_late_and_without_an_end() -> None:
    world = World()
    dialogue = world.submitted()
    texts = {world.rows[1].pk: "I did."}
    with pytest.raises(OwnWorkError):
        fix_and_approve(dialogue, reviewer=world.writer, revision=1, texts=texts, dropped=set())
    every = {row.pk for row in world.rows}
    with pytest.raises(DialogueShapeError):
        fix_and_approve(dialogue, reviewer=world.reviewer, revision=1, texts={}, dropped=every)
    withdraw_dialogue(dialogue, actor=world.writer, revision=1)
    with pytest.raises(DialogueStateError):
        fix_and_approve(dialogue, reviewer=world.reviewer, revision=1, texts=texts, dropped=set())
    set_training_text(
        dialogue, actor=world.writer, revision=1, utterance=world.rows[0].pk, text="Who?"
    )
    with pytest.raises(StaleRevisionError):
        fix_and_approve(dialogue, reviewer=world.reviewer, revision=1, texts=texts, dropped=set())
    assert not Review.objects.exists()


def test_a_fix_without_a_change_is_an_approval() -> None:
    world = World()
    dialogue = world.submitted()
    same = {row.utterance_id: row.utterance.text for row in dialogue.members.all()}
    fix_and_approve(dialogue, reviewer=world.reviewer, revision=1, texts=same, dropped=set())
    assert (dialogue.state, dialogue.revision) == (DialogueState.APPROVED, 1)
    assert Review.objects.get().fixed_from is None


def test_the_draw_is_the_same_for_the_same_seed_and_about_the_share_asked_for() -> None:
    drawn = [is_drawn(pk, 1, seed=7, percent=20) for pk in range(1000)]
    assert drawn == [is_drawn(pk, 1, seed=7, percent=20) for pk in range(1000)]
    assert 150 < sum(drawn) < 250
    assert drawn != [is_drawn(pk, 1, seed=8, percent=20) for pk in range(1000)]
    assert not any(is_drawn(pk, 1, seed=7, percent=0) for pk in range(100))


def test_a_second_reading_confirms_and_is_not_for_who_approved() -> None:
    world = World()
    dialogue, other = again(world), make_member(world.project, Role.REVIEWER)
    assert is_read_again(dialogue)
    assert not decidable_dialogues(world.project, world.reviewer).exists()
    assert list(decidable_dialogues(world.project, other)) == [dialogue]
    with pytest.raises(RereviewOverError):
        decide_again(dialogue, reviewer=world.reviewer, revision=1, decision=Decision.APPROVED)
    found = decide_again(dialogue, reviewer=other, revision=1, decision=Decision.APPROVED)
    assert (found.state, dialogue.state) == (RereviewState.CONFIRMED, DialogueState.APPROVED)
    with pytest.raises(RereviewOverError):
        decide_again(
            dialogue,
            reviewer=make_member(world.project, Role.REVIEWER),
            revision=1,
            decision=Decision.APPROVED,
        )


def test_a_disagreement_sends_the_dialogue_back_to_review_and_names_both() -> None:
    world = World()
    dialogue, other = again(world), make_member(world.project, Role.REVIEWER)
    with pytest.raises(ReasonMissingError):
        decide_again(dialogue, reviewer=other, revision=1, decision=Decision.RETURNED)
    decide_again(dialogue, reviewer=other, revision=1, decision=Decision.RETURNED, reason="Flat.")
    assert (dialogue.state, dialogue.approvals) == (DialogueState.SUBMITTED, 0)
    dispute = disagreement_about(dialogue)
    assert dispute
    assert dispute.second
    assert (dispute.first.reviewer, dispute.second.reviewer) == (world.reviewer, other)
    approve_dialogue(dialogue, reviewer=world.reviewer, revision=1)
    assert dialogue.state == DialogueState.APPROVED
    assert Rereview.objects.filter(state=RereviewState.OPEN).count() == 1  # drawn anew


def test_a_changed_dialogue_needs_no_second_reading_of_the_old_text() -> None:
    world = World()
    dialogue, other = again(world), make_member(world.project, Role.REVIEWER)
    row = world.rows[0].pk
    set_training_text(dialogue, actor=world.writer, revision=1, utterance=row, text="Who?")
    assert not decidable_dialogues(world.project, other).exists()
    with pytest.raises(StaleRevisionError):
        decide_again(dialogue, reviewer=other, revision=1, decision=Decision.APPROVED)


@pytest.mark.django_db(transaction=True)
def test_sixteen_approvals_of_four_people_count_four() -> None:
    from django.db import connection

    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("an SQLite database in memory has no lock that waits")
    world = World()
    rules(world, approvals=5)
    dialogue = world.submitted()
    people = [make_member(world.project, Role.REVIEWER) for _ in range(4)]

    def approve(number: int) -> str:
        own = Dialogue.objects.select_related("project").get(pk=dialogue.pk)
        approve_dialogue(own, reviewer=people[number % 4], revision=1)
        return "counted"

    assert at_once(approve) == {"counted": 4, ApprovedAlreadyError.code: 12}
    dialogue.refresh_from_db()
    assert (dialogue.approvals, dialogue.state) == (4, DialogueState.SUBMITTED)
    assert Project.objects.get(pk=world.project.pk).required_approvals == 5


def test_what_fewer_approvals_approve_is_drawn_like_any_other() -> None:
    world = World()
    rules(world, approvals=2, percent=100)
    dialogue, waiting = world.submitted(), world.submitted(4, 6)
    approve_dialogue(dialogue, reviewer=world.reviewer, revision=1)
    rules(world, approvals=1, percent=100)
    dialogue.refresh_from_db()
    waiting.refresh_from_db()
    assert (dialogue.state, waiting.state) == (DialogueState.APPROVED, DialogueState.SUBMITTED)
    drawn = Rereview.objects.get()
    assert (drawn.dialogue, drawn.first.reviewer) == (dialogue, world.reviewer)
    other = make_member(world.project, Role.REVIEWER)
    decide_again(dialogue, reviewer=other, revision=1, decision=Decision.APPROVED)
    rules(world, approvals=1, percent=100)
    assert Rereview.objects.count() == 1
