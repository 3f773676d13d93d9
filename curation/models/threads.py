"""What people say about a place of the work, and whether it is settled."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from .dialogues import Dialogue
from .projects import Project
from .scripts import Episode, Utterance


class Thread(models.Model):
    """Comments on exactly one line, on the scene that starts at a line, or on a dialogue.

    A thread on a scene hangs on the line at which the scene starts, never on one layer's boundary:
    while no scene starts there it is shown at the line, and it is the scene's again with the scene.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="threads")
    episode = models.ForeignKey(
        Episode,
        on_delete=models.CASCADE,
        null=True,
        related_name="threads",
        help_text="of a line: where it was said; the line leaves it when a correction drops it",
    )
    utterance = models.ForeignKey(
        Utterance, on_delete=models.CASCADE, null=True, related_name="threads"
    )
    is_on_scene = models.BooleanField(default=False, help_text="on the scene that starts there")
    quoted = models.TextField(blank=True, help_text="the line as it was when the thread began")
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
        indexes = [
            models.Index(fields=["project", "resolved_at"], name="thread_open"),
            models.Index(fields=["episode", "resolved_at"], name="thread_of_episode"),
        ]
        constraints = [
            models.CheckConstraint(
                name="thread_on_one_thing",
                condition=Q(utterance__isnull=False, episode__isnull=False, dialogue__isnull=True)
                | Q(
                    utterance__isnull=True,
                    episode__isnull=True,
                    is_on_scene=False,
                    dialogue__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="thread_resolved_by_and_when",
                condition=Q(resolved_by__isnull=True, resolved_at__isnull=True)
                | Q(resolved_by__isnull=False, resolved_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        where = f"on dialogue {self.dialogue_id}" if self.dialogue_id else f"in {self.code}"
        return f"thread {self.pk} {where}"  # never the line: the feed shows this to everybody

    @property
    def code(self) -> str:
        """The episode of a line's or scene's thread, as people write it."""
        return self.episode.code if self.episode else ""

    @property
    def is_line_gone(self) -> bool:
        """Whether a corrected script dropped the line; ask with the utterance loaded."""
        return self.utterance is not None and self.utterance.episode_id != self.episode_id

    @property
    def place(self) -> str:
        """What it is about, in words; ask with the utterance and episode loaded."""
        if self.utterance is None:
            return f"Dialogue {self.dialogue_id}"
        if self.is_line_gone:
            return "A line that is gone"
        line = f"line {self.utterance.position + 1}"
        return f"The scene from {line}" if self.is_on_scene else line.capitalize()

    @property
    def changed_quote(self) -> str:
        """The line's words when the thread began, where they are others now; else empty."""
        kept = self.utterance.text if self.utterance and not self.is_line_gone else ""
        return self.quoted if self.quoted != kept else ""


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
