"""Annotators' own layers: cut blind, submit, take back, and what becomes agreed of them."""

from __future__ import annotations

from collections.abc import Collection

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F

from curation.domain.activity import record_activity
from curation.domain.assignments import begin_place, finish_place, reopen_place
from curation.domain.scene_edits import SceneEdits
from curation.domain.scene_submission import reopen_scenes, submit_scenes
from curation.domain.segmentation import apply_scene_edits, ensure_agreed_layer
from curation.enums import BoundaryOrigin, SegmentationMode, SegmentationState, Suggester, WorkKind
from curation.errors import CurationError
from curation.models import (
    Boundary,
    ContextNote,
    Dialogue,
    Episode,
    Project,
    Segmentation,
    SuggestedBoundary,
)
from curation.queries.layers import (
    cuts_blind,
    finished_layers,
    has_other_finished,
    is_adjudicator,
    layer_of,
    may_see_layers,
)
from curation.queries.scenes import scene_starts

MOST_ANNOTATORS = 9


class LayerClosedError(CurationError):
    """The scenes that the person saw are not the ones to be edited any more."""

    code = "layer_closed"


class AgreementStandsError(CurationError):
    """Agreed scenes that work was built on cannot be taken back."""

    code = "agreement_stands"


class ModeError(CurationError):
    """The number of annotators is out of range."""

    code = "segmentation_mode"


@transaction.atomic
def choose_mode(
    project: Project, *, mode: SegmentationMode, annotators: int, actor: User
) -> Project:
    """Choose how a project's episodes are cut; episodes that are agreed stay as they are.

    Args:
        annotators: finished layers that an episode needs, 1 to 9.

    Raises:
        ModeError: another number.
    """
    if not 1 <= annotators <= MOST_ANNOTATORS:
        msg = f"An episode takes 1 to {MOST_ANNOTATORS} annotators."
        raise ModeError(msg)
    project.segmentation_mode, project.annotators_per_episode = mode, annotators
    project.save(update_fields=["segmentation_mode", "annotators_per_episode"])
    record_activity(
        "project.cutting_chosen",
        project=project,
        actor=actor,
        target=project,
        mode=mode,
        annotators=annotators,
    )
    return project


@transaction.atomic
def edit_own_layer(
    episode: Episode, *, edits: SceneEdits, revision: int, actor: User
) -> Segmentation:
    """Apply one batch to the person's own layer; errors as of :func:`apply_scene_edits`.

    Raises:
        LayerClosedError: the episode is agreed, or not cut blind.
    """
    _check_blind(episode)
    saw = _sees_others_now(episode, actor)
    layer = apply_scene_edits(episode, edits=edits, revision=revision, actor=actor, annotator=actor)
    if revision == 0:
        begin_place(episode, person=actor, kind=WorkKind.LAYER)
    _note_sight(layer, saw=saw)
    return layer


@transaction.atomic
def submit_own_layer(
    episode: Episode, *, revision: int, actor: User, client_key: str = ""
) -> Segmentation:
    """Declare one's own layer finished; colleagues' layers are open to its author from now on.

    Where one annotator an episode is enough, the layer becomes the agreed one at once.

    Args:
        client_key: as of :func:`submit_scenes`.

    Raises:
        LayerClosedError: the episode is agreed, or not cut blind.
        StaleScenesError, SceneStateError: as of :func:`submit_scenes`.
    """
    _check_blind(episode)
    saw = _sees_others_now(episode, actor)
    layer = submit_scenes(
        episode, revision=revision, actor=actor, annotator=actor, client_key=client_key
    )
    finish_place(episode, person=actor, kind=WorkKind.LAYER)
    _note_sight(layer, saw=saw)
    if episode.script.project.annotators_per_episode == 1:
        starts = {start.utterance.position for start in scene_starts(layer)}
        write_agreed_layer(episode, starts=starts, actor=actor)
    return layer


@transaction.atomic
def take_back_own_layer(episode: Episode, *, revision: int, actor: User) -> Segmentation:
    """Undo one's own submission; colleagues' layers close again, and that they were seen is kept.

    Raises:
        LayerClosedError: the episode is agreed by now, or not cut blind.
        StaleScenesError, SceneStateError: as of :func:`reopen_scenes`.
    """
    _check_blind(episode)
    layer = reopen_scenes(episode, revision=revision, actor=actor, annotator=actor)
    reopen_place(episode, person=actor, kind=WorkKind.LAYER)
    _note_sight(layer, saw=has_other_finished(episode, actor))
    return layer


