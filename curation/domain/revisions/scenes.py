"""Scenes of a corrected episode: a boundary whose line is gone goes to the next line."""

from __future__ import annotations

from django.db.models import F
from django.utils import timezone

from curation.domain.scene_dialogues import carry_dialogues
from curation.enums import BoundaryOrigin
from curation.models import Boundary, Dialogue, Episode, Segmentation, Utterance
from curation.queries.scenes import dialogue_spans

from .planning import EpisodePlan


def settle_scenes(episode: Episode, left: Episode, plan: EpisodePlan) -> None:
    """Move the boundaries of removed lines, keep the first scene at the first line.

    The layers' revisions go up: who has the old positions on the screen is told when saving.

    Args:
        left: the episode that keeps the old revision's words, with the removed rows.
    """
    after = _next_lines(episode, plan)
    for layer in Segmentation.objects.filter(episode=episode):
        stranded = Boundary.objects.filter(segmentation=layer, utterance__episode=left)
        for boundary in stranded.order_by("-utterance__position"):
            _move(boundary, after.get(boundary.utterance_id))
        _start_at_the_top(layer)
        if layer.annotator_id is None:
            carry_dialogues(layer, spans=dialogue_spans(episode))
    Segmentation.objects.filter(episode=episode).update(
        revision=F("revision") + 1, updated_at=timezone.now()
    )


def _next_lines(episode: Episode, plan: EpisodePlan) -> dict[int, int]:
    """Return for each removed row the row of the new revision that its place falls to."""
    at_place = dict(Utterance.objects.filter(episode=episode).values_list("position", "pk"))
    place_of = {pair.old: pair.new for pair in plan.match.pairs}
    found: dict[int, int] = {}
    place = 0
    for at, pk in enumerate(plan.utterances):
        if at in place_of:
            place = place_of[at] + 1
        elif place in at_place:
            found[pk] = at_place[place]
    return found


def _move(boundary: Boundary, to: int | None) -> None:
    taken = Boundary.objects.filter(
        segmentation_id=boundary.segmentation_id, utterance_id=to or 0
    ).first()
    if to is not None and taken is None:
        Boundary.objects.filter(pk=boundary.pk).update(utterance_id=to)
    elif taken is not None:
        _merge(boundary, taken)
    else:
        Boundary.objects.filter(pk=boundary.pk).update(is_active=False)


def _merge(boundary: Boundary, taken: Boundary) -> None:
    """Give what a stranded boundary bears to the one at its new place, where that bears nothing."""
    values: dict[str, object] = {"is_active": taken.is_active or boundary.is_active}
    if not (taken.title or taken.note) and (boundary.title or boundary.note):
        values |= {
            "title": boundary.title,
            "note": boundary.note,
            "note_revision": boundary.note_revision,
        }
        taken.notes.all().delete()
        boundary.notes.update(scene=taken)
    Boundary.objects.filter(pk=taken.pk).update(**values)
    Dialogue.objects.filter(scene=boundary).update(scene=taken)
    boundary.delete()


def _start_at_the_top(layer: Segmentation) -> None:
    top = Utterance.objects.filter(episode_id=layer.episode_id, position=0).first()
    own = Boundary.objects.filter(segmentation=layer)
    if top is None or own.filter(utterance=top, is_active=True).exists():
        return
    if own.filter(utterance=top).update(is_active=True):
        return
    start = own.filter(origin=BoundaryOrigin.START).first()
    if start is not None:
        Boundary.objects.filter(pk=start.pk).update(utterance=top, is_active=True)
