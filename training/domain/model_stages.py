"""What a model is to the team: candidate, live, retired; and the end of its weights."""

import shutil
from pathlib import Path

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from curation.domain.activity import record_activity
from rickproject.config import get_config
from rickproject.lib.text import text_problem
from training.domain.job_folders import job_folder
from training.domain.jobs import require_manager
from training.enums import FINAL_JOB_STATES, ModelKind, ModelStage
from training.errors import TrainingError
from training.models import FineTuneJob, ModelVersion
from training.providers.capabilities import LOCAL
from training.serving.registry import read_entry
from training.trainer import files

MOST_REASON = 2000


class ModelStageError(TrainingError):
    """A model cannot be promoted, retired or deleted like this."""

    code = "model_stage"


def promote_model(model: ModelVersion, *, actor: User, reason: str = "") -> ModelVersion:
    """Make a candidate the live model of its character; the one before becomes a candidate.

    Args:
        reason: kept in the activity, with who and when.

    Raises:
        ModelStageError: it is no candidate, or another was promoted at the same moment.
        JobError: the person is no manager.
    """
    reason = _checked(model, actor, reason)
    try:
        with transaction.atomic():
            lives = ModelVersion.objects.filter(
                project=model.project, character=model.character, stage=ModelStage.LIVE
            )
            before = list(lives.exclude(pk=model.pk).values_list("name", flat=True))
            lives.exclude(pk=model.pk).update(stage=ModelStage.CANDIDATE)
            _move(model, from_stages=[ModelStage.CANDIDATE], to=ModelStage.LIVE)
            _record("model.promoted", model, actor, reason, before=before)
    except IntegrityError as error:
        msg = "Another model was made live at the same moment. Look at the list again."
        raise ModelStageError(msg) from error
    return model


@transaction.atomic
def retire_model(model: ModelVersion, *, actor: User, reason: str = "") -> ModelVersion:
    """Let nobody begin or go on talking to a model; what was said stays readable.

    Raises:
        ModelStageError: it is retired already.
        JobError: the person is no manager.
    """
    reason = _checked(model, actor, reason)
    _move(model, from_stages=[ModelStage.CANDIDATE, ModelStage.LIVE], to=ModelStage.RETIRED)
    _record("model.retired", model, actor, reason)
    return model


@transaction.atomic
def restore_model(model: ModelVersion, *, actor: User, reason: str = "") -> ModelVersion:
    """Make a retired model a candidate again.

    Raises:
        ModelStageError: it is not retired, or its weights were deleted.
        JobError: the person is no manager.
    """
    reason = _checked(model, actor, reason)
    if model.weights_deleted_at:
        raise ModelStageError("Its weights were deleted; train it again from its job.")
    _move(model, from_stages=[ModelStage.RETIRED], to=ModelStage.CANDIDATE)
    _record("model.restored", model, actor, reason)
    return model


@transaction.atomic
def open_model(model: ModelVersion, *, actor: User, is_open: bool) -> ModelVersion:
    """Say whether testers may talk to a model that is not live.

    Raises:
        JobError: the person is no manager.
    """
    require_manager(actor, model.project)
    ModelVersion.objects.filter(pk=model.pk).update(is_open_to_testers=is_open)
    model.refresh_from_db()
    _record("model.opened" if is_open else "model.closed", model, actor, "")
    return model


@transaction.atomic
def delete_weights(model: ModelVersion, *, actor: User, reason: str = "") -> ModelVersion:
    """Delete the files of a retired model for good; its row, its job and every talk stay.

    Raises:
        ModelStageError: it is not retired, lies at a provider, or is a base that others stand on.
        JobError: the person is no manager.
    """
    reason = _checked(model, actor, reason)
    job = model.job
    if model.provider != LOCAL or model.kind != ModelKind.FINE_TUNED or job is None:
        raise ModelStageError(
            "Only models that were trained on this machine are deleted here; a provider’s model is "
            "deleted at the provider, and a base stays for the models made from it."
        )
    going_on = FineTuneJob.objects.filter(start_model=model).exclude(state__in=FINAL_JOB_STATES)
    if first := going_on.order_by("pk").first():
        raise ModelStageError(f"Job {first.pk} goes on from this model; stop it first.")
    changed = ModelVersion.objects.filter(
        pk=model.pk, stage=ModelStage.RETIRED, weights_deleted_at=None
    ).update(weights_deleted_at=timezone.now())
    model.refresh_from_db()
    if not changed:
        raise ModelStageError("Retire the model first; then its weights can be deleted, once.")
    _record("model.weights_deleted", model, actor, reason)
    folders = _folders_of(model, job)

    def remove() -> None:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)

    transaction.on_commit(remove)
    return model


def _folders_of(model: ModelVersion, job: FineTuneJob) -> list[Path]:
    """Return what only this model needs; the last model of a job takes the checkpoints along."""
    models_dir = get_config().var_dir / "models"
    folders, mine = [models_dir / model.served_name], job_folder(job).resolve()
    entry = read_entry(models_dir, model.served_name)
    weights = (entry.adapter_dir or entry.base_dir) if entry else None
    if weights and weights.resolve().is_relative_to(mine):
        folders.append(weights)
    others = ModelVersion.objects.filter(job=job, weights_deleted_at=None).exclude(pk=model.pk)
    return folders if others.exists() else [*folders, mine / files.CHECKPOINTS]


def _checked(model: ModelVersion, actor: User, reason: str) -> str:
    require_manager(actor, model.project)
    if problem := text_problem(reason):
        raise ModelStageError(problem)
    return reason.strip()[:MOST_REASON]


def _move(model: ModelVersion, *, from_stages: list[ModelStage], to: ModelStage) -> None:
    changed = ModelVersion.objects.filter(pk=model.pk, stage__in=from_stages).update(stage=to)
    model.refresh_from_db()
    if not changed:
        raise ModelStageError(f"{model.name} is {model.get_stage_display()} already.")


def _record(verb: str, model: ModelVersion, actor: User, reason: str, **more: object) -> None:
    detail = {"reason": reason} if reason else {}
    record_activity(verb, project=model.project, actor=actor, target=model, **detail, **more)
