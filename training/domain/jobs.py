"""Fine-tuning jobs: asked for, cancelled, tried again by a person."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from curation.domain.activity import record_activity
from curation.enums import Role
from curation.models import DatasetVersion, Membership, Project
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
from training.domain.order_checks import Order, check_order
from training.enums import FINAL_JOB_STATES, PERSON_JOB_STATES, JobState, Objective
from training.models import FineTuneJob, JobEvent, ModelVersion, Sweep
from training.providers.capabilities import LOCAL
from training.trainer.spec import DPO_BETA, Hyperparameters, of_objective

TASKS = {LOCAL: "training.advance_local_job"}
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
    objective: Objective = Objective.SFT,
    start_model: ModelVersion | None = None,
    retry_of: FineTuneJob | None = None,
    sweep: Sweep | None = None,
    together_usd: Decimal | None = None,
    takes_uploads: bool = False,
) -> FineTuneJob:
    """Write a job's row and ask a worker to begin; nothing has been sent when this returns.

    Args:
        hyperparameters: under the provider's own names; what is left out the provider chooses,
            and the row of a local job says what was chosen.
        budget_usd: refuse the job if its estimated cost is higher or not known.
        client_key: the same key of the same person gives the first answer again.
        objective: learn from the records, or from the preference pairs of reviewers' fixes.
        start_model: of this machine, that preferences go on from; None for the base.
        sweep: that the job is one of.
        together_usd: what all jobs of the sweep cost; a second person is asked about this sum.
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
        "objective": objective,
        "start_model": start_model,
    }
    check_order(project, Order(**order), takes_uploads=takes_uploads)
    estimate = estimate_job(
        dataset,
        provider=provider,
        base_model=base_model,
        hyperparameters=settings,
        objective=objective,
    )
    require_budget(estimate, budget_usd)
    values = order | {
        "hyperparameters": _settled(Order(**order)),
        "budget_usd": budget_usd,
        "estimated_tokens": estimate.tokens,
        "estimated_seconds": estimate.seconds,
        "estimated_cost_usd": estimate.cost_usd,
        "client_key": client_key,
        "retry_of": retry_of,
        "sweep": sweep,
    }
    asks_for = together_usd if sweep else estimate.cost_usd
    state = JobState.AWAITING if needs_second_person(asks_for) else JobState.QUEUED
    return _create_once(project, actor, values | {"state": state})


def _settled(order: Order) -> dict[str, Any]:
    """Return the settings with the trainer's defaults, so that the row alone repeats the job."""
    if order.provider != LOCAL:
        return order.hyperparameters
    settings = dict(order.hyperparameters)
    beta = settings.pop("beta", None)
    kind = "pretrained" if order.start_model else base_kind(order.base_model)
    chosen = asdict(Hyperparameters.parse(of_objective(settings, order.objective), kind=kind))
    return chosen | ({"beta": beta or DPO_BETA} if order.objective == Objective.DPO else {})


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
    job = FineTuneJob.objects.create(project=project, created_by=actor, **values)
    is_waiting = job.state == JobState.AWAITING
    verb = "job.proposed" if is_waiting else "job.started"
    record_activity(verb, project=project, actor=actor, target=job, **cost_told(cost))
    if not is_waiting:
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
        objective=Objective(job.objective),
        start_model=job.start_model,
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
