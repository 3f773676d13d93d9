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


class SealedMail(models.Model):
    """A mail that waits to be sent. It may carry a link that opens an account, so it is sealed."""

    sealed = models.TextField(blank=True, help_text="emptied when the mail is given up")
    created_at = models.DateTimeField(auto_now_add=True)
    next_try_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)
    failed_at = models.DateTimeField(null=True, help_text="when it was given up; empty while not")

    class Meta:
        ordering = ["pk"]
        verbose_name = "mail of accounts"
        verbose_name_plural = "mails of accounts"

    def __str__(self) -> str:
        return f"mail {self.pk}"
