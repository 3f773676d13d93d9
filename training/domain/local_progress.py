"""What a local training process has told, brought into the tables; and the end of its job."""

from datetime import UTC, datetime
from pathlib import Path

from django.db import transaction

from training.domain.job_records import (
    end_cancelled,
    fail_job,
    mark_best,
    move_job,
    store_checkpoints,
    store_events,
    store_metrics,
)
from training.domain.model_versions import register_local_models
from training.domain.result_csv import result_csv
from training.enums import JobState
from training.models import FineTuneJob
from training.trainer import files

NO_METRICS = {"step", "total_steps"}


@transaction.atomic
def import_progress(job: FineTuneJob, folder: Path) -> None:
    """Bring in what the training process has told since the last time, exactly once."""
    FineTuneJob.objects.select_for_update().get(pk=job.pk)
    job.refresh_from_db()
    events, end = files.read_events(folder, offset=job.imported_bytes)
    progress = files.read_progress(folder)
    if events:
        store_events(
            job,
            [
                (
                    e.id,
                    datetime.fromtimestamp(e.created_at, UTC),
                    e.level,
                    e.type,
                    e.message,
                    e.data,
                )
                for e in events
            ],
        )
        store_metrics(
            job,
            [
                (int(event.data["step"]), name, float(value))
                for event in events
                if event.type == "metrics" and "step" in event.data
                for name, value in event.data.items()
                if name not in NO_METRICS and isinstance(value, int | float)
            ],
        )
    values: dict[str, object] = {"imported_bytes": end}
    if progress:
        values |= {"stage": progress.stage[:40], "eta_seconds": _whole(progress.eta_seconds)}
        values |= {"step": progress.step, "total_steps": progress.total_steps or None}
    FineTuneJob.objects.filter(pk=job.pk).update(**values)
    job.refresh_from_db()


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else max(0, round(seconds))


def finish_job(job: FineTuneJob, folder: Path, result: files.Result) -> None:
    """End a job whose training process ended in words of its own, and offer what it made."""
    store_kept(job, result)
    if result.outcome == "cancelled":
        end_cancelled(job)
        return
    made = result.adapter_dir or result.model_dir
    if result.outcome == "failed" or result.base_dir is None or made is None:
        detail = result.error_detail or "Training failed without a word."
        fail_job(job, code=result.error_code or "trainer_failed", detail=detail)
        return
    try:
        _offer(job, folder, result)
    except OSError as error:
        detail = f"The model could not be offered: {error.strerror}. Make room and train again."
        fail_job(job, code="disk", detail=detail)


@transaction.atomic
def store_kept(job: FineTuneJob, result: files.Result) -> None:
    """Store the checkpoints that a training process has left."""
    rows = [
        (row.step, row.path, {"train_loss": row.train_loss, "full_valid_loss": row.valid_loss})
        for row in result.checkpoints
    ]
    store_checkpoints(job, rows)
    mark_best(job, result.best_step)


def _offer(job: FineTuneJob, folder: Path, result: files.Result) -> None:
    with transaction.atomic():
        register_local_models(job, result, folder)
        move_job(
            job,
            to=JobState.SUCCEEDED,
            stop_reason=result.outcome,
            step=result.step,
            total_steps=result.total_steps,
            trained_tokens=result.trained_tokens,
            library_versions=result.versions,
            result_file=result_csv(job),
            cost_usd=0,
            stage="",
        )
