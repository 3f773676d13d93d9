"""Exports: files made from a version's frozen bytes, checked against its manifest."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from curation.domain import leases
from curation.domain.activity import record_activity
from curation.domain.datasets import DatasetError
from curation.enums import DatasetState, ExportState, Split
from curation.models import DatasetRecord, DatasetVersion, Export, ExportFile
from rickproject.config import get_config
from rickproject.lib.files import write_whole
from rickproject.lib.queue import enqueue_on_commit

LEASE_SECONDS = 120
RECORDS_A_CHUNK = 500


def exports_folder() -> Path:
    """Return the folder that holds every export's own folder."""
    return get_config().var_dir / "exports"


@transaction.atomic
def request_export(dataset: DatasetVersion, *, actor: User, in_background: bool = True) -> Export:
    """Ask a worker for the files of an approved version; a finished export is given
    again while its files are there.

    Args:
        in_background: False where the caller runs ``write_export`` itself.

    Raises:
        DatasetError: the version is not approved.
    """
    _require_approved(dataset)
    existing = dataset.exports.exclude(state=ExportState.FAILED).first()
    if existing and not _has_lost_files(existing):
        return existing
    export = Export.objects.create(
        dataset=dataset,
        created_by=actor,
        records_total=dataset.train_count + dataset.validation_count,
    )
    record_activity("export.requested", project=dataset.project, actor=actor, target=dataset)
    if in_background:
        enqueue_on_commit("curation.export_dataset", export_id=export.pk)
    return export


def _has_lost_files(export: Export) -> bool:
    stored = export.files.values_list("stored_path", flat=True)
    return export.state == ExportState.DONE and not all(
        (exports_folder() / path).exists() for path in stored
    )


def write_export(export: Export) -> bool:
    """Write an export's files; safe to call twice or at once.

    Returns:
        False when it is being written elsewhere or is done already.
    """
    owner = leases.new_owner()
    if not leases.claim(
        export,
        owner,
        states=[ExportState.QUEUED],
        working_state=ExportState.RUNNING,
        seconds=LEASE_SECONDS,
    ):
        return False
    if export.attempts > leases.MAXIMUM_ATTEMPTS:
        _fail_export(export, owner, "attempts", "The worker stopped three times at this export.")
        return True

    def progress(done: int) -> bool:
        return leases.renew(export, owner, seconds=LEASE_SECONDS, records_done=done)

    folder = exports_folder() / str(export.pk)
    try:
        files = write_files(export.dataset, folder, progress=progress)
    except DatasetError as error:
        _fail_export(export, owner, error.code, str(error))
        return True
    except OSError as error:
        detail = f"The files could not be written: {error.strerror}. Make room and export again."
        _fail_export(export, owner, "disk", detail)
        return True
    return _finish_export(export, owner, files)


def write_files(
    dataset: DatasetVersion, folder: Path, *, progress: Callable[[int], bool] = lambda _done: True
) -> list[tuple[Path, str, int]]:
    """Write ``train.jsonl``, ``validation.jsonl`` and ``manifest.json`` of an approved version.

    Args:
        progress: is told the number of records written; False stops the writing.

    Returns:
        For each file its path, SHA-256 and size in bytes.

    Raises:
        DatasetError: the version is not approved, or its bytes differ from its manifest.
    """
    _require_approved(dataset)
    facts = json.loads(dataset.manifest)["files"]
    written, done = [], 0
    for split in Split:
        path = folder / f"{split.value}.jsonl"
        digest, size = write_whole(path, _lines(dataset, split, progress, done))
        if digest != facts[split.value]["sha256"]:
            path.unlink()
            msg = f"The {split.value} records differ from the manifest; the database was changed."
            raise DatasetError(msg)
        written.append((path, digest, size))
        done += facts[split.value]["records"]
    path = folder / "manifest.json"
    digest, size = write_whole(path, [dataset.manifest.encode()])
    return [*written, (path, digest, size)]


def _lines(
    dataset: DatasetVersion, split: Split, progress: Callable[[int], bool], already: int
) -> Iterator[bytes]:
    rows = (
        DatasetRecord.objects.filter(dataset=dataset, split=split)
        .order_by("position")
        .values_list("line", flat=True)
    )
    for count, line in enumerate(rows.iterator(RECORDS_A_CHUNK), start=1):
        yield bytes(line)
        if count % RECORDS_A_CHUNK == 0 and not progress(already + count):
            msg = "Another worker took this export over."
            raise DatasetError(msg)


def _require_approved(dataset: DatasetVersion) -> None:
    if dataset.state != DatasetState.APPROVED:
        msg = (
            f"Dataset {dataset.number} is {dataset.get_state_display()}; only approved versions "
            "are exported and trained on."
        )
        raise DatasetError(msg)


@transaction.atomic
def _finish_export(export: Export, owner: str, files: list[tuple[Path, str, int]]) -> bool:
    changed = Export.objects.filter(pk=export.pk, lease_owner=owner).update(
        state=ExportState.DONE,
        records_done=export.records_total,
        lease_owner="",
        lease_until=None,
        finished_at=timezone.now(),
        updated_at=timezone.now(),
    )
    if not changed:
        return False
    for path, digest, size in files:
        ExportFile.objects.update_or_create(
            export=export,
            name=path.name,
            defaults={
                "stored_path": str(path.relative_to(exports_folder())),
                "sha256": digest,
                "byte_size": size,
            },
        )
    export.refresh_from_db()
    return True


def _fail_export(export: Export, owner: str, code: str, detail: str) -> None:
    Export.objects.filter(pk=export.pk, lease_owner=owner).update(
        state=ExportState.FAILED,
        error_code=code,
        error_detail=detail,
        lease_owner="",
        lease_until=None,
        updated_at=timezone.now(),
    )
    export.refresh_from_db()
