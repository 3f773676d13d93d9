"""Load models, merge their adapters, and keep as many as the memory allows."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.serving.decoding import Batch
from training.serving.protocol import RequestError
from training.serving.registry import ModelEntry


@dataclass
class LoadedModel:
    """A model ready to write.

    Attributes:
        ends: tokens that end a reply.
        size_bytes: of its weights in memory.
    """

    entry: ModelEntry
    encoder: Any
    batch: Batch
    ends: frozenset[int]
    size_bytes: int
    used_at: float = 0.0

    def decode(self, tokens: list[int]) -> str:
        """Return the text of tokens, control tokens left out."""
        return str(self.encoder.tokenizer.decode(tokens, skip_special_tokens=True))


def weight_bytes(entry: ModelEntry) -> int:
    """Return the size of the weights on the disk, about what they take in memory."""
    directories = [entry.base_dir, *([entry.adapter_dir] if entry.adapter_dir else [])]
    return sum(path.stat().st_size for place in directories for path in place.glob("*.safetensors"))


def load_model(entry: ModelEntry, *, threads: int) -> LoadedModel:
    """Load a base, merge its adapter and return it; slow, for a thread.

    Raises:
        RequestError: status 503 with a sentence: torch is missing, files are gone or unfit.
    """
    try:
        return _load(entry, threads=threads)
    except ImportError as error:
        raise RequestError(
            f"Models cannot speak here: {error.name or 'torch'} is not installed. "
            "Install the training step (make run without TRAINER=none).",
            status=503,
            code="trainer_missing",
        ) from error
    except (OSError, ValueError, RuntimeError) as error:
        raise RequestError(
            f"The model {entry.name} cannot be loaded: {_first_line(error)}",
            status=503,
            code="model_broken",
        ) from error


def _load(entry: ModelEntry, *, threads: int) -> LoadedModel:
    import torch  # noqa: PLC0415

    from training.trainer import pretrained  # noqa: PLC0415
    from training.trainer.encoding import ChatEncoder  # noqa: PLC0415
    from training.trainer.errors import TrainerError  # noqa: PLC0415

    torch.set_num_threads(threads)
    try:
        tokenizer = pretrained.load_tokenizer(entry.base_dir)
        model = pretrained.load_model(entry.base_dir)
    except TrainerError as error:
        raise RequestError(str(error), status=503, code=error.code) from error
    if entry.adapter_dir is not None:
        model = _merged(model, entry.adapter_dir)
    model.eval()
    return LoadedModel(
        entry=entry,
        encoder=ChatEncoder(tokenizer),
        batch=Batch(model),
        ends=_ends(model, tokenizer),
        size_bytes=sum(weight.numel() * weight.element_size() for weight in model.parameters()),
    )


def _merged(model: Any, adapter_dir: Path) -> Any:
    from peft import PeftModel  # noqa: PLC0415

    return PeftModel.from_pretrained(model, adapter_dir).merge_and_unload()


def _ends(model: Any, tokenizer: Any) -> frozenset[int]:
    named = getattr(model.generation_config, "eos_token_id", None)
    ends = named if isinstance(named, list) else [named]
    return frozenset(end for end in [*ends, tokenizer.eos_token_id] if end is not None)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
