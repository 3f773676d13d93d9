"""Scene boundaries drawn one at a time, as tests want them."""

from django.contrib.auth.models import User

from curation.domain.scene_edits import SceneEdits
from curation.domain.segmentation import apply_scene_edits
from curation.models import Episode, Segmentation


def set_boundary(episode: Episode, *, position: int, revision: int, actor: User) -> Segmentation:
    """Let a scene start at one utterance; errors as of apply_scene_edits."""
    edits = SceneEdits(on=frozenset({position}))
    return apply_scene_edits(episode, edits=edits, revision=revision, actor=actor)


def clear_boundary(episode: Episode, *, position: int, revision: int, actor: User) -> Segmentation:
    """Let no scene start at one utterance; errors as of apply_scene_edits."""
    edits = SceneEdits(off=frozenset({position}))
    return apply_scene_edits(episode, edits=edits, revision=revision, actor=actor)
