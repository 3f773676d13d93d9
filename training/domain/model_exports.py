"""Local models as Hugging Face folders that may leave the house: weights, tokenizer, model card.

Only files that no program runs when it reads them go along: a checkpoint's pickles never do.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from rickproject.config import get_config
from training.domain.job_limits import JobError
from training.domain.model_cards import model_card
from training.models import ModelVersion
from training.providers.capabilities import LOCAL, SCRIPT_BASE
from training.serving.registry import ModelEntry, read_entry

GIVEN = {".json", ".jinja", ".safetensors", ".txt", ".model"}
CARD = "README.md"


def model_members(version: ModelVersion) -> Iterator[tuple[str, Path | bytes]]:
    """Return the files of a model's archive; a small script base goes along with its adapter.

    Raises:
        JobError: it is no model of this machine, or its files are gone.
    """
    entry = _entry(version)
    is_whole = entry.adapter_dir is None
    folder = entry.adapter_dir or entry.base_dir
    top = f"{version.name}/" + ("" if is_whole else "adapter/")
    members: list[tuple[str, Path | bytes]] = [
        (top + CARD, model_card(version, is_whole=is_whole).encode())
    ]
    members += [(top + path.name, path) for path in _given(folder)]
    if not is_whole and version.base_model == SCRIPT_BASE:
        members += [(f"{version.name}/base/{path.name}", path) for path in _given(entry.base_dir)]
    return iter(members)


def write_model_folder(version: ModelVersion, folder: Path, *, merged: bool) -> Path:
    """Write a model as a Hugging Face folder.

    Args:
        folder: must not be there yet.
        merged: base and adapter as one model, which takes a process with torch.

    Raises:
        JobError: see ``model_members``; the folder is there; merging failed.
    """
    entry = _entry(version)
    if folder.exists():
        raise JobError(f"{folder} is there already; name a new folder.")
    source = entry.adapter_dir or entry.base_dir
    if merged and entry.adapter_dir:
        _merge(entry.base_dir, entry.adapter_dir, folder)
    else:
        folder.mkdir(parents=True)
        for path in _given(source):
            shutil.copyfile(path, folder / path.name)
    is_whole = merged or entry.adapter_dir is None
    (folder / CARD).write_text(model_card(version, is_whole=is_whole), encoding="utf-8")
    _forget_paths(folder, base_model=version.base_model)
    return folder


def _entry(version: ModelVersion) -> ModelEntry:
    if version.provider != LOCAL or version.job is None:
        raise JobError("Only models that were trained on this machine can be taken away.")
    entry = read_entry(get_config().var_dir / "models", version.served_name)
    if entry is None or not (entry.adapter_dir or entry.base_dir).is_dir():
        raise JobError("The model's files are gone from the disk; train it again.")
    return entry


def _given(folder: Path) -> list[Path]:
    """Return the files of a folder that go along; the trainer's own state does not."""
    return [
        path
        for path in sorted(folder.iterdir())
        if path.suffix in GIVEN and path.name not in {"trainer_state.json", "base.json"}
    ]


def _merge(base_dir: Path, adapter_dir: Path, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    names = [str(path.resolve()) for path in (base_dir, adapter_dir)]
    command = [sys.executable, "-m", "training.trainer.merging", *names, str(folder.resolve())]
    environment = os.environ | {"OMP_NUM_THREADS": str(get_config().trainer_threads)}
    done = subprocess.run(  # noqa: S603  # our own module
        command,
        cwd=Path(__file__).resolve().parents[2],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
        raise JobError(f"The adapter could not be merged: {last[:300]}")


def _forget_paths(folder: Path, *, base_model: str) -> None:
    config_file = folder / "adapter_config.json"
    if config_file.exists():
        config = json.loads(config_file.read_text(encoding="utf-8"))
        config["base_model_name_or_path"] = (
            base_model.rsplit("/", 1)[-1] if (base_model.startswith("/")) else base_model
        )
        config_file.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
