"""Decisions on dialogues, each bound to the revision that was read.

Nobody decides on their own work. A dialogue is the work of everyone who made it, wrote any of its
revisions (not only the last: earlier words may still stand in it) or submitted it. As many people
as the project asks for approve it, each once, before it is approved.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Case, F, Value, When

from curation.domain.dialogue_edits import change_row, check_scene, read_members, record_edit
from curation.domain.dialogue_news import tell_of_decision
from curation.domain.dialogues import BulkOutcome
from curation.domain.review_draws import draw_for_rereview
from curation.enums import Decision, DialogueState
from curation.errors import CurationError, PermissionRuleError
from curation.models import Dialogue, Review
from curation.queries.dataset_sources import source_dialogue
from curation.queries.dialogue_members import has_hand_in

DECIDABLE = (DialogueState.SUBMITTED, DialogueState.APPROVED)
LONGEST_REASON = 2_000


class ReasonMissingError(CurationError):
    """A dialogue is returned without a word of why."""

    code = "reason_missing"


class OwnWorkError(PermissionRuleError):
    """A person would decide on their own work."""

    code = "own_work"


class ApprovedAlreadyError(PermissionRuleError):
    """A person would count twice."""

    code = "approved_already"


@transaction.atomic
def approve_dialogue(
    dialogue: Dialogue, *, reviewer: User, revision: int, reason: str = ""
) -> Dialogue:
    """Approve a submitted dialogue at the revision its reviewer read.

    Where the project asks for more approvals than it has now, it goes on waiting for another
    person's.

    Raises:
        OwnWorkError: the reviewer had a hand in it.
        ApprovedAlreadyError: the reviewer's approval is counted already.
        StaleRevisionError: it was edited after ``revision``; nothing is written.
        DialogueStateError: it is not waiting for review.
        DialogueShapeError: the scenes changed under it.
    """
    check_scene(dialogue, read_members(dialogue))
    count_approval(dialogue, revision=revision)
    check_hand(dialogue, reviewer)
    record_decision(
        dialogue,
        Decision.APPROVED,
        reviewer=reviewer,
        reason=reason,
        is_decisive=dialogue.state == DialogueState.APPROVED,
    )
    return dialogue


@transaction.atomic
def return_dialogue(dialogue: Dialogue, *, reviewer: User, revision: int, reason: str) -> Dialogue:
    """Return a submitted or approved dialogue to the annotators, with the reason.

    Raises:
        ReasonMissingError: no reason is given.
        OwnWorkError, StaleRevisionError, DialogueStateError: as for an approval.
    """
    check_reason(reason)
    return _decide(dialogue, Decision.RETURNED, reviewer=reviewer, revision=revision, reason=reason)


@transaction.atomic
def discard_dialogue(
    dialogue: Dialogue, *, reviewer: User, revision: int, reason: str = ""
) -> Dialogue:
    """Remove a submitted or approved dialogue by a reviewer's decision; its rows are free again.

    Raises:
        OwnWorkError, StaleRevisionError, DialogueStateError: as for an approval.
    """
    _decide(dialogue, Decision.REMOVED, reviewer=reviewer, revision=revision, reason=reason)
    dialogue.members.update(is_live=False)
    return dialogue


def approve_dialogues(dialogues: Iterable[Dialogue], *, reviewer: User) -> BulkOutcome:
    """Approve many dialogues at the revisions given; one that cannot is passed over and told."""
    done, refused = [], []
    for dialogue in dialogues:
        try:
            done.append(approve_dialogue(dialogue, reviewer=reviewer, revision=dialogue.revision))
        except CurationError as error:
            refused.append((dialogue, str(error)))
    return BulkOutcome(tuple(done), tuple(refused))


def count_approval(dialogue: Dialogue, *, revision: int) -> None:
    """Count one approval more in one UPDATE, which approves the dialogue where it is the last.

    Raises:
        StaleRevisionError, DialogueStateError: as for an approval.
    """
    required = dialogue.project.required_approvals
    change_row(
        dialogue,
        revision=revision,
        states=(DialogueState.SUBMITTED,),
        approvals=F("approvals") + 1,
        state=Case(
            When(approvals__gte=required - 1, then=Value(DialogueState.APPROVED)),
            default=Value(DialogueState.SUBMITTED),
        ),
    )


def check_reason(reason: str) -> None:
    """Refuse a decision without a word of why.

    Raises:
        ReasonMissingError: the reason is blank.
    """
    if not reason.strip():
        msg = "Say why it is returned, so that the next person knows what to change."
        raise ReasonMissingError(msg)


def check_hand(dialogue: Dialogue, reviewer: User) -> None:
    """Refuse a decision on one's own work; call it after the UPDATE, when no edit can slip in.

    Raises:
        OwnWorkError: the reviewer made, changed or submitted it.
    """
    if has_hand_in(reviewer, dialogue):
        msg = (
            f"You had a hand in dialogue {dialogue.pk}: somebody else has to decide on it. "
            f"Whoever made, changed or submitted a dialogue does not review it."
        )
        raise OwnWorkError(msg)


def record_decision(
    dialogue: Dialogue,
    decision: Decision,
    *,
    reviewer: User,
    reason: str = "",
    is_decisive: bool = True,
    fixed_from: int | None = None,
    is_again: bool = False,
) -> Review:
    """Write a decision on the dialogue as it is now, and its step; call it in the transaction.

    Args:
        is_decisive: it changes the dialogue's state.
        fixed_from: the revision that was read, where the reviewer changed it first.
        is_again: a second reading, whose step is told as such.

    Raises:
        ApprovedAlreadyError: the reviewer approved this submission before.
    """
    words = reason.strip()[:LONGEST_REASON]
    read = source_dialogue(dialogue)
    try:
        with transaction.atomic():
            review = Review.objects.create(
                dialogue=dialogue,
                revision=dialogue.revision,
                submission=dialogue.submission,
                reviewer=reviewer,
                decision=decision,
                reason=words,
                is_decisive=is_decisive,
                fixed_from=fixed_from,
                lines_sha256=read.lines_sha256,
                note_sha256=read.note_sha256,
            )
    except IntegrityError as error:
        msg = "Your approval of this dialogue is counted; it waits for another person’s."
        raise ApprovedAlreadyError(msg) from error
    detail: dict[str, Any] = {"again": decision.label} if is_again else {}
    if decision == Decision.APPROVED and dialogue.project.required_approvals > 1 and not is_again:
        detail["approval"] = [dialogue.approvals, dialogue.project.required_approvals]
    record_edit(
        "dialogue.read_again" if is_again else f"dialogue.{decision.value}",
        dialogue,
        reviewer,
        read_members(dialogue),
        revision=dialogue.revision,
        reason=words,
        **detail,
    )
    if decision == Decision.APPROVED and is_decisive:
        draw_for_rereview(dialogue, review=review)
    if is_decisive:
        tell_of_decision(dialogue, decision, reviewer=reviewer, reason=words)
    return review


def _decide(
    dialogue: Dialogue, decision: Decision, *, reviewer: User, revision: int, reason: str
) -> Dialogue:
    change_row(
        dialogue,
        revision=revision,
        states=DECIDABLE,
        state=DialogueState(decision.value),
        approvals=0,
    )
    check_hand(dialogue, reviewer)
    record_decision(dialogue, decision, reviewer=reviewer, reason=reason)
    return dialogue
