"""Load a model: a base with its adapter merged, or a base that several adapters share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from training.serving.adapters import Adapters
from training.serving.decoding import Batch
from training.serving.protocol import RequestError

if TYPE_CHECKING:
    from pathlib import Path

    from training.serving.generation import Generation
    from training.serving.registry import ModelEntry


@dataclass
class LoadedModel:
    """A model ready to write.

    Attributes:
        place: where it is kept (``places.place_of``).
        entry: what it was loaded for; one of several where the base is shared.
        ends: tokens that end a reply.
        base_bytes: of its weights in memory, without the adapters that lie over it.
        adapters: those, where the base is shared; None where the one adapter is merged.
        writing: the requests that are being answered.
    """

    place: str
    entry: ModelEntry
    encoder: Any
    batch: Batch
    ends: frozenset[int]
    base_bytes: int
    adapters: Adapters | None = None
    used_at: float = 0.0
    writing: list[Generation] = field(default_factory=list)

    @property
    def size_bytes(self) -> int:
        """Return what all its weights take in memory."""
        return self.base_bytes + (self.adapters.size_bytes if self.adapters else 0)

    @property
    def names(self) -> list[str]:
        """Return the models that can be written without loading anything."""
        own = [] if self.adapters and self.entry.adapter_dir else [self.entry.name]
        return [*own, *(self.adapters.models if self.adapters else [])]

    def has(self, entry: ModelEntry) -> bool:
        """Say whether it writes this very version of a model."""
        if self.adapters is not None:
            return self.adapters.has(entry)
        return self.entry.fingerprint == entry.fingerprint

    def decode(self, tokens: list[int]) -> str:
        """Return the text of tokens, control tokens left out."""
        return str(self.encoder.tokenizer.decode(tokens, skip_special_tokens=True))


def load_model(entry: ModelEntry, *, place: str, threads: int) -> LoadedModel:
    """Load a base and merge its adapter, unless its place is shared; slow, for a thread.

    Raises:
        RequestError: status 503 with a sentence: torch is missing, files are gone or unfit.
    """
    try:
        return _load(entry, place=place, threads=threads)
    except ImportError as error:
        raise RequestError(
            f"Models cannot speak here: {error.name or 'torch'} is not installed. "
            "Install the training step (make run without TRAINER=none).",
            status=503,
            code="trainer_missing",
        ) from error
    except (OSError, ValueError, RuntimeError) as error:
        raise broken(entry, error) from error


def broken(entry: ModelEntry, error: Exception) -> RequestError:
    """Return what is said where the files of a model are gone or unfit."""
    return RequestError(
        f"The model {entry.name} cannot be loaded: {_first_line(error)}",
        status=503,
        code="model_broken",
    )


def _load(entry: ModelEntry, *, place: str, threads: int) -> LoadedModel:
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
    is_shared = place != entry.name
    if entry.adapter_dir is not None and not is_shared:
        model = _merged(model, entry.adapter_dir)
    model.eval()
    batch = Batch(model)
    return LoadedModel(
        place=place,
        entry=entry,
        encoder=ChatEncoder(tokenizer),
        batch=batch,
        adapters=Adapters(batch) if is_shared else None,
        ends=_ends(model, tokenizer),
        base_bytes=sum(weight.numel() * weight.element_size() for weight in model.parameters()),
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
