"""Turns of fine-tuning jobs: short, sent again until the job is over, swept when one is lost."""

import logging
from datetime import timedelta

from celery import current_app, shared_task
from django.db.models import Q
from django.utils import timezone
from kombu.exceptions import OperationalError

from rickproject.lib.queue import sweep_task
from training.domain.adapter_serving import register_adapters
from training.domain.job_turns import advance_job
from training.domain.jobs import task_of
from training.enums import FINAL_JOB_STATES, PERSON_JOB_STATES
from training.models import FineTuneJob
from training.providers.errors import ProviderError

logger = logging.getLogger(__name__)

LATE_AFTER = timedelta(seconds=10)


@shared_task(name="training.advance_local_job")
def advance_local_job_task(*, job_id: int) -> None:
    """Take a local job one turn further and send for the next one."""
    _advance(job_id)


@shared_task(name="training.advance_remote_job")
def advance_remote_job_task(*, job_id: int) -> None:
    """Take a provider's job one turn further and send for the next one."""
    _advance(job_id)


@sweep_task("training.sweep_jobs", every_seconds=15)
def sweep_jobs_task() -> None:
    """Send every job whose turn is overdue: its message was lost, or its worker was killed."""
    late = timezone.now() - LATE_AFTER
    overdue = Q(next_poll_at__lt=late) | Q(next_poll_at=None, created_at__lt=late)
    rows = FineTuneJob.objects.filter(overdue).exclude(
        state__in=[*FINAL_JOB_STATES, *PERSON_JOB_STATES]
    )
    for job in rows:
        _send(job, seconds=0)


@sweep_task("training.register_adapters", every_seconds=30)
def register_adapters_task() -> None:
    """Offer new adapters on the team's vLLM server, again after it restarted; let old ones go."""
    try:
        register_adapters()
    except ProviderError as error:
        logger.warning("no adapter was registered: %s", error)


def _advance(job_id: int) -> None:
    job = FineTuneJob.objects.filter(pk=job_id).select_related("dataset", "project").first()
    if job is None or not advance_job(job):
        return
    job.refresh_from_db()
    if job.state not in FINAL_JOB_STATES and job.next_poll_at:
        _send(job, seconds=max(0.0, (job.next_poll_at - timezone.now()).total_seconds()))


def _send(job: FineTuneJob, *, seconds: float) -> None:
    task = current_app.tasks[task_of(job)]
    try:
        task.apply_async(kwargs={"job_id": job.pk}, countdown=seconds)
    except (OperationalError, OSError):
        logger.warning("the broker is away, job %s waits for the sweeper", job.pk)
