"""An episode that several annotators cut blind, for tests."""

from __future__ import annotations

from django.contrib.auth.models import User

from curation.domain.layers import edit_own_layer, submit_own_layer
from curation.domain.scene_edits import SceneEdits
from curation.enums import Role, SegmentationMode
from curation.models import Boundary, Episode, Segmentation
from tests.factories import make_member, make_scene

NAMES = "RMRMRMBJBJBJRMRMRMRM"


class BlindWorld:
    """Twenty lines, three annotators, a reviewer and a manager; nobody has cut anything."""

    def __init__(self, *, annotators: int = 3, lines: str = NAMES) -> None:
        scene = make_scene("\n".join(f"{name}: Words." for name in lines), target="R")
        self.episode: Episode = scene.segmentation.episode
        Segmentation.objects.filter(episode=self.episode).delete()
        self.project = self.episode.script.project
        self.project.segmentation_mode = SegmentationMode.BLIND
        self.project.annotators_per_episode = annotators
        self.project.save()
        self.ada, self.ben, self.cy = (make_member(self.project, Role.ANNOTATOR) for _ in range(3))
        self.rex = make_member(self.project, Role.REVIEWER)
        self.mina = make_member(self.project, Role.MANAGER)

    def cut(self, person: User, *starts: int) -> Segmentation:
        """Start scenes in a person's own layer."""
        layer = Segmentation.objects.filter(episode=self.episode, annotator=person).first()
        return edit_own_layer(
            self.episode,
            edits=SceneEdits(on=frozenset(starts)),
            revision=layer.revision if layer else 0,
            actor=person,
        )

    def finish(self, person: User, *starts: int) -> Segmentation:
        """Cut and submit a person's own layer."""
        layer = self.cut(person, *starts) if starts else None
        return submit_own_layer(self.episode, revision=layer.revision if layer else 0, actor=person)

    def starts(self, person: User | None = None) -> list[int]:
        """Return where scenes start in a person's layer, or in the agreed one."""
        drawn = Boundary.objects.filter(
            segmentation__episode=self.episode, segmentation__annotator=person, is_active=True
        )
        return list(
            drawn.order_by("utterance__position").values_list("utterance__position", flat=True)
        )
