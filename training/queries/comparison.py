"""Several jobs beside each other: their curves, what they were told, what came of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from curation.models import Project
from training.models import FineTuneJob
from training.providers.capabilities import LOCAL
from training.providers.registry import capabilities_here
from training.queries.jobs import Curves, in_words, job_curves, job_settings, project_jobs

FEWEST, MOST = 2, 6
TRAINING, VALIDATION = "train_loss", "full_valid_loss"
ACCURACY = "full_valid_mean_token_accuracy"
NOTHING = "–"


@dataclass(frozen=True)
class ComparedRow:
    """One fact of every job, in words.

    Attributes:
        best: the place of the best one; None where none is better than the others.
    """

    label: str
    values: list[str]
    best: int | None = None

    @property
    def differs(self) -> bool:
        """Whether the jobs are not all alike in it."""
        return any(one != other for one, other in pairwise(self.values))


@dataclass(frozen=True)
class Comparison:
    """Some jobs of one project.

    Attributes:
        jobs: as the project's list has them, each with the colour of its curves.
        told: what each was told; what differs first.
        results: what came of each.
        chart: the losses, as the chart script reads them.
        table: rows of a step and each job's validation loss there.
        caution: why the losses cannot be compared as they are; empty where they can.
    """

    jobs: list[tuple[FineTuneJob, str]]
    told: list[ComparedRow]
    results: list[ComparedRow]
    chart: dict[str, Any]
    table: list[tuple[int, list[float | None]]]
    caution: str


def compare_jobs(project: Project, keys: Sequence[int]) -> Comparison | None:
    """Put jobs of a project beside each other.

    Args:
        keys: primary keys; those of other projects are left out, and all but the newest few.

    Returns:
        None where fewer than two are left.
    """
    jobs = list(project_jobs(project).filter(pk__in=keys)[:MOST])
    if len(jobs) < FEWEST:
        return None
    curves = [job_curves(job) for job in jobs]
    told, caution = _told(jobs), _caution(jobs)
    return Comparison(
        jobs=[(job, f"speaker-{at}") for at, job in enumerate(jobs)],
        told=sorted(told, key=lambda row: not row.differs),
        results=_results(jobs, curves, is_fair=not caution),
        chart=_chart(jobs, curves),
        table=_table(curves),
        caution=caution,
    )


def _results(
    jobs: Sequence[FineTuneJob], curves: Sequence[Curves], *, is_fair: bool
) -> list[ComparedRow]:
    pairs = list(zip(jobs, curves, strict=True))
    losses = [_best(each, VALIDATION, kept_step(job)) for job, each in pairs]
    measured = [loss for loss in losses if loss is not None]
    lowest = losses.index(min(measured)) if is_fair and len(set(measured)) > 1 else None
    return [
        ComparedRow(
            label, [value(job, each) for job, each in pairs], lowest if value is _loss else None
        )
        for label, value in _RESULTS
    ]


def _told(jobs: Sequence[FineTuneJob]) -> list[ComparedRow]:
    facts = [
        {
            "Dataset": f"{job.dataset.number}, {job.dataset.target_character}",
            "Trained": capabilities_here(job.provider).label,
            "Base model": job.base_model,
            **dict(job_settings(job)),
            "Seed": str(job.seed),
        }
        for job in jobs
    ]
    labels = dict.fromkeys(label for each in facts for label in each)
    return [ComparedRow(label, [each.get(label, NOTHING) for each in facts]) for label in labels]


def _best(curves: Curves, name: str, step: int | None) -> float | None:
    """Return a figure at the step that is given, else the last there is."""
    found = {
        at: value
        for at, value in zip(curves.steps, curves.columns.get(name, []), strict=False)
        if value is not None
    }
    if not found:
        return None
    return found[step] if step in found else found[max(found)]


def kept_step(job: FineTuneJob) -> int | None:
    """Return the step whose model was kept; a provider keeps the last one, not the best."""
    return job.best_step if job.provider == LOCAL else None


def _loss(job: FineTuneJob, curves: Curves) -> str:
    value = _best(curves, VALIDATION, kept_step(job))
    return NOTHING if value is None else f"{value:.3f}"


def _accuracy(job: FineTuneJob, curves: Curves) -> str:
    value = _best(curves, ACCURACY, kept_step(job))
    return NOTHING if value is None else f"{value:.1%}"


def _tokens(job: FineTuneJob, _: Curves) -> str:
    return NOTHING if job.trained_tokens is None else f"{job.trained_tokens:,}"


def _time(job: FineTuneJob, _: Curves) -> str:
    if not (job.started_at and job.finished_at):
        return NOTHING
    return in_words((job.finished_at - job.started_at).total_seconds())


def _cost(job: FineTuneJob, _: Curves) -> str:
    return NOTHING if job.cost_usd is None else f"${job.cost_usd:.2f}"


def _step(job: FineTuneJob, _: Curves) -> str:
    return NOTHING if job.best_step is None else f"{job.best_step} of {job.step}"


_RESULTS: tuple[tuple[str, Callable[[FineTuneJob, Curves], str]], ...] = (
    ("State", lambda job, _: job.get_state_display()),
    ("Validation loss", _loss),
    ("Validation accuracy", _accuracy),
    ("Best step", _step),
    ("Tokens learnt", _tokens),
    ("Time", _time),
    ("Cost", _cost),
)


def _chart(jobs: Sequence[FineTuneJob], curves: Sequence[Curves]) -> dict[str, Any]:
    steps = sorted({step for each in curves for step in each.steps})
    lines = []
    for at, (job, each) in enumerate(zip(jobs, curves, strict=True)):
        for name, words, is_dashed in (
            (VALIDATION, "validation", False),
            (TRAINING, "training", True),
        ):
            if name not in each.columns:
                continue
            found = dict(zip(each.steps, each.columns[name], strict=True))
            lines.append(
                {
                    "label": f"Job {job.pk}, {words}",
                    "tone": f"speaker-{at}",
                    "dashed": is_dashed,
                    "values": [found.get(step) for step in steps],
                }
            )
    return {"x": steps, "x_label": "Step", "decimals": 3, "lines": lines}


def _table(curves: Sequence[Curves]) -> list[tuple[int, list[float | None]]]:
    found = [
        dict(zip(each.steps, each.columns.get(VALIDATION, []), strict=False)) for each in curves
    ]
    rows = [
        (step, [one.get(step) for one in found])
        for step in sorted({step for each in found for step in each})
    ]
    return [row for row in rows if any(value is not None for value in row[1])]


def _caution(jobs: Sequence[FineTuneJob]) -> str:
    others = [
        words
        for words, values in (
            ("held-out dialogues", {job.dataset_id for job in jobs}),
            ("tokens", {job.base_model for job in jobs}),
            ("measures", {(job.objective, job.hyperparameters.get("beta")) for job in jobs}),
        )
        if len(values) > 1
    ]
    if not others:
        return ""
    return (
        f"These jobs were judged by other {' and other '.join(others)}, so a lower loss of one "
        "does not make it the better model. Talk to both, or judge both on the same dialogues."
    )
