"""A second person says yes to a job that costs much."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from curation.domain.activity import record_activity
from rickproject.lib.queue import enqueue_on_commit
from training.domain.job_limits import JobError, cost_told
from training.domain.jobs import require_manager, task_of
from training.enums import JobState
from training.models import FineTuneJob


@transaction.atomic
def confirm_job(job: FineTuneJob, *, actor: User) -> FineTuneJob:
    """Let a job that waits for a second person begin; its money is reserved already.

    Raises:
        JobError: it does not wait, or the person asked for it or may not train here.
    """
    require_manager(actor, job.project)
    if actor.pk == job.created_by_id:
        raise JobError("You asked for this job; another manager of the project confirms it.")
    changed = FineTuneJob.objects.filter(
        pk=job.pk, state=JobState.AWAITING, cancel_requested_at=None
    ).update(state=JobState.QUEUED, confirmed_by=actor, updated_at=timezone.now())
    job.refresh_from_db()
    if not changed:
        raise JobError(f"The job is {job.get_state_display()}; there is nothing to confirm.")
    told = cost_told(job.estimated_cost_usd)
    record_activity("job.confirmed", project=job.project, actor=actor, target=job, **told)
    enqueue_on_commit(task_of(job), job_id=job.pk)
    return job
