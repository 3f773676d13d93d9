"""One turn of a job, whoever trains it: the one thing that tasks and commands call."""

from training.domain.job_records import claim_turn, fail_job, set_next_turn
from training.domain.job_sync import sync_job
from training.domain.jobs import note_event
from training.domain.local_jobs import advance_local_job
from training.domain.submission import submit_job
from training.enums import PERSON_JOB_STATES
from training.models import FineTuneJob
from training.providers.capabilities import LOCAL
from training.providers.errors import ProviderRefusedError
from training.providers.registry import remote_provider

TURN_LIMIT_SECONDS = 60.0
WAIT_SECONDS = 60.0


def advance_job(job: FineTuneJob) -> bool:
    """Take a job one step further if its next turn is due; safe to call twice or at once.

    Returns:
        False when the turn is not due, or somebody else has it.
    """
    if job.state in PERSON_JOB_STATES or not claim_turn(job, seconds=TURN_LIMIT_SECONDS):
        return False
    if job.provider == LOCAL:
        advance_local_job(job)
        return True
    try:
        provider = remote_provider(job.provider)
    except ProviderRefusedError as error:
        _end_or_wait(job, error)
        return True
    if job.remote_id is None:
        submit_job(job, provider)
        job.refresh_from_db()
    if job.remote_id is not None:
        sync_job(job, provider)
    job.refresh_from_db()
    return True


def _end_or_wait(job: FineTuneJob, error: ProviderRefusedError) -> None:
    """End a job that was never sent; one that may run at the provider waits for the settings."""
    if job.remote_id is None and job.submitted_at is None:
        fail_job(job, code=error.code, detail=str(error))
        return
    note_event(job, f"settings-{error.code}", f"{error} Trying again.", level="error")
    set_next_turn(job, seconds=WAIT_SECONDS)
