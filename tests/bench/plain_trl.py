"""A plain TRL script, as its guide has it, for B11: LoRA on chat records with the same settings.

Not a bench itself: ``python -m tests.bench.plain_trl JOB_DIR`` trains on a job's records and prints
seconds and tokens of its first and last step as JSON.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from training.trainer import files


def main() -> int:
    """Train and print."""
    job_dir = Path(sys.argv[1])
    spec = files.read_spec(job_dir)
    from datasets import load_dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    chosen, marks = spec.hyperparameters, []

    class Clock(TrainerCallback):
        """Notes when each step was logged, and the tokens seen by then."""

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            if "loss" in logs:
                marks.append((time.time(), logs["num_tokens"]))

    records = load_dataset(
        "json",
        data_files={"train": str(job_dir / files.TRAIN), "test": str(job_dir / files.VALIDATION)},
        cache_dir=str(job_dir / "datasets"),
    )
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(spec.base.name_or_path),
        processing_class=AutoTokenizer.from_pretrained(spec.base.name_or_path),
        train_dataset=records["train"],
        eval_dataset=records["test"],
        peft_config=LoraConfig(
            r=chosen.lora_r,
            lora_alpha=chosen.lora_alpha,
            lora_dropout=chosen.lora_dropout,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        ),
        args=SFTConfig(
            output_dir=str(job_dir / "plain"),
            assistant_only_loss=True,
            num_train_epochs=chosen.n_epochs,
            per_device_train_batch_size=chosen.batch_size,
            per_device_eval_batch_size=chosen.batch_size,
            learning_rate=chosen.learning_rate,
            lr_scheduler_type="cosine",
            warmup_steps=chosen.warmup_ratio,
            train_sampling_strategy="group_by_length",
            gradient_checkpointing=False,
            bf16=False,
            use_cpu=True,
            seed=spec.seed,
            logging_steps=1,
            eval_strategy="epoch",
            save_strategy="epoch",
            save_total_limit=3,
            load_best_model_at_end=True,
            dataloader_pin_memory=False,
            report_to=[],
            disable_tqdm=True,
        ),
        callbacks=[Clock()],
    )
    trainer.train()
    (began, first), (ended, last) = marks[0], marks[-1]
    print(json.dumps({"seconds": ended - began, "tokens": last - first}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
