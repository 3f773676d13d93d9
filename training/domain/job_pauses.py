"""Pausing a job and letting it go on from its last checkpoint."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from curation.domain.activity import record_activity
from rickproject.lib.queue import enqueue_on_commit
from training.domain.job_limits import JobError
from training.domain.jobs import require_manager, task_of
from training.enums import JobState
from training.models import FineTuneJob
from training.providers.capabilities import LOCAL
from training.providers.registry import capabilities_here

# Only what the provider has taken can be paused there; before that it can be stopped.
PAUSABLE = (JobState.VALIDATING_FILES, JobState.REMOTE_QUEUED, JobState.RUNNING, JobState.UNKNOWN)


def may_pause(job: FineTuneJob) -> bool:
    """Return whether the provider of a job has pauses and the job is where one can be asked for,
    or pauses already.
    """
    if job.provider == LOCAL:
        return True
    is_there = job.state in {*PAUSABLE, JobState.PAUSING, JobState.PAUSED}
    return is_there and capabilities_here(job.provider).can_pause


@transaction.atomic
def pause_job(job: FineTuneJob, *, actor: User) -> FineTuneJob:
    """Ask for a job to be paused; a local one frees its machine once it has stopped.

    Raises:
        JobError: it neither waits nor runs, its provider has no pauses, or the person may not.
    """
    require_manager(actor, job.project)
    if job.provider != LOCAL:
        _require_pauses(job)
    now = timezone.now()
    rows = FineTuneJob.objects.filter(pk=job.pk, cancel_requested_at=None)
    changed = (_pause_local if job.provider == LOCAL else _pause_remote)(rows, now)
    job.refresh_from_db()
    if not changed:
        raise JobError(f"The job is {job.get_state_display()}; only one that runs is paused.")
    record_activity("job.paused", project=job.project, actor=actor, target=job)
    enqueue_on_commit(task_of(job), job_id=job.pk)
    return job


def _pause_local(rows: QuerySet[FineTuneJob], now: datetime) -> int:
    waits = rows.filter(state=JobState.QUEUED, lease_until=None).update(
        state=JobState.PAUSED, updated_at=now
    )
    return waits or rows.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).update(
        state=JobState.PAUSING, next_poll_at=now, updated_at=now
    )


def _pause_remote(rows: QuerySet[FineTuneJob], now: datetime) -> int:
    return rows.filter(state__in=PAUSABLE, remote_id__isnull=False).update(
        state=JobState.PAUSING, pause_wanted=True, next_poll_at=now, updated_at=now
    )


@transaction.atomic
def resume_job(job: FineTuneJob, *, actor: User) -> FineTuneJob:
    """Let a paused job go on; a local one waits for the machine like a new one.

    Raises:
        JobError: it is not paused, its provider has no pauses, or the person may not.
    """
    require_manager(actor, job.project)
    now = timezone.now()
    rows = FineTuneJob.objects.filter(pk=job.pk, state=JobState.PAUSED, cancel_requested_at=None)
    if job.provider == LOCAL:
        changed = rows.update(state=JobState.QUEUED, next_poll_at=None, updated_at=now)
    else:
        _require_pauses(job)
        changed = rows.update(pause_wanted=False, next_poll_at=now, updated_at=now)
    job.refresh_from_db()
    if not changed:
        raise JobError(f"The job is {job.get_state_display()}; only a paused one goes on.")
    record_activity("job.resumed", project=job.project, actor=actor, target=job)
    enqueue_on_commit(task_of(job), job_id=job.pk)
    return job


def _require_pauses(job: FineTuneJob) -> None:
    row = capabilities_here(job.provider)
    if not row.can_pause:
        raise JobError(f"{row.label} cannot pause jobs; you can stop this one.")
