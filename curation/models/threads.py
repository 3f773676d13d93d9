"""What people say about a place of the work, and whether it is settled."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from .dialogues import Dialogue
from .projects import Project
from .scripts import Utterance
from .segmentations import Boundary


class Thread(models.Model):
    """Comments on exactly one utterance, scene (where it starts) or dialogue."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="threads")
    utterance = models.ForeignKey(
        Utterance, on_delete=models.CASCADE, null=True, related_name="threads"
    )
    scene = models.ForeignKey(Boundary, on_delete=models.CASCADE, null=True, related_name="threads")
    dialogue = models.ForeignKey(
        Dialogue, on_delete=models.CASCADE, null=True, related_name="threads"
    )
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    resolved_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["project", "resolved_at"], name="thread_open")]
        constraints = [
            models.CheckConstraint(
                name="thread_on_one_thing",
                condition=Q(utterance__isnull=False, scene__isnull=True, dialogue__isnull=True)
                | Q(utterance__isnull=True, scene__isnull=False, dialogue__isnull=True)
                | Q(utterance__isnull=True, scene__isnull=True, dialogue__isnull=False),
            ),
            models.CheckConstraint(
                name="thread_resolved_by_and_when",
                condition=Q(resolved_by__isnull=True, resolved_at__isnull=True)
                | Q(resolved_by__isnull=False, resolved_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"thread {self.pk} on {self.place}"

    @property
    def place(self) -> str:
        """The one thing it is about, in words."""
        if self.dialogue_id:
            return f"dialogue {self.dialogue_id}"
        return f"scene {self.scene_id}" if self.scene_id else f"utterance {self.utterance_id}"


class Comment(models.Model):
    """One thing said in a thread; append-only, plain text."""

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"comment {self.pk}"
