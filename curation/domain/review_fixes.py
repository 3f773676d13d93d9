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
)
from curation.domain.dialogue_shape import DialogueShapeError, Member, clean_text, shaped
from curation.domain.reviews import approve_dialogue, check_hand, count_approval, record_decision
from curation.enums import Decision, DialogueState
from curation.models import Dialogue


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


def _fixed(member: Member, texts: Mapping[int, str], dropped: Collection[int]) -> Member:
    pk = member.utterance.pk
    text = clean_text(texts[pk], member.utterance) if pk in texts else member.text
    return replace(member, text=text, is_dropped=pk in dropped)
