"""Connections to providers of fine-tuning, as rows that an operator keeps."""

from django.db import models


class ProviderKind(models.TextChoices):
    """Which row of capabilities a connection starts from."""

    OPENAI = "openai", "OpenAI"
    AZURE = "azure", "Azure OpenAI"
    NEBIUS = "nebius", "Nebius Token Factory"
    COMPATIBLE = "compatible", "another server of the OpenAI protocol"


class ProviderConnection(models.Model):
    """A provider with its address, its key and what it can do.

    Jobs, models and prices name it by ``key``. What is left empty is as its preset says.
    """

    key = models.SlugField(
        "short name",
        max_length=20,
        unique=True,
        help_text="It stands in jobs, prices and commands, such as azure-eu, and never changes.",
    )
    name = models.CharField(max_length=80, help_text="as managers see it")
    preset = models.CharField(max_length=12, choices=ProviderKind)
    base_url = models.CharField(
        "address",
        max_length=300,
        help_text="of the protocol, such as https://api.openai.com/v1. Its host must be among "
        "RICK_PROVIDER_HOSTS.",
    )
    sealed_key = models.TextField(blank=True, editable=False)
    key_end = models.CharField(max_length=4, blank=True, editable=False)
    sealed_webhook_secret = models.TextField(blank=True, editable=False)
    is_open = models.BooleanField(
        "open for new jobs",
        default=True,
        help_text="A closed connection still follows its jobs and answers in the chat.",
    )
    hyperparameters = models.JSONField(
        null=True,
        blank=True,
        help_text='Rows such as [{"name": "n_epochs", "label": "Epochs", "whole": true, '
        '"minimum": 1, "maximum": 50}]. Empty: as the preset has them.',
    )
    base_models = models.TextField(
        blank=True, help_text="Names of base models, one a line. Empty: as the preset has them."
    )
    adds_byte_order_mark = models.BooleanField(
        "files with a byte order mark", null=True, blank=True, help_text="Azure wants one."
    )
    longest_suffix = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="0 if it takes none."
    )
    can_pause = models.BooleanField("can pause and resume jobs", null=True, blank=True)
    has_checkpoints = models.BooleanField("keeps checkpoints", null=True, blank=True)
    is_validation_billed = models.BooleanField(
        "validation is billed", null=True, blank=True, help_text="Added to the estimated cost."
    )
    moderation_model = models.CharField(
        "model of its moderation",
        max_length=100,
        blank=True,
        help_text="It is asked what a file would be refused for. Empty: as the preset has it.",
    )
    last_job_on = models.DateField(
        "last day for new jobs", null=True, blank=True, help_text="Managers see the days left."
    )
    closing_source = models.CharField("source of that date", max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "provider connection"
        ordering = ["key"]

    def __str__(self) -> str:
        return self.name
