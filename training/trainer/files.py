"""The files of a job directory, for those who start and watch a training process.

Needs neither torch nor Django. Layout of a job directory::

    spec.json          the order form (``training.trainer.spec``), written by the caller
    train.jsonl        records to learn from, one OpenAI chat object a line
    validation.jsonl   records to judge by; may be empty or absent
    script.jsonl       script base only: {"segment": int, "speaker": str, "text": str} a line,
                       held-out lines already taken out
    cancel             exists when training should stop for good (the caller writes it)
    lock               held while a trainer works here
    events.jsonl       append only, one event a line, ids unique even across resumes
    progress.json      heartbeat, replaced at most once a second
    result.json        appears when the process ends in words of its own
    checkpoints/       one directory per epoch, the last three and the best
    adapter/           the finished adapter
    model/             instead of it, after full training: the whole model

Everything the trainer replaces is written beside and renamed, so a reader never sees half a file.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, BinaryIO, Literal

from training.trainer.errors import JobLockedError, TrainerError
from training.trainer.spec import JobSpec

SPEC, TRAIN, VALIDATION, SCRIPT = "spec.json", "train.jsonl", "validation.jsonl", "script.jsonl"
CANCEL, LOCK = "cancel", "lock"
EVENTS, PROGRESS, RESULT = "events.jsonl", "progress.json", "result.json"
CHECKPOINTS, ADAPTER, MODEL = "checkpoints", "adapter", "model"

Outcome = Literal["finished", "early_stopped", "cancelled", "interrupted", "failed"]
EXIT_CODES: dict[Outcome, int] = {
    "finished": 0,
    "early_stopped": 0,
    "failed": 3,
    "cancelled": 4,
    "interrupted": 5,
}
LOCK_PATIENCE_SECONDS = 1.0  # of a trainer, for those who only ask whether one runs
LOCK_RETRY_SECONDS = 0.02
EXIT_USAGE = 2
EXIT_LOCKED = 6


@dataclass(frozen=True, kw_only=True)
class Event:
    """One line of ``events.jsonl``.

    Attributes:
        created_at: seconds since 1970 in UTC.
        type: ``message`` or ``metrics``. A step's training row and its validation row are two
            events with the same ``data["step"]``. Step 0 is the base alone.
        data: for metrics ``step`` and ``total_steps`` and any of ``train_loss``,
            ``train_mean_token_accuracy``, ``full_valid_loss``,
            ``full_valid_mean_token_accuracy``, ``full_valid_bits_per_character`` (of the base and
            of the kept model only), ``learning_rate``, ``grad_norm``, ``epoch``,
            ``num_tokens``, ``tokens_per_second``, ``memory_mb``.
    """

    id: str
    created_at: float
    level: str
    type: str
    message: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """The heartbeat of a running trainer; ``updated_at`` in seconds since 1970, UTC."""

    pid: int
    stage: str
    step: int
    total_steps: int
    eta_seconds: float | None
    updated_at: float


@dataclass(frozen=True, kw_only=True)
class CheckpointInfo:
    """A checkpoint that can be used as a model; ``path`` is relative to the job directory."""

    path: str
    step: int
    train_loss: float | None
    train_mean_token_accuracy: float | None
    valid_loss: float | None
    valid_mean_token_accuracy: float | None


@dataclass(frozen=True, kw_only=True)
class Result:
    """How a training process ended.

    Attributes:
        adapter_dir: relative to the job directory; None unless finished or stopped early.
        model_dir: the same for the whole model that full training leaves; then there is no adapter.
        base_dir: script base: relative to the cache directory; pretrained: absolute.
        base_key: cache key of a script base, None for a pretrained one.
        context_tokens: prompt and reply together should stay below this when serving.
        trained_tokens: tokens the adapter stage has seen, padding left out.
        seconds: of this process, not of those it resumed.
        final_valid_loss: of the kept adapter over the whole validation file, every token
            weighing the same; likewise ``final_valid_mean_token_accuracy``, and
            ``base_valid_loss`` of the base before the adapter. Bits per character are the same
            losses by the character of the replies.
        error_detail: a sentence for the person.
    """

    outcome: Outcome
    best_step: int | None = None
    step: int = 0
    total_steps: int = 0
    checkpoints: list[CheckpointInfo] = field(default_factory=list)
    adapter_dir: str | None = None
    model_dir: str | None = None
    base_dir: str | None = None
    base_key: str | None = None
    context_tokens: int | None = None
    trained_tokens: int = 0
    seconds: float = 0.0
    base_seconds: float = 0.0
    base_valid_loss: float | None = None
    base_valid_bits_per_character: float | None = None
    final_valid_loss: float | None = None
    final_valid_mean_token_accuracy: float | None = None
    final_valid_bits_per_character: float | None = None
    error_code: str | None = None
    error_detail: str | None = None
    versions: dict[str, str] = field(default_factory=dict)


def write_spec(job_dir: Path, spec: JobSpec) -> None:
    """Write the order form, replacing an earlier one (the process id of the owner changes)."""
    job_dir.mkdir(parents=True, exist_ok=True)
    write_json(job_dir / SPEC, spec.as_json())


def read_spec(job_dir: Path) -> JobSpec:
    """Read the order form.

    Raises:
        TrainerError: code ``bad_spec``: missing, not JSON, or a field is wrong.
    """
    raw = _read_object(job_dir / SPEC)
    if raw is None:
        raise TrainerError("bad_spec", f"The job cannot be read: {SPEC} is missing or broken.")
    return JobSpec.parse(raw)


def read_events(job_dir: Path, *, offset: int = 0) -> tuple[list[Event], int]:
    """Return the whole event lines from byte ``offset`` on, and the offset to ask for next.

    A line still being written is left for the next call.
    """
    try:
        with (job_dir / EVENTS).open("rb") as file:
            file.seek(offset)
            chunk = file.read()
    except FileNotFoundError:
        return [], offset
    end = chunk.rfind(b"\n") + 1
    events = [Event(**json.loads(line)) for line in chunk[:end].splitlines()]
    return events, offset + end


def read_progress(job_dir: Path) -> Progress | None:
    """Return the last heartbeat, None before the first."""
    raw = _read_object(job_dir / PROGRESS)
    return None if raw is None else Progress(**raw)


def read_result(job_dir: Path) -> Result | None:
    """Return how the last process ended, None while none has."""
    raw = _read_object(job_dir / RESULT)
    if raw is None:
        return None
    known = {item.name for item in fields(Result)}
    values = {name: value for name, value in raw.items() if name in known}
    rows = values.get("checkpoints", [])
    return Result(**{**values, "checkpoints": [CheckpointInfo(**row) for row in rows]})


def write_result(job_dir: Path, result: Result) -> None:
    """Write how the process ended."""
    write_json(job_dir / RESULT, asdict(result))


def request_cancel(job_dir: Path) -> None:
    """Ask the trainer to stop for good; it answers within seconds, at the end of a step."""
    (job_dir / CANCEL).touch()


def is_running(job_dir: Path) -> bool:
    """Return whether a trainer holds the job directory right now.

    Those who ask share the lock for an instant: they never see each other, and a trainer that
    begins just then waits for them (see ``LOCK_PATIENCE_SECONDS``).
    """
    try:
        with _flocked(job_dir / LOCK, fcntl.LOCK_SH):
            return False
    except JobLockedError:
        return True


@contextmanager
def locked(path: Path, *, patience_seconds: float = 0.0) -> Iterator[BinaryIO]:
    """Hold an exclusive lock that the system drops when the process dies.

    Args:
        patience_seconds: how long to try again before giving up.

    Yields:
        the open file, which holds the lock as long as any process has it.

    Raises:
        JobLockedError: another process holds it.
    """
    deadline = time.monotonic() + patience_seconds
    with ExitStack() as held:
        while True:
            try:
                file = held.enter_context(_flocked(path, fcntl.LOCK_EX))
                break
            except JobLockedError:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(LOCK_RETRY_SECONDS)
        yield file


@contextmanager
def _flocked(path: Path, kind: int) -> Iterator[BinaryIO]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except OSError as error:
            raise JobLockedError(str(path)) from error
        yield file


def write_json(path: Path, value: object) -> None:
    """Write JSON beside ``path``, flush it to the disk and rename it into place."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with beside.open("w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, separators=(",", ":"))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _read_object(path: Path) -> dict[str, Any] | None:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return value if isinstance(value, dict) else None
