import json
import struct
from pathlib import Path

import pytest

from training.trainer import resources
from training.trainer.errors import TrainerError
from training.trainer.spec import DEFAULTS, Hyperparameters

BILLION = resources.Shape(
    parameters=1_000_000_000,
    linear=900_000_000,
    sides=1_000_000,
    layers=24,
    width=2048,
    vocabulary=32_000,
)


def chosen(**values: object) -> Hyperparameters:
    return Hyperparameters.parse(values, kind="pretrained")


def memory(*, on_gpu: bool = True, **values: object) -> float:
    return resources.needs(BILLION, chosen(**values), longest=512, on_gpu=on_gpu).memory / 1e9


def test_needs_grow_from_qlora_to_lora_to_full() -> None:
    assert memory(method="qlora") < memory(method="lora") < memory(method="full")
    assert 16 < memory(method="full") < 20  # 16 bytes a weight, and the activations
    assert memory(gradient_checkpointing="off") > memory(gradient_checkpointing="on")
    assert memory(batch_size=8) > memory(batch_size=4)
    assert memory(on_gpu=False) > memory()


def test_read_shape_counts_weights_by_the_headers_alone(tmp_path: Path) -> None:
    tensors = {
        "model.embed_tokens.weight": [100, 8],
        "layers.0.q_proj.weight": [8, 16],
        "norm.weight": [8],
    }
    header = json.dumps({"__metadata__": {}} | {n: {"shape": s} for n, s in tensors.items()})
    raw = struct.pack("<Q", len(header)) + header.encode()
    (tmp_path / "model.safetensors").write_bytes(raw)
    (tmp_path / "config.json").write_text(
        json.dumps({"num_hidden_layers": 1, "hidden_size": 8, "vocab_size": 100})
    )
    shape = resources.read_shape(tmp_path)
    assert (shape.parameters, shape.linear, shape.sides) == (936, 128, 24)
    assert (shape.layers, shape.width, shape.vocabulary) == (1, 8, 100)
    (tmp_path / "model.safetensors").write_bytes(raw[:30])
    with pytest.raises(TrainerError, match="cut off"):
        resources.read_shape(tmp_path)


def test_require_room_refuses_with_both_numbers() -> None:
    wanted = resources.Needs(memory=7_000_000_000, disk=3_000_000_000)
    with pytest.raises(TrainerError, match=r"about 7\.0 GB of memory; 6\.0 GB is free") as caught:
        resources.require_room(wanted, memory=6_000_000_000, disk=1 << 50)
    assert caught.value.code == "memory_short"
    with pytest.raises(TrainerError, match=r"about 3\.0 GB; 1\.0 GB is free") as caught:
        resources.require_room(wanted, memory=8_000_000_000, disk=1_000_000_000)
    assert caught.value.code == "disk_short"
    assert "7.0 GB" in resources.require_room(wanted, memory=8_000_000_000, disk=1 << 50)


def test_free_memory_stays_within_the_container(tmp_path: Path) -> None:
    assert resources._left_in_container(tmp_path) == resources.UNLIMITED
    for name, text in (("max", "1000"), ("current", "700"), ("stat", "anon 5\ninactive_file 100")):
        (tmp_path / f"memory.{name}").write_text(text)
    assert resources._left_in_container(tmp_path) == 400


def test_the_defaults_are_choices_that_can_be_read_again() -> None:
    for kind, values in DEFAULTS.items():
        assert Hyperparameters.parse(values, kind=kind) == Hyperparameters.parse({}, kind=kind)
