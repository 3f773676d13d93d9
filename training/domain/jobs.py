"""Fine-tuning jobs: asked for, cancelled, tried again by a person."""

import re
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from curation.domain.activity import record_activity
from curation.enums import DatasetState, Role
from curation.models import DatasetVersion, Membership, Project
from rickproject.config import get_config
from rickproject.lib.queue import enqueue_on_commit
from training.domain.estimates import base_kind, estimate_job
from training.domain.job_limits import (
    JobError,
    cost_told,
    lock_budgets,
    needs_second_person,
    require_budget,
    require_month_budget,
    require_project_budget,
    require_room_today,
)
from training.enums import FINAL_JOB_STATES, PERSON_JOB_STATES, JobState
from training.models import FineTuneJob, JobEvent
from training.providers.capabilities import LOCAL, SCRIPT_BASE, Capabilities
from training.providers.registry import capabilities_here, missing_for
from training.trainer.spec import Hyperparameters

MOST_SEED = 2**31 - 1
TASKS = {LOCAL: "training.advance_local_job"}
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?", re.ASCII)
REMOTE_TASK = "training.advance_remote_job"


def task_of(job: FineTuneJob) -> str:
    """Return the name of the task that takes a job one step further."""
    return TASKS.get(job.provider, REMOTE_TASK)


def start_job(
    project: Project,
    *,
    actor: User,
    dataset: DatasetVersion,
    provider: str,
    base_model: str,
    hyperparameters: dict[str, Any] | None = None,
    seed: int = 1,
    suffix: str = "",
    budget_usd: Decimal | None = None,
    client_key: str | None = None,
    retry_of: FineTuneJob | None = None,
    takes_uploads: bool = False,
) -> FineTuneJob:
    """Write a job's row and ask a worker to begin; nothing has been sent when this returns.

    Args:
        hyperparameters: under the provider's own names; what is left out the provider chooses,
            and the row of a local job says what was chosen.
        budget_usd: refuse the job if its estimated cost is higher or not known.
        client_key: the same key of the same person gives the first answer again.
        takes_uploads: whoever asks has made sure that files nobody approved may be trained on.

    Raises:
        JobError: the dataset is not approved, the provider is not ready, or a value is refused.
        BudgetError: the estimate is above the budget, or above what is left of the project's.
        JobLimitError: too many jobs today.
    """
    require_manager(actor, project)
    if client_key and (found := _found_by_key(actor, client_key)):
        return found
    settings = _clean(hyperparameters or {})
    order: dict[str, Any] = {
        "dataset": dataset,
        "provider": provider,
        "base_model": base_model,
        "hyperparameters": settings,
        "seed": seed,
        "suffix": suffix,
    }
    check_order(project, **order, takes_uploads=takes_uploads)
    estimate = estimate_job(
        dataset, provider=provider, base_model=base_model, hyperparameters=settings
    )
    require_budget(estimate, budget_usd)
    values = order | {
        "hyperparameters": _settled(provider, base_model, settings),
        "budget_usd": budget_usd,
        "estimated_tokens": estimate.tokens,
        "estimated_seconds": estimate.seconds,
        "estimated_cost_usd": estimate.cost_usd,
        "client_key": client_key,
        "retry_of": retry_of,
    }
    return _create_once(project, actor, values)


