"""How many jobs a project may start, and what they may cost."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from curation.models import Project
from rickproject.config import get_config
from training.domain.estimates import Estimate
from training.enums import JobState
from training.errors import TrainingError
from training.models import FineTuneJob

BUDGET_DAYS = 30


class JobError(TrainingError):
    """A job cannot be started, stopped or repeated like this."""

    code = "job"


class BudgetError(JobError):
    """The job would cost more than it may."""

    code = "budget"


class JobLimitError(JobError):
    """The project has had its jobs for today."""

    code = "job_limit"


def require_budget(estimate: Estimate, budget_usd: Decimal | None) -> None:
    """Refuse a job whose estimate is above the budget that came with it.

    Raises:
        BudgetError: it is above, or not known.
    """
    if budget_usd is None:
        return
    if estimate.cost_usd is None:
        raise BudgetError(
            "The price of this base model is not known, so the budget cannot be kept. An admin can "
            "enter the price, or leave the budget empty."
        )
    if estimate.cost_usd > budget_usd:
        raise BudgetError(
            f"It would cost about ${estimate.cost_usd:.2f}, more than the budget of "
            f"${budget_usd:.2f}. Train fewer epochs or on a cheaper model."
        )


def require_room_today(project: Project) -> None:
    """Refuse one job too many; call it with the project's row locked.

    Raises:
        JobLimitError: the project has had its jobs of the last 24 hours.
    """
    limit = get_config().trainings_per_day
    since = timezone.now() - timedelta(days=1)
    done = (
        FineTuneJob.objects.filter(project=project, created_at__gte=since)
        .exclude(state__in=[JobState.FAILED, JobState.CANCELLED])
        .count()
    )
    if done >= limit:
        raise JobLimitError(
            f"This project has started {done} trainings in the last 24 hours, which is the limit. "
            "Try again later; an operator can raise RICK_TRAININGS_PER_DAY."
        )


def require_project_budget(project: Project, cost_usd: Decimal | None) -> None:
    """Refuse what would take the project's paid jobs of a month above the operator's budget.

    A job's row is its reservation, by its estimate until the cost is known; one that ended badly
    before anything was sent frees it. Call it with the project's row locked.

    Raises:
        BudgetError: too little is left, or the cost is not known.
    """
    budget = get_config().training_budget_usd
    if budget is None or cost_usd == 0:
        return
    if cost_usd is None:
        raise BudgetError(
            "The price of this base model is not known, so the project's budget cannot be kept. An "
            "admin can enter the price."
        )
    since = timezone.now() - timedelta(days=BUDGET_DAYS)
    spent = _spent(FineTuneJob.objects.filter(project=project, created_at__gte=since))
    if spent + cost_usd > budget:
        raise BudgetError(
            f"It would cost about ${cost_usd:.2f}, and ${spent:.2f} of the project's "
            f"${budget:.2f} for {BUDGET_DAYS} days are spent or reserved. Train fewer epochs or on "
            "a cheaper model; an operator can raise RICK_TRAINING_BUDGET_USD."
        )


def require_month_budget(cost_usd: Decimal | None) -> None:
    """Refuse what would take all projects' paid jobs of this calendar month (UTC) too high.

    Call it inside :func:`lock_budgets`'s transaction.

    Raises:
        BudgetError: too little is left, or the cost is not known.
    """
    budget = get_config().training_month_usd
    if budget is None or cost_usd == 0:
        return
    if cost_usd is None:
        raise BudgetError(
            "The price of this base model is not known, so the month's budget cannot be kept. An "
            "admin can enter the price."
        )
    start = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    spent = _spent(FineTuneJob.objects.filter(created_at__gte=start))
    if spent + cost_usd > budget:
        raise BudgetError(
            f"It would cost about ${cost_usd:.2f}, and ${spent:.2f} of this installation's "
            f"${budget:.2f} for {start:%B} are spent or reserved. Wait for the next month, or ask "
            "an operator to raise RICK_TRAINING_MONTH_USD."
        )


def lock_budgets(project: Project) -> None:
    """Hold what the limits count until the transaction ends: one order at a time.

    A month's budget is of all projects: then the first project's row is held too, always before
    a later one, so that no two orders wait for each other.
    """
    keys = {project.pk}
    if get_config().training_month_usd is not None:
        keys.add(Project.objects.order_by("pk").values_list("pk", flat=True)[0])
    held = Project.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
    len(held)  # runs it


def needs_second_person(cost_usd: Decimal | None) -> bool:
    """Return whether a job of this estimate waits until a second manager confirms it."""
    limit = get_config().training_confirm_usd
    return limit is not None and (cost_usd is None or cost_usd > limit)


def cost_told(cost_usd: Decimal | None) -> dict[str, str]:
    """Return what the activity feed keeps of an estimate."""
    return {} if cost_usd is None else {"estimated_usd": f"{cost_usd:.2f}"}


def _spent(jobs: QuerySet[FineTuneJob]) -> Decimal:
    """Return what jobs cost or will, by their estimate until it is known."""
    never_sent = Q(state__in=[JobState.FAILED, JobState.CANCELLED], submitted_at=None)
    sums = jobs.exclude(never_sent).aggregate(sum=Sum(Coalesce("cost_usd", "estimated_cost_usd")))
    return sums["sum"] or Decimal(0)
