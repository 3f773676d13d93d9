"""Who did what, when: the feed, the audit log and the source of undo."""

from django.conf import settings
from django.db import models

from .projects import Project


class Activity(models.Model):
    """One step of work, written in the transaction that made it."""

    project = models.ForeignKey(
        Project,
        on_delete=models.CASCADE,
        null=True,
        related_name="activities",
        db_index=False,  # the feed's index begins with it
        help_text="empty for what concerns an account or the whole site",
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="activities"
    )
    verb = models.CharField(max_length=60, help_text="noun and past tense: dialogue.approved")
    target_type = models.CharField(max_length=40)
    target_id = models.BigIntegerField()
    target_label = models.CharField(max_length=200)
    detail = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "step"
        verbose_name_plural = "audit log"
        indexes = [
            models.Index(fields=["project", "-id"], name="activity_feed"),
            models.Index(fields=["project", "actor", "-id"], name="activity_of_person"),
            models.Index(fields=["target_type", "target_id"], name="activity_by_target"),
            models.Index(fields=["project", "verb", "actor", "target_id"], name="activity_of_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.target_label}"
