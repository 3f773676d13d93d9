"""Dialogues whose lines a corrected script changed: back to the annotators, with the reason."""

from __future__ import annotations

from curation.domain.activity import record_activity
from curation.domain.dialogue_edits import read_members
from curation.domain.dialogue_news import tell_of_decision
from curation.enums import Decision, DialogueState
from curation.models import Dialogue, DialogueRevision, Review, Script
from curation.queries.scene_lines import is_spoken_by

from .planning import AffectedDialogue


def settle_dialogue(affected: AffectedDialogue, *, script: Script) -> None:
    """Let a dialogue follow its changed lines: returned, or removed where nothing is left of it.

    Lines that are gone leave it; what it was stays in its history. A draft stays a draft.
    """
    dialogue = Dialogue.objects.select_for_update().get(pk=affected.dialogue_id)
    gone = dialogue.members.filter(utterance__in=affected.lost)
    left = dialogue.members.exclude(pk__in=gone).filter(is_dropped=False)
    last = left.select_related("utterance__character").order_by("utterance__position").last()
    ends_well = last is not None and is_spoken_by(last.utterance, dialogue.target_character)
    state = _state_after(dialogue, ends_well=ends_well)
    if state == DialogueState.REMOVED:
        dialogue.members.update(is_live=False)
    else:
        gone.delete()
    _write(dialogue, state, affected, script)


def _state_after(dialogue: Dialogue, *, ends_well: bool) -> DialogueState:
    if not ends_well:
        return DialogueState.REMOVED
    if dialogue.state == DialogueState.DRAFT:
        return DialogueState.DRAFT
    return DialogueState.RETURNED


def _write(
    dialogue: Dialogue, state: DialogueState, affected: AffectedDialogue, script: Script
) -> None:
    was = dialogue.state
    dialogue.revision += 1
    dialogue.state = state
    dialogue.updated_by = script.created_by
    dialogue.save(update_fields=["revision", "state", "updated_by", "updated_at"])
    DialogueRevision.objects.create(
        dialogue=dialogue,
        revision=dialogue.revision,
        author=script.created_by,
        members=[
            {"utterance": one.utterance.pk, "dropped": one.is_dropped, "text": one.text}
            for one in read_members(dialogue)
        ],
    )
    if state in {DialogueState.RETURNED, DialogueState.REMOVED}:
        Review.objects.create(
            dialogue=dialogue,
            revision=dialogue.revision,
            reviewer=script.created_by,
            decision=Decision(state.value),
            reason=affected.reason,
        )
    record_activity(
        f"dialogue.{state.value if state != DialogueState.DRAFT else 'carried_over'}",
        project=script.project,
        actor=script.created_by,
        target=dialogue,
        revision=dialogue.revision,
        reason=affected.reason,
        was=was,
    )
    if state == DialogueState.RETURNED:
        tell_of_decision(dialogue, Decision.RETURNED, reviewer=None, reason=affected.reason)
