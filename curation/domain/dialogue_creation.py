"""Making a dialogue of rows of a scene; a request that comes twice makes one."""

import hashlib
from collections.abc import Collection
from dataclasses import replace

from django.contrib.auth.models import User
from django.db import transaction

from curation.domain.dialogue_edits import DialogueClashError, insert_dialogue, rows_between
from curation.domain.dialogue_shape import DialogueShapeError, fresh_members, shaped
from curation.models import Boundary, Character, Dialogue, Utterance


def create_dialogue(
    scene: Boundary,
    *,
    target: Character,
    actor: User,
    first: Utterance,
    last: Utterance,
    client_key: str = "",
    dropped: Collection[int] | None = None,
    is_proposed: bool = False,
) -> Dialogue:
    """Make a draft of the utterances ``first`` to ``last``; it ends on the target's last line.

    Args:
        client_key: a person's request repeated with the same key gives the first answer again.
        dropped: primary keys of utterances left out; None leaves out what nobody says.

    Raises:
        DialogueShapeError: the rows are not in this scene or cannot be a dialogue.
        DialogueClashError: another live dialogue of the target holds one of them.
    """
    asked = repr((client_key, target.pk, first.pk, last.pk, dropped and sorted(dropped)))
    key = hashlib.sha256(asked.encode()).hexdigest() if client_key else ""
    mine = Dialogue.objects.filter(
        created_by=actor, client_key=key, members__utterance=first, members__is_live=True
    )
    try:
        return _create_dialogue(
            scene, target, actor, (first, last), dropped, is_proposed=is_proposed, client_key=key
        )
    except DialogueClashError:
        if key and (made := mine.first()):
            return made
        raise


@transaction.atomic
def _create_dialogue(
    scene: Boundary,
    target: Character,
    actor: User,
    span: tuple[Utterance, Utterance],
    dropped: Collection[int] | None,
    *,
    is_proposed: bool,
    client_key: str,
) -> Dialogue:
    target = target.alias_of or target
    found, utterances = rows_between(*span)
    if found.pk != scene.pk:
        msg = "These rows are not in this scene any more. Load the page again."
        raise DialogueShapeError(msg)
    members = fresh_members(utterances)
    if dropped is not None:
        members = [replace(m, is_dropped=m.utterance.pk in dropped) for m in members]
    if not target.is_target:
        msg = f"{target.name} is no target character. A manager marks one on the script's page."
        raise DialogueShapeError(msg)
    return insert_dialogue(
        scene=scene,
        target=target,
        members=shaped(members, target),
        actor=actor,
        is_proposed=is_proposed,
        client_key=client_key,
    )
