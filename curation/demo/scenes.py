"""The demo's scenes: suggested by the speaker model, decided by people."""

from collections.abc import Sequence

from django.contrib.auth.models import User

from curation.demo.plan import GoldScene
from curation.domain.layers import edit_own_layer, submit_own_layer
from curation.domain.notes import save_note
from curation.domain.scene_edits import SceneEdits
from curation.domain.scene_submission import submit_scenes
from curation.domain.scene_suggestions import run_speaker_model
from curation.domain.segmentation import apply_scene_edits
from curation.models import Episode, Utterance
from curation.queries.scenes import open_suggestions

#: Of the half cut episode: what share of its scenes somebody has decided on.
DECIDED_SHARE = 0.5


def cut_episode(episode: Episode, scenes: tuple[GoldScene, ...], *, annotator: User) -> None:
    """Cut a whole episode as its authors did, note every scene and submit the scenes."""
    starts = _positions(episode, scenes)
    revision = _decide(episode, set(starts), upto=episode.utterance_count, annotator=annotator)
    for position, scene in zip(starts, scenes, strict=True):
        _note(episode, position, scene, annotator)
    submit_scenes(episode, revision=revision, actor=annotator)


def cut_half(episode: Episode, scenes: tuple[GoldScene, ...], *, annotator: User) -> None:
    """Cut and note the first half of an episode; the other suggestions stay open."""
    starts = _positions(episode, scenes)
    decided = starts[: round(len(starts) * DECIDED_SHARE)]
    _decide(episode, set(decided), upto=decided[-1] + 1, annotator=annotator)
    for position, scene in list(zip(decided, scenes, strict=False))[:-1]:
        _note(episode, position, scene, annotator)


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
    """Accept the suggestions that fit, dismiss the others before ``upto``, draw what is missing."""
    run_speaker_model(episode, actor=annotator)
    seen = [one for one in open_suggestions(episode) if one.utterance.position < upto]
    edits = SceneEdits(
        on=frozenset(starts - {0}),
        accepted=frozenset(one.pk for one in seen if one.utterance.position in starts),
        dismissed=frozenset(one.pk for one in seen if one.utterance.position not in starts),
    )
    return apply_scene_edits(episode, edits=edits, revision=0, actor=annotator).revision


def _note(episode: Episode, position: int, scene: GoldScene, author: User) -> None:
    save_note(
        episode, position=position, title=scene.title, text=scene.note, revision=0, author=author
    )
