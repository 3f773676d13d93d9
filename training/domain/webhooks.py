"""A provider's word that a job has changed: a reason to look now instead of a little later."""

from django.db import transaction
from django.utils import timezone

from rickproject.lib.queue import enqueue_on_commit
from training.domain.jobs import task_of
from training.enums import FINAL_JOB_STATES, PERSON_JOB_STATES
from training.models import FineTuneJob
from training.providers.webhooks import Webhook


@transaction.atomic
def hear_webhook(provider: str, webhook: Webhook) -> bool:
    """Let a job's next turn be due now; what is true of it the provider is asked, as ever.

    Safe to call twice: the message itself changes nothing of the job.

    Returns:
        False when it is about no job of ours that is still followed.
    """
    if not webhook.job_id:
        return False
    rows = FineTuneJob.objects.filter(provider=provider, remote_id=webhook.job_id).exclude(
        state__in=FINAL_JOB_STATES | PERSON_JOB_STATES
    )
    job = rows.first()
    if job is None or not rows.filter(pk=job.pk).update(next_poll_at=timezone.now()):
        return False
    enqueue_on_commit(task_of(job), job_id=job.pk)
    return True
