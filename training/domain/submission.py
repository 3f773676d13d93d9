"""A paid job is submitted exactly once, whatever breaks in between.

The order: our row first; a claim by one conditional update, longer than every request; the file by
its hash, sent only if the provider has none of that name; the state ``submitting`` and the time of
sending; a look for a job with our key; the request, once; the id where none is saved. Any trouble
after the time of sending is an unknown outcome: wait, look twice, only then send again.
"""

import hashlib
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from curation.domain import leases
from curation.domain.activity import record_activity
from curation.domain.preference_pairs import approved_pairs
from curation.enums import DatasetState, Split
from curation.models import DatasetRecord
from training.domain.job_records import end_cancelled, fail_job, move_job, set_next_turn
from training.domain.jobs import note_event
from training.domain.uploaded_datasets import uploaded_bytes
from training.enums import JobState, Objective
from training.models import FineTuneJob
from training.providers.base import RemoteJob, RemoteJobSpec
from training.providers.errors import (
    ProviderRefusedError,
    ProviderUnavailableError,
    UnknownOutcomeError,
)
from training.providers.openai_protocol import OpenAIProtocolProvider

CLAIM_SECONDS = 180  # longer than the requests of one turn may take together
WAIT_SECONDS = 60
LOOKS_BEFORE_SENDING_AGAIN = 2
PERSON_AFTER = timedelta(minutes=15)


def submit_job(job: FineTuneJob, provider: OpenAIProtocolProvider) -> None:
    """Take the submission of a job as far as it goes now; safe to call twice or at once."""
    owner = leases.new_owner()
    if not _claim(job, owner):
        return
    try:
        _submit(job, provider, owner)
    except UnknownOutcomeError as error:
        note_event(job, f"unknown-{job.submitted_at:%H%M%S}", str(error), level="warn")
        set_next_turn(job, seconds=WAIT_SECONDS)
    except ProviderRefusedError as error:
        _end_or_wait(job, error)
    except ProviderUnavailableError as error:
        note_event(job, f"unavailable-{error.code}", f"{error} Trying again.", level="warn")
        set_next_turn(job, seconds=WAIT_SECONDS)
    finally:
        FineTuneJob.objects.filter(pk=job.pk, lease_owner=owner).update(
            lease_owner="", lease_until=None
        )


def _claim(job: FineTuneJob, owner: str) -> bool:
    now = timezone.now()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    changed = FineTuneJob.objects.filter(
        free, pk=job.pk, remote_id=None, state__in=[JobState.QUEUED, JobState.SUBMITTING]
    ).update(lease_owner=owner, lease_until=now + timedelta(seconds=CLAIM_SECONDS), updated_at=now)
    job.refresh_from_db()
    return bool(changed)


def _submit(job: FineTuneJob, provider: OpenAIProtocolProvider, owner: str) -> None:
    if job.submitting_since is None:
        if job.cancel_requested_at:
            end_cancelled(job)
            return
        send_files(job, provider)
        if not _begin_submitting(job, owner):
            return
    since = job.submitting_since or job.created_at
    found = provider.find_job(job_spec(job), since=since, others=_ids_of_others(job))
    if found:
        save_remote_job(job, found)
        return
    if job.submitted_at is not None and not _may_send_again(job):
        return
    if job.cancel_requested_at:
        end_cancelled(job)
        return
    if note_sending(job, owner):
        _send(job, provider)


def _ids_of_others(job: FineTuneJob) -> set[str]:
    """Return the provider's ids of our other jobs there: one of those cannot be this one."""
    rows = FineTuneJob.objects.filter(provider=job.provider, remote_id__isnull=False)
    return {str(known) for known in rows.exclude(pk=job.pk).values_list("remote_id", flat=True)}


def _send(job: FineTuneJob, provider: OpenAIProtocolProvider) -> None:
    try:
        remote = provider.start(job_spec(job))
    except ProviderRefusedError as error:  # a clear no: there is no job
        fail_job(job, code=error.code, detail=str(error))
    else:
        save_remote_job(job, remote)


def _end_or_wait(job: FineTuneJob, error: ProviderRefusedError) -> None:
    """End a job that was never sent; a refused look says nothing about one that may have been."""
    if job.submitted_at is None:
        fail_job(job, code=error.code, detail=str(error))
        return
    note_event(job, f"refused-{error.code}", f"{error} Looking again.", level="error")
    if not _hand_over_if_late(job):
        set_next_turn(job, seconds=WAIT_SECONDS)


