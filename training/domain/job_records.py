"""What is learnt about a job, stored exactly once, and the ways a job ends."""

import math
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from curation.domain.activity import record_activity
from training.domain.jobs import note_event
from training.enums import FINAL_JOB_STATES, JobState
from training.models import Checkpoint, FineTuneJob, JobEvent, MetricPoint

VALIDATION_LOSSES = ("full_valid_loss", "valid_loss")


def claim_turn(job: FineTuneJob, *, seconds: float) -> bool:
    """Take the next turn of a job by one conditional update; turns never run side by side.

    Args:
        seconds: until somebody else may take a turn if this one never ends.

    Returns:
        False when another worker has the turn, or the job is over.
    """
    now = timezone.now()
    free = FineTuneJob.objects.filter(pk=job.pk).exclude(state__in=FINAL_JOB_STATES)
    taken = free.filter(next_poll_at=None).update(
        next_poll_at=now + timedelta(seconds=seconds), updated_at=now
    ) or free.filter(next_poll_at__lte=now).update(
        next_poll_at=now + timedelta(seconds=seconds), updated_at=now
    )
    if taken:
        job.refresh_from_db()
    return bool(taken)


def set_next_turn(job: FineTuneJob, *, seconds: float) -> None:
    """Say when a job is looked at next."""
    when = timezone.now() + timedelta(seconds=seconds)
    FineTuneJob.objects.filter(pk=job.pk).update(next_poll_at=when)
    job.next_poll_at = when


def move_job(job: FineTuneJob, *, to: JobState, **values: Any) -> bool:
    """Change a job that is not over by one conditional update.

    Returns:
        False when it was over already.
    """
    now = timezone.now()
    if to in FINAL_JOB_STATES:
        values = {"finished_at": now, "lease_until": None, "eta_seconds": None, **values}
    changed = (
        FineTuneJob.objects.filter(pk=job.pk)
        .exclude(state__in=FINAL_JOB_STATES)
        .update(state=to, updated_at=now, **values)
    )
    job.refresh_from_db()
    return bool(changed)


@transaction.atomic
def fail_job(job: FineTuneJob, *, code: str, detail: str) -> None:
    """End a job that cannot go on, with a sentence for the person."""
    if move_job(job, to=JobState.FAILED, error_code=code[:60], error_detail=detail):
        note_event(job, "failed", detail, level="error")
        record_activity("job.failed", project=job.project, actor=None, target=job, code=code)


@transaction.atomic
def end_cancelled(job: FineTuneJob) -> None:
    """End a job that a person stopped."""
    if move_job(job, to=JobState.CANCELLED, stop_reason="cancelled"):
        record_activity("job.stopped", project=job.project, actor=None, target=job)


def store_events(
    job: FineTuneJob, rows: Iterable[tuple[str, datetime, str, str, str, Mapping[str, Any]]]
) -> None:
    """Store events as (id, time, level, type, message, data); one that is known is left alone."""
    JobEvent.objects.bulk_create(
        [
            JobEvent(
                job=job,
                event_id=identity[:120],
                created_at=created_at,
                level=level[:10],
                type=kind[:10],
                message=message,
                data=_finite(data),
            )
            for identity, created_at, level, kind, message, data in rows
        ],
        ignore_conflicts=True,
        batch_size=500,
    )


def _finite(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what JSON can hold: a loss that is no number is left out."""
    return {
        name: value
        for name, value in data.items()
        if not isinstance(value, float) or math.isfinite(value)
    }


def store_metrics(job: FineTuneJob, rows: Iterable[tuple[int, str, float]]) -> None:
    """Store figures as (step, name, value); a figure that comes again replaces the first."""
    latest = {(step, name): value for step, name, value in rows if value == value}  # noqa: PLR0124
    MetricPoint.objects.bulk_create(
        [
            MetricPoint(job=job, step=step, name=name[:60], value=value)
            for (step, name), value in latest.items()
        ],
        update_conflicts=True,
        unique_fields=["job", "step", "name"],
        update_fields=["value"],
        batch_size=500,
    )


def store_checkpoints(
    job: FineTuneJob, rows: Iterable[tuple[int, str, Mapping[str, float | None]]]
) -> None:
    """Store checkpoints as (step, the provider's name or a path, figures)."""
    Checkpoint.objects.bulk_create(
        [
            Checkpoint(
                job=job,
                step=step,
                remote_id=remote_id[:200],
                train_loss=figures.get("train_loss"),
                validation_loss=next(
                    (figures[name] for name in VALIDATION_LOSSES if figures.get(name) is not None),
                    None,
                ),
            )
            for step, remote_id, figures in rows
        ],
        update_conflicts=True,
        unique_fields=["job", "step"],
        update_fields=["remote_id", "train_loss", "validation_loss"],
    )


def mark_best(job: FineTuneJob, step: int | None) -> None:
    """Mark the step whose model was kept; without one, the lowest validation loss."""
    if step is None:
        best = (
            MetricPoint.objects.filter(job=job, name="full_valid_loss", step__gt=0)  # 0: the base
            .order_by("value", "step")
            .first()
        )
        step = best.step if best else None
    if step is None:
        return
    job.checkpoints.exclude(step=step).update(is_best=False)
    job.checkpoints.filter(step=step).update(is_best=True)
    FineTuneJob.objects.filter(pk=job.pk).update(best_step=step)
    job.best_step = step
