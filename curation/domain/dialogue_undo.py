"""Undo and redo of everything that is done to a dialogue: edits, submission, removal, making it.

The activity is the source: replayed, it says what can be taken back and by whom. Every step back is
a new step with the present revision; nothing that was written is ever rewritten.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from curation.domain.dialogue_edits import check_seen
from curation.domain.dialogue_history import (
    DECISION_UNDONE,
    REDONE,
    UNDONE,
    NothingToUndoError,
    edits_of,
    revert_dialogue,
)
from curation.domain.dialogues import (
    BulkOutcome,
    remove_dialogue,
    restore_dialogue,
    submit_dialogue,
    withdraw_dialogue,
)
from curation.enums import DialogueState
from curation.errors import CurationError
from curation.models import Activity, Dialogue

CREATED, SUBMITTED, REMOVED = "dialogue.created", "dialogue.submitted", "dialogue.removed"
RESTORED, WITHDRAWN = "dialogue.restored", "dialogue.withdrawn"
DECIDED = ("dialogue.approved", "dialogue.returned")
PLAIN = (SUBMITTED, REMOVED, RESTORED, CREATED)
FIXED, READ_AGAIN = "dialogue.fixed", "dialogue.read_again"
DISPUTED = "dialogue.disputed"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done to a dialogue: the verb of its activity, and who did it."""

    verb: str
    actor_id: int | None


@dataclass(frozen=True, slots=True)
class Steps:
    """What was done to a dialogue and can be taken back, and what was taken back; newest last."""

    done: tuple[Step, ...]
    undone: tuple[Step, ...]


def steps_of(dialogue: Dialogue) -> Steps:
    """Replay a dialogue's activity, in one query."""
    rows = Activity.objects.filter(
        target_type="dialogue", target_id=dialogue.pk, verb__startswith="dialogue."
    )
    done: list[Step] = []
    undone: list[Step] = []
    handed_in: Step | None = None  # the last submission that something else ended
    for verb, actor, detail in rows.order_by("pk").values_list("verb", "actor_id", "detail"):
        way = detail.get("step", "")
        if verb in {UNDONE, WITHDRAWN} or way == "undo":
            undone += [done.pop()] if done else []
        elif verb == REDONE or way == "redo":
            done += [undone.pop()] if undone else []
        elif verb != READ_AGAIN and not _waits_for_others(verb, detail):
            undone = []
            if done and done[-1].verb == SUBMITTED:  # decided on, changed or removed: it is over
                handed_in = done.pop()
            what = FIXED if "content_of" in detail else REMOVED  # went with the decision
            if verb == DECISION_UNDONE and done and done[-1].verb == what:
                done.pop()
            if verb not in {*DECIDED, DECISION_UNDONE, DISPUTED}:
                done.append(Step(verb, actor))
            if verb in {FIXED, DECISION_UNDONE, DISPUTED}:  # it waits for review again
                done.append(handed_in or Step(SUBMITTED, actor))
    return Steps(tuple(done), tuple(undone))


@transaction.atomic
def undo_dialogue(dialogue: Dialogue, *, actor: User, revision: int) -> Dialogue:
    """Take back the last step: a submission or removal by anybody of the team, else one's own.

    Raises:
        NothingToUndoError: there is none, or the last one is somebody else's.
        StaleRevisionError, DialogueStateError, DialogueShapeError, DialogueClashError: as said.
    """
    steps = steps_of(dialogue)
    if dialogue.state == DialogueState.SUBMITTED:
        return withdraw_dialogue(dialogue, actor=actor, revision=revision)
    if dialogue.state == DialogueState.REMOVED:
        if steps.undone and steps.undone[-1].verb in {CREATED, RESTORED}:
            msg = "Nothing to undo: making this dialogue was taken back. Redo brings it back."
            raise NothingToUndoError(msg)
        return restore_dialogue(dialogue, actor=actor, revision=revision, step="undo")
    check_seen(dialogue, revision=revision)
    if not steps.done:
        msg = "Nothing to undo: the dialogue is as it was made. You can remove it."
        raise NothingToUndoError(msg)
    _check_own(steps.done[-1], actor)
    if steps.done[-1].verb in {CREATED, RESTORED}:
        return remove_dialogue(dialogue, actor=actor, revision=revision, step="undo")
    edits = edits_of(dialogue)
    if not (before := edits.parents[edits.current]):
        msg = "Nothing to undo: the dialogue has the content it was made with."
        raise NothingToUndoError(msg)
    return revert_dialogue(
        dialogue, actor=actor, revision=revision, to_revision=before, verb=UNDONE
    )


