"""Drafted titles and notes: a draft stays one until a person accepts, changes or refuses it."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from curation.domain.notes import save_note
from curation.enums import NoteDraftState, Suggester
from curation.errors import CurationError
from curation.models import Boundary, ContextNote, Episode, NoteDraft


class DraftDecidedError(CurationError):
    """Somebody decided on this draft before."""

    code = "draft_decided"


@transaction.atomic
def keep_note_draft(
    scene: Boundary, *, title: str, text: str, model_name: str, asked_by: User | None
) -> NoteDraft:
    """Keep a drafted title and note of a scene in place of an older open draft."""
    now = timezone.now()
    NoteDraft.objects.filter(scene=scene, state=NoteDraftState.OPEN).update(
        state=NoteDraftState.REPLACED, decided_at=now
    )
    return NoteDraft.objects.create(
        scene=scene,
        suggester=Suggester.LLM,
        model_name=model_name,
        title=title,
        text=text,
        asked_by=asked_by,
    )


@transaction.atomic
def accept_note_draft(
    draft: NoteDraft,
    *,
    episode: Episode,
    actor: User,
    revision: int,
    title: str | None = None,
    text: str | None = None,
) -> NoteDraft:
    """Make a draft the scene's note, as it is or as the person changed it.

    Args:
        revision: of the note that the person saw beside the draft, 0 before the first.
        title, text: as changed; None takes the draft's own.

    Raises:
        DraftDecidedError: somebody decided on it before.
        StaleNoteError, NoSuchSceneError, NotAgreedYetError: as in ``save_note``; the draft stays
            open.
    """
    title = draft.title if title is None else title.strip()
    text = draft.text if text is None else text.strip()
    same = (title, text) == (draft.title, draft.text)
    state = NoteDraftState.ACCEPTED if same else NoteDraftState.EDITED
    _decide(draft, state=state, actor=actor)
    scene = save_note(
        episode,
        position=draft.scene.utterance.position,
        title=title,
        text=text,
        revision=revision,
        author=actor,
    )
    note = ContextNote.objects.filter(scene=scene, revision=scene.note_revision).first()
    if note is not None and not NoteDraft.objects.filter(note=note).exists():
        NoteDraft.objects.filter(pk=draft.pk).update(note=note)
    draft.note = note
    return draft


@transaction.atomic
def accept_note_drafts(
    drafts: Iterable[tuple[NoteDraft, int]], *, episode: Episode, actor: User
) -> int:
    """Accept drafts as they are, all or none; each with the note's revision that was seen.

    Returns:
        How many were accepted; errors as in :func:`accept_note_draft`.
    """
    count = 0
    for draft, revision in drafts:
        accept_note_draft(draft, episode=episode, actor=actor, revision=revision)
        count += 1
    return count


@transaction.atomic
def dismiss_note_draft(draft: NoteDraft, *, actor: User) -> NoteDraft:
    """Refuse a draft; the scene's note stays as it is.

    Raises:
        DraftDecidedError: somebody decided on it before.
    """
    _decide(draft, state=NoteDraftState.DISMISSED, actor=actor)
    return draft


def _decide(draft: NoteDraft, *, state: NoteDraftState, actor: User) -> None:
    changed = NoteDraft.objects.filter(pk=draft.pk, state=NoteDraftState.OPEN).update(
        state=state, decided_by=actor, decided_at=timezone.now()
    )
    if not changed:
        draft.refresh_from_db(fields=["state"])
        msg = f"This draft is {draft.get_state_display()} already. Load the page again."
        raise DraftDecidedError(msg)
    draft.state = state
