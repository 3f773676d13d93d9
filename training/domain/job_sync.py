"""Bringing a remote job up to date: status, events, figures, checkpoints, result."""

import random
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from training.domain.estimates import MILLION, training_price
from training.domain.job_records import (
    end_cancelled,
    fail_job,
    mark_best,
    move_job,
    set_next_turn,
    store_checkpoints,
    store_events,
    store_metrics,
)
from training.domain.jobs import note_event
from training.domain.model_versions import register_remote_models
from training.enums import JobState
from training.models import FineTuneJob
from training.providers.base import RemoteEvent, RemoteJob, ResultFile
from training.providers.errors import (
    ProviderMissingError,
    ProviderRefusedError,
    ProviderUnavailableError,
)
from training.providers.openai_protocol import OpenAIProtocolProvider
from training.providers.registry import capabilities_here

FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 5, 60
KNOWN_EVENTS = 500
LAST_WORDS = {"succeeded", "failed", "cancelled"}  # then every event is read once more
RESULT_PATIENCE = timedelta(hours=24)  # after that a job ends without its result file
STATES = {
    "validating_files": JobState.VALIDATING_FILES,
    "queued": JobState.REMOTE_QUEUED,
    "running": JobState.RUNNING,
    "pausing": JobState.PAUSING,
    "paused": JobState.PAUSED,
}


def sync_job(job: FineTuneJob, provider: OpenAIProtocolProvider) -> None:
    """Bring a submitted job up to date; safe to call twice or at once."""
    if job.remote_id is None:
        return
    try:
        _sync(job, provider, job.remote_id)
    except ProviderMissingError:
        fail_job(
            job,
            code="vanished",
            detail="The provider does not know this job any more; it was deleted there, or the key "
            "belongs to another project.",
        )
    except ProviderRefusedError as error:
        note_event(job, f"refused-{error.code}", str(error), level="error")
        set_next_turn(job, seconds=LONGEST_WAIT_SECONDS)
    except ProviderUnavailableError as error:
        hour = timezone.now().strftime("%d%H")
        note_event(job, f"away-{error.code}-{hour}", f"{error} Trying again.", level="warn")
        set_next_turn(job, seconds=LONGEST_WAIT_SECONDS)


def _sync(job: FineTuneJob, provider: OpenAIProtocolProvider, remote_id: str) -> None:
    if job.cancel_requested_at and job.remote_status != "cancelled":
        _ask_to_cancel(job, provider, remote_id)
    elif job.pause_wanted is not None:
        _ask_to_pause(job, provider, remote_id, wanted=job.pause_wanted)
    remote = provider.status(remote_id)
    events = provider.events(remote_id, known=_known_events(job, remote))
    keeps = capabilities_here(job.provider).has_checkpoints
    checkpoints = provider.checkpoints(remote_id) if keeps else []
    with transaction.atomic():
        store_remote_events(job, events)
        store_checkpoints(
            job, [(row.step, row.model or row.id, row.metrics) for row in checkpoints]
        )
        mark_best(job, None)
    if remote.status == "succeeded":
        finish_remote_job(job, remote, provider)
    elif remote.status == "failed":
        code = remote.error_code or "provider_failed"
        words = remote.error_message or "the provider gives no reason"
        fail_job(job, code=code, detail=f"The provider ended the job: {words}")
    elif remote.status == "cancelled":
        end_cancelled(job)
    else:
        _keep_state(job, remote)


def _known_events(job: FineTuneJob, remote: RemoteJob) -> frozenset[str]:
    """Return where the walk through the events may stop: nowhere once the job is over."""
    if remote.status in LAST_WORDS:
        return frozenset()
    newest = job.events.order_by("-created_at", "-pk").values_list("event_id", flat=True)
    return frozenset(newest[:KNOWN_EVENTS])


def _ask_to_cancel(job: FineTuneJob, provider: OpenAIProtocolProvider, remote_id: str) -> None:
    try:
        provider.cancel(remote_id)
    except ProviderMissingError:
        raise
    except ProviderRefusedError as error:
        note_event(job, "cancel-refused", f"It could not be stopped. {error}", level="warn")


