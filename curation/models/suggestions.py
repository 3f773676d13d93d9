"""What suggesters leave beside scene boundaries: drafted notes, and what was learned."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from curation.enums import NoteDraftState, Suggester

from .projects import Project
from .scripts import Episode
from .segmentations import Boundary, ContextNote


class NoteDraft(models.Model):
    """A title and note that a suggester drafted for a scene, and what a person made of it."""

    scene = models.ForeignKey(Boundary, on_delete=models.CASCADE, related_name="note_drafts")
    suggester = models.CharField(max_length=40, choices=Suggester, default=Suggester.LLM)
    model_name = models.CharField(max_length=120, blank=True)
    title = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    state = models.CharField(
        max_length=12, choices=NoteDraftState, default=NoteDraftState.OPEN, db_index=True
    )
    note = models.OneToOneField(
        ContextNote,
        on_delete=models.SET_NULL,
        null=True,
        related_name="draft",
        help_text="the revision that it became",
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["scene__utterance__position", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["scene"],
                condition=Q(state=NoteDraftState.OPEN),
                name="one_open_draft_per_scene",
            )
        ]

    def __str__(self) -> str:
        return self.title or f"draft for {self.scene_id}"


class SpeakerLearning(models.Model):
    """What the speaker model learned from a project's agreed episodes.

    One row learned from all of them; one row an agreed episode learned from the others, so that
    no episode is ever suggested or judged by what was learned from itself.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="speaker_learnings")
    left_out = models.ForeignKey(
        Episode,
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        help_text="the agreed episode it knows nothing of; empty when it learned from all",
    )
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of what it learned from")
    episode_count = models.PositiveIntegerField(help_text="agreed episodes it learned from")
    parameters = models.JSONField(
        null=True, help_text="settings of the speaker model; empty with too few episodes"
    )
    learned_gaps = models.JSONField(
        null=True, help_text="where it starts scenes in the episode left out"
    )
    built_in_gaps = models.JSONField(
        null=True, help_text="where the built-in settings start scenes there"
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project"], condition=Q(left_out=None), name="one_learning_from_all"
            ),
            models.UniqueConstraint(
                fields=["project", "left_out"], name="one_learning_per_episode_left_out"
            ),
        ]

    def __str__(self) -> str:
        return f"learned from {self.episode_count} episodes"
