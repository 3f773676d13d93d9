"""Take back one's own decision on a dialogue, and make it again: for a short time, while nothing
was built on it and nobody changed it.
"""

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
from curation.domain.dialogue_history import DECISION_UNDONE
from curation.domain.review_fixes import fix_again, undo_fix
from curation.domain.reviews import approve_dialogue, discard_dialogue, return_dialogue
from curation.enums import Decision, DialogueState, RereviewState
from curation.errors import CurationError
from curation.models import Activity, DatasetRecord, Dialogue, Rereview, Review
from curation.queries.dataset_sources import source_dialogue

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
            several approvals, a second reading or a corrected script's; or the dialogue was
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
    if last.fixed_from is not None:
        undo_fix(dialogue, fixed_from=last.fixed_from)
    else:
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
    detail: dict[str, int] = {"revision": dialogue.revision}
    if last.fixed_from is not None:
        detail["content_of"] = last.fixed_from
    record_edit(DECISION_UNDONE, dialogue, reviewer, members, review=last.pk, **detail)
    return dialogue


@transaction.atomic
def redo_decision(dialogue: Dialogue, *, reviewer: User) -> Dialogue:
    """Decide again as one had decided before one took it back, with the same reason.

    It is a decision like any other, under the same rules, and can be taken back too.

    Raises:
        DecisionStandsError: the last step on the dialogue is not that one took a decision back, it
            is older than 15 minutes, or the dialogue or its scene's note reads otherwise since.
        OwnWorkError, StaleRevisionError, DialogueStateError, DialogueShapeError: as for a decision.
    """
    last = undone_decision(dialogue, reviewer=reviewer)
    if last is None:
        msg = (
            f"Nothing to redo: dialogue {dialogue.pk} was decided on or changed since, or you took "
            f"no decision on it back in the last {UNDO_MINUTES} minutes."
        )
        raise DecisionStandsError(msg)
    now = source_dialogue(dialogue)
    is_fix = last.fixed_from is not None  # the text read is the one before the fix, and is back
    same_lines = is_fix or now.lines_sha256 == last.lines_sha256
    if not same_lines or now.note_sha256 != last.note_sha256:
        msg = f"Dialogue {dialogue.pk} or its scene’s note reads otherwise since. Read it again."
        raise DecisionStandsError(msg)
    if is_fix:
        return fix_again(dialogue, last)
    revision, reason = last.revision, last.reason
    if last.decision == Decision.RETURNED:
        return return_dialogue(dialogue, reviewer=reviewer, revision=revision, reason=reason)
    if last.decision == Decision.REMOVED:
        return discard_dialogue(dialogue, reviewer=reviewer, revision=revision, reason=reason)
    return approve_dialogue(dialogue, reviewer=reviewer, revision=revision, reason=reason)


def undone_decision(dialogue: Dialogue, *, reviewer: User) -> Review | None:
    """Return the decision that this person took back just now, where nothing happened since."""
    if dialogue.state != DialogueState.SUBMITTED:
        return None
    steps = Activity.objects.filter(
        target_type="dialogue", target_id=dialogue.pk, verb__startswith="dialogue."
    )
    step = steps.order_by("-pk").first()
    too_late = timezone.now() - timedelta(minutes=UNDO_MINUTES)
    if step is None or (step.verb, step.actor_id) != (DECISION_UNDONE, reviewer.pk):
        return None
    if step.created_at < too_late:
        return None
    is_same = step.detail.get("revision") == dialogue.revision
    return dialogue.reviews.filter(pk=step.detail["review"]).first() if is_same else None


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
        (last.created_at < too_late, f"Your decision is older than {UNDO_MINUTES} minutes."),
        (again.exists(), f"D{name} was read again since."),
        (built.exists(), f"A dataset version was built with d{name} since."),
    )
    return next((f"{words} {instead}" for is_so, words in reasons if is_so), "")
