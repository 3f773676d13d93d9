"""Models that can be talked to, and what models cost."""

from django.conf import settings
from django.db import models

from curation.models import Character, DatasetVersion, Project
from training.enums import ModelKind, ModelStage

from .jobs import FineTuneJob


class ModelVersion(models.Model):
    """A model that a server answers for, with where it came from."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="models")
    name = models.CharField(max_length=120, unique=True, help_text="as the chat page shows it")
    kind = models.CharField(max_length=12, choices=ModelKind)
    provider = models.CharField(
        max_length=20, help_text="who serves it: local, openai, or a connection"
    )
    served_name = models.CharField(max_length=200, help_text="the name the server knows")
    base_model = models.CharField(max_length=200, blank=True)
    job = models.ForeignKey(FineTuneJob, on_delete=models.PROTECT, null=True, related_name="models")
    dataset = models.ForeignKey(
        DatasetVersion, on_delete=models.PROTECT, null=True, related_name="models"
    )
    character = models.ForeignKey(Character, on_delete=models.PROTECT, null=True, related_name="+")
    context_tokens = models.PositiveIntegerField(null=True)
    stage = models.CharField(max_length=12, choices=ModelStage, default=ModelStage.CANDIDATE)
    is_open_to_testers = models.BooleanField(
        default=True, help_text="testers may talk to it although it is not live"
    )
    weights_deleted_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "character"],
                condition=models.Q(stage="live"),
                name="one_live_model_per_character",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def what(self) -> str:
        """Say in words what kind of model this is; reads ``dataset``."""
        if self.kind == ModelKind.BASE:
            return "the base model, only prompted"
        return f"fine-tuned on dataset {self.dataset.number}" if self.dataset else "fine-tuned"


class ModelPrice(models.Model):
    """What a provider asks for a model, with the date and source of the figure."""

    provider = models.CharField(max_length=20)
    model = models.CharField(max_length=120)
    training_usd_per_million_tokens = models.DecimalField(
        max_digits=12, decimal_places=4, null=True, blank=True
    )
    input_usd_per_million_tokens = models.DecimalField(
        max_digits=12, decimal_places=4, null=True, blank=True
    )
    output_usd_per_million_tokens = models.DecimalField(
        max_digits=12, decimal_places=4, null=True, blank=True
    )
    as_of = models.DateField()
    source = models.CharField(max_length=300)

    class Meta:
        ordering = ["provider", "model"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "model"], name="price_once_per_model")
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.model}"
