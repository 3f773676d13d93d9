"""Jobs, their events and checkpoints in the protocol's shapes."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from training.domain.estimates import usual_learning_rate
from training.domain.job_orders import training_files
from training.domain.model_versions import model_name
from training.enums import JobState, Objective
from training.models import Checkpoint, FineTuneJob, JobEvent, JobOrder
from training.providers.capabilities import LOCAL
from training.queries.protocol_files import result_id

# Ours around the eight words of the protocol.
STATUSES = {
    JobState.AWAITING: "queued",
    JobState.QUEUED: "queued",
    JobState.SUBMITTING: "queued",
    JobState.REMOTE_QUEUED: "queued",
    JobState.NEEDS_ATTENTION: "running",
    JobState.UNKNOWN: "running",
}
LEVELS = {"info", "warn", "error"}
PROTOCOL_NAMES = ("n_epochs", "batch_size", "learning_rate_multiplier")


def job_id(job: FineTuneJob) -> str:
    """Return a job's id in the protocol."""
    return f"ftjob-{job.uuid.hex}"


def job_object(job: FineTuneJob) -> dict[str, Any]:
    """Return a job; it comes from :func:`training.queries.protocol_jobs.protocol_jobs`."""
    order: JobOrder | None = getattr(job, "order", None)
    train, validation = training_files(job)
    settings = _settings(job, order)
    kind = "dpo" if job.objective == Objective.DPO else "supervised"
    return {
        "id": job_id(job),
        "object": "fine_tuning.job",
        "created_at": _seconds(job.created_at),
        "error": _error(job),
        "fine_tuned_model": _model_of(job),
        "finished_at": _seconds(job.finished_at),
        "estimated_finish": _estimated_finish(job),
        "hyperparameters": {name: settings[name] for name in PROTOCOL_NAMES},
        "method": {"type": kind, kind: {"hyperparameters": settings}},
        "model": order.model if order else job.base_model,
        "base_model": job.base_model,
        "organization_id": job.project.slug,
        "result_files": [result_id(job)] if job.result_file else [],
        "seed": job.seed,
        "status": STATUSES.get(JobState(job.state), job.state),
        "trained_tokens": job.trained_tokens,
        "training_file": train,
        "validation_file": validation,
        "integrations": [],
        "metadata": {tag.name: tag.value for tag in job.tags.all()},
        "user_provided_suffix": (order.suffix if order else job.suffix) or None,
        "trained_steps": job.step,
        "total_steps": job.total_steps,
    }


def _model_of(job: FineTuneJob) -> str | None:
    """Return the name of the model that a job ended with; its checkpoints' models are others."""
    own = model_name(job)
    return next((own for model in job.models.all() if model.name == own), None)


def _settings(job: FineTuneJob, order: JobOrder | None) -> dict[str, Any]:
    """Return the hyperparameters under the protocol's names, ``auto`` where nobody chose."""
    values: dict[str, Any] = dict.fromkeys(PROTOCOL_NAMES, "auto") | job.hyperparameters
    rate = job.hyperparameters.get("learning_rate")
    if order and order.learning_rate_multiplier:
        values["learning_rate_multiplier"] = order.learning_rate_multiplier
    elif job.provider == LOCAL and rate:
        usual = usual_learning_rate(job.base_model, Objective(job.objective))
        values["learning_rate_multiplier"] = rate / usual
    return values


def _error(job: FineTuneJob) -> dict[str, Any] | None:
    if not job.error_code:
        return None
    return {"code": job.error_code, "message": job.error_detail, "param": None}


def _estimated_finish(job: FineTuneJob) -> int | None:
    if job.eta_seconds is None or job.finished_at:
        return None
    return _seconds(timezone.now() + timedelta(seconds=job.eta_seconds))


def _seconds(moment: datetime | None) -> int | None:
    return int(moment.timestamp()) if moment else None


def event_object(event: JobEvent) -> dict[str, Any]:
    """Return one event."""
    return {
        "id": f"ftevent-{event.pk}",
        "object": "fine_tuning.job.event",
        "created_at": _seconds(event.created_at),
        "level": event.level if event.level in LEVELS else "info",
        "message": event.message,
        "type": "metrics" if event.type == "metrics" else "message",
        "data": event.data,
    }


def checkpoint_object(job: FineTuneJob, checkpoint: Checkpoint) -> dict[str, Any]:
    """Return one checkpoint; its name says job and step."""
    figures = {
        "train_loss": checkpoint.train_loss,
        "full_valid_loss": checkpoint.validation_loss,
    }
    known = {name: value for name, value in figures.items() if value is not None}
    is_named = checkpoint.remote_id and job.provider != LOCAL
    name = checkpoint.remote_id if is_named else f"{job_id(job)}:ckpt-step-{checkpoint.step}"
    return {
        "id": f"ftckpt-{checkpoint.pk}",
        "object": "fine_tuning.job.checkpoint",
        "created_at": _seconds(checkpoint.created_at),
        "fine_tuning_job_id": job_id(job),
        "fine_tuned_model_checkpoint": name,
        "step_number": checkpoint.step,
        "metrics": {"step": checkpoint.step, **known},
        "is_best": checkpoint.is_best,
    }
