"""Dialogues made and changed by people; the rules are in ``dialogue_shape``.

Every function writes a revision and an activity, and takes the ``revision`` its caller saw.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from curation.domain.dialogue_edits import (
    change_row,
    check_scene,
    check_seen,
    hold_scenes,
    name_the_clash,
    read_members,
    record_edit,
    rewrite_dialogue,
    rows_between,
)
from curation.domain.dialogue_shape import (
    DialogueShapeError,
    Member,
    clean_text,
    fresh_members,
    shaped,
    without_directions,
)
from curation.enums import DialogueState
from curation.errors import CurationError
from curation.models import Boundary, Dialogue, Utterance

SUBMITTED = "dialogue.submitted"  # as its activity says
SUBMITTABLE = (DialogueState.DRAFT, DialogueState.RETURNED)
UNDECIDED = (*SUBMITTABLE, DialogueState.SUBMITTED)


@transaction.atomic
def change_range(
    dialogue: Dialogue, *, actor: User, revision: int, first: Utterance, last: Utterance
) -> Dialogue:
    """Let a dialogue run from ``first`` to ``last``; rows that stay keep their text.

    Raises:
        StaleRevisionError, DialogueStateError, DialogueShapeError, DialogueClashError: as said.
    """
    check_seen(dialogue, revision=revision)
    scene, utterances = rows_between(first, last)
    old = {member.utterance.pk: member for member in read_members(dialogue)}
    members = [old.get(m.utterance.pk, m) for m in fresh_members(utterances)]
    return _edit(
        dialogue, members, actor=actor, revision=revision, verb="range_changed", scene=scene
    )


@transaction.atomic
def drop_utterances(
    dialogue: Dialogue, *, actor: User, revision: int, utterances: Collection[int], drop: bool
) -> Dialogue:
    """Leave utterances out of the training record, or take them back; the script is untouched.

    Where the last line of the character is left out, the dialogue ends on the one before it.

    Args:
        utterances: primary keys; those outside the dialogue are refused.

    Raises:
        StaleRevisionError, DialogueStateError, DialogueShapeError: as said.
    """
    check_seen(dialogue, revision=revision)
    members = read_members(dialogue)
    _require_rows(members, utterances)
    changed = [replace(m, is_dropped=drop) if m.utterance.pk in utterances else m for m in members]
    verb = "rows_left_out" if drop else "rows_taken_back"
    return _edit(dialogue, changed, actor=actor, revision=revision, verb=verb)


@transaction.atomic
def set_training_text(
    dialogue: Dialogue, *, actor: User, revision: int, utterance: int, text: str
) -> Dialogue:
    """Set the text the model is taught for one utterance; a blank one brings the script's back.

    Raises:
        StaleRevisionError, DialogueStateError, DialogueShapeError: as said.
    """
    check_seen(dialogue, revision=revision)
    members = read_members(dialogue)
    _require_rows(members, {utterance})
    changed = [
        replace(m, text=clean_text(text, m.utterance)) if m.utterance.pk == utterance else m
        for m in members
    ]
    return _edit(dialogue, changed, actor=actor, revision=revision, verb="text_changed")


@transaction.atomic
def take_out_directions(dialogue: Dialogue, *, actor: User, revision: int) -> Dialogue:
    """Clean every kept line of its bracketed stage directions.

    Raises:
        StaleRevisionError, DialogueStateError: as said.
    """
    check_seen(dialogue, revision=revision)
    members = [m if m.is_dropped else without_directions(m) for m in read_members(dialogue)]
    return _edit(dialogue, members, actor=actor, revision=revision, verb="text_changed")


@transaction.atomic
def submit_dialogue(
    dialogue: Dialogue, *, actor: User, revision: int, step: str = "", client_key: str = ""
) -> Dialogue:
    """Hand a draft or a returned dialogue to the reviewers.

    Args:
        step: ``redo`` where it does again what was undone.
        client_key: of the page's press, kept so that ``queries.client_keys`` knows it again.

    Raises:
        StaleRevisionError: it was edited after ``revision``.
        DialogueStateError: it is neither a draft nor returned.
        DialogueShapeError: the scenes changed under it, or a kept line is blank.
    """
    members = read_members(dialogue)
    check_scene(dialogue, members)
    shaped(members, dialogue.target_character)
    if blank := [m for m in members if not m.is_dropped and not m.taught.strip()]:
        row = blank[0].utterance.position + 1
        msg = f"Row {row} has no text. Leave it out or write what is said."
        raise DialogueShapeError(msg)
    change_row(
        dialogue,
        revision=revision,
        states=SUBMITTABLE,
        state=DialogueState.SUBMITTED,
        submitted_by=actor,
        submitted_at=timezone.now(),
        submission=F("submission") + 1,
        approvals=0,
    )
    given = {"step": step, "client_key": client_key}
    way = {name: value for name, value in given.items() if value}
    record_edit(SUBMITTED, dialogue, actor, members, revision=revision, **way)
    return dialogue


@dataclass(frozen=True)
class BulkOutcome:
    """What became of many dialogues: those done, and a sentence for each that was refused."""

    done: tuple[Dialogue, ...]
    refused: tuple[tuple[Dialogue, str], ...]


def submit_dialogues(dialogues: Iterable[Dialogue], *, actor: User) -> BulkOutcome:
    """Submit many dialogues at the revisions given; one that cannot is passed over and told."""
    done, refused = [], []
    for dialogue in dialogues:
        try:
            done.append(submit_dialogue(dialogue, actor=actor, revision=dialogue.revision))
        except CurationError as error:
            refused.append((dialogue, str(error)))
    return BulkOutcome(tuple(done), tuple(refused))


@transaction.atomic
def withdraw_dialogue(dialogue: Dialogue, *, actor: User, revision: int) -> Dialogue:
    """Take a submitted dialogue back to the drafts while nobody has decided on it.

    Raises:
        StaleRevisionError, DialogueStateError: as said.
    """
    change_row(
        dialogue,
        revision=revision,
        states=(DialogueState.SUBMITTED,),
        state=DialogueState.DRAFT,
        submitted_by=None,
        submitted_at=None,
        approvals=0,
    )
    record_edit("dialogue.withdrawn", dialogue, actor, read_members(dialogue))
    return dialogue


@transaction.atomic
def remove_dialogue(dialogue: Dialogue, *, actor: User, revision: int, step: str = "") -> Dialogue:
    """Remove a dialogue that nobody approved: its utterances are free again, its history stays.

    Args:
        step: ``undo`` or ``redo`` where it is one.

    Raises:
        StaleRevisionError: as said.
        DialogueStateError: it is approved, so that a reviewer decides; or it is removed already.
    """
    change_row(dialogue, revision=revision, states=UNDECIDED, state=DialogueState.REMOVED)
    dialogue.members.update(is_live=False)
    way = {"step": step} if step else {}
    record_edit("dialogue.removed", dialogue, actor, read_members(dialogue), **way)
    return dialogue


@transaction.atomic
def restore_dialogue(dialogue: Dialogue, *, actor: User, revision: int, step: str = "") -> Dialogue:
    """Bring a removed dialogue back as a draft.

    Args:
        step: ``undo`` or ``redo`` where it is one.

    Raises:
        StaleRevisionError, DialogueStateError: as said.
        DialogueClashError: another live dialogue holds one of its utterances by now.
    """
    hold_scenes(dialogue.scene.utterance.episode_id)
    change_row(
        dialogue,
        revision=revision,
        states=(DialogueState.REMOVED,),
        state=DialogueState.DRAFT,
        submitted_by=None,
        submitted_at=None,
        approvals=0,
    )
    members = read_members(dialogue)
    try:
        with transaction.atomic():
            dialogue.members.update(is_live=True)
    except IntegrityError as error:
        clash = name_the_clash(dialogue, [member.utterance for member in members])
        raise (clash or error) from error
    way = {"step": step} if step else {}
    record_edit("dialogue.restored", dialogue, actor, members, **way)
    return dialogue


def _require_rows(members: Sequence[Member], utterances: Collection[int]) -> None:
    if not utterances or set(utterances) - {member.utterance.pk for member in members}:
        msg = "These rows are not all in the dialogue any more. Load the page again."
        raise DialogueShapeError(msg)


def _edit(
    dialogue: Dialogue,
    members: Sequence[Member],
    *,
    actor: User,
    revision: int,
    verb: str,
    scene: Boundary | None = None,
) -> Dialogue:
    """Write a new revision, unless nothing changes: then an approval is not lost either."""
    wanted = shaped(members, dialogue.target_character)
    is_moved = scene is not None and scene.pk != dialogue.scene_id
    if not is_moved and wanted == read_members(dialogue):
        return dialogue
    return rewrite_dialogue(
        dialogue,
        members=wanted,
        actor=actor,
        revision=revision,
        verb=f"dialogue.{verb}",
        scene=scene,
    )
