"""One job from its directory to its result."""

import errno
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from training.trainer import checkpoints as saved
from training.trainer import files
from training.trainer.adapter import Adapted, Reports, train_adapter
from training.trainer.encoding import ChatEncoder, Example
from training.trainer.errors import StoppedError, TrainerError
from training.trainer.evaluation import judged_characters
from training.trainer.journal import EventLog, Heartbeat, StopRequest
from training.trainer.preferences import Preference, encode_pair, read_preferences
from training.trainer.preflight import prove_template, require_room
from training.trainer.pretrained import (
    context_limit,
    load_model,
    load_tokenizer,
    resolve_directory,
)
from training.trainer.records import Record, read_records, read_script
from training.trainer.script_base import Hooks, copy_tokenizer, obtain_script_base
from training.trainer.spec import JobSpec
from training.trainer.spread import is_first, processes
from training.trainer.tokenizer import training_template

PACKAGES = (
    "torch",
    "transformers",
    "peft",
    "trl",
    "tokenizers",
    "datasets",
    "accelerate",
    "bitsandbytes",
)
FINAL: tuple[files.Outcome, ...] = ("finished", "early_stopped")


@dataclass(frozen=True)
class _Base:
    """The base a job adapts, wherever it came from."""

    name: str
    directory: Path
    recorded: str
    key: str | None
    context_tokens: int


def run_job(job_dir: Path, spec: JobSpec) -> files.Result:
    """Train one job and write its result; a finished job is left as it is.

    The caller holds the lock of the directory. Returns the result that was written, by the first
    process where several learn together; every way to end, the unforeseen included, is one.
    """
    before = files.read_result(job_dir)
    if before and before.outcome in FINAL:
        return before
    writes = is_first()
    if writes:
        (job_dir / files.RESULT).unlink(missing_ok=True)
    started = time.monotonic()
    reports = Reports(
        EventLog(job_dir, job=spec.job, writes=writes),
        Heartbeat(job_dir, writes=writes),
        StopRequest(job_dir),
    )
    reports.stop.listen(owner_pid=spec.owner_pid)
    attempt = reports.events.count("start-") + 1
    reports.events.message(
        f"start-{attempt}", "Training started." if attempt == 1 else "Training goes on."
    )
    reports.heartbeat.beat(stage="base", step=0, total=0, eta=None, force=True)
    result = _attempt(job_dir, spec, reports)
    result = replace(
        result, seconds=round(time.monotonic() - started, 1), versions=package_versions()
    )
    if writes:
        _tell_end(reports.events, result, attempt=attempt)
        files.write_result(job_dir, result)
    return result


def _attempt(job_dir: Path, spec: JobSpec, reports: Reports) -> files.Result:
    try:
        return _train(job_dir, spec, reports)
    except StoppedError as stopped:
        return replace(
            reports.known,
            outcome="cancelled" if stopped.outcome == "cancelled" else "interrupted",
            checkpoints=_checkpoints(job_dir),
        )
    except Exception as error:  # noqa: BLE001  (the process ends here; the caller needs words)
        code, sentence = explain(error)
        if code == "unexpected":
            traceback.print_exc(file=sys.stderr)
        return replace(
            reports.known,
            outcome="failed",
            error_code=code,
            error_detail=sentence,
            checkpoints=_checkpoints(job_dir),
        )


def explain(error: Exception) -> tuple[str, str]:
    """Return a stable code and a sentence for what ended a job."""
    if isinstance(error, TrainerError):
        return error.code, str(error)
    if isinstance(error, ImportError):
        return "trainer_missing", (
            f"Training needs {error.name or 'torch'}, which is not installed. "
            "Install the training step (make run without TRAINER=none)."
        )
    if isinstance(error, MemoryError) or "allocate memory" in str(error) or _cuda_full(error):
        return "out_of_memory", "The memory did not suffice. Use a smaller base."
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "disk_full", "The disk is full. Free some space and start the job again."
    sentence = f"Training failed unexpectedly: {type(error).__name__}: {error}"
    return "unexpected", sentence[:500]


def _cuda_full(error: Exception) -> bool:
    return type(error).__name__ == "OutOfMemoryError"


def _train(job_dir: Path, spec: JobSpec, reports: Reports) -> files.Result:
    records, held_out = (
        read_preferences(job_dir / name)
        if spec.objective == "dpo"
        else read_records(job_dir / name)
        for name in (files.TRAIN, files.VALIDATION)
    )
    if not records:
        raise TrainerError("no_records", "There is no record to train on.")
    reports.stop.check()
    began = time.monotonic()
    base = _obtain_base(job_dir, spec, reports)
    base_seconds = round(time.monotonic() - began, 1)
    tokenizer = load_tokenizer(base.directory)
    encoder = ChatEncoder(tokenizer, template=training_template(tokenizer, name=base.name))
    prove_template(encoder, base.name, reports.events)
    limit = min(spec.hyperparameters.context_length, context_limit(base.directory))
    train = encode_all(encoder, records, limit=limit)
    validation = encode_all(encoder, held_out, limit=limit)
    reports.events.message(
        "records",
        f"{len(train)} records to learn from, {len(validation)} to judge by; "
        f"{sum(len(row.input_ids) for row in train):,} tokens an epoch"
        f"{f', by {processes()} processes together' if processes() > 1 else ''}.",
        train_records=len(train),
        valid_records=len(validation),
    )
    longest = max(len(row.input_ids) for row in train + validation)
    require_room(job_dir, base.directory, spec, longest=longest, events=reports.events)
    context = limit if base.key is None else max(base.context_tokens, longest)
    reports.known = replace(
        reports.known, base_dir=base.recorded, base_key=base.key, context_tokens=context
    )
    model = load_model(base.directory, method=spec.hyperparameters.method)
    reports.stop.check()
    adapted = train_adapter(
        job_dir=job_dir,
        spec=spec,
        model=model,
        tokenizer=tokenizer,
        train=train,
        validation=validation,
        characters=judged_characters(held_out),
        reports=reports,
        base_name=base.name,
    )
    return replace(
        _result(job_dir, adapted, spec=spec, base_name=base.name),
        base_dir=base.recorded,
        base_key=base.key,
        context_tokens=context,
        base_seconds=base_seconds,
    )


