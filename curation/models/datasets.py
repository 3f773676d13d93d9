"""Dataset versions: frozen bytes, their findings and exports."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from curation.enums import DatasetState, ExportFormat, ExportState, Severity, Split, SplitBy

from .dialogues import Dialogue
from .projects import Project
from .scripts import Character


class DatasetVersion(models.Model):
    """An immutable set of training records made from approved dialogues."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="datasets")
    number = models.PositiveIntegerField(help_text="1 for the project's first")
    target_character = models.ForeignKey(Character, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(
        max_length=12, choices=DatasetState, default=DatasetState.QUEUED, db_index=True
    )
    recipe = models.JSONField(help_text="see curation.domain.recipes")
    seed = models.PositiveIntegerField()
    split_by = models.CharField(max_length=10, choices=SplitBy, default=SplitBy.SCENE)
    validation_share = models.FloatField(default=0.1, help_text="0 to 0.5")
    train_count = models.PositiveIntegerField(default=0)
    validation_count = models.PositiveIntegerField(default=0)
    train_token_count = models.PositiveIntegerField(default=0)
    validation_token_count = models.PositiveIntegerField(default=0)
    tokenizer = models.CharField(max_length=60, blank=True)
    sha256 = models.CharField(max_length=64, blank=True, help_text="of the manifest's bytes")
    manifest = models.TextField(blank=True, help_text="canonical JSON")
    statistics = models.JSONField(default=dict, help_text="summed up when it was built")
    error_code = models.CharField(max_length=60, blank=True)
    error_detail = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_owner = models.CharField(max_length=60, blank=True)
    lease_until = models.DateTimeField(null=True)
    client_key = models.CharField(max_length=64, null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-number"]
        permissions = [("decide_dataset", "Can approve or return dataset versions")]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="dataset_number_once"),
            models.UniqueConstraint(
                fields=["created_by", "client_key"],
                condition=Q(client_key__isnull=False),
                name="dataset_once_per_client_key",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project} dataset {self.number}"


class DatasetRecord(models.Model):
    """One training record as the exact bytes of its line."""

    dataset = models.ForeignKey(DatasetVersion, on_delete=models.CASCADE, related_name="records")
    position = models.PositiveIntegerField(help_text="0 for the first line of its split")
    split = models.CharField(max_length=12, choices=Split)
    dialogue = models.ForeignKey(Dialogue, on_delete=models.PROTECT, related_name="records")
    dialogue_revision = models.PositiveIntegerField()
    line = models.BinaryField(help_text="UTF-8 JSON and a line feed")
    sha256 = models.CharField(max_length=64)
    token_count = models.PositiveIntegerField()
    message_count = models.PositiveIntegerField()

    class Meta:
        ordering = ["split", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "split", "position"], name="record_once_per_position"
            )
        ]

    def __str__(self) -> str:
        return f"{self.split} {self.position}"


class Finding(models.Model):
    """What a check found in a dataset version."""

    dataset = models.ForeignKey(DatasetVersion, on_delete=models.CASCADE, related_name="findings")
    dialogue = models.ForeignKey(
        Dialogue, on_delete=models.PROTECT, null=True, related_name="findings"
    )
    code = models.CharField(max_length=60)
    severity = models.CharField(max_length=10, choices=Severity)
    message = models.TextField()
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    accepted_at = models.DateTimeField(null=True)
    accepted_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["severity", "code", "pk"]

    def __str__(self) -> str:
        return self.message


class Export(models.Model):
    """Files made from a dataset version by a worker."""

    dataset = models.ForeignKey(DatasetVersion, on_delete=models.CASCADE, related_name="exports")
    file_format = models.CharField(max_length=20, default="openai_chat")
    state = models.CharField(
        max_length=10, choices=ExportState, default=ExportState.QUEUED, db_index=True
    )
    records_done = models.PositiveIntegerField(default=0)
    records_total = models.PositiveIntegerField(default=0)
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
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "file_format"],
                condition=~Q(state=ExportState.FAILED),
                name="export_once_per_dataset",
            )
        ]

    def __str__(self) -> str:
        return f"export {self.pk} of {self.dataset}"

    @property
    def format_words(self) -> str:
        """What the files are, as people name it."""
        return str(ExportFormat(self.file_format).label)


class ExportFile(models.Model):
    """One file of an export and its checksum."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=120)
    stored_path = models.CharField(max_length=255, help_text="below the folder of exports")
    sha256 = models.CharField(max_length=64)
    byte_size = models.PositiveBigIntegerField()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["export", "name"], name="export_file_once")]

    def __str__(self) -> str:
        return self.name