def _settled(provider: str, base_model: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the settings with the trainer's defaults, so that the row alone repeats the job."""
    if provider != LOCAL:
        return settings
    return asdict(Hyperparameters.parse(settings, kind=base_kind(base_model)))


def check_order(
    project: Project,
    *,
    dataset: DatasetVersion,
    provider: str,
    base_model: str,
    hyperparameters: dict[str, Any],
    seed: int,
    suffix: str,
    takes_uploads: bool = False,
) -> None:
    """Refuse an order that no provider could fulfil.

    Raises:
        JobError: with a sentence that says what to change.
    """
    if dataset.project_id != project.pk:
        raise JobError("This dataset belongs to another project.")
    is_taken = takes_uploads and dataset.state == DatasetState.UPLOADED
    if dataset.state != DatasetState.APPROVED and not is_taken:
        raise JobError(
            f"Dataset {dataset.number} is {dataset.get_state_display()}; only approved versions "
            "can be trained on. An admin approves it."
        )
    if missing := missing_for(provider):
        raise JobError(missing)
    row = capabilities_here(provider)
    if row.last_job_on and timezone.now().date() > row.last_job_on:
        raise JobError(f"{row.label} takes no fine-tuning jobs since {row.last_job_on:%d %B %Y}.")
    if not base_model.strip():
        raise JobError("Choose a base model.")
    _check_base_model(row, base_model)
    if not 0 <= seed <= MOST_SEED:
        raise JobError(f"The seed is a whole number from 0 to {MOST_SEED}.")
    if suffix and not row.takes_suffix:
        raise JobError(f"{row.label} takes no suffix.")
    if problem := row.suffix_problem(suffix):
        raise JobError(problem)
    _check_hyperparameters(row, hyperparameters)


def _check_base_model(row: Capabilities, base_model: str) -> None:
    if row.key == LOCAL and base_model != SCRIPT_BASE:
        _check_local_base(base_model)
    known = row.base_model(base_model)
    if known and known.closing_on and timezone.now().date() > known.closing_on:
        raise JobError(f"{known.label} was shut down on {known.closing_on:%d %B %Y}.")


def _check_local_base(base_model: str) -> None:
    """Take Hugging Face ids, and folders only below those an operator opened for base models."""
    if HUB_ID.fullmatch(base_model) and ".." not in base_model:
        return
    if not base_model.startswith("/"):
        raise JobError(
            "Name the base model by its Hugging Face id, such as owner/name, or by an absolute "
            "folder."
        )
    config = get_config()
    opened = [*config.base_model_folders, config.var_dir / "bases"]
    folder = Path(base_model).resolve()
    if not any(folder.is_relative_to(allowed.resolve()) for allowed in opened):
        raise JobError(
            "This folder is not open for base models. Ask an operator to move the model into one "
            "that is, or to name its folder in RICK_BASE_MODEL_DIRS."
        )
    if not folder.is_dir():
        raise JobError("There is no such folder on the server.")


def _check_hyperparameters(row: Capabilities, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setting = row.hyperparameter(name)
        if setting is None:
            names = ", ".join(known.name for known in row.hyperparameters)
            raise JobError(f"{row.label} has no setting {name!r}; it has {names}.")
        if problem := setting.problem(value):
            raise JobError(problem)


def _clean(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", "auto")}


def require_manager(actor: User, project: Project) -> None:
    """Refuse who may not start, stop or pause training.

    Raises:
        JobError: the person is no manager of it.
    """
    if actor.is_superuser:
        return
    if not Membership.objects.filter(project=project, user=actor, role=Role.MANAGER).exists():
        raise JobError(f"{actor.username} may not start training here; ask a manager.")


def _found_by_key(actor: User, client_key: str) -> FineTuneJob | None:
    return FineTuneJob.objects.filter(created_by=actor, client_key=client_key).first()


def _create_once(project: Project, actor: User, values: dict[str, Any]) -> FineTuneJob:
    try:
        return _create_job(project, actor, values)
    except IntegrityError:
        key = values["client_key"]
        if key and (found := _found_by_key(actor, key)):
            return found
        raise


@transaction.atomic
def _create_job(project: Project, actor: User, values: dict[str, Any]) -> FineTuneJob:
    """Write the row that counts as the job's place and money; one order of a project at a time."""
    lock_budgets(project)
    if values["client_key"] and (found := _found_by_key(actor, values["client_key"])):
        return found
    require_room_today(project)
    cost = values["estimated_cost_usd"]
    require_project_budget(project, cost)
    require_month_budget(cost)
    state = JobState.AWAITING if needs_second_person(cost) else JobState.QUEUED
    job = FineTuneJob.objects.create(project=project, created_by=actor, state=state, **values)
    verb = "job.started" if state == JobState.QUEUED else "job.proposed"
    record_activity(verb, project=project, actor=actor, target=job, **cost_told(cost))
    if state == JobState.QUEUED:
        enqueue_on_commit(task_of(job), job_id=job.pk)
    return job


@transaction.atomic
def cancel_job(job: FineTuneJob, *, actor: User) -> FineTuneJob:
    """Ask for a job to be stopped; at once where it was never sent or is left to a person.

    Raises:
        JobError: it is over, or the person may not.
    """
    require_manager(actor, job.project)
    now = timezone.now()
    changed = (
        FineTuneJob.objects.filter(pk=job.pk, cancel_requested_at=None)
        .exclude(state__in=FINAL_JOB_STATES)
        .update(cancel_requested_at=now, next_poll_at=now, updated_at=now)
    )
    job.refresh_from_db()
    if not changed:
        if job.cancel_requested_at and job.state not in FINAL_JOB_STATES:
            return job
        raise JobError(f"The job is {job.get_state_display()} already.")
    nobody_has_it = Q(state=JobState.QUEUED, lease_until=None) | Q(state__in=PERSON_JOB_STATES)
    FineTuneJob.objects.filter(nobody_has_it, pk=job.pk).update(
        state=JobState.CANCELLED, finished_at=now, stop_reason="cancelled", updated_at=now
    )
    note_event(job, "cancel-requested", f"{actor.username} asked to stop the job.")
    record_activity("job.cancelled", project=job.project, actor=actor, target=job)
    enqueue_on_commit(task_of(job), job_id=job.pk)
    job.refresh_from_db()
    return job


def retry_job(job: FineTuneJob, *, actor: User, client_key: str | None = None) -> FineTuneJob:
    """Start a new job like one that is over; it points back at the old one.

    Raises:
        JobError: the old one is not over, or the order is refused now.
    """
    if job.state not in FINAL_JOB_STATES:
        raise JobError("The job is not over yet; stop it first.")
    return start_job(
        job.project,
        actor=actor,
        dataset=job.dataset,
        provider=job.provider,
        base_model=job.base_model,
        hyperparameters=job.hyperparameters,
        seed=job.seed,
        suffix=job.suffix,
        budget_usd=job.budget_usd,
        client_key=client_key,
        retry_of=job,
    )


def note_event(job: FineTuneJob, name: str, message: str, *, level: str = "info") -> None:
    """Write something of our own into a job's log, once for each name."""
    JobEvent.objects.get_or_create(
        job=job,
        event_id=f"rickproject-{name}",
        defaults={"created_at": timezone.now(), "level": level, "message": message},
    )
