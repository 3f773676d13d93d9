"""Decisions on dialogues, each bound to the revision that was read.

Nobody decides on their own work. A dialogue is the work of everyone who made it, wrote any of its
revisions (not only the last: earlier words may still stand in it) or submitted it.
"""

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db import transaction

from curation.domain.dialogue_edits import change_row, check_scene, read_members, record_edit
from curation.domain.dialogues import BulkOutcome
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


@transaction.atomic
def approve_dialogue(
    dialogue: Dialogue, *, reviewer: User, revision: int, reason: str = ""
) -> Dialogue:
    """Approve a submitted dialogue at the revision its reviewer read.

    Raises:
        OwnWorkError: the reviewer had a hand in it.
        StaleRevisionError: it was edited after ``revision``; nothing is written.
        DialogueStateError: it is not waiting for review.
        DialogueShapeError: the scenes changed under it.
    """
    check_scene(dialogue, read_members(dialogue))
    return _decide(
        dialogue,
        Decision.APPROVED,
        reviewer=reviewer,
        revision=revision,
        reason=reason,
        states=(DialogueState.SUBMITTED,),
    )


@transaction.atomic
def return_dialogue(dialogue: Dialogue, *, reviewer: User, revision: int, reason: str) -> Dialogue:
    """Return a submitted or approved dialogue to the annotators, with the reason.

    Raises:
        ReasonMissingError: no reason is given.
        OwnWorkError, StaleRevisionError, DialogueStateError: as for an approval.
    """
    if not reason.strip():
        msg = "Say why it is returned, so that the next person knows what to change."
        raise ReasonMissingError(msg)
    return _decide(
        dialogue,
        Decision.RETURNED,
        reviewer=reviewer,
        revision=revision,
        reason=reason,
        states=DECIDABLE,
    )


@transaction.atomic
def discard_dialogue(
    dialogue: Dialogue, *, reviewer: User, revision: int, reason: str = ""
) -> Dialogue:
    """Remove a submitted or approved dialogue by a reviewer's decision; its rows are free again.

    Raises:
        OwnWorkError, StaleRevisionError, DialogueStateError: as for an approval.
    """
    decided = _decide(
        dialogue,
        Decision.REMOVED,
        reviewer=reviewer,
        revision=revision,
        reason=reason,
        states=DECIDABLE,
    )
    decided.members.update(is_live=False)
    return decided


def approve_dialogues(dialogues: Iterable[Dialogue], *, reviewer: User) -> BulkOutcome:
    """Approve many dialogues at the revisions given; one that cannot is passed over and told."""
    done, refused = [], []
    for dialogue in dialogues:
        try:
            done.append(approve_dialogue(dialogue, reviewer=reviewer, revision=dialogue.revision))
        except CurationError as error:
            refused.append((dialogue, str(error)))
    return BulkOutcome(tuple(done), tuple(refused))


def _decide(
    dialogue: Dialogue,
    decision: Decision,
    *,
    reviewer: User,
    revision: int,
    reason: str,
    states: tuple[DialogueState, ...],
) -> Dialogue:
    change_row(dialogue, revision=revision, states=states, state=DialogueState(decision.value))
    if has_hand_in(reviewer, dialogue):  # after the UPDATE: nobody can slip in an edit now
        msg = (
            f"You had a hand in dialogue {dialogue.pk}: somebody else has to decide on it. "
            f"Whoever made, changed or submitted a dialogue does not review it."
        )
        raise OwnWorkError(msg)
    words = reason.strip()[:LONGEST_REASON]
    read = source_dialogue(dialogue)
    Review.objects.create(
        dialogue=dialogue,
        revision=revision,
        reviewer=reviewer,
        decision=decision,
        reason=words,
        lines_sha256=read.lines_sha256,
        note_sha256=read.note_sha256,
    )
    record_edit(
        f"dialogue.{decision.value}",
        dialogue,
        reviewer,
        read_members(dialogue),
        revision=revision,
        reason=words,
    )
    return dialogue
