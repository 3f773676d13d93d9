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


@dataclass(eq=False)
class Row:
    """One reply being written.

    Attributes:
        last_token: the newest token, not yet read by the model.
        length: tokens the model has read.
        adapter: which one writes it, where several lie over the model.
        tokens: all tokens written, in order; ``written`` the same as a set.
        failure: why no more can be written in this row; the others go on.
    """

    prompt: list[int]
    sampling: Sampling
    generator: Any
    adapter: str = ""
    last_token: int = -1
    length: int = 0
    tokens: list[int] = field(default_factory=list)
    written: set[int] = field(default_factory=set)
    failure: Exception | None = None


class Batch:
    """The rows a model is writing at the moment.

    Attributes:
        names_adapters: whether each row is written by the adapter that it names.
    """

    def __init__(self, model: Any) -> None:
        """Begin with no rows."""
        self.model = model
        self.names_adapters = False
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
        """Read the prompts of new rows and sample their first tokens.

        A row that cannot be read gets a ``failure`` and stays outside.
        """
        try:
            self._read(new)
        except Exception:  # noqa: BLE001  (whose fault it is shows when each is read alone)
            self._read_sound(new)

    def step(self) -> None:
        """Write one more token in every row; one that cannot go on gets a ``failure``."""
        import torch  # noqa: PLC0415

        ids = torch.tensor([[row.last_token] for row in self.rows])
        positions = torch.tensor([[row.length] for row in self.rows])
        mask = torch.cat([self._mask, torch.ones_like(self._mask[:, :1])], dim=1)
        try:
            logits = self._forward(self.rows, ids, mask, positions, self._cache)
        except Exception:  # noqa: BLE001  (the keys and values are half written: read them again)
            rows, self.rows, self._cache, self._mask = self.rows, [], None, None
            self._read_sound(rows)
            return
        self._mask = mask
        for row, scores in zip(self.rows, logits, strict=True):
            row.length += 1
            _write(scores, row)

    def _read_sound(self, rows: Sequence[Row]) -> None:
        """Read rows together, without those that fail alone; if all are too many, the newest go."""
        sound = [row for row in rows if self._reads_alone(row)]
        while sound:
            try:
                self._read(sound)
            except Exception as error:  # noqa: BLE001
                sound.pop().failure = error
            else:
                return

    def _reads_alone(self, row: Row) -> bool:
        try:
            self._forward([row], *self._inputs([row]))
        except Exception as error:  # noqa: BLE001
            row.failure = error
        return row.failure is None

    def _read(self, new: Sequence[Row]) -> None:
        """Read all of some rows' tokens, take them in and write one more token in each."""
        ids, mask, positions, cache = self._inputs(new)
        logits = self._forward(new, ids, mask, positions, cache)
        if self.rows:
            self._merge(cache, mask)
        else:
            self._cache, self._mask = cache, mask
        self.rows += new
        for row, scores in zip(new, logits, strict=True):
            row.length = len(row.prompt) + len(row.tokens)
            _write(scores, row)

    def _inputs(self, rows: Sequence[Row]) -> tuple[Any, Any, Any, Any]:
        import torch  # noqa: PLC0415
        from transformers import DynamicCache  # noqa: PLC0415

        texts = [[*row.prompt, *row.tokens] for row in rows]
        width = max(map(len, texts))
        ids = torch.tensor([[0] * (width - len(text)) + text for text in texts])
        mask = torch.tensor([[0] * (width - len(text)) + [1] * len(text) for text in texts])
        positions = (mask.cumsum(-1) - 1).clamp(min=0)
        return ids, mask, positions, DynamicCache(config=self.model.config)

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

    def _forward(self, rows: Sequence[Row], ids: Any, mask: Any, positions: Any, cache: Any) -> Any:
        import torch  # noqa: PLC0415

        device = self.model.device
        adapters = {"adapter_names": [row.adapter for row in rows]} if self.names_adapters else {}
        with torch.inference_mode():
            output = self.model(
                input_ids=ids.to(device),
                attention_mask=mask.to(device),
                position_ids=positions.to(device),
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
                **adapters,
            )
        return output.logits[:, -1].float().cpu()

    def _merge(self, cache: Any, mask: Any) -> None:
        import torch  # noqa: PLC0415
        from torch.nn.functional import pad  # noqa: PLC0415

        width = max(self._mask.shape[1], mask.shape[1])
        merged = [
            [
                torch.cat([pad(part, (0, 0, width - part.shape[2], 0)) for part in parts])
                for parts in ((old.keys, new.keys), (old.values, new.values))
            ]
            for old, new in zip(self._cache.layers, cache.layers, strict=True)
        ]
        self._mask = torch.cat(
            [pad(part, (width - part.shape[1], 0)) for part in (self._mask, mask)]
        )
        for layer, (keys, values) in zip(self._cache.layers, merged, strict=True):
            layer.keys, layer.values = keys, values


def _write(scores: Any, row: Row) -> None:
    try:
        row.last_token = choose_token(scores, row)
    except Exception as error:  # noqa: BLE001  (scores that are no numbers: this reply's alone)
        row.failure = error


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
    row.tokens.append(token)
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
