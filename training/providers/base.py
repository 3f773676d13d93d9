"""The narrow interface that every provider of fine-tuning fulfils."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

JOB_KEY = "rickproject_job"  # the name of our job's UUID in the provider's metadata


@dataclass(frozen=True, kw_only=True)
class RemoteJobSpec:
    """What is sent to create a job; ``key`` is our row's UUID and finds it again.

    Attributes:
        objective: ``sft``, or ``dpo`` where the files hold preference pairs.
    """

    key: str
    model: str
    training_file_id: str
    validation_file_id: str = ""
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    suffix: str = ""
    seed: int | None = None
    label: str = ""
    objective: str = "sft"


@dataclass(frozen=True, kw_only=True)
class RemoteJob:
    """What a provider says about a job; ``status`` is in its own words.

    Attributes:
        error_code: empty unless the provider gave one with an error.
        trained_tokens: what was billed, None until it is known.
    """

    id: str
    status: str
    model: str = ""
    fine_tuned_model: str = ""
    trained_tokens: int | None = None
    error_code: str = ""
    error_message: str = ""
    result_file_ids: tuple[str, ...] = ()
    estimated_finish: datetime | None = None
    finished_at: datetime | None = None
    total_steps: int | None = None


@dataclass(frozen=True, kw_only=True)
class RemoteEvent:
    """One event; ``metrics`` holds the figures of ``step`` under the protocol's names."""

    id: str
    created_at: datetime
    level: str
    type: str
    message: str
    step: int | None = None
    total_steps: int | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RemoteCheckpoint:
    """A kept state of the model; ``model`` is the name to chat with."""

    id: str
    step: int
    model: str
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ResultFile:
    """The metrics file of a finished job.

    Attributes:
        csv: its text, decoded.
        metrics: (step, the protocol's name, value), empty cells left out.
    """

    csv: str
    metrics: tuple[tuple[int, str, float], ...]


class FineTuningProvider(Protocol):
    """A service that trains models from files.

    Every method raises ``ProviderUnavailableError`` when asking later may help and
    ``ProviderRefusedError`` when it does not; ``start`` also ``UnknownOutcomeError``.
    """

    def upload(self, name: str, content: bytes) -> str:
        """Return the id of the file of this name, sending it only when it is not there."""
        ...

    def find_job(
        self, spec: RemoteJobSpec, *, since: datetime, others: Collection[str] = ()
    ) -> RemoteJob | None:
        """Return the job that was created from this very spec, if there is one."""
        ...

    def start(self, spec: RemoteJobSpec) -> RemoteJob:
        """Create the job, in exactly one request."""
        ...

    def status(self, job_id: str) -> RemoteJob:
        """Return where a job is."""
        ...

    def events(self, job_id: str, *, known: frozenset[str]) -> list[RemoteEvent]:
        """Return the events that are not known yet, the oldest first."""
        ...

    def checkpoints(self, job_id: str) -> list[RemoteCheckpoint]:
        """Return the checkpoints that are still kept."""
        ...

    def result(self, file_id: str) -> ResultFile:
        """Return a job's metrics file."""
        ...

    def pause(self, job_id: str) -> RemoteJob:
        """Ask for a job to rest."""
        ...

    def resume(self, job_id: str) -> RemoteJob:
        """Ask for a paused job to go on."""
        ...

    def cancel(self, job_id: str) -> RemoteJob:
        """Ask for a job to be ended."""
        ...
