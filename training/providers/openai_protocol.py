"""Fine-tuning over the OpenAI protocol: the ``openai`` SDK with a base URL.

OpenAI, Azure, Nebius and others differ by rows of ``capabilities``, not by code. Nothing is ever
sent twice by the SDK itself: it repeats even the request that creates a job, without a key that
would tell the two apart.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx2

from .base import (
    JOB_KEY,
    RemoteCheckpoint,
    RemoteEvent,
    RemoteJob,
    RemoteJobSpec,
    ResultFile,
)
from .errors import (
    ProviderAnswerError,
    ProviderUnavailableError,
    UnknownOutcomeError,
)
from .fine_tunes import FineTune, fine_tunes_among
from .outbound import ANSWER_LIMIT_BYTES, TIMEOUT, outbound_client
from .result_files import parse_result
from .translation import translated

if TYPE_CHECKING:
    from openai import OpenAI

EVENTS_PER_PAGE = 100
METHODS = {"sft": "supervised", "dpo": "dpo"}
CLOCK_DIFFERENCE = timedelta(minutes=5)
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def make_client(
    base_url: str,
    api_key: str,
    *,
    timeout: httpx2.Timeout = TIMEOUT,
    limit_bytes: int = ANSWER_LIMIT_BYTES,
) -> "OpenAI":
    """Return an SDK client that never retries by itself and never leaves ``base_url``.

    Raises:
        ForbiddenAddressError: the address is not an allowed form.
    """
    import openai  # noqa: PLC0415  # slow to import, only where a provider is asked

    http_client = outbound_client(base_url, timeout=timeout, limit_bytes=limit_bytes)
    return openai.OpenAI(api_key=api_key, base_url=base_url, max_retries=0, http_client=http_client)


class OpenAIProtocolProvider:
    """A server that speaks the OpenAI fine-tuning protocol."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        adds_byte_order_mark: bool = False,
        timeout: httpx2.Timeout = TIMEOUT,
    ) -> None:
        """Prepare the client; nothing is sent.

        Args:
            adds_byte_order_mark: training files start with one, as Azure wants it.
        """
        self._client = make_client(base_url, api_key, timeout=timeout)
        self._mark = BYTE_ORDER_MARK if adds_byte_order_mark else b""

    def upload(self, name: str, content: bytes) -> str:
        """Return the id of the file of this name, sending it only when it is not there.

        Args:
            name: made from the content's SHA-256, so that equal names are equal files.
            content: JSON lines.
        """
        with translated():
            for found in _rows(self._client.files.list, purpose="fine-tune"):
                if found.filename == name and found.status != "error":
                    return str(found.id)
            file = (name, self._mark + content, "application/jsonl")
            created = self._client.files.create(file=file, purpose="fine-tune")
            return _text_id(created)

    def find_job(
        self, spec: RemoteJobSpec, *, since: datetime, others: Collection[str] = ()
    ) -> RemoteJob | None:
        """Return the job that was created from this very spec, if there is one.

        Servers without the metadata filter answer with all jobs; those that do not keep metadata
        are searched by model, file, suffix, seed and time of creation.

        Args:
            others: ids of jobs that are known to be made from other specs.
        """
        oldest = (since - CLOCK_DIFFERENCE).timestamp()
        with translated():
            list_jobs = self._client.fine_tuning.jobs.list
            for job in _rows(list_jobs, metadata={JOB_KEY: spec.key}):
                if job.id not in others and _is_from(job, spec, oldest):
                    return _job(job)
            for job in _rows(list_jobs):
                if job.created_at < oldest:
                    break
                if job.id not in others and _is_from(job, spec, oldest):
                    return _job(job)
        return None

    def start(self, spec: RemoteJobSpec) -> RemoteJob:
        """Create the job, in exactly one request.

        Raises:
            UnknownOutcomeError: no clear answer came; the job may exist.
            ProviderRefusedError: it said no; no job exists.
        """
        try:
            with translated():
                return _job(self._client.fine_tuning.jobs.create(**_create_arguments(spec)))
        except ProviderUnavailableError as error:
            msg = f"It is not known whether the provider took the job. {error}"
            raise UnknownOutcomeError(msg) from error

    def status(self, job_id: str) -> RemoteJob:
        """Return where a job is."""
        with translated():
            return _job(self._client.fine_tuning.jobs.retrieve(job_id))

    def events(self, job_id: str, *, known: frozenset[str]) -> list[RemoteEvent]:
        """Return the events that are not known yet, the oldest first."""
        fresh: dict[str, RemoteEvent] = {}
        with translated():
            ask = self._client.fine_tuning.jobs.list_events
            for row in _rows(ask, job_id, limit=EVENTS_PER_PAGE):
                if row.id in known:
                    break
                fresh[row.id] = _event(row)
        return list(reversed(fresh.values()))

    def checkpoints(self, job_id: str) -> list[RemoteCheckpoint]:
        """Return the checkpoints that are still kept, in the order of their steps."""
        with translated():
            rows = list(_rows(self._client.fine_tuning.jobs.checkpoints.list, job_id))
        found = [
            RemoteCheckpoint(
                id=str(row.id),
                step=int(row.step_number),
                model=str(row.fine_tuned_model_checkpoint),
                metrics=_figures(row.metrics.to_dict() if row.metrics else {}),
            )
            for row in rows
        ]
        return sorted(found, key=lambda checkpoint: checkpoint.step)

    def result(self, file_id: str) -> ResultFile:
        """Return a job's metrics file."""
        with translated():
            raw = self._client.files.content(file_id).read()
        return parse_result(raw)

    def fine_tunes(self) -> list[FineTune]:
        """Return the account's own fine-tuned models."""
        with translated():
            return fine_tunes_among(_rows(self._client.models.list))

    def moderate(self, texts: Sequence[str], *, model: str) -> list[dict[str, float]]:
        """Ask what the provider's moderation flags.

        Args:
            texts: shape (n,).

        Returns:
            For each text the flagged categories with their scores, 0 to 1; empty if none is.
        """
        with translated():
            answer = self._client.moderations.create(model=model, input=list(texts))
        rows = getattr(answer, "results", None)
        if not isinstance(rows, list) or len(rows) != len(texts):
            raise ProviderAnswerError("The provider's moderation did not answer for every text.")
        return [_flags(row) for row in rows]

    def pause(self, job_id: str) -> RemoteJob:
        """Ask for a job to rest."""
        with translated():
            return _job(self._client.fine_tuning.jobs.pause(job_id))

    def resume(self, job_id: str) -> RemoteJob:
        """Ask for a paused job to go on."""
        with translated():
            return _job(self._client.fine_tuning.jobs.resume(job_id))

    def cancel(self, job_id: str) -> RemoteJob:
        """Ask for a job to be ended."""
        with translated():
            return _job(self._client.fine_tuning.jobs.cancel(job_id))


