"""A scene to make dialogues of, for tests."""

from django.contrib.auth.models import User

from curation.domain.dialogue_creation import create_dialogue
from curation.domain.dialogues import submit_dialogue
from curation.enums import Role
from curation.models import Boundary, Character, Dialogue, Utterance
from tests.factories import BoundaryFactory, make_member, make_scene

LINES = """
PIP: Who moved the moon?
VEX: I did. It was in the way.
MARLOW: In the way of what?
VEX: Of the better moon.
PIP: (sighing) There is a better moon?
MARLOW: There is now.
VEX: [winks] Put it on the list.
PIP: The list is full.
"""


class World:
    """One scene of eight rows; the target VEX speaks in rows 1, 3 and 6 (counted from 0)."""

    def __init__(self, lines: str = LINES, episode_number: int = 1) -> None:
        self.scene = make_scene(lines, episode_number=episode_number)
        self.episode = self.scene.segmentation.episode
        self.project = self.episode.script.project
        self.rows = list(Utterance.objects.filter(episode=self.episode).order_by("position"))
        self.target = Character.objects.get(project=self.project, name="VEX")
        self.writer: User = make_member(self.project, Role.ANNOTATOR)
        self.reviewer: User = make_member(self.project, Role.REVIEWER)

    def dialogue(self, first: int = 0, last: int = 3) -> Dialogue:
        """Make a draft of the rows ``first`` to ``last``."""
        return create_dialogue(
            self.scene,
            target=self.target,
            actor=self.writer,
            first=self.rows[first],
            last=self.rows[last],
        )

    def submitted(self, first: int = 0, last: int = 3) -> Dialogue:
        """Make a submitted dialogue of the rows ``first`` to ``last``."""
        dialogue = self.dialogue(first, last)
        return submit_dialogue(dialogue, actor=self.writer, revision=dialogue.revision)

    def cut(self, position: int) -> Boundary:
        """Start another scene at a row."""
        return BoundaryFactory(segmentation=self.scene.segmentation, utterance=self.rows[position])


def positions(dialogue: Dialogue, *, kept_only: bool = False) -> list[int]:
    """Return the rows of a dialogue, counted from 0."""
    members = dialogue.members.order_by("utterance__position")
    if kept_only:
        members = members.filter(is_dropped=False)
    return list(members.values_list("utterance__position", flat=True))