def _ask_to_pause(
    job: FineTuneJob, provider: OpenAIProtocolProvider, remote_id: str, *, wanted: bool
) -> None:
    """Ask once it can be asked; a refusal is told and forgotten, no answer is asked again."""
    try:
        (provider.pause if wanted else provider.resume)(remote_id)
    except ProviderRefusedError as error:  # also 404: a server without these routes
        what = "paused" if wanted else "resumed"
        name = f"pause-refused-{timezone.now():%d%H%M%S}"
        note_event(job, name, f"It could not be {what}. {error}", level="warn")
    FineTuneJob.objects.filter(pk=job.pk, pause_wanted=wanted).update(pause_wanted=None)


def store_remote_events(job: FineTuneJob, events: list[RemoteEvent]) -> None:
    """Store events and the figures in them, and how far the job is."""
    store_events(job, [(e.id, e.created_at, e.level, e.type, e.message, _data(e)) for e in events])
    store_metrics(
        job,
        [
            (event.step, name, value)
            for event in events
            if event.step is not None
            for name, value in event.metrics.items()
        ],
    )
    steps = [event.step for event in events if event.step is not None]
    totals = [event.total_steps for event in events if event.total_steps]
    if steps and max(steps) >= job.step:
        FineTuneJob.objects.filter(pk=job.pk).update(
            step=max(steps), total_steps=max(totals, default=job.total_steps)
        )


def _data(event: RemoteEvent) -> dict[str, float]:
    """Return an event's figures with its step, as the protocol tells them."""
    if event.step is None:
        return {}
    total = {"total_steps": event.total_steps} if event.total_steps else {}
    return {"step": event.step, **total, **event.metrics}


def _keep_state(job: FineTuneJob, remote: RemoteJob) -> None:
    state = STATES.get(remote.status, JobState.UNKNOWN)
    eta = None
    if remote.estimated_finish:
        eta = max(0, int((remote.estimated_finish - timezone.now()).total_seconds()))
    move_job(job, to=state, remote_status=remote.status[:60], eta_seconds=eta)
    age = timezone.now() - (job.submitted_at or job.created_at)
    wait = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS + age / timedelta(seconds=10))
    set_next_turn(job, seconds=wait * random.uniform(0.8, 1.2))  # noqa: S311  # no secret


def finish_remote_job(
    job: FineTuneJob, remote: RemoteJob, provider: OpenAIProtocolProvider
) -> None:
    """Store the result of a job that succeeded, and make its models known.

    A result file that cannot be had just now is asked for again on a later turn: the job stays
    open for it, for ``RESULT_PATIENCE`` at most.

    Raises:
        ProviderUnavailableError: the result file is not there yet; nothing was stored.
    """
    result = _result_file(job, remote, provider)
    with transaction.atomic():
        if result:
            known = set(job.metrics.values_list("step", "name"))
            store_metrics(job, [row for row in result.metrics if (row[0], row[1]) not in known])
        mark_best(job, None)
        done = move_job(
            job,
            to=JobState.SUCCEEDED,
            remote_status=remote.status,
            fine_tuned_model=remote.fine_tuned_model[:200],
            trained_tokens=remote.trained_tokens,
            cost_usd=_cost(job, remote.trained_tokens),
            result_file=result.csv if result else "",
            stop_reason="finished",
        )
        if done:
            register_remote_models(job)


def _result_file(
    job: FineTuneJob, remote: RemoteJob, provider: OpenAIProtocolProvider
) -> ResultFile | None:
    for file_id in remote.result_file_ids[:1]:
        try:
            return provider.result(file_id)
        except ProviderRefusedError as error:
            note_event(job, "no-result-file", f"The result file is missing. {error}", level="warn")
        except ProviderUnavailableError as error:
            if _may_wait_for_result(job):
                raise
            note_event(job, "no-result-file", f"The result file is missing. {error}", level="warn")
    return None


def _may_wait_for_result(job: FineTuneJob) -> bool:
    name = "result-file-late"
    note_event(job, name, "The result file cannot be had yet. Trying again.", level="warn")
    first = job.events.get(event_id=f"rickproject-{name}")
    return timezone.now() - first.created_at < RESULT_PATIENCE


def _cost(job: FineTuneJob, trained_tokens: int | None) -> Decimal | None:
    price, _as_of, _source = training_price(job.provider, job.base_model)
    if price is None or trained_tokens is None:
        return None
    return (trained_tokens * price / MILLION).quantize(Decimal("0.0001"))
