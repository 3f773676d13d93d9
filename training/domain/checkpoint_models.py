"""A checkpoint of a job as a model to talk to, beside the one that the job kept."""

from pathlib import Path

from django.contrib.auth.models import User
from django.db import transaction

from curation.domain.activity import record_activity
from rickproject.config import get_config
from training.domain.job_folders import job_folder
from training.domain.job_limits import JobError
from training.domain.jobs import require_manager
from training.domain.model_versions import SCRIPT_SAMPLING, base_folder, model_name
from training.enums import FINAL_JOB_STATES, ModelKind
from training.models import Checkpoint, FineTuneJob, ModelVersion
from training.providers.capabilities import LOCAL, SCRIPT_BASE
from training.serving.registry import write_model_entry
from training.trainer import files
from training.trainer.checkpoints import read_state

NO_MODEL = "ftckpt"  # a provider's name of a checkpoint that cannot be asked


def checkpoint_name(job: FineTuneJob, step: int) -> str:
    """Return the name of a checkpoint's model."""
    return f"{model_name(job)}-step-{step}"


def offer_checkpoint(job: FineTuneJob, step: int, *, actor: User) -> ModelVersion:
    """Make a checkpoint of a job that is over a candidate; once made it is given again.

    Raises:
        JobError: the job is not over, there is no such checkpoint any more, the provider gave it no
            model, or the person is no manager.
    """
    require_manager(actor, job.project)
    if job.state not in FINAL_JOB_STATES:
        raise JobError("The job is not over yet; its checkpoints still come and go.")
    checkpoint = job.checkpoints.filter(step=step).first()
    if checkpoint is None:
        raise JobError(f"Job {job.pk} kept no checkpoint of step {step}.")
    name = checkpoint_name(job, step)
    context = _serve(job, checkpoint, name) if job.provider == LOCAL else None
    if job.provider != LOCAL and (not checkpoint.remote_id or NO_MODEL in checkpoint.remote_id):
        raise JobError("The provider gave this checkpoint no model that can be asked.")
    with transaction.atomic():
        version, is_new = ModelVersion.objects.get_or_create(
            name=name,
            defaults={
                "project": job.project,
                "kind": ModelKind.FINE_TUNED,
                "provider": job.provider,
                "served_name": name if job.provider == LOCAL else checkpoint.remote_id,
                "base_model": job.base_model,
                "job": job,
                "dataset": job.dataset,
                "character": job.dataset.target_character,
                "context_tokens": context,
                "created_by": actor,
            },
        )
        if is_new:
            record_activity("model.made", project=job.project, actor=actor, target=version)
    return version


def _serve(job: FineTuneJob, checkpoint: Checkpoint, name: str) -> int:
    """Offer a local checkpoint on the model server; return its context in tokens."""
    folder = job_folder(job)
    kept = folder / checkpoint.remote_id
    result = files.read_result(folder) if folder.exists() else None
    if result is None or result.base_dir is None or read_state(kept) is None:
        raise JobError(f"The files of step {checkpoint.step} are gone; only the last few are kept.")
    is_adapter = (kept / "adapter_config.json").exists()
    context = result.context_tokens or 256
    write_model_entry(
        get_config().var_dir / "models",
        name=name,
        base_dir=base_folder(result) if is_adapter else Path(kept).resolve(),
        adapter_dir=kept.resolve() if is_adapter else None,
        context_tokens=context,
        sampling=SCRIPT_SAMPLING if job.base_model == SCRIPT_BASE else {},
    )
    return context