def send_files(job: FineTuneJob, provider: OpenAIProtocolProvider) -> None:
    """Send the records that are not there yet, and save each id where none is saved."""
    for split, column in (
        (Split.TRAIN, "training_file_id"),
        (Split.VALIDATION, "validation_file_id"),
    ):
        if getattr(job, column):
            continue
        content = _content(job, split)
        if not content:
            continue
        name = f"{hashlib.sha256(content).hexdigest()}.jsonl"
        identity = provider.upload(name, content)
        save_file_id(job, column, identity)


def save_file_id(job: FineTuneJob, column: str, identity: str) -> None:
    """Save the provider's id of a file where none is saved."""
    FineTuneJob.objects.filter(pk=job.pk, **{column: ""}).update(**{column: identity})
    job.refresh_from_db()


def _content(job: FineTuneJob, split: Split) -> bytes:
    if job.dataset.state == DatasetState.UPLOADED:
        return uploaded_bytes(job.dataset, split)
    if job.objective == Objective.DPO:
        return b"".join(approved_pairs(job.dataset, split))
    rows = DatasetRecord.objects.filter(dataset_id=job.dataset_id, split=split)
    lines = rows.order_by("position").values_list("line", flat=True)
    return b"".join(bytes(line) for line in lines)


def _begin_submitting(job: FineTuneJob, owner: str) -> bool:
    now = timezone.now()
    changed = FineTuneJob.objects.filter(
        pk=job.pk, lease_owner=owner, state=JobState.QUEUED, remote_id=None
    ).update(state=JobState.SUBMITTING, submitting_since=now, started_at=now, updated_at=now)
    job.refresh_from_db()
    return bool(changed)


def note_sending(job: FineTuneJob, owner: str) -> bool:
    """Write down, before the request, that it may have been sent; False if the claim was lost."""
    now = timezone.now()
    changed = FineTuneJob.objects.filter(
        pk=job.pk, lease_owner=owner, lease_until__gt=now, remote_id=None
    ).update(submitted_at=now, look_count=0, attempts=job.attempts + 1, updated_at=now)
    job.refresh_from_db()
    return bool(changed)


def _may_send_again(job: FineTuneJob) -> bool:
    """Say whether it was looked for often and long enough in vain; hand over to a person if so."""
    if _hand_over_if_late(job):
        return False
    now = timezone.now()
    waited = job.submitted_at is not None and now - job.submitted_at >= timedelta(
        seconds=WAIT_SECONDS
    )
    looks = job.look_count + 1
    FineTuneJob.objects.filter(pk=job.pk).update(look_count=looks)
    if waited and looks >= LOOKS_BEFORE_SENDING_AGAIN:
        return True
    set_next_turn(job, seconds=WAIT_SECONDS)
    return False


def _hand_over_if_late(job: FineTuneJob) -> bool:
    """Leave a job to a person once it has not been found for too long; True if so."""
    if not job.submitting_since or timezone.now() - job.submitting_since <= PERSON_AFTER:
        return False
    detail = (
        "It is not known whether the provider took this job. Look at the provider's own page: if "
        "it runs there, stop it there; then stop the job here and train again."
    )
    move_job(
        job,
        to=JobState.NEEDS_ATTENTION,
        error_code="unknown_outcome",
        error_detail=detail,
        cancel_requested_at=None,  # to be asked for again by whoever has looked
    )
    note_event(job, "needs-attention", detail, level="error")
    return True


@transaction.atomic
def save_remote_job(job: FineTuneJob, remote: RemoteJob) -> None:
    """Save the provider's id where none is saved; from now on the job is only looked at."""
    now = timezone.now()
    changed = FineTuneJob.objects.filter(pk=job.pk, remote_id=None).update(
        remote_id=remote.id,
        remote_status=remote.status[:60],
        state=JobState.RUNNING if remote.status == "running" else JobState.REMOTE_QUEUED,
        next_poll_at=now,
        updated_at=now,
    )
    job.refresh_from_db()
    if changed:
        note_event(job, "submitted", "The provider took the job.")
        record_activity("job.submitted", project=job.project, actor=None, target=job)


def job_spec(job: FineTuneJob) -> RemoteJobSpec:
    """Return what is sent, the same on every try."""
    return RemoteJobSpec(
        key=str(job.uuid),
        model=job.base_model,
        training_file_id=job.training_file_id,
        validation_file_id=job.validation_file_id,
        hyperparameters=job.hyperparameters,
        suffix=job.suffix,
        seed=job.seed,
        label=job.project.slug,
        objective=job.objective,
    )
