"""Pausing a job and letting it go on from its last checkpoint."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from curation.domain.activity import record_activity
from rickproject.lib.queue import enqueue_on_commit
from training.domain.job_limits import JobError
from training.domain.jobs import require_manager, task_of
from training.enums import JobState
from training.models import FineTuneJob
from training.providers.capabilities import LOCAL


@transaction.atomic
def pause_job(job: FineTuneJob, *, actor: User) -> FineTuneJob:
    """Ask for a local job to be paused: its machine is free for others once it has stopped.

    Raises:
        JobError: it neither waits nor runs, a provider trains it, or the person may not.
    """
    require_manager(actor, job.project)
    _require_local(job)
    now = timezone.now()
    rows = FineTuneJob.objects.filter(pk=job.pk, cancel_requested_at=None)
    waits = rows.filter(state=JobState.QUEUED, lease_until=None).update(
        state=JobState.PAUSED, updated_at=now
    )
    if not waits:
        runs = rows.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).update(
            state=JobState.PAUSING, next_poll_at=now, updated_at=now
        )
        job.refresh_from_db()
        if not runs:
            raise JobError(f"The job is {job.get_state_display()}; only one that runs is paused.")
    record_activity("job.paused", project=job.project, actor=actor, target=job)
    enqueue_on_commit(task_of(job), job_id=job.pk)
    job.refresh_from_db()
    return job


@transaction.atomic
def resume_job(job: FineTuneJob, *, actor: User) -> FineTuneJob:
    """Let a paused local job go on; it waits for the machine like a new one.

    Raises:
        JobError: it is not paused, a provider trains it, or the person may not.
    """
    require_manager(actor, job.project)
    _require_local(job)
    changed = FineTuneJob.objects.filter(
        pk=job.pk, state=JobState.PAUSED, cancel_requested_at=None
    ).update(state=JobState.QUEUED, next_poll_at=None, updated_at=timezone.now())
    job.refresh_from_db()
    if not changed:
        raise JobError(f"The job is {job.get_state_display()}; only a paused one goes on.")
    record_activity("job.resumed", project=job.project, actor=actor, target=job)
    enqueue_on_commit(task_of(job), job_id=job.pk)
    return job


def _require_local(job: FineTuneJob) -> None:
    if job.provider != LOCAL:
        raise JobError("Only jobs that train on this site’s own machines can be paused here.")
