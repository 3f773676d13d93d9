"""What a made-up language model says in the demo: no model was asked, the texts are our own.

It shows drafts as drafts: scene starts that people took, changed or refused, and notes that wait.
"""

from collections.abc import Sequence

from django.contrib.auth.models import User

from curation.demo.plan import DRAFT_MODEL, GoldScene
from curation.domain.note_drafts import accept_note_draft, dismiss_note_draft, keep_note_draft
from curation.domain.outside_suggestions import keep_suggested_scenes
from curation.models import Boundary, Episode, Utterance

#: Which scenes of the episode it misses, begins a line late, or names otherwise, from 0.
MISSED, LATE = 2, 4
OTHER_TITLES = {1: "A visitor from cabinet D", 6: "At the bar"}
#: Lines after its last scene's start where it sees one that is none.
EXTRA_AFTER, EXTRA_TITLE = 6, "Dawn"
#: What its drafts of notes are worth: taken as they are, refused; the others are changed.
TAKEN, REFUSED = (0, 3), (2,)
EMPTY_WORDS = "Two people talk about work in a room."


def suggest_scenes(
    episode: Episode, positions: Sequence[int], scenes: Sequence[GoldScene], *, asked_by: User
) -> None:
    """Keep its scenes of an episode: most as the authors cut them, three not."""
    starts = {
        position + (number == LATE): OTHER_TITLES.get(number, scene.title)
        for number, (position, scene) in enumerate(zip(positions, scenes, strict=True))
        if number not in {0, MISSED}
    }
    starts[positions[-1] + EXTRA_AFTER] = EXTRA_TITLE
    keep_suggested_scenes(episode, starts=starts, model_name=DRAFT_MODEL, actor=asked_by)


def note_from_draft(scene: Boundary, number: int, gold: GoldScene, *, author: User) -> bool:
    """Keep its draft of one scene's note and decide on it.

    Returns:
        False where it was refused, so that its author writes the note.
    """
    text = gold.note if number in TAKEN else EMPTY_WORDS if number in REFUSED else _short(gold)
    draft = keep_note_draft(
        scene, title=gold.title, text=text, model_name=DRAFT_MODEL, asked_by=author
    )
    if number in REFUSED:
        dismiss_note_draft(draft, actor=author)
        return False
    episode = scene.segmentation.episode
    accept_note_draft(
        draft, episode=episode, actor=author, revision=0, title=gold.title, text=gold.note
    )
    return True


def leave_drafts(
    episode: Episode, positions: Sequence[int], scenes: Sequence[GoldScene], *, asked_by: User
) -> None:
    """Keep its drafts of notes for some scenes, undecided."""
    for position, gold in zip(positions, scenes, strict=True):
        line = Utterance.objects.get(episode=episode, position=position)
        scene = Boundary.objects.get(segmentation__annotator=None, utterance=line)
        keep_note_draft(
            scene, title=gold.title, text=_short(gold), model_name=DRAFT_MODEL, asked_by=asked_by
        )


def _short(gold: GoldScene) -> str:
    return f"{gold.note.split('. ')[0].rstrip('.')}."
