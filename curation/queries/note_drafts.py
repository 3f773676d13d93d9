"""Read drafted notes."""

from __future__ import annotations

from django.db.models import QuerySet

from curation.enums import NoteDraftState
from curation.models import Boundary, Episode, NoteDraft


def open_note_drafts(episode: Episode) -> QuerySet[NoteDraft]:
    """Return the undecided drafts of an episode's agreed scenes, in order, with their scenes."""
    return (
        NoteDraft.objects.filter(
            state=NoteDraftState.OPEN,
            scene__segmentation__episode=episode,
            scene__segmentation__annotator=None,
            scene__is_active=True,
        )
        .select_related("scene__utterance")
        .order_by("scene__utterance__position")
    )


def scenes_without_note(episode: Episode) -> list[Boundary]:
    """Return the agreed scenes that have neither a note nor an open draft, in order."""
    return list(
        Boundary.objects.filter(
            segmentation__episode=episode, segmentation__annotator=None, is_active=True, note=""
        )
        .exclude(note_drafts__state=NoteDraftState.OPEN)
        .select_related("utterance")
        .order_by("utterance__position")
    )
