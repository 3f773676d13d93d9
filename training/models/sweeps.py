"""Several jobs that differ in some settings, to find good ones."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from curation.models import Project


class Sweep(models.Model):
    """A grid of settings, each combination trained by a job of its own."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="sweeps")
    grid = models.JSONField(help_text="the values that were tried, by the name of the setting")
    budget_usd = models.DecimalField(
        max_digits=12, decimal_places=4, null=True, help_text="of all its jobs together"
    )
    client_key = models.CharField(max_length=64, null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["created_by", "client_key"],
                condition=Q(client_key__isnull=False),
                name="sweep_once_per_client_key",
            ),
        ]

    def __str__(self) -> str:
        return f"sweep {self.pk}"
