"""Cut an episode into scenes: a layer, its boundaries and its state.

Everywhere ``annotator`` tells whose layer is meant; None is the agreed one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from curation.domain.activity import record_activity
from curation.domain.scene_dialogues import carry_dialogues
from curation.domain.scene_edits import (
    SceneEdits,
    copy_source_suggestions,
    decide_suggestions,
    suggestions_meant,
    titles_written,
)
from curation.enums import BoundaryOrigin, SegmentationState
from curation.errors import CurationError, StaleRevisionError
from curation.models import Boundary, Episode, Segmentation, SuggestedBoundary
from curation.queries.layers import layer_of
from curation.queries.scenes import (
    DialogueSpan,
    dialogue_spans,
    marks_of,
    positions_of,
)
from rickproject.lib.kept_queries import Given
from rickproject.lib.kept_writes import KeptInsert, KeptUpdate


class StaleScenesError(StaleRevisionError):
    """Somebody else changed the episode's scenes since this person read them."""

    code = "stale_scenes"


class BoundaryRefusedError(CurationError):
    """No scene can start, or stop starting, at this utterance."""

    code = "boundary_refused"


class CutsDialogueError(BoundaryRefusedError):
    """A new scene would cut a live dialogue in two."""

    code = "cuts_dialogue"


class SceneStateError(CurationError):
    """The layer's state does not allow this step."""

    code = "scene_state"


def ensure_agreed_layer(episode: Episode) -> Segmentation:
    """Return the episode's agreed layer, made with its first scene when it is missing."""
    return ensure_layer(episode, annotator=None)


@transaction.atomic(savepoint=False)
def ensure_layer(episode: Episode, *, annotator: User | None) -> Segmentation:
    """Return an annotator's layer or the agreed one, made with its first scene when missing."""
    layer, is_new = layer_of(episode, annotator), False
    if layer is None:
        layer, is_new = Segmentation.objects.get_or_create(episode=episode, annotator=annotator)
    layer.episode, layer.annotator = episode, annotator
    if is_new:
        first = positions_of(episode, [0]).get(0)
        if first is not None:
            named = SuggestedBoundary.objects.filter(run__episode=episode, utterance=first)
            title = named.values_list("title", flat=True).first()
            Boundary.objects.create(
                segmentation=layer,
                utterance=first,
                origin=BoundaryOrigin.START,
                title=title or "",
            )
        if annotator:
            copy_source_suggestions(layer)
    return layer


@transaction.atomic
def apply_scene_edits(
    episode: Episode,
    *,
    edits: SceneEdits,
    revision: int,
    actor: User,
    annotator: User | None = None,
) -> Segmentation:
    """Apply one batch to a layer at the revision its author saw.

    A boundary taken away stays as an inactive row with its notes. In the agreed layer dialogues
    follow the scene they lie in. Setting what is set and clearing what is clear is no error.

    Raises:
        StaleScenesError: the layer has another revision; nothing is written.
        SceneStateError: an annotator's layer is submitted.
        BoundaryRefusedError: a position is not of the episode, both set and cleared, or its start.
        CutsDialogueError: a live dialogue would lie in two scenes.
    """
    layer = ensure_layer(episode, annotator=annotator)
    if edits.moves_scenes:
        _take_revision(layer, revision=revision, actor=actor)
        _move_boundaries(layer, edits=edits, actor=actor)
    if edits.decides_suggestions:
        decide_suggestions(layer, edits=edits, actor=actor)
    record_activity(
        "scenes.edited" if edits.moves_scenes else "suggestions.decided",
        project=episode.script.project,
        actor=actor,
        target=layer,
        **{
            name: sorted(getattr(edits, name))
            for name in ("on", "off", "accepted", "dismissed", "reopened")
            if getattr(edits, name)
        },
    )
    return layer


_CLAIMED = ("revision", "state", "updated_by", "updated_at")
_CLAIM_AGREED = KeptUpdate(
    lambda: Segmentation.objects.filter(pk=Given("pk"), revision=Given("seen")), *_CLAIMED
)
_CLAIM_OWN = KeptUpdate(
    lambda: Segmentation.objects.filter(pk=Given("pk"), revision=Given("seen")).exclude(
        state=SegmentationState.SUBMITTED
    ),
    *_CLAIMED,
)


