"""Declare an episode's scenes finished, and take that back.

A browser that was offline sends its submission again; its key tells that it arrived before.
"""

from __future__ import annotations

from collections.abc import Collection

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from curation.domain.activity import record_activity
from curation.domain.assignments import follow_scenes
from curation.domain.segmentation import SceneStateError, ensure_layer, stale_scenes
from curation.enums import SegmentationState
from curation.models import Episode, Segmentation

SUBMITTED = "scenes.submitted"


@transaction.atomic
def submit_scenes(
    episode: Episode,
    *,
    revision: int,
    actor: User,
    annotator: User | None = None,
    client_key: str = "",
) -> Segmentation:
    """Declare the episode's scenes finished at the revision their author saw.

    Args:
        client_key: of the page's press, kept so that ``queries.client_keys`` knows it again.

    Raises:
        StaleScenesError: they were changed since.
        SceneStateError: they are submitted already.
    """
    layer = ensure_layer(episode, annotator=annotator)
    return _change_state(
        layer,
        wanted=SegmentationState.SUBMITTED,
        allowed=(SegmentationState.UNTOUCHED, SegmentationState.IN_PROGRESS),
        revision=revision,
        actor=actor,
        verb=SUBMITTED,
        client_key=client_key,
    )


@transaction.atomic
def reopen_scenes(
    episode: Episode, *, revision: int, actor: User, annotator: User | None = None
) -> Segmentation:
    """Take a submission back, so that the scenes are in progress again; errors as on submit."""
    layer = ensure_layer(episode, annotator=annotator)
    return _change_state(
        layer,
        wanted=SegmentationState.IN_PROGRESS,
        allowed=(SegmentationState.SUBMITTED,),
        revision=revision,
        actor=actor,
        verb="scenes.reopened",
    )


def _change_state(
    layer: Segmentation,
    *,
    wanted: SegmentationState,
    allowed: Collection[SegmentationState],
    revision: int,
    actor: User,
    verb: str,
    client_key: str = "",
) -> Segmentation:
    changed = Segmentation.objects.filter(pk=layer.pk, revision=revision, state__in=allowed).update(
        state=wanted, updated_by=actor, updated_at=timezone.now()
    )
    if not changed:
        layer.refresh_from_db()
        if layer.revision != revision:
            raise stale_scenes(layer, actor=actor)
        msg = f"These scenes are {layer.get_state_display()}; there is nothing to change."
        raise SceneStateError(msg)
    layer.state = wanted
    if layer.annotator_id is None:
        follow_scenes(layer.episode, actor=actor, is_done=wanted == SegmentationState.SUBMITTED)
    key = {"client_key": client_key} if client_key else {}
    record_activity(
        verb,
        project=layer.episode.script.project,
        actor=actor,
        target=layer,
        revision=revision,
        **key,
    )
    return layer
