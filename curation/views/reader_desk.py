"""Which layer a person works on in the reader, and the steps they take on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q

from curation.domain.assignments import begin_place, keep_place, take_next
from curation.domain.layers import (
    LayerClosedError,
    edit_own_layer,
    submit_own_layer,
    take_back_own_layer,
)
from curation.domain.scene_edits import SceneEdits
from curation.domain.scene_submission import SUBMITTED, reopen_scenes, submit_scenes
from curation.domain.segmentation import apply_scene_edits
from curation.enums import WorkKind
from curation.models import Boundary, Episode, Segmentation
from curation.queries.client_keys import arrived_before
from curation.queries.layers import cuts_blind, layer_of
from curation.queries.scenes import open_suggestions, scene_starts
from rickproject.lib.numbers import counted

OWN, AGREED = "own", "agreed"


@dataclass(frozen=True, slots=True)
class Desk:
    """An episode as one person works on it: their own layer, or the agreed one."""

    episode: Episode
    person: User
    annotator: User | None

    @property
    def kind(self) -> str:
        """``own`` or ``agreed``: what a page says it shows, so that edits never land elsewhere."""
        return OWN if self.annotator else AGREED

    def layer(self) -> Segmentation | None:
        """Return the layer, None before its first edit."""
        return layer_of(self.episode, self.annotator)

    def check(self, seen: str) -> None:
        """Compare with the kind of layer that the page showed; empty is any.

        Raises:
            LayerClosedError: the page showed the other kind.
        """
        if seen and seen != self.kind:
            msg = (
                "These scenes are cut in another way by now: the team agreed on them, or the "
                "project's setting was changed. What you cut is kept; load the page again."
            )
            raise LayerClosedError(msg)

    def edit(self, edits: SceneEdits, *, revision: int) -> Segmentation:
        """Apply one batch; errors as of the domain's functions."""
        step = edit_own_layer if self.annotator else apply_scene_edits
        layer = step(self.episode, edits=edits, revision=revision, actor=self.person)
        if self.annotator is None and revision == 0:
            begin_place(self.episode, person=self.person, kind=WorkKind.SCENES)
        keep_place(self.person, self.episode.pk)
        return layer

    def submit(self, *, revision: int, client_key: str = "") -> Segmentation:
        """Declare the scenes finished."""
        step = submit_own_layer if self.annotator else submit_scenes
        return step(self.episode, revision=revision, actor=self.person, client_key=client_key)

    def was_submitted(self, client_key: str) -> bool:
        """Whether this press arrived before, on whichever of the person's layers it was."""
        layers = Segmentation.objects.filter(episode=self.episode)
        mine = layers.filter(Q(annotator=self.person) | Q(annotator=None))
        return arrived_before(SUBMITTED, mine, actor=self.person, client_key=client_key)

    def reopen(self, *, revision: int) -> Segmentation:
        """Take the submission back."""
        step = take_back_own_layer if self.annotator else reopen_scenes
        return step(self.episode, revision=revision, actor=self.person)


def desk_of(person: User, episode: Episode) -> Desk:
    """Return what a person works on in this episode now."""
    return Desk(episode, person, person if cuts_blind(episode) else None)


def next_episode(desk: Desk) -> Episode | None:
    """Return the episode this person goes on with: one they hold, or a free one, taken for them."""
    kinds = (WorkKind.SCENES, WorkKind.LAYER)
    taken = take_next(desk.episode.script.project, person=desk.person, kinds=kinds)
    return taken.episode if taken else None


def left_open(desk: Desk) -> str:
    """Say what a submission leaves undone: scenes without a title, suggestions undecided."""
    layer = desk.layer()
    untitled = sum(not scene.title for scene in scene_starts(layer)) if layer else 0
    undecided = len(open_suggestions(desk.episode, annotator=desk.annotator))
    parts = [f"{counted(untitled, 'scene')} without a title"] if untitled else []
    parts += [f"{counted(undecided, 'suggestion')} undecided"] if undecided else []
    return f" Left as they are: {' and '.join(parts)}." if parts else ""


def layer_facts(desk: Desk) -> dict[str, Any]:
    """Return how the scenes stand, as the reader's script takes it."""
    layer = desk.layer()
    if layer is None:
        return {"layer": desk.kind, "revision": 0, "state": "untouched", "by": "", "scenes": []}
    return {
        "layer": desk.kind,
        "revision": layer.revision,
        "state": layer.state,
        "by": layer.updated_by.get_username() if layer.updated_by else "",
        "scenes": scene_facts(scene_starts(layer)),
    }


def scene_facts(scenes: Iterable[Boundary]) -> list[dict[str, Any]]:
    """Return scenes as the reader's script takes them."""
    return [
        {
            "id": scene.pk,
            "position": scene.utterance.position,
            "title": scene.title,
            "note": scene.note,
            "noteRevision": scene.note_revision,
        }
        for scene in scenes
    ]
