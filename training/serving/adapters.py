"""The adapters over one base: laid over it while it writes, each row written by its own."""

import time
from dataclasses import dataclass
from itertools import count

from training.serving.decoding import Batch
from training.serving.places import bytes_in
from training.serving.registry import ModelEntry

THE_BASE = "__base__"
"""What PEFT calls a row that no adapter writes."""


@dataclass
class Adapter:
    """One adapter in memory.

    Attributes:
        name: PEFT's for it, new for every adapter: a replaced one may still be read.
        model: the name under which it is offered.
    """

    name: str
    model: str
    size_bytes: int
    used_at: float


class Adapters:
    """What lies over one shared base. Only the thread that writes may change it."""

    def __init__(self, batch: Batch) -> None:
        """Prepare a base that was just loaded; PEFT wants a first adapter, and keeps it."""
        from peft import LoraConfig, get_peft_model  # noqa: PLC0415

        config = LoraConfig(r=1, target_modules="all-linear", task_type="CAUSAL_LM")
        batch.model = get_peft_model(batch.model, config, adapter_name="first").eval()
        batch.names_adapters = True
        self._batch = batch
        self._kept: dict[str, Adapter] = {}  # by the fingerprint of their entries
        self._numbers = count(1)

    @property
    def size_bytes(self) -> int:
        """Return what they take beside the base."""
        return sum(adapter.size_bytes for adapter in list(self._kept.values()))

    @property
    def models(self) -> list[str]:
        """Return the names of the models that are here."""
        return [adapter.model for adapter in list(self._kept.values())]

    def has(self, entry: ModelEntry) -> bool:
        """Say whether a model can be written; the base itself always."""
        return entry.adapter_dir is None or entry.fingerprint in self._kept

    def name_of(self, entry: ModelEntry) -> str:
        """Return what a row of this model says about who writes it."""
        if entry.adapter_dir is None:
            return THE_BASE
        adapter = self._kept[entry.fingerprint]
        adapter.used_at = time.monotonic()
        return adapter.name

    def attach(self, entry: ModelEntry) -> None:
        """Lay an adapter over the base.

        Raises:
            OSError, ValueError, RuntimeError: it is gone, broken or made for another base.
        """
        name, folder, model = f"adapter{next(self._numbers)}", entry.adapter_dir, self._batch.model
        assert folder is not None  # noqa: S101  (the base itself needs nothing)
        try:
            model.load_adapter(str(folder), adapter_name=name)
        except Exception:
            if name in model.peft_config:
                model.delete_adapter(name)
            raise
        model.eval()
        self._kept[entry.fingerprint] = Adapter(
            name, entry.name, bytes_in(folder), time.monotonic()
        )

    def detach_unread(self) -> bool:
        """Take out the adapter that was not used for longest and is not being read; say if any."""
        read = {row.adapter for row in self._batch.rows}
        unread = {key: one for key, one in self._kept.items() if one.name not in read}
        if not unread:
            return False
        key = min(unread, key=lambda key: unread[key].used_at)
        self._batch.model.delete_adapter(self._kept.pop(key).name)
        return True
