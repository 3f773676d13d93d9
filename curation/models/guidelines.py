"""How a team is to work: guidelines in revisions, and who has read which."""

from django.conf import settings
from django.db import models

from .projects import Project


class GuidelineRevision(models.Model):
    """The guidelines as they were saved once; append-only, the highest number is in force."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="guidelines")
    number = models.PositiveIntegerField()
    text = models.TextField(blank=True, help_text="Markdown")
    summary = models.CharField(max_length=200, blank=True, help_text="what changed")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="guideline_number_once")
        ]

    def __str__(self) -> str:
        return f"guidelines, revision {self.number}"


class GuidelineReading(models.Model):
    """The highest revision that a person said to have read."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    read_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="guideline_reading_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} read revision {self.number}"