def encode_all(encoder: ChatEncoder, records: Sequence[Record], *, limit: int) -> list[Example]:
    """Encode every record, refuse the first that is too long or teaches nothing."""
    examples = [
        encode_pair(encoder, record, limit=limit)
        if isinstance(record, Preference)
        else encoder.encode_record(record, limit=limit)
        for record in records
    ]
    for record, example in zip(records, examples, strict=True):
        if all(label < 0 for label in example.labels[1:]):
            raise TrainerError("bad_record", f"In {record.name} nothing is left to learn.")
    return examples


def _obtain_base(job_dir: Path, spec: JobSpec, reports: Reports) -> _Base:
    if spec.base.kind == "pretrained":
        directory = resolve_directory(spec.base)
        is_folder = Path(spec.base.name_or_path).is_absolute()
        name = directory.name if is_folder else spec.base.name_or_path
        return _Base(name, directory, str(directory), None, 0)
    lines = read_script(job_dir / files.SCRIPT)
    built = obtain_script_base(lines, base=spec.base, seed=spec.seed, hooks=_hooks(reports))
    reports.events.message(
        "base",
        "The base for this script was already there."
        if built.reused
        else f"A base was trained on {len(lines)} lines of the script.",
        base_key=built.key,
    )
    if spec.tokenizer_copy_to:
        copy_tokenizer(built, Path(spec.tokenizer_copy_to))
    return _Base(
        spec.base.name_or_path, built.directory, built.key, built.key, built.context_tokens
    )


def _hooks(reports: Reports) -> Hooks:
    began = time.monotonic()
    first: list[float] = []

    def on_wait() -> None:
        reports.stop.check()
        reports.heartbeat.beat(stage="base", step=0, total=0, eta=None)

    def on_step(done: float, _loss: float) -> None:
        reports.stop.check()
        if not first:
            first.append(done)
        moved = done - first[0]
        elapsed = time.monotonic() - began
        eta = elapsed / moved * (1 - done) if moved > 0 else None
        reports.heartbeat.beat(stage="base", step=int(done * 100), total=100, eta=eta)

    def on_epoch(epoch: int, loss: float) -> None:
        reports.events.message(
            f"base-epoch-{epoch:03d}",
            f"Base model: epoch {epoch} done, loss {loss:.3f}.",
            stage="base",
            epoch=epoch,
            base_loss=round(loss, 4),
        )

    return Hooks(on_wait=on_wait, on_step=on_step, on_epoch=on_epoch)


def _result(job_dir: Path, adapted: Adapted, *, spec: JobSpec, base_name: str) -> files.Result:
    if is_first() and adapted.outcome != "interrupted":
        for path in saved.whole_checkpoints(job_dir / files.CHECKPOINTS):
            saved.make_portable(path, base_name=base_name)
    rows = _checkpoints(job_dir)
    done = adapted.outcome in FINAL
    is_whole = spec.hyperparameters.method == "full"
    base, kept = adapted.base, adapted.held_out
    return files.Result(
        outcome=adapted.outcome,
        best_step=saved.best_step(rows),
        step=adapted.step,
        total_steps=adapted.total_steps,
        checkpoints=rows,
        adapter_dir=files.ADAPTER if done and not is_whole else None,
        model_dir=files.MODEL if done and is_whole else None,
        trained_tokens=adapted.tokens,
        base_valid_loss=base.loss if base else None,
        base_valid_bits_per_character=base.bits_per_character if base else None,
        final_valid_loss=kept.loss if kept else None,
        final_valid_mean_token_accuracy=kept.accuracy if kept else None,
        final_valid_bits_per_character=kept.bits_per_character if kept else None,
    )


def _checkpoints(job_dir: Path) -> list[files.CheckpointInfo]:
    found = saved.whole_checkpoints(job_dir / files.CHECKPOINTS)
    return [saved.describe(path, job_dir=job_dir) for path in found]


def _tell_end(events: EventLog, result: files.Result, *, attempt: int) -> None:
    sentences: dict[str, str] = {
        "finished": f"Training finished after {result.step} steps.",
        "early_stopped": (
            f"Training stopped early at step {result.step}: the validation loss no longer fell. "
            f"Step {result.best_step} was kept."
        ),
        "cancelled": "Training was cancelled.",
        "interrupted": "Training was interrupted and can go on from its last checkpoint.",
        "failed": result.error_detail or "Training failed.",
    }
    level = "error" if result.outcome == "failed" else "info"
    data: dict[str, Any] = {"outcome": result.outcome}
    events.message(f"end-{attempt}", sentences[result.outcome], level=level, **data)


def package_versions() -> dict[str, str]:
    """Return the versions of what decides the result, for the job's record."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