def _take_revision(layer: Segmentation, *, revision: int, actor: User) -> None:
    """Claim the next revision with one conditional update, so that two savers cannot both win."""
    claim = _CLAIM_OWN if layer.annotator_id else _CLAIM_AGREED
    taken = claim.run(
        pk=layer.pk,
        seen=revision,
        set_revision=revision + 1,
        set_state=SegmentationState.IN_PROGRESS,
        set_updated_by=actor.pk,
        set_updated_at=timezone.now(),
    )
    if not taken:
        raise _refusal(layer, revision=revision, actor=actor)
    layer.revision = revision + 1
    layer.state = SegmentationState.IN_PROGRESS


def _refusal(layer: Segmentation, *, revision: int, actor: User) -> CurationError:
    layer.refresh_from_db(fields=["revision", "state"])
    if layer.revision != revision:
        return stale_scenes(layer, actor=actor)
    msg = "You submitted these scenes. Take the submission back before you change them."
    return SceneStateError(msg)


def stale_scenes(layer: Segmentation, *, actor: User) -> StaleScenesError:
    """Return the refusal that says who changed the layer since this person read it."""
    now = Segmentation.objects.select_related("updated_by").get(pk=layer.pk)
    who = now.updated_by.get_username() if now.updated_by else "Somebody"
    where = ""
    if now.updated_by == actor:
        who, where = "You", " in another window"
    msg = f"{who} changed these scenes{where} since you read them here. Look at both and choose."
    return StaleScenesError(msg)


def _move_boundaries(layer: Segmentation, *, edits: SceneEdits, actor: User) -> None:
    marks = marks_of(layer, edits.on | edits.off)
    _check_positions(edits, known=marks.keys())
    spans = [] if layer.annotator_id else dialogue_spans(layer.episode)
    _check_dialogues(edits.on, spans=spans)
    drop = [mark.boundary_id for at in edits.off if (mark := marks[at]).is_active]
    wake = [mark.boundary_id for at in edits.on if (mark := marks[at]).is_active is False]
    if drop:
        _switch(drop, is_active=False)
    if wake:
        _switch(wake, is_active=True)
    accepted = _accepted(layer, edits)
    fresh: list[dict[str, Any]] = [
        {
            "segmentation": layer,
            "utterance_id": marks[at].utterance_id,
            "created_by": actor,
            **accepted.get(marks[at].utterance_id, {}),
        }
        for at in sorted(edits.on)
        if marks[at].is_active is None
    ]
    if len(fresh) == 1:
        _BOUNDARY.create(**fresh[0])
    else:
        Boundary.objects.bulk_create(Boundary(**one) for one in fresh)
    if spans:
        carry_dialogues(layer, spans=spans)


_BOUNDARY = KeptInsert(Boundary)
_SWITCH = KeptUpdate(lambda: Boundary.objects.filter(pk=Given("pk")), "is_active")


def _switch(boundaries: Sequence[int], *, is_active: bool) -> None:
    if len(boundaries) == 1:
        _SWITCH.run(pk=boundaries[0], set_is_active=is_active)
    else:
        Boundary.objects.filter(pk__in=boundaries).update(is_active=is_active)


def _accepted(layer: Segmentation, edits: SceneEdits) -> dict[int, dict[str, Any]]:
    """Return what accepted suggestions say of their boundaries, by utterance."""
    if not edits.accepted:
        return {}
    suggested = suggestions_meant(layer, edits.accepted)
    written = titles_written(edits)
    return {
        utterance_id: {
            "origin": BoundaryOrigin(suggester),
            "probability": probability,
            "title": written.get(utterance_id, title),
        }
        for utterance_id, suggester, probability, title in suggested.values_list(
            "utterance_id", "run__suggester", "probability", "title"
        )
    }


def _check_positions(edits: SceneEdits, *, known: Collection[int]) -> None:
    if both := edits.on & edits.off:
        msg = f"Line {min(both) + 1} cannot both start a scene and not start one."
        raise BoundaryRefusedError(msg)
    if outside := (edits.on | edits.off) - set(known):
        msg = f"This episode has no line {min(outside) + 1}."
        raise BoundaryRefusedError(msg)
    if 0 in edits.off:
        msg = "The first line of an episode always starts a scene."
        raise BoundaryRefusedError(msg)


def _check_dialogues(starts: Iterable[int], *, spans: Iterable[DialogueSpan]) -> None:
    ordered = sorted(starts)
    for span in spans:
        inside = bisect_right(ordered, span.first)
        if inside < len(ordered) and ordered[inside] <= span.last:
            msg = (
                f"A scene cannot start at line {ordered[inside] + 1}: it would cut a dialogue "
                f"in two (lines {span.first + 1} to {span.last + 1}, {span.state}). "
                "Shorten or remove that dialogue first."
            )
            raise CutsDialogueError(msg)
