"""Jobs as the OpenAI protocol lists them."""

from collections.abc import Mapping

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from curation.models import Project
from training.enums import ModelKind
from training.models import Checkpoint, FineTuneJob, JobEvent, JobTag, ModelVersion


def protocol_jobs(projects: QuerySet[Project]) -> QuerySet[FineTuneJob]:
    """Return the jobs of projects, the newest first, with all that a job object tells."""
    tuned = ModelVersion.objects.filter(kind=ModelKind.FINE_TUNED)
    return (
        FineTuneJob.objects.filter(project__in=projects)
        .select_related("project", "dataset__target_character", "order")
        .prefetch_related("tags", "dataset__uploads__file", Prefetch("models", queryset=tuned))
        .order_by("-pk")
    )


def with_metadata(jobs: QuerySet[FineTuneJob], wanted: Mapping[str, str]) -> QuerySet[FineTuneJob]:
    """Return the jobs that bear all these pairs."""
    for name, value in wanted.items():
        tags = JobTag.objects.filter(job=OuterRef("pk"), name=name, value=value)
        jobs = jobs.filter(Exists(tags))
    return jobs


def without_metadata(jobs: QuerySet[FineTuneJob]) -> QuerySet[FineTuneJob]:
    """Return the jobs that bear no pair."""
    return jobs.filter(~Exists(JobTag.objects.filter(job=OuterRef("pk"))))


def events_before(job: FineTuneJob, event: JobEvent | None) -> QuerySet[JobEvent]:
    """Return a job's events, the newest first; those before ``event`` where it is given."""
    rows = JobEvent.objects.filter(job=job).order_by("-created_at", "-pk")
    if event is None:
        return rows
    same_moment = Q(created_at=event.created_at, pk__lt=event.pk)
    return rows.filter(Q(created_at__lt=event.created_at) | same_moment)


def checkpoints_before(job: FineTuneJob, step: int | None) -> QuerySet[Checkpoint]:
    """Return a job's checkpoints, the last first; those before ``step`` where it is given."""
    rows = Checkpoint.objects.filter(job=job).order_by("-step")
    return rows if step is None else rows.filter(step__lt=step)
