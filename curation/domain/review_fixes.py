"""Fix and approve: a reviewer mends a submitted dialogue and approves it in one step.

Two people stand behind the result, who made it and who mended it; the words of the mending were
read by one. A project that wants every word read by a second person asks for two approvals.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F

from curation.domain.dialogue_edits import (
    change_row,
    check_scene,
    read_members,
    rewrite_dialogue,
    take_back_revision,
)
from curation.domain.dialogue_history import members_at
from curation.domain.dialogue_shape import DialogueShapeError, Member, clean_text, shaped
from curation.domain.reviews import approve_dialogue, check_hand, count_approval, record_decision
from curation.enums import Decision, DialogueState
from curation.models import Dialogue, Review


@transaction.atomic
def fix_and_approve(
    dialogue: Dialogue,
    *,
    reviewer: User,
    revision: int,
    texts: Mapping[int, str],
    dropped: Collection[int],
    reason: str = "",
) -> Dialogue:
    """Write a submitted dialogue anew and approve that revision; without a change, approve it.

    The approval is one of those that the project asks for, and the only one: what others approved
    before was another text.

    Args:
        texts: what the model is taught, by utterance; a blank one brings the script's back.
        dropped: utterances left out of the record.

    Raises:
        OwnWorkError: the reviewer had a hand in it before.
        StaleRevisionError, DialogueStateError, DialogueShapeError: as for an approval.
    """
    before = read_members(dialogue)
    check_scene(dialogue, before)
    fixed = shaped([_fixed(m, texts, dropped) for m in before], dialogue.target_character)
    if fixed == before:
        return approve_dialogue(dialogue, reviewer=reviewer, revision=revision, reason=reason)
    if any(not member.is_dropped and not member.taught.strip() for member in fixed):
        msg = "A line that is kept has no text. Leave it out or write what is said."
        raise DialogueShapeError(msg)
    change_row(dialogue, revision=revision, states=(DialogueState.SUBMITTED,))
    check_hand(dialogue, reviewer)
    handed_in = {"submitted_by": dialogue.submitted_by, "submitted_at": dialogue.submitted_at}
    rewrite_dialogue(
        dialogue,
        members=fixed,
        actor=reviewer,
        revision=revision,
        verb="dialogue.fixed",
    )
    change_row(
        dialogue,
        revision=dialogue.revision,
        states=(DialogueState.DRAFT,),
        state=DialogueState.SUBMITTED,
        submission=F("submission") + 1,
        **handed_in,
    )
    count_approval(dialogue, revision=dialogue.revision)
    record_decision(
        dialogue,
        Decision.APPROVED,
        reviewer=reviewer,
        reason=reason,
        is_decisive=dialogue.state == DialogueState.APPROVED,
        fixed_from=revision,
    )
    return dialogue


def undo_fix(dialogue: Dialogue, *, fixed_from: int) -> None:
    """Let a dialogue wait for review again with the text it had before a fix.

    Raises:
        StaleRevisionError, DialogueStateError: it was changed since.
    """
    kept = dialogue.revisions.select_related("author").get(revision=fixed_from)
    take_back_revision(dialogue, kept, members_at(kept))


def fix_again(dialogue: Dialogue, review: Review) -> Dialogue:
    """Fix and approve a dialogue as it was fixed before that was undone.

    Raises:
        OwnWorkError, StaleRevisionError, DialogueStateError, DialogueShapeError: as for a fix.
    """
    fix = members_at(dialogue.revisions.get(revision=review.revision))
    return fix_and_approve(
        dialogue,
        reviewer=review.reviewer,
        revision=dialogue.revision,
        texts={member.utterance.pk: member.text or "" for member in fix},
        dropped={member.utterance.pk for member in fix if member.is_dropped},
        reason=review.reason,
    )


def _fixed(member: Member, texts: Mapping[int, str], dropped: Collection[int]) -> Member:
    pk = member.utterance.pk
    text = clean_text(texts[pk], member.utterance) if pk in texts else member.text
    return replace(member, text=text, is_dropped=pk in dropped)
