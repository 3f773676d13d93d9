"""Exports: files made from a version's frozen bytes, checked against its manifest."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from curation.domain.activity import record_activity
from curation.domain.datasets import DatasetError
from curation.domain.export_formats import (
    csv_pieces,
    dataset_card,
    parquet_pieces,
    sharegpt_lines,
)
from curation.domain.frozen_records import frozen_lines
from curation.domain.leased_work import Hold, Stages, work_on
from curation.domain.preference_pairs import preference_lines
from curation.enums import DatasetState, ExportFormat, ExportState, Split
from curation.models import DatasetVersion, Export, ExportFile
from rickproject.config import get_config
from rickproject.lib.files import write_whole
from rickproject.lib.queue import enqueue_on_commit

CHARACTERS_A_PIECE = 65_536
STAGES = Stages(
    waiting=ExportState.QUEUED,
    working=ExportState.RUNNING,
    failed=ExportState.FAILED,
    gave_up="The worker stopped three times at this export.",
)


class ExportDiskError(DatasetError):
    """The files cannot be written to the disk."""

    code = "disk"


def exports_folder() -> Path:
    """Return the folder that holds every export's own folder."""
    return get_config().var_dir / "exports"


@transaction.atomic
def request_export(
    dataset: DatasetVersion,
    *,
    actor: User,
    file_format: ExportFormat = ExportFormat.OPENAI_CHAT,
    in_background: bool = True,
) -> Export:
    """Ask a worker for the files of an approved version; a finished export is given
    again while its files are there.

    Args:
        in_background: False where the caller runs ``write_export`` itself.

    Raises:
        DatasetError: the version is not approved.
    """
    _require_approved(dataset)
    export, is_new = Export.objects.exclude(state=ExportState.FAILED).get_or_create(
        dataset=dataset,
        file_format=file_format,
        defaults={
            "created_by": actor,
            "records_total": dataset.train_count + dataset.validation_count,
        },
    )
    if not is_new and not _queue_again_if_lost(export):
        return export
    record_activity("export.requested", project=dataset.project, actor=actor, target=dataset)
    if in_background:
        enqueue_on_commit("curation.export_dataset", export_id=export.pk)
    return export


def _queue_again_if_lost(export: Export) -> bool:
    """Have a finished export written anew whose files are gone; False where nothing is to do."""
    stored = export.files.values_list("stored_path", flat=True)
    if all((exports_folder() / path).exists() for path in stored):
        return False
    changed = Export.objects.filter(pk=export.pk, state=ExportState.DONE).update(
        state=ExportState.QUEUED, attempts=0, records_done=0, updated_at=timezone.now()
    )
    export.refresh_from_db()
    return bool(changed)


def write_export(export: Export) -> bool:
    """Write an export's files; safe to call twice or at once.

    Returns:
        False when it is being written elsewhere or is done already.
    """
    return work_on(export, STAGES, lambda hold: _write(export, hold))


def _write(export: Export, hold: Hold) -> None:
    folder = exports_folder() / str(export.pk)
    try:
        files = write_files(
            export.dataset,
            folder,
            file_format=ExportFormat(export.file_format),
            progress=lambda done: hold.keep(records_done=done),
        )
    except OSError as error:
        msg = f"The files could not be written: {error.strerror}. Make room and export again."
        raise ExportDiskError(msg) from error
    _finish(export, hold, files)


def write_files(
    dataset: DatasetVersion,
    folder: Path,
    *,
    file_format: ExportFormat = ExportFormat.OPENAI_CHAT,
    progress: Callable[[int], None] = lambda _done: None,
) -> list[tuple[Path, str, int]]:
    """Write the files of an approved version, ``manifest.json`` last.

    Args:
        progress: is told the number of records written; its errors stop the writing.

    Returns:
        For each file its path, SHA-256 and size in bytes.

    Raises:
        DatasetError: the version is not approved, or its bytes differ from its manifest.
    """
    _require_approved(dataset)
    lines = {split: frozen_lines(dataset, split, progress=progress) for split in Split}
    contents = _contents(dataset, file_format, lines)
    contents["manifest.json"] = _pieces(dataset.manifest)
    return [(folder / name, *write_whole(folder / name, made)) for name, made in contents.items()]


def _contents(
    dataset: DatasetVersion, file_format: ExportFormat, lines: dict[Split, Iterator[bytes]]
) -> dict[str, Iterable[bytes]]:
    match file_format:
        case ExportFormat.OPENAI_CHAT:
            return {f"{split}.jsonl": made for split, made in lines.items()}
        case ExportFormat.PREFERENCES:
            return {
                f"{split}.preferences.jsonl": preference_lines(dataset, split, made)
                for split, made in lines.items()
            }
        case ExportFormat.SHAREGPT:
            return {
                f"{split}.sharegpt.jsonl": sharegpt_lines(made) for split, made in lines.items()
            }
        case ExportFormat.CSV:
            return {"messages.csv": csv_pieces(lines)}
        case ExportFormat.HUGGING_FACE:
            counts = {Split.TRAIN: dataset.train_count, Split.VALIDATION: dataset.validation_count}
            return {
                f"{split}.parquet": parquet_pieces(made)
                for split, made in lines.items()
                if counts[split]
            } | {"README.md": [dataset_card(dataset).encode()]}


def _pieces(text: str) -> Iterator[bytes]:
    """Yield a long text's bytes in parts, so that it is not in memory twice."""
    for start in range(0, len(text), CHARACTERS_A_PIECE):
        yield text[start : start + CHARACTERS_A_PIECE].encode()


def split_file(dataset: DatasetVersion, split: Split) -> Path:
    """Return the file of one split of an approved version, written where no export has it yet.

    Raises:
        DatasetError: the version is not approved, or its bytes differ from its manifest.
    """
    done = Export.objects.filter(
        dataset=dataset, file_format=ExportFormat.OPENAI_CHAT, state=ExportState.DONE
    ).first()
    name = f"{split.value}.jsonl"
    if done and (path := exports_folder() / str(done.pk) / name).exists():
        return path
    folder = exports_folder() / f"dataset-{dataset.pk}"
    if not (folder / "manifest.json").exists():  # written last, so the others are whole
        write_files(dataset, folder)
    return folder / name


def _require_approved(dataset: DatasetVersion) -> None:
    if dataset.state != DatasetState.APPROVED:
        msg = (
            f"Dataset {dataset.number} is {dataset.get_state_display()}; only approved versions "
            "are exported and trained on."
        )
        raise DatasetError(msg)


@transaction.atomic
def _finish(export: Export, hold: Hold, files: list[tuple[Path, str, int]]) -> None:
    hold.end(ExportState.DONE, records_done=export.records_total, finished_at=timezone.now())
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
