"""Files that programs sent to train on; nobody has approved them."""

import uuid

from django.conf import settings
from django.db import models

from curation.enums import Split
from curation.models import DatasetVersion, Project
from training.enums import Objective

from .api_keys import ApiKey


class UploadedFile(models.Model):
    """A file of training records; its bytes go when it is deleted, its hash stays."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="uploaded_files")
    name = models.CharField(max_length=200)
    objective = models.CharField(
        max_length=4, choices=Objective, default=Objective.SFT, help_text="what its lines are for"
    )
    byte_size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    record_count = models.PositiveIntegerField()
    token_count = models.PositiveIntegerField(help_text="at most about")
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    key = models.ForeignKey(ApiKey, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["project", "-id"], name="uploaded_file_of_project")]

    def __str__(self) -> str:
        return self.name


class UploadedSplit(models.Model):
    """What a dataset version that was uploaded is made of: one file a split."""

    dataset = models.ForeignKey(DatasetVersion, on_delete=models.CASCADE, related_name="uploads")
    split = models.CharField(max_length=12, choices=Split)
    file = models.ForeignKey(UploadedFile, on_delete=models.PROTECT, related_name="datasets")

    class Meta:
        ordering = ["split"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "split"], name="upload_once_per_split")
        ]

    def __str__(self) -> str:
        return f"{self.split} of dataset {self.dataset_id}"
