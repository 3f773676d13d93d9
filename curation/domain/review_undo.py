"""Take back one's own decision on a dialogue: for a short time, while nothing was built on it."""

from datetime import timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from curation.domain.dialogue_edits import (
    change_row,
    hold_scenes,
    name_the_clash,
    read_members,
    record_edit,
)
from curation.enums import Decision, DialogueState, RereviewState
from curation.errors import CurationError
from curation.models import DatasetRecord, Dialogue, Rereview, Review

UNDO_MINUTES = 15


class DecisionStandsError(CurationError):
    """The decision cannot be taken back any more."""

    code = "decision_stands"


@transaction.atomic
def undo_decision(dialogue: Dialogue, *, reviewer: User) -> Dialogue:
    """Let a dialogue wait for review again, as before one's own last decision on it.

    The decision stays in the history, and so does that it was taken back. The dialogue waits as
    a new submission: approvals by several people are counted anew.

    Raises:
        DecisionStandsError: the last decision is somebody else's, older than 15 minutes, was one of
            several approvals, a second reading, a fix or a corrected script's; or the dialogue was
            changed, taken into a dataset or read again since.
        DialogueClashError: it was removed, and another dialogue holds one of its rows by now.
    """
    last = dialogue.reviews.select_related("reviewer").order_by("-pk").first()
    if last is None or last.reviewer_id != reviewer.pk:
        msg = f"Nothing to undo: the last decision on dialogue {dialogue.pk} is not yours."
        raise DecisionStandsError(msg)
    if why := _why_it_stands(dialogue, last):
        raise DecisionStandsError(why)
    if last.decision == Decision.REMOVED:
        hold_scenes(dialogue.scene.utterance.episode_id)
    Rereview.objects.filter(first=last).delete()  # drawn for a second reading, not read yet
    change_row(
        dialogue,
        revision=last.revision,
        states=(DialogueState(last.decision),),
        state=DialogueState.SUBMITTED,
        submission=F("submission") + 1,
        approvals=0,
    )
    members = read_members(dialogue)
    try:
        with transaction.atomic():
            dialogue.members.update(is_live=True)
    except IntegrityError as error:
        clash = name_the_clash(dialogue, [member.utterance for member in members])
        raise (clash or error) from error
    record_edit("dialogue.decision_undone", dialogue, reviewer, members, review=last.pk)
    return dialogue


def _why_it_stands(dialogue: Dialogue, last: Review) -> str:
    """Return the sentence that refuses, empty where nothing is in the way."""
    name = f"ialogue {dialogue.pk}"
    instead = "Return it with a reason instead."
    again = Rereview.objects.filter(first=last).exclude(state=RereviewState.OPEN)
    built = DatasetRecord.objects.filter(
        dialogue=dialogue, dataset__created_at__gte=last.created_at
    )
    too_late = timezone.now() - timedelta(minutes=UNDO_MINUTES)
    if (dialogue.revision, dialogue.state) != (last.revision, last.decision) and last.is_decisive:
        return f"D{name} was changed since your decision. Look at its history."
    reasons = (
        (not last.is_decisive, f"Other approvals of d{name} count too."),
        (last.submission is None, f"A corrected script changed d{name}, not you."),
        (last.fixed_from is not None, f"You fixed d{name} before you approved it."),
        (last.created_at < too_late, f"Your decision is older than {UNDO_MINUTES} minutes."),
        (again.exists(), f"D{name} was read again since."),
        (built.exists(), f"A dataset version was built with d{name} since."),
    )
    return next((f"{words} {instead}" for is_so, words in reasons if is_so), "")
