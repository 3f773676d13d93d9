"""Fine-tuning jobs, their events, metrics and checkpoints."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from curation.models import DatasetVersion, Project
from training.enums import JobState, Objective


class FineTuneJob(models.Model):
    """One fine-tuning job; the row exists before anything is asked of a provider."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="jobs")
    dataset = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, related_name="jobs")
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    provider = models.CharField(max_length=20, help_text="local, openai, or a connection")
    base_model = models.CharField(max_length=200)
    objective = models.CharField(max_length=4, choices=Objective, default=Objective.SFT)
    start_model = models.ForeignKey(
        "training.ModelVersion",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="that preferences go on from; none for the base",
    )
    hyperparameters = models.JSONField(default=dict)
    seed = models.PositiveIntegerField(default=1)
    suffix = models.CharField(max_length=64, blank=True)
    state = models.CharField(
        max_length=20, choices=JobState, default=JobState.QUEUED, db_index=True
    )
    remote_status = models.CharField(max_length=60, blank=True, help_text="in the provider's words")
    remote_id = models.CharField(max_length=120, null=True)
    training_file_id = models.CharField(max_length=120, blank=True)
    validation_file_id = models.CharField(max_length=120, blank=True)
    fine_tuned_model = models.CharField(max_length=200, blank=True)
    step = models.PositiveIntegerField(default=0)
    total_steps = models.PositiveIntegerField(null=True)
    eta_seconds = models.PositiveIntegerField(null=True)
    stage = models.CharField(max_length=40, blank=True, help_text="what it does now")
    stop_reason = models.CharField(max_length=40, blank=True)
    best_step = models.PositiveIntegerField(null=True)
    estimated_tokens = models.PositiveBigIntegerField(null=True)
    estimated_seconds = models.PositiveIntegerField(null=True)
    estimated_cost_usd = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    trained_tokens = models.PositiveBigIntegerField(null=True)
    cost_usd = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    library_versions = models.JSONField(default=dict, help_text="that a local job was made with")
    result_file = models.TextField(blank=True, help_text="the provider's metrics as CSV")
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    pause_wanted = models.BooleanField(null=True, help_text="still to be asked of the provider")
    cancel_requested_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_detail = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_owner = models.CharField(max_length=60, blank=True)
    lease_until = models.DateTimeField(null=True)
    next_poll_at = models.DateTimeField(null=True)
    submitting_since = models.DateTimeField(null=True, help_text="first time it may have been sent")
    submitted_at = models.DateTimeField(null=True, help_text="last time it may have been sent")
    look_count = models.PositiveSmallIntegerField(default=0, help_text="in vain, since then")
    imported_bytes = models.PositiveBigIntegerField(
        default=0, help_text="of the local trainer's event file"
    )
    budget_usd = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    sweep = models.ForeignKey(
        "training.Sweep", on_delete=models.SET_NULL, null=True, related_name="jobs"
    )
    retry_of = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")
    client_key = models.CharField(max_length=64, null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "fine-tuning job"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "remote_id"], name="job_once_per_remote_id"
            ),
            models.UniqueConstraint(
                fields=["created_by", "client_key"],
                condition=Q(client_key__isnull=False),
                name="job_once_per_client_key",
            ),
        ]

    def __str__(self) -> str:
        return f"job {self.pk}"


class JobEvent(models.Model):
    """What a provider said about a job, exactly once."""

    job = models.ForeignKey(FineTuneJob, on_delete=models.CASCADE, related_name="events")
    event_id = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    level = models.CharField(max_length=10, default="info")
    type = models.CharField(max_length=10, default="message")
    message = models.TextField()
    data = models.JSONField(default=dict, help_text="figures, as the provider told them")

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["job", "event_id"], name="event_once_per_job")
        ]

    def __str__(self) -> str:
        return self.message[:80]


class MetricPoint(models.Model):
    """One figure at one step, exactly once."""

    job = models.ForeignKey(FineTuneJob, on_delete=models.CASCADE, related_name="metrics")
    step = models.PositiveIntegerField()
    name = models.CharField(max_length=60)
    value = models.FloatField()

    class Meta:
        ordering = ["step", "name"]
        constraints = [
            models.UniqueConstraint(fields=["job", "step", "name"], name="metric_once_per_step")
        ]

    def __str__(self) -> str:
        return f"{self.name} at {self.step}: {self.value}"


class Checkpoint(models.Model):
    """A state of the model that was kept."""

    job = models.ForeignKey(FineTuneJob, on_delete=models.CASCADE, related_name="checkpoints")
    step = models.PositiveIntegerField()
    remote_id = models.CharField(max_length=200, blank=True, help_text="the provider's, or a path")
    train_loss = models.FloatField(null=True)
    validation_loss = models.FloatField(null=True)
    is_best = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["step"]
        constraints = [
            models.UniqueConstraint(fields=["job", "step"], name="checkpoint_once_per_step")
        ]

    def __str__(self) -> str:
        return f"step {self.step}"
