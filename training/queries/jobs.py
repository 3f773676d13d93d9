"""Jobs as people read them: sentences, curves, tables."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from curation.models import DatasetVersion, Project
from rickproject.lib.numbers import counted
from training.enums import FINAL_JOB_STATES, JobState, ModelKind, Objective
from training.models import FineTuneJob, JobEvent, MetricPoint, ModelVersion
from training.providers.capabilities import LOCAL, Capabilities
from training.providers.registry import capabilities_here

LOSSES = (
    ("train_loss", "Training loss", "ink", False),
    ("full_valid_loss", "Validation loss", "accent", False),
    ("valid_loss", "Validation loss (samples)", "accent", True),
)
ACCURACIES = (
    ("train_mean_token_accuracy", "Training accuracy", "ink", False),
    ("full_valid_mean_token_accuracy", "Validation accuracy", "accent", False),
    ("valid_mean_token_accuracy", "Validation accuracy (samples)", "accent", True),
)
SPEEDS = (("tokens_per_second", "Tokens per second", "ink", False),)
STAGES = {
    "starting": "Starting",
    "base": "Making the base model from the script",
    "adapter": "Training",
    "evaluating": "Judging the result",
}
MINUTE, HOUR = 60, 3600
PAIRS_MEANING = (
    "Lower is better: it is how surely the better reply of a held-out pair is the likelier one; "
    "0.693 is a coin toss. Losses compare only between jobs with the same beta and the same pairs."
)


def project_jobs(project: Project) -> QuerySet[FineTuneJob]:
    """Return a project's jobs with what a list shows, the newest first."""
    return (
        FineTuneJob.objects.filter(project=project)
        .select_related("dataset__target_character", "created_by")
        .order_by("-pk")
    )


def trainable_datasets(project: Project) -> QuerySet[DatasetVersion]:
    """Return the approved versions of a project, the newest first."""
    return (
        DatasetVersion.objects.filter(project=project, state="approved")
        .select_related("target_character")
        .order_by("-number")
    )


def startable_models(project: Project) -> QuerySet[ModelVersion]:
    """Return the adapters of this machine that preferences can go on from, the newest first."""
    return (
        ModelVersion.objects.filter(
            project=project,
            provider=LOCAL,
            kind=ModelKind.FINE_TUNED,
            weights_deleted_at=None,
            job__state=JobState.SUCCEEDED,
        )
        .exclude(job__hyperparameters__method="full")
        .select_related("dataset")
        .order_by("-pk")
    )


def in_words(seconds: float) -> str:
    """Return a duration in words: seconds up to a minute, then minutes, then hours."""
    if seconds < MINUTE:
        count, word = max(1, math.ceil(seconds)), "second"
    elif seconds < HOUR:
        count, word = math.ceil(seconds / MINUTE), "minute"
    else:
        return f"{seconds / HOUR:.1f} hours"
    return counted(count, word)


def status_sentence(job: FineTuneJob) -> str:
    """Say in one sentence where a job is."""
    state = JobState(job.state)
    if job.cancel_requested_at and state not in FINAL_JOB_STATES:
        return "Stopping: it was asked to end."
    if state == JobState.QUEUED and job.stage == "waiting":
        return "Waiting: another training runs on this machine."
    fixed = {
        JobState.AWAITING: "Waiting for a second manager to confirm its cost.",
        JobState.QUEUED: "Waiting for a worker to take it.",
        JobState.SUBMITTING: "Being handed to the provider.",
        JobState.NEEDS_ATTENTION: "It needs a person: nobody knows whether the provider took it.",
        JobState.VALIDATING_FILES: "The provider checks the files.",
        JobState.REMOTE_QUEUED: "Waiting in the provider's queue.",
        JobState.PAUSING: "Pausing: it stops at the end of a step.",
        JobState.PAUSED: "Paused; it keeps its last checkpoint.",
        JobState.UNKNOWN: f"The provider says {job.remote_status!r}, a word we do not know.",
        JobState.CANCELLED: f"Stopped at step {job.step}." if job.step else "Stopped.",
        JobState.FAILED: f"Failed: {job.error_detail}",
    }
    return fixed.get(state) or (_finished(job) if state == JobState.SUCCEEDED else _running(job))


def _finished(job: FineTuneJob) -> str:
    words = f"Finished after {job.step} steps" if job.step else "Finished"
    if job.stop_reason == "early_stopped":
        words = f"Finished early at step {job.step}: the validation loss no longer fell"
    if job.best_step is not None and job.provider == LOCAL:
        words += f"; step {job.best_step} was kept"
    elif job.best_step is not None:
        words += f"; the validation loss was lowest at step {job.best_step}"
    if job.started_at and job.finished_at:
        words += f", in {in_words((job.finished_at - job.started_at).total_seconds())}"
    return f"{words}."


def _running(job: FineTuneJob) -> str:
    words = STAGES.get(job.stage, "Training")
    if job.stage == "base" and job.total_steps:
        words += f", {min(100, round(100 * job.step / job.total_steps))} % done"
    elif job.total_steps and job.stage != "starting":
        words += f", step {job.step} of {job.total_steps}"
    if job.eta_seconds:
        words += f", about {in_words(job.eta_seconds)} left"
    return f"{words}."


