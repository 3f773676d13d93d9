"""TRL's trainers with our settings: nothing is cut, all is told, a resumed one goes on the same."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training.trainer import files
from training.trainer.encoding import Example
from training.trainer.errors import TrainerError
from training.trainer.ordering import make_order
from training.trainer.preferences import Pair
from training.trainer.spec import Hyperparameters, JobSpec
from training.trainer.spread import PATIENCE_SECONDS, processes

KEPT_CHECKPOINTS = 3


def new_trainer(
    *,
    job_dir: Path,
    spec: JobSpec,
    model: Any,
    tokenizer: Any,
    train: Sequence[Example],
    validation: Sequence[Example],
    callbacks: list[Any],
) -> Any:
    """Return TRL's trainer for dialogues, or for pairs, with an order a resumed one finds again.

    Args:
        train, validation: ready tokens, all of them pairs or none.

    Raises:
        TrainerError: code ``records_lost`` when the trainer dropped some.
    """
    from transformers import EarlyStoppingCallback, PrinterCallback, set_seed  # noqa: PLC0415
    from trl import DPOTrainer, SFTTrainer  # noqa: PLC0415

    chosen = spec.hyperparameters
    if validation and chosen.early_stopping_patience:
        callbacks.append(EarlyStoppingCallback(chosen.early_stopping_patience))
    order = make_order(
        [len(row.input_ids) for row in train], batch_size=chosen.batch_size, seed=spec.seed
    )

    class Ordered:
        """Learns the records in an order that a resumed trainer finds again."""

        def _get_train_sampler(self, _train_dataset: Any = None) -> Any:
            return order

    class Dialogues(Ordered, SFTTrainer):  # type: ignore[misc, unused-ignore]
        pass

    class Preferences(Ordered, DPOTrainer):  # type: ignore[misc, unused-ignore]
        def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
            return dataset  # its tokens are ready

    set_seed(spec.seed)
    if spec.start_adapter:
        model = _with_adapter(model, spec.start_adapter)
    trainer = (Preferences if spec.objective == "dpo" else Dialogues)(
        model=model,
        args=_settings(job_dir, spec, judged=bool(validation)),
        train_dataset=_dataset(train),
        eval_dataset=_dataset(validation) if validation else None,
        processing_class=tokenizer,
        peft_config=None if spec.start_adapter else _adapter_config(chosen),
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


def _with_adapter(model: Any, adapter: str) -> Any:
    """Return the base with the adapter that is to be learnt further."""
    from peft import PeftModel  # noqa: PLC0415

    directory = model.config.name_or_path  # the adapter knows its base by name only
    adapted = PeftModel.from_pretrained(model, adapter, is_trainable=True)
    adapted.peft_config["default"].base_model_name_or_path = directory
    return adapted


def _settings(job_dir: Path, spec: JobSpec, *, judged: bool) -> Any:
    import torch  # noqa: PLC0415
    from trl import DPOConfig, SFTConfig  # noqa: PLC0415

    on_gpu = torch.cuda.is_available()
    chosen = spec.hyperparameters
    common = _common_settings(job_dir, spec, on_gpu=on_gpu, judged=judged)
    if spec.objective == "dpo":
        return DPOConfig(beta=spec.beta, **common)
    return SFTConfig(
        packing=False,  # it cuts records; end to end within a batch none is
        padding_free=chosen.packing == "on" and chosen.batch_size > processes(),
        **common,
    )


def _common_settings(job_dir: Path, spec: JobSpec, *, on_gpu: bool, judged: bool) -> dict[str, Any]:
    chosen = spec.hyperparameters
    batch_size = chosen.batch_size // processes()
    return {
        "output_dir": str(job_dir / files.CHECKPOINTS),
        "num_train_epochs": chosen.n_epochs,
        "per_device_train_batch_size": batch_size,
        "per_device_eval_batch_size": batch_size,
        "ddp_timeout": PATIENCE_SECONDS,
        "learning_rate": chosen.learning_rate,
        "lr_scheduler_type": "cosine",
        "warmup_steps": chosen.warmup_ratio,
        "max_length": None,  # a cut would take the reply away and drop the record silently
        "bf16": on_gpu,
        "use_cpu": not on_gpu,
        "gradient_checkpointing": chosen.recomputes(on_gpu=on_gpu),
        "gradient_checkpointing_kwargs": {"use_reentrant": False},
        "dataloader_pin_memory": on_gpu,
        "seed": spec.seed,
        "data_seed": spec.seed,
        "logging_strategy": "steps",
        "logging_steps": 1,
        "logging_first_step": True,
        "eval_strategy": "epoch" if judged else "no",
        "save_strategy": "epoch",
        "save_total_limit": KEPT_CHECKPOINTS,
        "load_best_model_at_end": judged,
        "metric_for_best_model": "eval_loss" if judged else None,
        "greater_is_better": False if judged else None,
        "restore_callback_states_from_checkpoint": True,
        "report_to": [],
        "disable_tqdm": True,
    }


def _dataset(examples: Sequence[Example]) -> Any:
    from datasets import Dataset  # noqa: PLC0415

    pairs = [example for example in examples if isinstance(example, Pair)]
    if pairs:
        return Dataset.from_dict(
            {
                "prompt_ids": [pair.input_ids[: pair.prompt] for pair in pairs],
                "chosen_ids": [pair.input_ids[pair.prompt :] for pair in pairs],
                "rejected_ids": [pair.rejected for pair in pairs],
            }
        )
    return Dataset.from_dict(
        {
            "input_ids": [example.input_ids for example in examples],
            "labels": [example.labels for example in examples],
        }
    )