@transaction.atomic
def write_agreed_layer(episode: Episode, *, starts: Collection[int], actor: User) -> Segmentation:
    """Make these the episode's agreed scenes and submit them.

    Args:
        starts: positions at which a scene starts; the first line always does.

    Raises:
        CutsDialogueError: a live dialogue would lie in two scenes.
    """
    layer = ensure_agreed_layer(episode)
    wanted = {0, *starts}
    now = {start.utterance.position for start in scene_starts(layer)}
    edits = SceneEdits(on=frozenset(wanted - now), off=frozenset(now - wanted))
    if edits.moves_scenes:
        layer = apply_scene_edits(episode, edits=edits, revision=layer.revision, actor=actor)
        drawn = Boundary.objects.filter(segmentation=layer, utterance__position__in=edits.on)
        drawn.update(origin=BoundaryOrigin.LAYERS)
        _take_titles(layer)
    submit_scenes(episode, revision=layer.revision, actor=actor)
    Segmentation.objects.filter(pk=layer.pk).update(agreed_revision=F("revision"))
    layer.refresh_from_db()
    record_activity(
        "scenes.agreed",
        project=episode.script.project,
        actor=actor,
        target=layer,
        layers=len(finished_layers([episode]).get(episode.pk, ())),
    )
    return layer


@transaction.atomic
def undo_agreement(episode: Episode, *, actor: User) -> Segmentation:
    """Take the agreed scenes back, so that annotators can go on with their layers.

    Raises:
        AgreementStandsError: there are none, or notes, dialogues or edits rest on them.
    """
    layer = layer_of(episode, None)
    if layer is None or layer.agreed_revision is None:
        msg = "This episode has no agreed scenes made from layers."
        raise AgreementStandsError(msg)
    rests = (
        ContextNote.objects.filter(scene__segmentation=layer).exists()
        or Dialogue.objects.filter(scene__segmentation=layer).exists()
    )
    reset = (
        0
        if rests
        else Segmentation.objects.filter(
            pk=layer.pk, revision=layer.agreed_revision, state=SegmentationState.SUBMITTED
        ).update(
            state=SegmentationState.UNTOUCHED, revision=F("revision") + 1, agreed_revision=None
        )
    )
    if not reset:
        msg = "Notes, dialogues or later edits rest on these scenes; correct them in the reader."
        raise AgreementStandsError(msg)
    Boundary.objects.filter(segmentation=layer, utterance__position__gt=0).update(is_active=False)
    if finished_layers([episode]):  # while it was agreed, everybody could look
        unfinished = Segmentation.objects.filter(episode=episode, annotator__isnull=False)
        unfinished.exclude(state=SegmentationState.SUBMITTED).update(saw_others=True)
    layer.refresh_from_db()
    record_activity(
        "scenes.agreement_undone", project=episode.script.project, actor=actor, target=layer
    )
    return layer


def _take_titles(layer: Segmentation) -> None:
    """Give agreed scenes without a title the one that a layer or else the source has for them."""
    titles = dict(
        SuggestedBoundary.objects.filter(
            run__episode=layer.episode, run__layer=None, run__suggester=Suggester.SOURCE
        )
        .exclude(title="")
        .values_list("utterance", "title")
    )
    written = Boundary.objects.filter(
        segmentation__episode=layer.episode,
        segmentation__annotator__isnull=False,
        segmentation__state=SegmentationState.SUBMITTED,
        is_active=True,
    ).exclude(title="")
    titles |= dict(written.order_by("-segmentation").values_list("utterance", "title"))
    nameless = Boundary.objects.filter(segmentation=layer, utterance__in=titles, title="")
    for scene in nameless:
        scene.title = titles[scene.utterance_id]
    Boundary.objects.bulk_update(nameless, ["title"])


def _check_blind(episode: Episode) -> None:
    if not cuts_blind(episode):
        msg = (
            "The team works on this episode's agreed scenes now. Your own layer is kept as it "
            "was; load the page again."
        )
        raise LayerClosedError(msg)


def _sees_others_now(episode: Episode, actor: User) -> bool:
    """Whether the person could look at a colleague's finished layer before this change."""
    if not is_adjudicator(actor, episode.script.project):
        return False
    return may_see_layers(actor, episode) and has_other_finished(episode, actor)


def _note_sight(layer: Segmentation, *, saw: bool) -> None:
    if saw and not layer.saw_others:
        Segmentation.objects.filter(pk=layer.pk).update(saw_others=True)
        layer.saw_others = True
