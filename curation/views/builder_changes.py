"""What the builder's buttons do: each action's name and the domain's function for it."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User

from curation.domain.dialogue_history import revert_dialogue
from curation.domain.dialogue_shape import DialogueShapeError
from curation.domain.dialogue_undo import redo_dialogue, undo_dialogue
from curation.domain.dialogues import (
    change_range,
    drop_utterances,
    remove_dialogue,
    restore_dialogue,
    set_training_text,
    submit_dialogue,
    take_out_directions,
)
from curation.models import Dialogue, Utterance
from curation.queries.scene_lines import scene_utterances

from .builder_page import scene_now

Change = Callable[[Dialogue, User, dict[str, Any]], Dialogue]


def row_of(scene: Any, number: int) -> Utterance | None:
    """Return the utterance of a scene at a row as pages count them, from 1."""
    return scene_utterances(scene).filter(position=number - 1).first()


def _range(dialogue: Dialogue, actor: User, values: dict[str, Any]) -> Dialogue:
    scene = scene_now(dialogue)
    first, last = (row_of(scene, values[name]) for name in ("first", "last"))
    if first is None or last is None:
        msg = "A dialogue stays inside its scene: choose rows of this one."
        raise DialogueShapeError(msg)
    return change_range(dialogue, actor=actor, revision=values["revision"], first=first, last=last)


def _rows(*, drop: bool) -> Change:
    return lambda dialogue, actor, values: drop_utterances(
        dialogue,
        actor=actor,
        revision=values["revision"],
        utterances=values["utterances"],
        drop=drop,
    )


def _text(dialogue: Dialogue, actor: User, values: dict[str, Any]) -> Dialogue:
    return set_training_text(
        dialogue,
        actor=actor,
        revision=values["revision"],
        utterance=values["utterances"][0],
        text=values["text"],
    )


def _revert(dialogue: Dialogue, actor: User, values: dict[str, Any]) -> Dialogue:
    return revert_dialogue(
        dialogue, actor=actor, revision=values["revision"], to_revision=values["to_revision"]
    )


def _submit(dialogue: Dialogue, actor: User, values: dict[str, Any]) -> Dialogue:
    key = values["client_key"]
    return submit_dialogue(dialogue, actor=actor, revision=values["revision"], client_key=key)


def _plain(change: Callable[..., Dialogue]) -> Change:
    return lambda dialogue, actor, values: change(
        dialogue, actor=actor, revision=values["revision"]
    )


CHANGES: dict[str, Change] = {
    "range": _range,
    "drop": _rows(drop=True),
    "keep": _rows(drop=False),
    "text": _text,
    "clean": _plain(take_out_directions),
    "submit": _submit,
    "undo": _plain(undo_dialogue),
    "redo": _plain(redo_dialogue),
    "remove": _plain(remove_dialogue),
    "restore": _plain(restore_dialogue),
    "revert": _revert,
}
