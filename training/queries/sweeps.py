"""A sweep as people read it: its jobs with what they tried and what came of it."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Min, OuterRef, QuerySet, Subquery

from training.enums import FINAL_JOB_STATES, JobState
from training.models import FineTuneJob, MetricPoint, Sweep
from training.providers.registry import capabilities_here
from training.queries.comparison import MOST as MOST_COMPARED
from training.queries.comparison import VALIDATION

SEED = "seed"


@dataclass(frozen=True)
class SweepJob:
    """One job of a sweep.

    Attributes:
        tried: its value of each setting that differs, in words.
        loss: the lowest validation loss so far; None before the first.
        is_best: no job of the sweep has a lower one, and they are not all alike.
    """

    job: FineTuneJob
    tried: list[str]
    loss: float | None
    is_best: bool


@dataclass(frozen=True)
class SweepView:
    """A sweep with its jobs, the lowest validation loss first, those without one last.

    Attributes:
        names: of the settings that differ, as people read them.
        waiting: how many wait for a second person.
        together_usd: what all are estimated to cost; None where one is not known.
        compared: keys of the jobs that the page of comparisons can show, the best first.
    """

    sweep: Sweep
    names: list[str]
    jobs: list[SweepJob]
    is_over: bool
    waiting: int
    together_usd: Decimal | None
    compared: list[int]


def project_sweep(sweep: Sweep) -> SweepView:
    """Return a sweep as its page shows it, in two queries."""
    rows = list(_with_losses(sweep.jobs.select_related("dataset__target_character")))
    losses = [row.lowest_loss for row in rows if row.lowest_loss is not None]  # type: ignore[attr-defined]
    best = min(losses) if len(set(losses)) > 1 else None
    rows.sort(key=lambda row: (row.lowest_loss is None, row.lowest_loss or 0, row.pk))  # type: ignore[attr-defined]
    costs = [row.estimated_cost_usd for row in rows]
    known = [setting.name for setting in capabilities_here(rows[0].provider).hyperparameters]
    names = {name: _label(rows[0], name) for name in [*known, SEED] if name in sweep.grid}
    return SweepView(
        sweep=sweep,
        names=list(names.values()),
        jobs=[
            SweepJob(
                job=row,
                tried=[_value(row, name) for name in names],
                loss=row.lowest_loss,  # type: ignore[attr-defined]
                is_best=best is not None and row.lowest_loss == best,  # type: ignore[attr-defined]
            )
            for row in rows
        ],
        is_over=all(row.state in FINAL_JOB_STATES for row in rows),
        waiting=sum(row.state == JobState.AWAITING for row in rows),
        together_usd=None if None in costs else sum(filter(None, costs), Decimal(0)),
        compared=[row.pk for row in rows][:MOST_COMPARED],
    )


def _with_losses(jobs: QuerySet[FineTuneJob]) -> QuerySet[FineTuneJob]:
    # Step 0 is the base before it learnt.
    points = MetricPoint.objects.filter(job=OuterRef("pk"), name=VALIDATION, step__gt=0).order_by()
    lowest = points.values("job").annotate(lowest=Min("value")).values("lowest")
    return jobs.annotate(lowest_loss=Subquery(lowest)).order_by("pk")


def _label(job: FineTuneJob, name: str) -> str:
    setting = capabilities_here(job.provider).hyperparameter(name)
    return setting.label if setting else name.capitalize()


def _value(job: FineTuneJob, name: str) -> str:
    if name == SEED:
        return str(job.seed)
    setting = capabilities_here(job.provider).hyperparameter(name)
    value = job.hyperparameters.get(name, "")
    return setting.shown(value) if setting else str(value)
