"""Files as the OpenAI protocol sees them: uploads, approved datasets, results of jobs.

Only uploads have rows of their own. The splits of an approved version and the figures of a
finished job are files by name: ``file-dataset-7-train``, ``file-result-…``.
"""

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.db.models.functions import Length
from django.utils import timezone

from curation.enums import DatasetState, Split
from curation.models import DatasetVersion, Project
from curation.queries.dataset_facts import file_facts
from rickproject.lib.numbers import is_key
from training.models import FineTuneJob, UploadedFile

FINE_TUNE, RESULTS = "fine-tune", "fine-tune-results"
UPLOAD_ID = re.compile(r"file-([0-9a-f]{32})", re.ASCII)
RESULT_ID = re.compile(r"file-result-([0-9a-f]{32})", re.ASCII)
DATASET_ID = re.compile(r"file-dataset-([0-9]{1,18})-(train|validation)", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class ProtocolFile:
    """A file by its id, and the row behind it."""

    id: str
    name: str
    byte_size: int
    created_at: datetime
    sha256: str = ""
    purpose: str = FINE_TUNE
    expires_at: datetime | None = None
    upload: UploadedFile | None = None
    dataset: DatasetVersion | None = None
    split: Split | None = None
    job: FineTuneJob | None = None


def upload_id(file: UploadedFile) -> str:
    """Return the id of an upload."""
    return f"file-{file.uuid.hex}"


def split_id(dataset_id: int, split: str) -> str:
    """Return the id of one split of an approved version."""
    return f"file-dataset-{dataset_id}-{split}"


def result_id(job: FineTuneJob) -> str:
    """Return the id of a job's figures."""
    return f"file-result-{job.uuid.hex}"


def protocol_files(projects: QuerySet[Project], purpose: str = "") -> list[ProtocolFile]:
    """Return the files of projects, the newest first; three queries at most."""
    found: list[ProtocolFile] = []
    if purpose in {"", FINE_TUNE}:
        found += [_of_upload(row) for row in _uploads(projects)]
        for version in _datasets(projects):
            found += _of_dataset(version)
    if purpose in {"", RESULTS}:
        found += [_of_result(row) for row in _results(projects)]
    return sorted(found, key=lambda file: (file.created_at, file.id), reverse=True)


def find_protocol_file(projects: QuerySet[Project], identity: str) -> ProtocolFile | None:
    """Return a file by its id; None where these projects have none."""
    if match := UPLOAD_ID.fullmatch(identity):
        upload = _uploads(projects).filter(uuid=uuid.UUID(match[1])).first()
        return _of_upload(upload) if upload else None
    if match := RESULT_ID.fullmatch(identity):
        job = _results(projects).filter(uuid=uuid.UUID(match[1])).first()
        return _of_result(job) if job else None
    match = DATASET_ID.fullmatch(identity)
    if match is None or not is_key(match[1]):
        return None
    version = _datasets(projects).filter(pk=int(match[1])).first()
    rows: Iterable[ProtocolFile] = _of_dataset(version) if version else ()
    return next((row for row in rows if row.id == identity), None)


def _uploads(projects: QuerySet[Project]) -> QuerySet[UploadedFile]:
    is_kept = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    rows = UploadedFile.objects.filter(is_kept, project__in=projects, deleted_at=None)
    return rows.select_related("project")


def _datasets(projects: QuerySet[Project]) -> QuerySet[DatasetVersion]:
    rows = DatasetVersion.objects.filter(project__in=projects, state=DatasetState.APPROVED)
    return rows.exclude(manifest="").select_related("project", "target_character")


def _results(projects: QuerySet[Project]) -> QuerySet[FineTuneJob]:
    rows = FineTuneJob.objects.filter(project__in=projects).exclude(result_file="")
    return rows.annotate(result_length=Length("result_file")).defer("result_file")


def _of_upload(row: UploadedFile) -> ProtocolFile:
    return ProtocolFile(
        id=upload_id(row),
        name=row.name,
        byte_size=row.byte_size,
        sha256=row.sha256,
        created_at=row.created_at,
        expires_at=row.expires_at,
        upload=row,
    )


def _of_dataset(version: DatasetVersion) -> list[ProtocolFile]:
    facts = file_facts(version)
    return [
        ProtocolFile(
            id=split_id(version.pk, split.value),
            name=f"{version.project.slug}-dataset-{version.number}-{split.value}.jsonl",
            byte_size=facts[split].get("bytes", 0),
            sha256=facts[split]["sha256"],
            created_at=version.decided_at or version.created_at,
            dataset=version,
            split=split,
        )
        for split in Split
        if facts[split]["records"]
    ]


def _of_result(job: FineTuneJob) -> ProtocolFile:
    length: int = job.result_length  # type: ignore[attr-defined]  # annotated in _results
    return ProtocolFile(
        id=result_id(job),
        name="step_metrics.csv",
        byte_size=4 * -(-length // 3),  # base64 of plain ASCII
        created_at=job.finished_at or job.created_at,
        purpose=RESULTS,
        job=job,
    )