@dataclass(frozen=True)
class Curves:
    """A job's figures in columns; None where a step has none.

    Attributes:
        steps: ascending.
        columns: the protocol's name → one value a step.
    """

    steps: list[int]
    columns: dict[str, list[float | None]]

    def chart(self, lines: Sequence[tuple[str, str, str, bool]], **more: Any) -> dict[str, Any]:
        """Return the figures that exist as the chart script reads them."""
        names = [line for line in lines if line[0] in self.columns]
        wanted = [
            i
            for i in range(len(self.steps))
            if any(self.columns[name][i] is not None for name, *_ in names)
        ]
        return {
            "x": [self.steps[i] for i in wanted],
            "x_label": "Step",
            "lines": [
                {
                    "label": label,
                    "tone": tone,
                    "dashed": dashed,
                    "values": [self.columns[name][i] for i in wanted],
                }
                for name, label, tone, dashed in names
            ],
            **more,
        }

    def table(self, names: Sequence[str]) -> list[tuple[int, list[float | None]]]:
        """Return the rows of the named columns, empty ones left out."""
        empty: list[float | None] = [None] * len(self.steps)
        columns = [self.columns.get(name, empty) for name in names]
        rows = [(step, [column[i] for column in columns]) for i, step in enumerate(self.steps)]
        return [row for row in rows if any(value is not None for value in row[1])]


def job_curves(job: FineTuneJob) -> Curves:
    """Read all figures of a job."""
    rows = list(MetricPoint.objects.filter(job=job).values_list("step", "name", "value"))
    steps = sorted({step for step, _, _ in rows})
    place = {step: i for i, step in enumerate(steps)}
    columns: dict[str, list[float | None]] = {}
    for step, name, value in rows:
        columns.setdefault(name, [None] * len(steps))[place[step]] = value
    return Curves(steps, columns)


def job_charts(job: FineTuneJob, curves: Curves) -> dict[str, dict[str, Any]]:
    """Return the charts of a job: loss with the best step and the shaded patience, and the rest."""
    best, band = None, None
    if job.best_step is not None:
        best = {"x": job.best_step, "label": f"best, step {job.best_step}"}
        last = curves.steps[-1] if curves.steps else 0
        if job.stop_reason == "early_stopped" and last > job.best_step:
            band = {"from": job.best_step, "to": last, "label": "patience"}
    return {
        "loss": curves.chart(LOSSES, decimals=3, best=best, band=band),
        "accuracy": curves.chart(ACCURACIES, decimals=3),
        "speed": curves.chart(SPEEDS, decimals=0),
    }


def latest_events(job: FineTuneJob, *, limit: int = 60) -> list[JobEvent]:
    """Return the last messages of a job, the newest first; figures are in the charts."""
    rows = job.events.exclude(type="metrics").order_by("-created_at", "-pk")
    return list(rows[:limit])


TABLE_COLUMNS = (
    ("train_loss", "Training loss"),
    ("full_valid_loss", "Validation loss"),
    ("train_mean_token_accuracy", "Training accuracy"),
    ("full_valid_mean_token_accuracy", "Validation accuracy"),
    ("learning_rate", "Learning rate"),
    ("tokens_per_second", "Tokens per second"),
    ("memory_mb", "Memory, MB"),
)


def job_settings(job: FineTuneJob) -> list[tuple[str, str]]:
    """Return what a job was told, in the provider's names; what it was not told in one row."""
    known = [
        setting
        for setting in capabilities_here(job.provider).hyperparameters
        if setting.objective in ("", job.objective)
    ]
    told = job.hyperparameters
    rows = [("Learns from", Objective(job.objective).label)]
    if job.start_model:
        rows.append(("Goes on from", job.start_model.name))
    rows += [(s.label, s.shown(told[s.name])) for s in known if s.name in told]
    left = [s.label for s in known if s.name not in told]
    if left:
        rows.append(("Chosen there", ", ".join(left)))
    return rows


def loss_sentences(
    curves: Curves, best_step: int | None, *, objective: str = Objective.SFT
) -> list[str]:
    """Say what the validation loss has come to, against the base model before it learnt.

    The base model's is the one at step 0, which local training measures; the loss of preference
    pairs is another measure and has none.
    """
    found = curves.columns.get("full_valid_loss", [])
    measured = {step: v for step, v in zip(curves.steps, found, strict=False) if v is not None}
    if not measured:
        return []
    last = best_step if best_step in measured else max(measured)
    words = [f"On the held-out dialogues the loss is {measured[last]:.3f} at step {last}"]
    if objective == Objective.DPO:
        return [f"{words[0]}.", PAIRS_MEANING]
    base = measured.get(0)
    if base is not None and last:
        change = "less" if measured[last] < base else "more"
        share = abs(measured[last] - base) / base if base else 0.0
        words.append(f"{share:.1%} {change} than the base model’s {base:.3f} before it learnt")
    meaning = (
        "Lower is better: it is how much each next token of the character surprises the model, "
        "with perplexity "
        f"{math.exp(min(measured[last], 50)):,.1f}. Losses compare only between models with the "
        "same tokens and the same held-out dialogues; whether it talks well, only a talk tells."
    )
    return [", ".join(words) + ".", meaning]


def warning_sentences(row: Capabilities, base_model: str) -> list[str]:
    """Return what a person should know about a provider and a base model before trusting them."""
    sentences = list(row.notes)
    if row.last_job_on:
        source = f" ({row.closing_source})" if row.closing_source else ""
        sentences.append(
            f"{row.label} accepts new fine-tuning jobs until {row.last_job_on:%-d %B %Y} only, "
            f"{_days_left(row.last_job_on)}{source}."
        )
    base = row.base_model(base_model)
    if base and base.closing_on:
        sentences.append(
            f"{base.label} and every model made from it stop answering on "
            f"{base.closing_on:%-d %B %Y}, {_days_left(base.closing_on)} ({base.closing_source})."
        )
    return sentences


def _days_left(day: date) -> str:
    days = (day - timezone.now().date()).days
    if days < 0:
        return f"{counted(-days, 'day')} ago"
    return f"{counted(days, 'day')} from now" if days else "today"
