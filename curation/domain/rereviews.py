"""A second reading of approved dialogues by somebody who does not know the first decision."""

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from curation.domain.dialogue_edits import change_row, check_scene, read_members, record_edit
from curation.domain.reviews import check_hand, check_reason, record_decision
from curation.enums import Decision, DialogueState, RereviewState
from curation.errors import CurationError
from curation.models import Dialogue, Rereview, Review


class RereviewOverError(CurationError):
    """The dialogue needs no second reading any more, or not this person's."""

    code = "rereview_over"


@transaction.atomic
def decide_again(
    dialogue: Dialogue, *, reviewer: User, revision: int, decision: Decision, reason: str = ""
) -> Rereview:
    """Decide on an approved dialogue as if nobody had: the same decision confirms it, another one
    sends it back to review, where both can be seen.

    Raises:
        RereviewOverError: it was decided again by now, or changed, or this person approved it.
        ReasonMissingError: another decision without a reason.
        OwnWorkError, StaleRevisionError, DialogueStateError, DialogueShapeError: as for an
            approval.
    """
    agrees = decision == Decision.APPROVED
    if not agrees:
        check_reason(reason)
    else:
        check_scene(dialogue, read_members(dialogue))
    state = RereviewState.CONFIRMED if agrees else RereviewState.DISAGREED
    change_row(dialogue, revision=revision, states=(DialogueState.APPROVED,))
    drawn = Rereview.objects.filter(
        dialogue=dialogue, submission=dialogue.submission, state=RereviewState.OPEN
    )
    approved = Review.objects.filter(
        dialogue=dialogue,
        submission=dialogue.submission,
        reviewer=reviewer,
        decision=Decision.APPROVED,
    )
    found = drawn.first()
    if found is None or approved.exists() or not drawn.update(state=state):
        msg = "This dialogue needs no second reading of yours any more."
        raise RereviewOverError(msg)
    check_hand(dialogue, reviewer)
    review = record_decision(
        dialogue, decision, reviewer=reviewer, reason=reason, is_decisive=False, is_again=True
    )
    Rereview.objects.filter(pk=found.pk).update(second=review)
    if not agrees:
        _send_back(dialogue, reviewer)
    found.refresh_from_db()
    return found


def _send_back(dialogue: Dialogue, reviewer: User) -> None:
    """Let a dialogue on which two disagree wait for review again, its approvals counted anew."""
    change_row(
        dialogue,
        revision=dialogue.revision,
        states=(DialogueState.APPROVED,),
        state=DialogueState.SUBMITTED,
        submitted_at=timezone.now(),
        submission=F("submission") + 1,
        approvals=0,
    )
    record_edit("dialogue.disputed", dialogue, reviewer, read_members(dialogue))