@transaction.atomic
def redo_dialogue(dialogue: Dialogue, *, actor: User, revision: int) -> Dialogue:
    """Do again what was undone last.

    Raises:
        NothingToUndoError: the last step was no undo, or it is somebody else's.
        StaleRevisionError, DialogueStateError, DialogueShapeError, DialogueClashError: as said.
    """
    steps = steps_of(dialogue)
    if not steps.undone:
        msg = "Nothing to redo."
        raise NothingToUndoError(msg)
    step = steps.undone[-1]
    _check_own(step, actor)
    if step.verb == SUBMITTED:
        return submit_dialogue(dialogue, actor=actor, revision=revision, step="redo")
    if step.verb == REMOVED:
        return remove_dialogue(dialogue, actor=actor, revision=revision, step="redo")
    if step.verb in {CREATED, RESTORED}:
        return restore_dialogue(dialogue, actor=actor, revision=revision, step="redo")
    if not (after := edits_of(dialogue).next):
        msg = "Nothing to redo."
        raise NothingToUndoError(msg)
    return revert_dialogue(dialogue, actor=actor, revision=revision, to_revision=after, verb=REDONE)


def step_words(dialogue: Dialogue, *, person_id: int | None) -> tuple[str, str]:
    """Return the words of the undo and the redo button for a person, each empty for none."""
    steps = steps_of(dialogue)
    last = steps.done[-1] if steps.done else None
    undone = steps.undone[-1] if steps.undone else None
    redo = "Redo" if undone and undone.actor_id == person_id else ""
    if dialogue.state == DialogueState.SUBMITTED:
        return "Take back", ""
    if dialogue.state == DialogueState.REMOVED:
        was_made = undone is not None and undone.verb in {CREATED, RESTORED}
        return "" if was_made else "Bring back", redo
    if dialogue.state == DialogueState.APPROVED:
        return "", ""
    return "Undo" if last and last.actor_id == person_id else "", redo


def undo_together(dialogues: Iterable[Dialogue], *, actor: User, verb: str) -> BulkOutcome:
    """Take back what one press did to many dialogues, wherever it is still the last step.

    Args:
        verb: what was done: ``dialogue.created`` or ``dialogue.submitted``.
    """
    done, refused = [], []
    for dialogue in dialogues:
        try:
            steps = steps_of(dialogue)
            if not steps.done or steps.done[-1] != Step(verb, actor.pk):
                msg = f"Dialogue {dialogue.pk} was changed or decided on since, so it stays."
                raise NothingToUndoError(msg)  # told like every other refusal
            done.append(undo_dialogue(dialogue, actor=actor, revision=dialogue.revision))
        except CurationError as error:
            refused.append((dialogue, str(error)))
    return BulkOutcome(tuple(done), tuple(refused))


def _waits_for_others(verb: str, detail: Mapping[str, Any]) -> bool:
    """Whether a step is one of several approvals and not the last: the submission goes on."""
    counted, wanted = detail.get("approval", (1, 1))
    return verb in DECIDED and counted < wanted


def _check_own(step: Step, actor: User) -> None:
    if step.actor_id == actor.pk:
        return
    who = User.objects.filter(pk=step.actor_id or 0).first()
    name = (who.get_short_name() or who.username) if who else "Somebody"
    msg = (
        f"{name} changed this dialogue after you, and undo takes back only your own steps. "
        "Bring an earlier revision back in its history instead."
    )
    raise NothingToUndoError(msg)
