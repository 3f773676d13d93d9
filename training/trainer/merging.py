"""Merge an adapter into its base, as a model that needs neither: a process of its own.

``python -m training.trainer.merging BASE_DIR ADAPTER_DIR TARGET_DIR``; exit code 3 with a sentence
on standard error when it cannot be done.
"""

import shutil
import sys
from pathlib import Path

from training.trainer import pretrained
from training.trainer.checkpoints import make_portable
from training.trainer.errors import TrainerError

EXIT_FAILED = 3
ARGUMENTS = 3


def merge_adapter(base_dir: Path, adapter_dir: Path, target: Path) -> None:
    """Write base and adapter as one model, whole or not at all.

    Raises:
        TrainerError: the target is there, or the base cannot be loaded.
    """
    from peft import PeftModel  # noqa: PLC0415

    if target.exists():
        raise TrainerError("target_exists", f"{target} is there already; name a new folder.")
    model = pretrained.load_model(base_dir)
    merged = PeftModel.from_pretrained(model, adapter_dir).merge_and_unload()
    beside = target.with_name(f".{target.name}.tmp")
    shutil.rmtree(beside, ignore_errors=True)
    merged.save_pretrained(beside)
    pretrained.load_tokenizer(base_dir).save_pretrained(beside)
    make_portable(beside, base_name=base_dir.name)
    beside.rename(target)


def main(arguments: list[str]) -> int:
    """Merge what the three arguments name."""
    if len(arguments) != ARGUMENTS:
        print(__doc__, file=sys.stderr)  # noqa: T201
        return 2
    try:
        merge_adapter(*map(Path, arguments))
    except (TrainerError, OSError, ValueError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return EXIT_FAILED
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
