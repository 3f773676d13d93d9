"""What a provider's moderation was asked, and what it flagged."""

from django.db.models import QuerySet

from curation.models import DatasetVersion
from curation.queries.waiting_work import lost_work
from training.enums import ModerationState
from training.models import ModerationRun
from training.providers.registry import capabilities_here

SHOWN = 10


def runs_of(dataset: DatasetVersion) -> QuerySet[ModerationRun]:
    """Return the questions about a version, the newest first."""
    return ModerationRun.objects.filter(dataset=dataset).select_related("created_by")[:SHOWN]


def unread_dataset(dataset: DatasetVersion | None, provider: str) -> DatasetVersion | None:
    """Return a version that the provider's moderation could read before a job is started."""
    if dataset is None or not capabilities_here(provider).moderation_model:
        return None
    runs = ModerationRun.objects.filter(dataset=dataset, provider=provider)
    return None if runs.filter(state=ModerationState.DONE).exists() else dataset


def waiting_runs() -> list[int]:
    """Return the ids of questions that nobody asks though they wait."""
    lost = lost_work(ModerationState.QUEUED, ModerationState.RUNNING)
    return list(ModerationRun.objects.filter(lost).values_list("pk", flat=True))
