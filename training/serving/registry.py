"""The models a server offers: one directory each, with a ``model.json``.

Needs neither torch nor Django::

    MODELS_DIR/<name>/model.json
        {"name": "<name>",
         "base_dir": "/…/bases/<key>",      directory with safetensors, tokenizer and template
         "adapter_dir": "/…/adapter",       LoRA adapter merged into the base; null for the base
         "context_tokens": 256,             prompt and reply together
         "sampling": {"min_p": 0.1}}        what a request leaves open; may be absent

A relative path counts from the directory of the ``model.json``. The file is read again whenever
it changes, so a model can be replaced while the server runs; a removed one is gone at once.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from training.serving.decoding import SAMPLING_NAMES

ENTRY = "model.json"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,199}")


@dataclass(frozen=True)
class ModelEntry:
    """One model as the server offers it.

    Attributes:
        sampling: defaults for what a request leaves open, by the names of ``decoding.Sampling``.
        changed_at: when its ``model.json`` was written, in seconds since 1970.
        fingerprint: differs after every replacement.
    """

    name: str
    base_dir: Path
    adapter_dir: Path | None
    context_tokens: int
    changed_at: float
    fingerprint: str
    sampling: Mapping[str, float] = field(default_factory=dict)


def write_model_entry(
    models_dir: Path,
    *,
    name: str,
    base_dir: Path | str,
    adapter_dir: Path | str | None,
    context_tokens: int,
    sampling: Mapping[str, float] | None = None,
) -> Path:
    """Offer a model under a name, replacing an earlier one of that name.

    Returns:
        The written ``model.json``.

    Raises:
        ValueError: the name cannot be a directory and a model id at once.
    """
    if not NAME.fullmatch(name):
        msg = "A model's name has letters, digits, dots, dashes and colons only."
        raise ValueError(msg)
    directory = models_dir / name
    directory.mkdir(parents=True, exist_ok=True)
    entry = {
        "name": name,
        "base_dir": str(base_dir),
        "adapter_dir": None if adapter_dir is None else str(adapter_dir),
        "context_tokens": context_tokens,
        "sampling": dict(sampling or {}),
    }
    path = directory / ENTRY
    beside = path.with_name(f".{ENTRY}.{os.getpid()}.tmp")
    with beside.open("w", encoding="utf-8") as file:
        json.dump(entry, file)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    return path


def read_entry(models_dir: Path, name: str) -> ModelEntry | None:
    """Return one model, None when it is not offered or its file is broken."""
    if not NAME.fullmatch(name):
        return None
    path = models_dir / name / ENTRY
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        stat = path.stat()
        adapter = raw["adapter_dir"]
        return ModelEntry(
            name=name,
            base_dir=path.parent / raw["base_dir"],
            adapter_dir=None if adapter is None else path.parent / adapter,
            context_tokens=int(raw["context_tokens"]),
            changed_at=stat.st_mtime,
            sampling=_sampling(raw.get("sampling")),
            fingerprint=f"{stat.st_mtime_ns:x}-{stat.st_ino:x}",
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _sampling(raw: object) -> dict[str, float]:
    if not isinstance(raw, dict):
        return {}
    return {name: float(raw[name]) for name in SAMPLING_NAMES if name in raw}


def list_entries(models_dir: Path) -> list[ModelEntry]:
    """Return all offered models by name."""
    if not models_dir.is_dir():
        return []
    names = sorted(path.parent.name for path in models_dir.glob(f"*/{ENTRY}"))
    return [entry for name in names if (entry := read_entry(models_dir, name))]
