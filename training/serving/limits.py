"""What the server takes on, and the sentences for what goes beyond it."""

from dataclasses import dataclass

from training.serving.protocol import RequestError
from training.serving.registry import ModelEntry

MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """What the server takes on.

    Attributes:
        rows: replies written at once for one model, or for all adapters over one base.
        waiting: requests in all, being answered or not; beyond that 429.
        memory_mib: of all models' weights together, loaded and being loaded.
        threads: of torch.
    """

    rows: int = 8
    waiting: int = 32
    memory_mib: float = 2048
    threads: int = 1

    @property
    def memory_bytes(self) -> float:
        """The same limit in bytes."""
        return self.memory_mib * MIB


def too_large(entry: ModelEntry, size: int, limits: Limits) -> RequestError:
    """Return the refusal of a model that would not fit even alone; ``size`` is in bytes."""
    return RequestError(
        f"The model {entry.name} needs {size / MIB:,.0f} MiB of memory; this server may use "
        f"{limits.memory_mib:,g} MiB. Choose a smaller model, or have RICK_MODEL_MEMORY_MIB "
        "raised.",
        status=503,
        code="model_too_large",
    )


def unforeseen(error: BaseException) -> RequestError:
    """Return what a reader is told of a fault; its kind only, never its text."""
    return RequestError(
        f"The model failed while it was writing: {type(error).__name__}.",
        status=500,
        code="model_failed",
    )


def stopping() -> RequestError:
    """Return what is said to those who come, or still wait, when the server ends."""
    return RequestError("The server is shutting down.", status=503, code="stopping")
