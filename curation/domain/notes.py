"""Titles and context notes of scenes, with every revision kept."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from curation.domain.activity import record_activity
from curation.domain.segmentation import ensure_agreed_layer
from curation.enums import SegmentationState
from curation.errors import CurationError, StaleRevisionError
from curation.models import Boundary, ContextNote, Episode, Segmentation
from curation.queries.layers import cuts_blind
from rickproject.lib.kept_queries import Given, KeptQuery
from rickproject.lib.kept_writes import KeptInsert, KeptUpdate


class StaleNoteError(StaleRevisionError):
    """Somebody else wrote this note since this person read it.

    Attributes:
        theirs: the scene with the title and note that are kept now.
    """

    code = "stale_note"

    def __init__(self, message: str, *, theirs: Boundary) -> None:
        super().__init__(message)
        self.theirs = theirs


class NoSuchSceneError(CurationError):
    """No scene starts at this utterance any more."""

    code = "no_such_scene"


class NotAgreedYetError(CurationError):
    """The annotators still cut their own layers, so there is no scene to write about."""

    code = "not_agreed_yet"


class NoSuchRevisionError(CurationError):
    """The note never had this revision."""

    code = "no_such_revision"


@transaction.atomic
def save_note(
    episode: Episode, *, position: int, title: str, text: str, revision: int, author: User
) -> Boundary:
    """Keep a new title and note of the agreed scene that starts at ``position``.

    Saving what is there already makes no revision.

    Args:
        revision: of the note its author read, 0 before the first.

    Raises:
        StaleNoteError: the note has another revision; nothing is written.
        NoSuchSceneError: no scene starts there.
        NotAgreedYetError: annotators still cut the episode blind.
    """
    if cuts_blind(episode):
        msg = "Titles and notes are written once the team has agreed on this episode's scenes."
        raise NotAgreedYetError(msg)
    layer = ensure_agreed_layer(episode)
    scene = scene_at(layer, position=position)
    title, text = title.strip(), text.strip()
    if scene.note_revision == revision and (scene.title, scene.note) == (title, text):
        return scene
    kept = _KEEP.run(
        pk=scene.pk, seen=revision, set_title=title, set_note=text, set_note_revision=revision + 1
    )
    if not kept:
        raise _stale(scene, author=author)
    _REVISION.create(scene=scene, revision=revision + 1, title=title, text=text, author=author)
    if layer.state == SegmentationState.UNTOUCHED:
        Segmentation.objects.filter(pk=layer.pk, state=SegmentationState.UNTOUCHED).update(
            state=SegmentationState.IN_PROGRESS, updated_by=author, updated_at=timezone.now()
        )
    scene.title, scene.note, scene.note_revision = title, text, revision + 1
    record_activity(
        "note.saved",
        project=episode.script.project,
        actor=author,
        target=scene,
        revision=revision + 1,
        position=position,
    )
    return scene


@transaction.atomic
def restore_note(
    episode: Episode, *, position: int, restored: int, revision: int, author: User
) -> Boundary:
    """Write an earlier revision of a note again, as its newest one.

    Args:
        restored: the revision to bring back.
        revision: the newest one its author read.

    Raises:
        NoSuchRevisionError: the note never had revision ``restored``.
        StaleNoteError, NoSuchSceneError: as in :func:`save_note`.
    """
    layer = ensure_agreed_layer(episode)
    scene = scene_at(layer, position=position)
    old = ContextNote.objects.filter(scene=scene, revision=restored).first()
    if old is None:
        msg = f"This note has no revision {restored}."
        raise NoSuchRevisionError(msg)
    return save_note(
        episode,
        position=position,
        title=old.title,
        text=old.text,
        revision=revision,
        author=author,
    )


_KEEP = KeptUpdate(
    lambda: Boundary.objects.filter(pk=Given("pk"), note_revision=Given("seen"), is_active=True),
    *("title", "note", "note_revision"),
)
_REVISION = KeptInsert(ContextNote)
_SCENE_AT = KeptQuery(
    lambda: (
        Boundary.objects.filter(
            segmentation=Given("layer"), utterance__position=Given("position"), is_active=True
        )
        .select_related("utterance")
        .order_by()
    )
)


def scene_at(layer: Segmentation, *, position: int) -> Boundary:
    """Return the scene that starts at a position of the layer's episode.

    Raises:
        NoSuchSceneError: none does.
    """
    scene = _SCENE_AT.first(layer=layer.pk, position=position)
    if scene is None:
        msg = f"No scene starts at line {position + 1} any more. Load the page again."
        raise NoSuchSceneError(msg)
    return scene


def _stale(scene: Boundary, *, author: User) -> StaleNoteError:
    scene.refresh_from_db(fields=["title", "note", "note_revision"])
    newest = scene.notes.select_related("author").first()
    who = newest.author.get_username() if newest else "Somebody"
    where = ""
    if newest and newest.author == author:
        who, where = "You", " in another window"
    msg = f"{who} wrote this note{where} since you read it here. Look at both and choose."
    return StaleNoteError(msg, theirs=scene)
