"""Train an adapter or the whole model with TRL, from the last whole checkpoint if there is one."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.trainer import checkpoints as saved
from training.trainer import files
from training.trainer.callbacks import make_callback
from training.trainer.encoding import Example
from training.trainer.errors import TrainerError
from training.trainer.evaluation import HeldOut, judge
from training.trainer.journal import EventLog, Heartbeat, StopRequest
from training.trainer.ordering import make_order
from training.trainer.spec import Hyperparameters, JobSpec, Method

KEPT_CHECKPOINTS = 3


@dataclass(frozen=True)
class Reports:
    """Where the stage tells what it does and hears that it should stop."""

    events: EventLog
    heartbeat: Heartbeat
    stop: StopRequest


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
    base = _judge_base(model, validation, characters=characters, events=reports.events)
    resume = _resume_point(job_dir, reports.events)
    told = reports.events.find(f"step-{_step_of(resume):07d}-train") if resume else None
    reporter = make_callback(
        events=reports.events,
        heartbeat=reports.heartbeat,
        stop=reports.stop,
        tokens_before=int(told.data.get("num_tokens", 0)) if told else 0,
    )
    trainer = _new_trainer(
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
    if outcome in ("finished", "early_stopped"):
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
    model: Any, validation: Sequence[Example], *, characters: int, events: EventLog
) -> HeldOut | None:
    """Measure the base before anything is learnt: step 0 of the validation curve."""
    name = f"step-{0:07d}-valid"
    if told := events.find(name):
        return HeldOut.from_figures(told.data)
    base = judge(model, validation, characters=characters)
    if base:
        text = f"The base alone: validation loss {base.loss:.3f}, {_bits(base)}."
        events.metrics(name, text, step=0, **base.as_figures())
        events.message("base-judged", text)
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
    for name in saved.drop_broken(directory):
        events.message(f"dropped-{name}", f"{name} was only half written and was deleted.")
    whole = saved.whole_checkpoints(directory)
    return whole[-1] if whole else None


def _step_of(checkpoint: Path) -> int:
    return int(checkpoint.name.rpartition("-")[2])


def _new_trainer(
    *,
    job_dir: Path,
    spec: JobSpec,
    model: Any,
    tokenizer: Any,
    train: Sequence[Example],
    validation: Sequence[Example],
    callbacks: list[Any],
) -> Any:
    from transformers import EarlyStoppingCallback, PrinterCallback, set_seed  # noqa: PLC0415
    from trl import SFTTrainer  # noqa: PLC0415

    chosen = spec.hyperparameters
    if validation and chosen.early_stopping_patience:
        callbacks.append(EarlyStoppingCallback(chosen.early_stopping_patience))
    order = make_order(
        [len(row.input_ids) for row in train], batch_size=chosen.batch_size, seed=spec.seed
    )

    class Trainer(SFTTrainer):  # type: ignore[misc, unused-ignore]
        """Learns the records in an order that a resumed trainer finds again."""

        def _get_train_sampler(self, _train_dataset: Any = None) -> Any:
            return order

    set_seed(spec.seed)
    trainer = Trainer(
        model=model,
        args=_settings(job_dir, chosen, seed=spec.seed, judged=bool(validation)),
        train_dataset=_dataset(train),
        eval_dataset=_dataset(validation) if validation else None,
        processing_class=tokenizer,
        peft_config=_adapter_config(chosen),
        callbacks=callbacks,
    )
    trainer.remove_callback(PrinterCallback)  # the events say it
    if len(trainer.train_dataset) != len(train):
        raise TrainerError(
            "records_lost",
            f"{len(train)} records went in and {len(trainer.train_dataset)} arrived; "
            "training was not started.",
        )
    return trainer


def _adapter_config(chosen: Hyperparameters) -> Any:
    """Return what peft is to add to the model; nothing for full training."""
    from peft import LoraConfig  # noqa: PLC0415

    if chosen.method == "full":
        return None
    return LoraConfig(
        r=chosen.lora_r,
        lora_alpha=chosen.lora_alpha,
        lora_dropout=chosen.lora_dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )


def _settings(job_dir: Path, chosen: Hyperparameters, *, seed: int, judged: bool) -> Any:
    import torch  # noqa: PLC0415
    from trl import SFTConfig  # noqa: PLC0415

    on_gpu = torch.cuda.is_available()
    return SFTConfig(
        output_dir=str(job_dir / files.CHECKPOINTS),
        num_train_epochs=chosen.n_epochs,
        per_device_train_batch_size=chosen.batch_size,
        per_device_eval_batch_size=chosen.batch_size,
        learning_rate=chosen.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=chosen.warmup_ratio,
        max_length=None,  # a cut would take the reply away and drop the record silently
        packing=False,  # it cuts records; end to end within a batch none is
        padding_free=chosen.packing == "on" and chosen.batch_size > 1,
        bf16=on_gpu,
        use_cpu=not on_gpu,
        gradient_checkpointing=chosen.recomputes(on_gpu=on_gpu),
        gradient_checkpointing_kwargs={"use_reentrant": False},
        dataloader_pin_memory=on_gpu,
        seed=seed,
        data_seed=seed,
        logging_strategy="steps",
        logging_steps=1,
        logging_first_step=True,
        eval_strategy="epoch" if judged else "no",
        save_strategy="epoch",
        save_total_limit=KEPT_CHECKPOINTS,
        load_best_model_at_end=judged,
        metric_for_best_model="eval_loss" if judged else None,
        greater_is_better=False if judged else None,
        restore_callback_states_from_checkpoint=True,
        report_to=[],
        disable_tqdm=True,
    )


def _dataset(examples: Sequence[Example]) -> Any:
    from datasets import Dataset  # noqa: PLC0415

    return Dataset.from_dict(
        {
            "input_ids": [example.input_ids for example in examples],
            "labels": [example.labels for example in examples],
        }
    )


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