def _rows(ask: Callable[..., Any], *args: Any, **query: Any) -> Iterator[Any]:
    """Ask for a list and walk all its pages; a page that only repeats ends the walk."""
    page, seen = _page(ask, *args, **query), set[Any]()
    while True:
        rows = page.data
        fresh = [row for row in rows if getattr(row, "id", None) not in seen]
        yield from fresh
        seen.update(row.id for row in fresh)
        if not fresh or not page.has_next_page():
            return
        page = _page(page.get_next_page)


def _page(ask: Callable[..., Any], *args: Any, **query: Any) -> Any:
    msg = "The provider answered with something else than a list; check its address."
    try:
        page = ask(*args, **query)
    except AttributeError as error:  # the SDK (3.54) stumbles over an HTML answer to a list
        raise ProviderAnswerError(msg) from error
    if not isinstance(getattr(page, "data", None), list):
        raise ProviderAnswerError(msg)
    return page


def _create_arguments(spec: RemoteJobSpec) -> dict[str, Any]:
    kind = METHODS[spec.objective]
    method = {"type": kind, kind: {"hyperparameters": dict(spec.hyperparameters)}}
    arguments: dict[str, Any] = {
        "model": spec.model,
        "training_file": spec.training_file_id,
        "method": method,
        "metadata": {JOB_KEY: spec.key} | ({"rickproject": spec.label} if spec.label else {}),
    }
    optional = {
        "validation_file": spec.validation_file_id,
        "suffix": spec.suffix,
        "seed": spec.seed,
    }
    return arguments | {name: value for name, value in optional.items() if value not in (None, "")}


def _is_from(job: Any, spec: RemoteJobSpec, oldest: float) -> bool:
    metadata = getattr(job, "metadata", None)
    if metadata:
        return bool(metadata.get(JOB_KEY) == spec.key)
    suffix = getattr(job, "user_provided_suffix", None) or ""
    return bool(
        job.training_file == spec.training_file_id
        and job.model in (spec.model, None)
        and suffix == spec.suffix
        and job.seed in (spec.seed, None)
        and job.created_at >= oldest
    )


def _text_id(created: Any) -> str:
    identity = getattr(created, "id", None)
    if not isinstance(identity, str) or not identity:
        raise ProviderAnswerError("The provider's answer is not in the OpenAI protocol.")
    return identity


def _job(job: Any) -> RemoteJob:
    """Take what is there: the SDK does not check, and a proxy's page arrives as a string."""
    identity, status = _text_id(job), getattr(job, "status", None)
    if not isinstance(status, str):
        raise ProviderAnswerError("The provider's answer about the job has no status.")
    error = job.error if getattr(job, "error", None) and job.error.code else None  # may be {}
    extra: Mapping[str, Any] = job.model_extra or {}
    return RemoteJob(
        id=identity,
        status=status,
        model=str(job.model or ""),
        fine_tuned_model=str(job.fine_tuned_model or ""),
        trained_tokens=job.trained_tokens,
        error_code=str(error.code) if error else "",
        error_message=str(error.message or "") if error else "",
        result_file_ids=tuple(job.result_files or ()),
        estimated_finish=_time(job.estimated_finish),
        finished_at=_time(job.finished_at),
        total_steps=extra.get("total_steps"),
    )


def _event(row: Any) -> RemoteEvent:
    data = row.data if isinstance(row.data, Mapping) else {}
    step, total = data.get("step"), data.get("total_steps")
    figures = _figures({k: v for k, v in data.items() if k not in {"step", "total_steps"}})
    return RemoteEvent(
        id=str(row.id),
        created_at=_time(row.created_at) or datetime.now(UTC),
        level=str(row.level or "info"),
        type=str(row.type or "message"),
        message=str(row.message or ""),
        step=int(step) if isinstance(step, int | float) else None,
        total_steps=int(total) if isinstance(total, int | float) else None,
        metrics=figures,
    )


def _flags(row: Any) -> dict[str, float]:
    """Take the names of the protocol, such as ``self-harm/intent``, not the SDK's."""
    if not row.flagged:
        return {}
    scores = row.category_scores.to_dict()
    flags = {name: scores.get(name) for name, is_so in row.categories.to_dict().items() if is_so}
    return {name: float(score or 0) for name, score in flags.items()} or {"flagged": 1.0}


def _figures(data: Mapping[str, Any]) -> dict[str, float]:
    return {
        name: float(value)
        for name, value in data.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and name != "step"
    }


def _time(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
