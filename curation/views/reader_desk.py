"""Which layer a person works on in the reader, and the steps they take on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User

from curation.domain.layers import (
    LayerClosedError,
    edit_own_layer,
    submit_own_layer,
    take_back_own_layer,
)
from curation.domain.scene_edits import SceneEdits
from curation.domain.segmentation import apply_scene_edits, reopen_scenes, submit_scenes
from curation.enums import SegmentationState
from curation.models import Boundary, Episode, Segmentation
from curation.queries.layers import cuts_blind, layer_of, own_states
from curation.queries.scenes import imported_episodes, scene_starts

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
        return step(self.episode, edits=edits, revision=revision, actor=self.person)

    def submit(self, *, revision: int) -> Segmentation:
        """Declare the scenes finished."""
        step = submit_own_layer if self.annotator else submit_scenes
        return step(self.episode, revision=revision, actor=self.person)

    def reopen(self, *, revision: int) -> Segmentation:
        """Take the submission back."""
        step = take_back_own_layer if self.annotator else reopen_scenes
        return step(self.episode, revision=revision, actor=self.person)


def desk_of(person: User, episode: Episode) -> Desk:
    """Return what a person works on in this episode now."""
    return Desk(episode, person, person if cuts_blind(episode) else None)


def next_episode(desk: Desk) -> Episode | None:
    """Return the next episode that waits for this person's scenes, from here on, then around."""
    episode = desk.episode
    agreed = Segmentation.objects.filter(annotator=None)
    if desk.annotator:
        done = agreed.exclude(state=SegmentationState.UNTOUCHED)
    else:
        done = agreed.filter(state=SegmentationState.SUBMITTED)
    waiting = imported_episodes(episode.script.project).exclude(pk__in=done.values("episode_id"))
    if desk.annotator:
        mine = own_states(desk.person, list(waiting))
        submitted = [pk for pk, state in mine.items() if state == SegmentationState.SUBMITTED]
        waiting = waiting.exclude(pk__in=submitted)
    order = (episode.season_number, episode.episode_number)
    following = sorted(waiting, key=lambda e: ((e.season_number, e.episode_number) < order, e.code))
    return following[0] if following else None


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
