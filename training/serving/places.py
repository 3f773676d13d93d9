"""Where the weights of a model are kept: merged and alone, or as an adapter over a shared base.

A merged adapter writes fastest, and costs the memory of a whole base. So only small bases are
merged; a large one is loaded once, for all its adapters and for those who talk to the base itself.
"""

import json
from pathlib import Path

from training.serving.limits import Limits
from training.serving.registry import ModelEntry

SHARED_FROM = 1 / 4
"""A base is shared from this part of the memory on."""


def place_of(entry: ModelEntry, limits: Limits) -> str:
    """Return a key that models have in common whose replies are written in one batch."""
    try:
        is_small = bytes_in(entry.base_dir) < SHARED_FROM * limits.memory_bytes
    except OSError:  # loading it says what is wrong
        is_small = True
    return entry.name if is_small or not _lies_apart(entry.adapter_dir) else str(entry.base_dir)


def weight_bytes(entry: ModelEntry) -> int:
    """Return the size of the weights on the disk, about what they take in memory.

    Raises:
        OSError: files go while they are counted.
    """
    return bytes_in(entry.base_dir) + (bytes_in(entry.adapter_dir) if entry.adapter_dir else 0)


def bytes_in(directory: Path) -> int:
    """Return the size of the weights in one directory."""
    return sum(path.stat().st_size for path in directory.glob("*.safetensors"))


def _lies_apart(adapter_dir: Path | None) -> bool:
    """Say whether an adapter can write beside others: plain LoRA, which adds to outputs only."""
    if adapter_dir is None:
        return True
    try:
        config = json.loads((adapter_dir / "adapter_config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    special = ("use_dora", "modules_to_save", "target_parameters", "trainable_token_indices")
    return (
        isinstance(config, dict)
        and config.get("peft_type") == "LORA"
        and config.get("bias", "none") == "none"
        and not any(config.get(name) for name in special)
    )
