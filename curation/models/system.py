"""Signs of life of the processes."""

from django.db import models


class Heartbeat(models.Model):
    """When a worker of a queue, or beat, last showed itself."""

    name = models.CharField(max_length=60, unique=True, help_text="beat, or queue:<name>")
    seen_at = models.DateTimeField()
    detail = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
