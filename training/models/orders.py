"""What a program said when it ordered a job over the OpenAI protocol."""

from django.db import models

from .api_keys import ApiKey
from .jobs import FineTuneJob


class JobOrder(models.Model):
    """The parts of an order that only the protocol knows."""

    job = models.OneToOneField(FineTuneJob, on_delete=models.CASCADE, related_name="order")
    key = models.ForeignKey(ApiKey, on_delete=models.SET_NULL, null=True, related_name="+")
    model = models.CharField(max_length=200, help_text="as it was asked for")
    training_file = models.CharField(max_length=80)
    validation_file = models.CharField(max_length=80, blank=True)
    suffix = models.CharField(max_length=64, blank=True)
    learning_rate_multiplier = models.FloatField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"order of job {self.job_id}"


class JobTag(models.Model):
    """One pair of a job's ``metadata``, by which it can be found again."""

    job = models.ForeignKey(FineTuneJob, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(max_length=64)
    value = models.CharField(max_length=512)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["job", "name"], name="tag_once_per_job")]
        indexes = [models.Index(fields=["name", "value"], name="tag_by_value")]

    def __str__(self) -> str:
        return f"{self.name}={self.value}"
