"""Rows whose task was lost: queued for a while, or held by a worker that died."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from curation.enums import DatasetState, ExportState
from curation.models import DatasetVersion, Export

PATIENCE = timedelta(seconds=30)


def lost_work(queued: str, working: str) -> Q:
    """Return the condition of rows that nobody works on though they wait or are held."""
    now = timezone.now()
    return Q(state=queued, updated_at__lt=now - PATIENCE) | Q(state=working, lease_until__lt=now)


def waiting_datasets() -> list[int]:
    """Return the ids of versions that no worker builds though they wait."""
    lost = lost_work(DatasetState.QUEUED, DatasetState.BUILDING)
    return list(DatasetVersion.objects.filter(lost).values_list("pk", flat=True))


def waiting_exports() -> list[int]:
    """Return the ids of exports that no worker writes though they wait."""
    lost = lost_work(ExportState.QUEUED, ExportState.RUNNING)
    return list(Export.objects.filter(lost).values_list("pk", flat=True))
