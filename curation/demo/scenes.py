"""The demo's scenes: suggested by the speaker model, decided by people."""

from collections.abc import Sequence

from django.contrib.auth.models import User

from curation.demo.model_drafts import leave_drafts, note_from_draft, suggest_scenes
from curation.demo.plan import DRAFTS_WAITING, GoldScene
from curation.domain.layers import edit_own_layer, submit_own_layer
from curation.domain.notes import save_note
from curation.domain.scene_edits import SceneEdits
from curation.domain.scene_submission import submit_scenes
from curation.domain.scene_suggestions import run_speaker_model
from curation.domain.segmentation import apply_scene_edits
from curation.models import Episode, Utterance
from curation.queries.layers import layer_of
from curation.queries.scenes import open_suggestions, scene_starts

#: Of the half cut episode: what share of its scenes somebody has decided on.
DECIDED_SHARE = 0.5


def cut_episode(
    episode: Episode, scenes: tuple[GoldScene, ...], *, annotator: User, is_drafted: bool = False
) -> None:
    """Cut a whole episode as its authors did, note every scene and submit the scenes.

    Args:
        is_drafted: the made-up language model suggests, not the speaker model.
    """
    starts = _positions(episode, scenes)
    if is_drafted:
        suggest_scenes(episode, starts, scenes, asked_by=annotator)
    else:
        run_speaker_model(episode, actor=annotator)
    revision = _decide(episode, set(starts), upto=episode.utterance_count, annotator=annotator)
    drawn = scene_starts(layer_of(episode, None))
    for number, (position, scene) in enumerate(zip(starts, scenes, strict=True)):
        if is_drafted and note_from_draft(drawn[number], number, scene, author=annotator):
            continue
        _note(episode, position, scene, annotator)
    submit_scenes(episode, revision=revision, actor=annotator)


def cut_half(episode: Episode, scenes: tuple[GoldScene, ...], *, annotator: User) -> None:
    """Cut and note the first half of an episode; the other suggestions and two drafts wait."""
    starts = _positions(episode, scenes)
    decided = starts[: round(len(starts) * DECIDED_SHARE)]
    run_speaker_model(episode, actor=annotator)
    _decide(episode, set(decided), upto=decided[-1] + 1, annotator=annotator)
    noted = len(decided) - DRAFTS_WAITING
    for position, scene in zip(decided[:noted], scenes[:noted], strict=True):
        _note(episode, position, scene, annotator)
    waiting = scenes[noted : len(decided)]
    leave_drafts(episode, decided[noted:], waiting, asked_by=annotator)


def cut_blind(
    episode: Episode, scenes: tuple[GoldScene, ...], *, annotators: Sequence[User]
) -> None:
    """Let three people cut an episode each for themselves: alike, but not everywhere."""
    starts = _positions(episode, scenes)[1:]
    middle = len(starts) // 2
    one, other = starts[0], starts[-1]
    drawn = (
        set(starts),
        set(starts) - {one} | {one + 1, starts[middle] + 9},
        set(starts) - {starts[middle], other} | {other + 1},
    )
    for annotator, positions in zip(annotators, drawn, strict=True):
        edits = SceneEdits(on=frozenset(positions))
        layer = edit_own_layer(episode, edits=edits, revision=0, actor=annotator)
        submit_own_layer(episode, revision=layer.revision, actor=annotator)


def _positions(episode: Episode, scenes: tuple[GoldScene, ...]) -> list[int]:
    found = dict(
        Utterance.objects.filter(
            episode=episode, source_index__in=[scene.index for scene in scenes]
        ).values_list("source_index", "position")
    )
    return [found[scene.index] for scene in scenes]


def _decide(episode: Episode, starts: set[int], *, upto: int, annotator: User) -> int:
    """Decide on what comes before ``upto`` in two sittings; return the last one's revision."""
    middle = sorted(starts)[len(starts) // 2]
    revision = 0
    for low, high in ((0, middle), (middle, upto)):
        edits = _edits_between(episode, starts, low=low, high=high)
        found = apply_scene_edits(episode, edits=edits, revision=revision, actor=annotator)
        revision = found.revision
    return revision


def _edits_between(episode: Episode, starts: set[int], *, low: int, high: int) -> SceneEdits:
    """Accept the suggestions that fit, dismiss the others there, draw what is missing."""
    seen = [one for one in open_suggestions(episode) if low <= one.utterance.position < high]
    return SceneEdits(
        on=frozenset(start for start in starts if max(low, 1) <= start < high),
        accepted=frozenset(one.pk for one in seen if one.utterance.position in starts),
        dismissed=frozenset(one.pk for one in seen if one.utterance.position not in starts),
    )


def _note(episode: Episode, position: int, scene: GoldScene, author: User) -> None:
    save_note(
        episode, position=position, title=scene.title, text=scene.note, revision=0, author=author
    )
