"""Asking the moderation of providers about dataset versions."""

from celery import shared_task

from rickproject.lib.queue import sweep_task
from training.domain.moderation import moderate
from training.models import ModerationRun
from training.queries.moderation import waiting_runs


@shared_task(name="training.moderate_dataset")
def moderate_dataset_task(*, run_id: int) -> None:
    """Ask about one version that waits for it."""
    found = ModerationRun.objects.filter(pk=run_id).select_related("dataset__project").first()
    if found is not None:
        moderate(found)


@sweep_task("training.sweep_moderation", every_seconds=15)
def sweep_moderation_task() -> None:
    """Send every question again whose message was lost or whose worker was killed."""
    for pk in waiting_runs():
        moderate_dataset_task.delay(run_id=pk)
