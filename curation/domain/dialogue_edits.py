"""How a dialogue is written: one conditional UPDATE, its rows, its revision, its activity."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Case, F, QuerySet, Value, When
from django.utils import timezone

from curation.domain.activity import record_activity
from curation.domain.dialogue_shape import LONGEST_DIALOGUE, DialogueShapeError, Member
from curation.enums import DialogueState
from curation.errors import CurationError, StaleRevisionError
from curation.models import (
    Boundary,
    Character,
    Dialogue,
    DialogueRevision,
    DialogueUtterance,
    Segmentation,
    Utterance,
)
from curation.queries.dialogue_members import live_claims, members_of
from curation.queries.scene_lines import scene_at, scene_end, scene_utterances

LIVE_STATES = (
    DialogueState.DRAFT,
    DialogueState.SUBMITTED,
    DialogueState.APPROVED,
    DialogueState.RETURNED,
)


class DialogueClashError(CurationError):
    """An utterance is already in another live dialogue of the same character."""

    code = "dialogue_clash"


class DialogueStateError(CurationError):
    """The dialogue is not in a state in which this can be done."""

    code = "dialogue_state"


def read_members(dialogue: Dialogue) -> list[Member]:
    """Return what a dialogue holds now, in the order of the script."""
    return [
        Member(row.utterance, is_dropped=row.is_dropped, text=row.training_text)
        for row in members_of(dialogue)
    ]


def hold_scenes(episode_id: int) -> None:
    """Keep the scenes of an episode as they are, and one claim at a time, until the commit."""
    layer = Segmentation.objects.filter(episode_id=episode_id, annotator=None)
    list(layer.select_for_update())


def rows_between(first: Utterance, last: Utterance) -> tuple[Boundary, list[Utterance]]:
    """Return the agreed scene of two utterances and all utterances from one to the other.

    The scenes of the episode stay as they are until the transaction ends.

    Raises:
        DialogueShapeError: they are not in one agreed scene, or too far apart.
    """
    if first.position > last.position:
        first, last = last, first
    hold_scenes(first.episode_id)
    scene = scene_at(first)
    if scene is None:
        msg = "This episode has no scenes yet. Cut it into scenes first."
        raise DialogueShapeError(msg)
    end = scene_end(scene)
    is_outside = end is not None and last.position >= end
    if first.episode_id != last.episode_id or is_outside:
        msg = "A dialogue stays inside one scene; these rows are in two."
        raise DialogueShapeError(msg)
    if last.position - first.position >= LONGEST_DIALOGUE:
        msg = f"A dialogue has at most {LONGEST_DIALOGUE} utterances. Choose fewer."
        raise DialogueShapeError(msg)
    rows = scene_utterances(scene).filter(position__gte=first.position, position__lte=last.position)
    return scene, list(rows)


def check_scene(dialogue: Dialogue, members: Sequence[Member]) -> None:
    """Refuse a dialogue that the scenes no longer hold.

    Raises:
        DialogueShapeError: its rows lie in two scenes now, or outside its own.
    """
    scene, _ = rows_between(members[0].utterance, members[-1].utterance)
    if scene.pk != dialogue.scene_id:
        msg = "The scenes changed under this dialogue. Set its range again, then submit it."
        raise DialogueShapeError(msg)


def insert_dialogue(
    *,
    scene: Boundary,
    target: Character,
    members: Sequence[Member],
    actor: User,
    is_proposed: bool,
    client_key: str = "",
) -> Dialogue:
    """Write a new dialogue with its rows and first revision; call it in a transaction.

    Raises:
        DialogueClashError: another live dialogue of the target holds one of the rows.
    """
    dialogue = Dialogue.objects.create(
        project=target.project,
        scene=scene,
        target_character=target,
        is_proposed=is_proposed,
        created_by=actor,
        updated_by=actor,
        client_key=client_key,
    )
    _insert_rows(dialogue, members)
    _keep_revision(dialogue, members, actor)
    record_edit("dialogue.created", dialogue, actor, members, proposed=is_proposed)
    return dialogue


def rewrite_dialogue(
    dialogue: Dialogue,
    *,
    members: Sequence[Member],
    actor: User,
    revision: int,
    verb: str,
    scene: Boundary | None = None,
    **detail: Any,
) -> Dialogue:
    """Write the next revision of a dialogue; call it in a transaction.

    A submitted or approved dialogue becomes a draft again; a returned one stays returned.

    Raises:
        StaleRevisionError: somebody changed it after ``revision``.
        DialogueStateError: it is removed.
        DialogueClashError: another live dialogue of the target holds one of the rows.
    """
    before = Dialogue.objects.select_for_update().get(pk=dialogue.pk)
    change_row(
        dialogue,
        revision=revision,
        states=LIVE_STATES,
        revision_to=F("revision") + 1,
        state=Case(
            When(state=DialogueState.RETURNED, then=Value(DialogueState.RETURNED)),
            default=Value(DialogueState.DRAFT),
        ),
        scene_id=scene.pk if scene else before.scene_id,
        updated_by=actor,
        submitted_by=None,
        submitted_at=None,
        approvals=0,
    )
    _replace_rows(dialogue, members)
    _keep_revision(dialogue, members, actor)
    lost = before.state in {DialogueState.SUBMITTED, DialogueState.APPROVED}
    if lost:
        detail["lost"] = before.state
    record_edit(verb, dialogue, actor, members, revision=dialogue.revision, **detail)
    return dialogue


def change_row(
    dialogue: Dialogue,
    *,
    revision: int,
    states: Sequence[DialogueState],
    revision_to: F | Any = None,
    **values: Any,
) -> None:
    """Change a dialogue's row in one conditional UPDATE and read it again.

    Raises:
        StaleRevisionError: somebody changed it after ``revision``.
        DialogueStateError: it is in none of ``states``.
    """
    if revision_to is not None:
        values["revision"] = revision_to
    rows = Dialogue.objects.filter(pk=dialogue.pk, revision=revision, state__in=states)
    changed = rows.update(updated_at=timezone.now(), **values)
    dialogue.refresh_from_db()
    if not changed:
        raise _why_not(dialogue, revision=revision, states=states)


def check_seen(dialogue: Dialogue, *, revision: int) -> None:
    """Refuse early, before any other rule speaks, what the UPDATE would refuse anyway.

    Raises:
        StaleRevisionError: somebody changed it after ``revision``.
        DialogueStateError: it is removed.
    """
    rows = Dialogue.objects.filter(pk=dialogue.pk, revision=revision, state__in=LIVE_STATES)
    if not rows.exists():
        dialogue.refresh_from_db()
        raise _why_not(dialogue, revision=revision, states=LIVE_STATES)


def _why_not(
    dialogue: Dialogue, *, revision: int, states: Sequence[DialogueState]
) -> CurationError:
    if dialogue.revision != revision:
        who = dialogue.updated_by.get_short_name() or dialogue.updated_by.username
        return StaleRevisionError(
            f"{who} changed this dialogue meanwhile: you saw revision {revision}, it is now "
            f"{dialogue.revision}. Nothing was written; look at it again."
        )
    wanted = " or ".join(str(state.label) for state in states)
    return DialogueStateError(
        f"Dialogue {dialogue.pk} is {dialogue.get_state_display()} now; "
        f"this needs one that is {wanted}."
    )


def take_back_revision(
    dialogue: Dialogue, kept: DialogueRevision, members: Sequence[Member]
) -> None:
    """Undo a reviewer's fix of a dialogue that is approved: it waits again as it was handed in.

    What was there before is written as the next revision, in its author's name.

    Raises:
        StaleRevisionError, DialogueStateError: it was changed since.
    """
    fix = dialogue.revision
    change_row(
        dialogue,
        revision=fix,
        states=(DialogueState.APPROVED,),
        revision_to=F("revision") + 1,
        state=DialogueState.SUBMITTED,
        submission=F("submission") + 1,
        approvals=0,
        updated_by=kept.author,
    )
    _replace_rows(dialogue, members)
    _keep_revision(dialogue, members, kept.author)
    dialogue.revisions.filter(revision=fix).update(is_taken_back=True)


def record_edit(
    verb: str, dialogue: Dialogue, actor: User, members: Sequence[Member], **detail: Any
) -> None:
    """Write a step of work on a dialogue with the place it is about."""
    first, last = members[0].utterance, members[-1].utterance
    record_activity(
        verb,
        project=dialogue.project,
        actor=actor,
        target=dialogue,
        episode=first.episode.code,
        rows=[first.position + 1, last.position + 1],
        **detail,
    )


def name_the_clash(
    dialogue: Dialogue, utterances: Sequence[Utterance]
) -> DialogueClashError | None:
    """Return the error that names the dialogue which holds one of these utterances, if any."""
    claim = live_claims(utterances, dialogue.target_character, besides=dialogue).first()
    if claim is None:
        return None
    return DialogueClashError(
        f"Row {claim.utterance.position + 1} is already in dialogue {claim.dialogue_id} "
        f"({claim.dialogue.get_state_display()}) of {dialogue.target_character.name}. "
        f"Choose other rows, or change that dialogue first."
    )


def _replace_rows(dialogue: Dialogue, members: Sequence[Member]) -> None:
    wanted = {member.utterance.pk: member for member in members}
    rows: QuerySet[DialogueUtterance] = dialogue.members.all()
    rows.exclude(utterance__in=wanted).delete()
    held = {row.utterance_id: row for row in rows.all()}
    changed = []
    for pk, row in held.items():
        member = wanted[pk]
        if (row.is_dropped, row.training_text) != (member.is_dropped, member.text):
            row.is_dropped, row.training_text = member.is_dropped, member.text
            changed.append(row)
    DialogueUtterance.objects.bulk_update(changed, ["is_dropped", "training_text"])
    _insert_rows(dialogue, [member for pk, member in wanted.items() if pk not in held])


def _insert_rows(dialogue: Dialogue, members: Sequence[Member]) -> None:
    rows = [
        DialogueUtterance(
            dialogue=dialogue,
            utterance=member.utterance,
            target_character=dialogue.target_character,
            is_dropped=member.is_dropped,
            training_text=member.text,
        )
        for member in members
    ]
    try:
        with transaction.atomic():
            DialogueUtterance.objects.bulk_create(rows)
    except IntegrityError as error:
        clash = name_the_clash(dialogue, [member.utterance for member in members])
        raise (clash or error) from error


def _keep_revision(dialogue: Dialogue, members: Sequence[Member], actor: User) -> None:
    DialogueRevision.objects.create(
        dialogue=dialogue,
        revision=dialogue.revision,
        members=[member.as_json() for member in members],
        author=actor,
    )
