"""Work out what a training needs of memory and disk, and refuse what cannot fit before it starts.

Counted from the shapes in the safetensors headers, so nothing is loaded. The factors are the usual
ones of mixed-precision training with AdamW (16 bytes for a learnt weight: itself, its gradient and
two moments of 4 bytes each) and about 34 bytes an activation of a layer in 16 bits
(Korthikanti et al., "Reducing Activation Recomputation in Large Transformer Models", 2022).
"""

import json
import math
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.trainer.errors import TrainerError
from training.trainer.spec import Hyperparameters
from training.trainer.spread import card

LEARNT_BYTES, SAVED_BYTES = 16, 12  # of one learnt weight: in memory; in a checkpoint with moments
FOUR_BITS = 0.53  # bytes of a weight in nf4 with its doubly quantised scales
ACTIVATION_BYTES = 34
LOGIT_COPIES = 3  # in 32 bits: the scores, their softmax, their gradient
RUNTIME_BYTES = 400_000_000  # of the libraries
CHECKPOINTS_AT_ONCE = 5  # the last three, the best, the one being written
MOST_HEADER = 100_000_000
CGROUP = Path("/sys/fs/cgroup")
UNLIMITED = 1 << 60


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What a base is made of, in weights.

    Attributes:
        parameters: of the whole model.
        linear: of these in the matrices of the layers, which QLoRA quantises and LoRA adapts.
        sides: sum of both sides of these matrices; a LoRA rank learns so many weights.
    """

    parameters: int
    linear: int
    sides: int
    layers: int
    width: int
    vocabulary: int


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What a training takes, in bytes."""

    memory: int
    disk: int


def read_shape(directory: Path) -> Shape:
    """Count a base's weights by the headers of its files."""
    parameters = linear = sides = 0
    for name, shape in _tensors(directory):
        count = math.prod(shape)
        parameters += count
        if len(shape) == 2 and "embed" not in name and "lm_head" not in name:
            linear += count
            sides += sum(shape)
    raw = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    config = raw.get("text_config") or raw
    return Shape(
        parameters=parameters,
        linear=linear,
        sides=sides,
        layers=_whole(config, "num_hidden_layers", "n_layer"),
        width=_whole(config, "hidden_size", "n_embd"),
        vocabulary=_whole(config, "vocab_size"),
    )


def needs(
    shape: Shape, chosen: Hyperparameters, *, longest: int, on_gpu: bool, processes: int = 1
) -> Needs:
    """Return about what a training takes, on each graphics card where there are some.

    Args:
        longest: tokens of the longest record.
        processes: that share a batch, each with a model of its own.
    """
    full = chosen.method == "full"
    learnt = shape.parameters if full else chosen.lora_r * shape.sides
    weight = 2 if on_gpu else 4
    frozen = 0.0 if full else float(shape.parameters * weight)
    if chosen.method == "qlora":
        frozen = shape.linear * FOUR_BITS + (shape.parameters - shape.linear) * weight
    tokens = chosen.batch_size // processes * longest
    layer = tokens * shape.width * ACTIVATION_BYTES * weight / 2
    kept = layer * shape.layers
    if chosen.recomputes(on_gpu=on_gpu):
        kept = layer + tokens * shape.width * weight * shape.layers
    scores = tokens * shape.vocabulary * 4 * LOGIT_COPIES
    artefact = learnt * 4
    memory = round(learnt * LEARNT_BYTES + frozen + kept + scores + RUNTIME_BYTES)
    return Needs(
        memory=memory if on_gpu else memory * processes,
        disk=learnt * SAVED_BYTES * CHECKPOINTS_AT_ONCE + artefact,
    )


def require_room(wanted: Needs, *, memory: int, disk: int) -> str:
    """Return in a sentence that there is room.

    Args:
        memory, disk: what is free, in bytes.

    Raises:
        TrainerError: code ``memory_short`` or ``disk_short``, with both numbers.
    """
    if wanted.memory > memory:
        raise TrainerError(
            "memory_short",
            f"This training needs about {_gb(wanted.memory)} of memory; {_gb(memory)} is free. "
            "Choose QLoRA, a smaller batch, shorter examples or a smaller base.",
        )
    if wanted.disk > disk:
        raise TrainerError(
            "disk_short",
            f"This training writes about {_gb(wanted.disk)}; {_gb(disk)} is free on the disk. "
            "Free some space, or choose LoRA.",
        )
    return (
        f"Needs about {_gb(wanted.memory)} of memory ({_gb(memory)} is free) and "
        f"{_gb(wanted.disk)} on the disk ({_gb(disk)} is free)."
    )


def free_memory() -> int:
    """Return the bytes that training may take: of the graphics card, else within the container."""
    import psutil  # noqa: PLC0415
    import torch  # noqa: PLC0415

    if torch.cuda.is_available():
        return int(torch.cuda.mem_get_info(card())[0])
    return min(int(psutil.virtual_memory().available), _left_in_container())


def free_disk(directory: Path) -> int:
    """Return the free bytes of the disk that a directory is on."""
    return shutil.disk_usage(directory).free


def _left_in_container(folder: Path = CGROUP) -> int:
    try:
        limit = int((folder / "memory.max").read_text())
        used = int((folder / "memory.current").read_text())
        reclaimable = dict(
            line.split() for line in (folder / "memory.stat").read_text().splitlines()
        )
        return limit - used + int(reclaimable.get("inactive_file", 0))
    except (OSError, ValueError):  # no container, or the word "max"
        return UNLIMITED


def _tensors(directory: Path) -> Iterator[tuple[str, list[int]]]:
    for path in sorted(directory.glob("*.safetensors")):
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            try:
                header = json.loads(file.read(min(length, MOST_HEADER)))
            except ValueError as error:
                raise TrainerError(
                    "base_broken", f"{path.name} of the base is cut off; fetch the base again."
                ) from error
        for name, tensor in header.items():
            if name != "__metadata__":
                yield name, tensor["shape"]


def _whole(config: dict[str, Any], *names: str) -> int:
    return next((int(config[name]) for name in names if config.get(name)), 0)


def _gb(size: int) -> str:
    return f"{size / 1e9:,.1f} GB"
