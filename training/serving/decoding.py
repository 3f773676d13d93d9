"""Decode for several readers at once: one forward pass a step for all of them.

Rows are padded on the left, keys and values are kept, and a row joins or leaves between two
steps. Each row samples with a random generator of its own, so its seed means the same whoever
else is being answered, up to the last bit of the arithmetic.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class Sampling:
    """How the next token is drawn; the names are those that vLLM takes beside OpenAI's.

    Attributes:
        temperature: 0 takes the likeliest token.
        top_p: the likeliest tokens stay that have this much probability together.
        min_p: tokens stay that are at least this share as likely as the likeliest.
        repetition_penalty: above 1, tokens the reply has already are less likely.

    Sources: Holtzman et al. (2020) for top_p, Nguyen et al. (2024) for min_p, Keskar et al. (2019)
    for the penalty.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    min_p: float = 0.0
    repetition_penalty: float = 1.0


SAMPLING_NAMES = tuple(field.name for field in fields(Sampling))


@dataclass
class Row:
    """One reply being written; ``written`` holds its tokens so far."""

    prompt: list[int]
    sampling: Sampling
    generator: Any
    last_token: int = -1
    length: int = 0
    written: set[int] = field(default_factory=set)


class Batch:
    """The rows a model is writing at the moment."""

    def __init__(self, model: Any) -> None:
        """Begin with no rows."""
        self.model = model
        self.rows: list[Row] = []
        self._cache: Any = None
        self._mask: Any = None

    @property
    def can_join(self) -> bool:
        """Whether rows may join now: always when empty, else if the cache is of the plain kind."""
        return not self.rows or all(
            type(layer).__name__ == "DynamicLayer" for layer in self._cache.layers
        )

    def join(self, new: Sequence[Row]) -> None:
        """Read the prompts of new rows and sample their first tokens."""
        import torch  # noqa: PLC0415
        from transformers import DynamicCache  # noqa: PLC0415

        width = max(len(row.prompt) for row in new)
        ids = torch.tensor([[0] * (width - len(row.prompt)) + row.prompt for row in new])
        mask = torch.tensor(
            [[0] * (width - len(row.prompt)) + [1] * len(row.prompt) for row in new]
        )
        positions = (mask.cumsum(-1) - 1).clamp(min=0)
        cache = DynamicCache(config=self.model.config)
        logits = self._forward(ids, mask, positions, cache)
        for row, scores in zip(new, logits, strict=True):
            row.length = len(row.prompt)
            row.last_token = choose_token(scores, row)
        if self.rows:
            self._merge(cache, mask)
        else:
            self._cache, self._mask = cache, mask
        self.rows += new

    def step(self) -> None:
        """Write one more token in every row."""
        import torch  # noqa: PLC0415

        ids = torch.tensor([[row.last_token] for row in self.rows])
        positions = torch.tensor([[row.length] for row in self.rows])
        self._mask = torch.cat([self._mask, torch.ones_like(self._mask[:, :1])], dim=1)
        logits = self._forward(ids, self._mask, positions, self._cache)
        for row, scores in zip(self.rows, logits, strict=True):
            row.length += 1
            row.last_token = choose_token(scores, row)

    def leave(self, gone: Sequence[Row]) -> None:
        """Take rows out and give back the columns nobody needs any more."""
        import torch  # noqa: PLC0415

        kept = [index for index, row in enumerate(self.rows) if row not in gone]
        self.rows = [self.rows[index] for index in kept]
        if not self.rows:
            self._cache = self._mask = None
            return
        chosen = torch.tensor(kept)
        self._mask = self._mask[chosen]
        self._cache.batch_select_indices(chosen)
        if self.can_join:
            first = int(self._mask.any(0).int().argmax())
            self._mask = self._mask[:, first:]
            for layer in self._cache.layers:
                layer.keys = layer.keys[:, :, first:]
                layer.values = layer.values[:, :, first:]

    def _forward(self, ids: Any, mask: Any, positions: Any, cache: Any) -> Any:
        import torch  # noqa: PLC0415

        device = self.model.device
        with torch.inference_mode():
            output = self.model(
                input_ids=ids.to(device),
                attention_mask=mask.to(device),
                position_ids=positions.to(device),
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
        return output.logits[:, -1].float().cpu()

    def _merge(self, cache: Any, mask: Any) -> None:
        import torch  # noqa: PLC0415
        from torch.nn.functional import pad  # noqa: PLC0415

        width = max(self._mask.shape[1], mask.shape[1])
        self._mask = torch.cat(
            [pad(part, (width - part.shape[1], 0)) for part in (self._mask, mask)]
        )
        for old, new in zip(self._cache.layers, cache.layers, strict=True):
            for name in ("keys", "values"):
                parts = [getattr(old, name), getattr(new, name)]
                padded = [pad(part, (0, 0, width - part.shape[2], 0)) for part in parts]
                setattr(old, name, torch.cat(padded))


def choose_token(scores: Any, row: Row) -> int:
    """Sample the next token from logits of shape (vocabulary,); temperature 0 takes the best."""
    import torch  # noqa: PLC0415

    chosen = row.sampling
    if chosen.repetition_penalty != 1 and row.written:
        scores = _penalised(scores, row.written, chosen.repetition_penalty)
    if chosen.temperature == 0:
        return _keep(row, int(scores.argmax()))
    chances = torch.softmax(scores / chosen.temperature, dim=-1)
    if chosen.min_p > 0:
        chances[chances < chosen.min_p * chances.max()] = 0
    if chosen.top_p < 1:
        ordered, order = chances.sort(descending=True, stable=True)
        # A token stays while those before it have not reached top_p: the best one always stays.
        ordered[ordered.cumsum(0) - ordered >= chosen.top_p * ordered.sum()] = 0
        if not bool(ordered.any()):
            return _keep(row, int(order[0]))
        return _keep(row, int(order[torch.multinomial(ordered, 1, generator=row.generator)]))
    return _keep(row, int(torch.multinomial(chances, 1, generator=row.generator)))


def _penalised(scores: Any, written: Collection[int], penalty: float) -> Any:
    import torch  # noqa: PLC0415

    places = torch.tensor(sorted(written))
    known = scores[places]
    changed = scores.clone()
    changed[places] = torch.where(known > 0, known / penalty, known * penalty)
    return changed


def _keep(row: Row, token: int) -> int:
    row.written.add(token)
    return token


def new_generator(seed: int | None) -> Any:
    """Return a random generator of its own, seeded or not."""
    import torch  # noqa: PLC0415

    generator = torch.Generator()
    if seed is None:
        generator.seed()
    else:
        generator.manual_seed(seed)
    return generator
