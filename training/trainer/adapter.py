"""Train an adapter or the whole model with TRL, from the last whole checkpoint if there is one."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from training.trainer import checkpoints as saved
from training.trainer import files
from training.trainer.callbacks import make_callback
from training.trainer.encoding import Example
from training.trainer.evaluation import HeldOut, judge
from training.trainer.journal import EventLog, Heartbeat, StopRequest
from training.trainer.spec import JobSpec, Method
from training.trainer.spread import is_first
from training.trainer.trainers import new_trainer


@dataclass
class Reports:
    """Where the stage tells what it does and hears that it should stop.

    Attributes:
        known: what every result says from now on, however the job ends.
    """

    events: EventLog
    heartbeat: Heartbeat
    stop: StopRequest
    known: files.Result = field(default_factory=lambda: files.Result(outcome="failed"))


@dataclass(frozen=True)
class Adapted:
    """How the adapter stage ended."""

    outcome: files.Outcome
    step: int
    total_steps: int
    tokens: int
    base: HeldOut | None
    held_out: HeldOut | None


def train_adapter(
    *,
    job_dir: Path,
    spec: JobSpec,
    model: Any,
    tokenizer: Any,
    train: Sequence[Example],
    validation: Sequence[Example],
    characters: int,
    reports: Reports,
    base_name: str,
) -> Adapted:
    """Judge the base, train, keep the best checkpoint; write the artefact unless stopped half-way.

    Args:
        model: the base, changed in place; full training leaves ``model/``, else ``adapter/``.
        train, validation: ready tokens; without validation the last epoch is kept.
        characters: of the replies in ``validation``.
        base_name: written into the artefact in place of a path.
    """
    base = None
    if is_first():
        base = _judge_base(
            model,
            validation,
            characters=characters,
            events=reports.events,
            is_curve=spec.objective == "sft",
        )
    resume = _resume_point(job_dir, reports.events)
    told = reports.events.find(f"step-{_step_of(resume):07d}-train") if resume else None
    reporter = make_callback(
        events=reports.events,
        heartbeat=reports.heartbeat,
        stop=reports.stop,
        tokens_before=int(told.data.get("num_tokens", 0)) if told else 0,
    )
    trainer = new_trainer(
        job_dir=job_dir,
        spec=spec,
        model=model,
        tokenizer=tokenizer,
        train=train,
        validation=validation,
        callbacks=[reporter],
    )
    trainer.train(resume_from_checkpoint=str(resume) if resume else None)
    step, total = int(trainer.state.global_step), int(trainer.state.max_steps)
    outcome = stop_reason(step=step, total=total, asked=reporter.stopped)
    held_out = None
    if is_first() and outcome in ("finished", "early_stopped"):
        held_out = judge(trainer.model, validation, characters=characters)
        _save(trainer, job_dir, method=spec.hyperparameters.method, base_name=base_name)
        if base and held_out:
            _tell_gain(reports.events, base, held_out, step=step)
    return Adapted(outcome, step, total, reporter.tokens, base, held_out)


def stop_reason(*, step: int, total: int, asked: files.Outcome | None) -> files.Outcome:
    """Tell why ``train()`` returned: it does so alike in every case.

    Args:
        asked: what a stop request set before the last step, None if there was none.
    """
    if asked:
        return asked
    return "early_stopped" if step < total else "finished"


def _judge_base(
    model: Any,
    validation: Sequence[Example],
    *,
    characters: int,
    events: EventLog,
    is_curve: bool,
) -> HeldOut | None:
    """Measure the base before anything is learnt.

    Args:
        is_curve: it is step 0 of the validation curve; the loss of pairs is another measure.
    """
    name = f"step-{0:07d}-valid" if is_curve else "base-judged"
    if told := events.find(name):
        return HeldOut.from_figures(told.data)
    base = judge(model, validation, characters=characters)
    if base:
        text = f"The base alone: validation loss {base.loss:.3f}, {_bits(base)}."
        if is_curve:
            events.metrics(name, text, step=0, **base.as_figures())
        figures: dict[str, Any] = {**base.as_figures()}
        events.message("base-judged", text, **figures)
    return base


def _tell_gain(events: EventLog, base: HeldOut, kept: HeldOut, *, step: int) -> None:
    text = (
        f"The model that is kept: validation loss {kept.loss:.3f} (the base alone "
        f"{base.loss:.3f}), {_bits(kept)} ({base.bits_per_character:.3f})."
    )
    figures = {"full_valid_bits_per_character": kept.bits_per_character}
    events.metrics(f"step-{step:07d}-kept", text, step=step, **figures)
    events.message("judged", text)


def _bits(figures: HeldOut) -> str:
    return f"{figures.bits_per_character:.3f} bits per character"


def _resume_point(job_dir: Path, events: EventLog) -> Path | None:
    directory = job_dir / files.CHECKPOINTS
    for name in saved.drop_broken(directory) if is_first() else ():
        events.message(f"dropped-{name}", f"{name} was only half written and was deleted.")
    whole = saved.whole_checkpoints(directory)
    return whole[-1] if whole else None


def _step_of(checkpoint: Path) -> int:
    return int(checkpoint.name.rpartition("-")[2])


def _save(trainer: Any, job_dir: Path, *, method: Method, base_name: str) -> None:
    """Write the artefact beside its place and put it there whole."""
    is_whole = method == "full"
    target = job_dir / (files.MODEL if is_whole else files.ADAPTER)
    beside = target.with_name(f".{target.name}.tmp")
    for old in (beside, target):
        shutil.rmtree(old, ignore_errors=True)
    if is_whole:
        trainer.model.save_pretrained(beside)
        trainer.processing_class.save_pretrained(beside)
    else:
        trainer.model.save_pretrained(beside, selected_adapters=["default"])
    saved.make_portable(beside, base_name=base_name)
    beside.rename(target)
