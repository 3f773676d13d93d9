"""Questions to a provider's moderation about a whole dataset version."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from curation.models import DatasetVersion
from training.enums import ModerationState


class ModerationRun(models.Model):
    """One reading of a version's texts by a provider's moderation; what it flags are findings."""

    dataset = models.ForeignKey(DatasetVersion, on_delete=models.CASCADE, related_name="+")
    provider = models.CharField(max_length=20)
    model_name = models.CharField(max_length=100)
    state = models.CharField(
        max_length=10, choices=ModerationState, default=ModerationState.QUEUED, db_index=True
    )
    texts_done = models.PositiveIntegerField(default=0)
    texts_total = models.PositiveIntegerField(default=0, help_text="each text once")
    flagged_count = models.PositiveIntegerField(default=0, help_text="texts")
    error_code = models.CharField(max_length=60, blank=True)
    error_detail = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_owner = models.CharField(max_length=60, blank=True)
    lease_until = models.DateTimeField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "provider"],
                condition=Q(state__in=[ModerationState.QUEUED, ModerationState.RUNNING]),
                name="moderation_once_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"moderation {self.pk} of {self.dataset}"
