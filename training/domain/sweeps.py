"""Sweeps: every combination of some settings as a job, under one budget."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import product
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from curation.domain.activity import record_activity
from curation.models import Project
from training.domain.estimates import Estimate, estimate_job
from training.domain.job_confirmations import confirm_job
from training.domain.job_limits import JobError, lock_budgets, require_budget
from training.domain.jobs import cancel_job, require_manager, start_job
from training.enums import FINAL_JOB_STATES, JobState
from training.models import Sweep

MOST_JOBS = 12
SEED = "seed"
Grid = Mapping[str, Sequence[float | str]]


def orders_of(order: Mapping[str, Any], grid: Grid) -> list[dict[str, Any]]:
    """Return the orders of a sweep: each combination of the grid's values once.

    Args:
        order: what all jobs have in common, as :func:`training.domain.jobs.start_job` takes it.
        grid: values by the name of a hyperparameter, or of ``seed``.

    Raises:
        JobError: more combinations than a sweep may have.
    """
    names = list(grid)
    combinations = list(product(*grid.values()))
    if len(combinations) > MOST_JOBS:
        raise JobError(
            f"These values make {len(combinations)} jobs; a sweep has at most {MOST_JOBS}. Name "
            "fewer values."
        )
    orders = []
    for values in combinations:
        chosen = dict(zip(names, values, strict=True))
        seed = chosen.pop(SEED, order["seed"])
        settings = {**order["hyperparameters"], **chosen}
        orders.append({**order, "hyperparameters": settings, "seed": seed})
    return orders


def estimate_orders(orders: Sequence[Mapping[str, Any]]) -> Estimate:
    """Add up what several jobs of one dataset take; a sum with an unknown part is not known."""
    found = [
        estimate_job(
            order["dataset"],
            provider=order["provider"],
            base_model=order["base_model"],
            hyperparameters=order["hyperparameters"],
            objective=order["objective"],
        )
        for order in orders
    ]
    times = [one.seconds for one in found]
    costs = [one.cost_usd for one in found]
    return Estimate(
        tokens=sum(one.tokens for one in found),
        epochs=sum(one.epochs for one in found),
        seconds=None if None in times else sum(filter(None, times)),
        cost_usd=None if None in costs else sum(filter(None, costs), Decimal(0)),
        price_as_of=found[0].price_as_of,
        price_source=found[0].price_source,
        is_rough=any(one.is_rough for one in found),
        base_lines=found[0].base_lines,
    )


def start_sweep(
    project: Project,
    *,
    actor: User,
    grid: Grid,
    budget_usd: Decimal | None = None,
    client_key: str | None = None,
    **order: Any,
) -> Sweep:
    """Start a job for each combination of a grid, all of them or none.

    Args:
        budget_usd: refuse the sweep if all jobs together are estimated to cost more.
        client_key: the same key of the same person gives the first answer again.
        order: the rest of what :func:`training.domain.jobs.start_job` takes.

    Raises:
        JobError: as :func:`training.domain.jobs.start_job`, of any of the jobs.
    """
    require_manager(actor, project)
    orders = orders_of(order, grid)
    together = estimate_orders(orders)
    require_budget(together, budget_usd)
    values = {"grid": dict(grid), "budget_usd": budget_usd, "client_key": client_key}
    try:
        return _create(project, actor, orders, together.cost_usd, values)
    except IntegrityError:
        found = Sweep.objects.filter(created_by=actor, client_key=client_key).first()
        if client_key and found:
            return found
        raise


@transaction.atomic
def _create(
    project: Project,
    actor: User,
    orders: Sequence[dict[str, Any]],
    together_usd: Decimal | None,
    values: dict[str, Any],
) -> Sweep:
    lock_budgets(project)
    sweep = Sweep.objects.create(project=project, created_by=actor, **values)
    for order in orders:
        start_job(project, actor=actor, sweep=sweep, together_usd=together_usd, **order)
    record_activity("sweep.started", project=project, actor=actor, target=sweep, jobs=len(orders))
    return sweep


def confirm_sweep(sweep: Sweep, *, actor: User) -> int:
    """Let every job of a sweep that waits for a second person begin.

    Returns:
        How many began.

    Raises:
        JobError: the person asked for them, may not train here, or none waits.
    """
    waiting = list(sweep.jobs.filter(state=JobState.AWAITING).order_by("pk"))
    if not waiting:
        raise JobError("No job of this sweep waits for a second person.")
    with transaction.atomic():
        for job in waiting:
            confirm_job(job, actor=actor)
    return len(waiting)


def cancel_sweep(sweep: Sweep, *, actor: User) -> int:
    """Ask for every job of a sweep that is not over to be stopped.

    Returns:
        How many were asked.

    Raises:
        JobError: the person may not.
    """
    require_manager(actor, sweep.project)
    count = 0
    for job in sweep.jobs.exclude(state__in=FINAL_JOB_STATES).order_by("-pk"):
        try:
            cancel_job(job, actor=actor)
        except JobError:  # it ended meanwhile
            continue
        count += 1
    return count
