"""Find and check a base model that already exists: a directory or a downloaded Hugging Face id."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from training.trainer.errors import TrainerError
from training.trainer.spec import BaseSpec, Method
from training.trainer.spread import card


def resolve_directory(base: BaseSpec) -> Path:
    """Return the directory of the base without touching the network.

    Only an absolute path is a directory: an id such as ``owner/name`` never means one below the
    folder that the trainer happens to run in.

    Raises:
        TrainerError: not there, no safetensors weights, or it would need its own code.
    """
    directory = Path(base.name_or_path)
    if not (directory.is_absolute() and directory.is_dir()):
        directory = _downloaded(base)
    if not (directory / "config.json").is_file():
        raise TrainerError(
            "base_incomplete", f"{base.name_or_path} holds no config.json, so it is no model."
        )
    if not list(directory.glob("*.safetensors")):
        raise TrainerError(
            "base_not_safetensors",
            f"{base.name_or_path} has no weights in the safetensors format. Other formats can run "
            "code when they are read and are refused.",
        )
    config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    if "auto_map" in config:
        raise TrainerError(
            "base_needs_code",
            f"{base.name_or_path} brings program code of its own, which is never run here. "
            "Choose a base of a kind that transformers knows.",
        )
    return directory


def load_tokenizer(directory: Path) -> Any:
    """Return the fast tokenizer of a base.

    Raises:
        TrainerError: code ``tokenizer_slow`` when there is no ``tokenizer.json``.
    """
    from transformers import AutoTokenizer  # noqa: PLC0415

    tokenizer = AutoTokenizer.from_pretrained(
        directory, local_files_only=True, trust_remote_code=False
    )
    if not tokenizer.is_fast:
        raise TrainerError(
            "tokenizer_slow", "The base has no tokenizer.json; choose one with a fast tokenizer."
        )
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_model(directory: Path, *, method: Method = "lora") -> Any:
    """Return the causal language model of a base: safetensors only, no foreign code.

    Args:
        method: ``qlora`` loads it in 4 bits (nf4); ``full`` in 32 bits, because steps of a fine
            rate vanish in 16; else in 16 bits on a graphics card and in 32 on a CPU.

    Raises:
        TrainerError: code ``base_unknown`` when transformers does not know its kind,
            ``quantisation_missing`` without bitsandbytes.
    """
    import torch  # noqa: PLC0415
    from transformers import AutoModelForCausalLM  # noqa: PLC0415

    on_gpu = torch.cuda.is_available()
    half = on_gpu and method != "full"
    more = _in_four_bits() if method == "qlora" else {}
    try:
        model = AutoModelForCausalLM.from_pretrained(
            directory,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            dtype=torch.bfloat16 if half else torch.float32,
            **more,
        )
    except ValueError as error:
        raise TrainerError(
            "base_unknown", f"transformers cannot load this base: {str(error).splitlines()[0]}"
        ) from error
    if method == "qlora" and not on_gpu:
        _keep_layout(model)
    if method != "qlora" and on_gpu:
        model.to(f"cuda:{card()}")  # it is judged before the trainer would move it
    return model


def _keep_layout(model: Any) -> None:
    """Leave 4-bit weights as they are on a CPU.

    bitsandbytes packs them anew when they are judged, which changes their values and fails for
    layers narrower than 64.
    """
    for layer in model.modules():
        if hasattr(layer, "support_avx512bf16_for_cpu"):
            layer.support_avx512bf16_for_cpu = False


def _in_four_bits() -> dict[str, Any]:
    import torch  # noqa: PLC0415
    from transformers import BitsAndBytesConfig  # noqa: PLC0415

    if find_spec("bitsandbytes") is None:
        raise TrainerError(
            "quantisation_missing",
            "QLoRA needs bitsandbytes, which is not installed. An operator installs it with 'make "
            "trainer'; or choose LoRA.",
        )
    on_gpu = torch.cuda.is_available()
    return {
        "quantization_config": BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16 if on_gpu else torch.float32,
        ),
        "device_map": {"": card() if on_gpu else "cpu"},
    }


def context_limit(directory: Path) -> int:
    """Return how many tokens a base can look at, a large number when it does not say."""
    config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    told = config.get("text_config") or config
    return int(told.get("max_position_embeddings") or 131072)


def _downloaded(base: BaseSpec) -> Path:
    from huggingface_hub import snapshot_download  # noqa: PLC0415

    try:
        return Path(
            snapshot_download(base.name_or_path, revision=base.revision, local_files_only=True)
        )
    except (OSError, ValueError) as error:
        raise TrainerError(
            "base_missing",
            f"{base.name_or_path} is neither a directory nor a downloaded Hugging Face model. "
            "Download it first; training itself never uses the network.",
        ) from error
