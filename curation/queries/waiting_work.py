"""Rows whose task was lost: queued for a while, or held by a worker that died."""

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from curation.enums import DatasetState, ExportState
from curation.models import DatasetVersion, Export

PATIENCE = timedelta(seconds=30)


def _lost(queued: str, working: str, now: datetime) -> Q:
    return Q(state=queued, updated_at__lt=now - PATIENCE) | Q(state=working, lease_until__lt=now)


def waiting_datasets() -> list[int]:
    """Return the ids of versions that no worker builds though they wait."""
    lost = _lost(DatasetState.QUEUED, DatasetState.BUILDING, timezone.now())
    return list(DatasetVersion.objects.filter(lost).values_list("pk", flat=True))


def waiting_exports() -> list[int]:
    """Return the ids of exports that no worker writes though they wait."""
    lost = _lost(ExportState.QUEUED, ExportState.RUNNING, timezone.now())
    return list(Export.objects.filter(lost).values_list("pk", flat=True))
