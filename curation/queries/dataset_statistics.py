"""What a dataset version holds, in figures and in samples."""

import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from curation.enums import Split
from curation.models import DatasetRecord, DatasetVersion

BIN_COUNT = 10
SAMPLE_SIZE = 3


@dataclass(frozen=True)
class Bin:
    """One bar of a histogram: records whose figure lies from ``low`` to ``high``, both included."""

    low: int
    high: int
    count: int


@dataclass(frozen=True)
class Distribution:
    """How a figure of the records is spread."""

    name: str
    unit: str
    minimum: int
    median: float
    maximum: int
    bins: list[Bin]

    @property
    def tallest(self) -> int:
        """The number of records in the fullest bin, for scaling bars."""
        return max((part.count for part in self.bins), default=1)

    @property
    def caption(self) -> str:
        """The figure and its spread in words."""
        spread = f"{self.minimum} to {self.maximum}, median {self.median:g}"
        return f"{self.name} per record: {spread}. Bars count records."

    @property
    def rows(self) -> list[tuple[str, int]]:
        """Label and height of each bar."""
        return [
            (str(b.low) if b.low == b.high else f"{b.low}–{b.high}", b.count) for b in self.bins
        ]


@dataclass(frozen=True)
class SampleRecord:
    """A record for people to read."""

    position: int
    split: str
    dialogue_id: int
    token_count: int
    messages: list[dict[str, Any]]


@dataclass(frozen=True)
class DatasetStatistics:
    """Figures of one version.

    Attributes:
        distributions: tokens and messages per record.
        replies: trained replies of the character in the training split.
    """

    distributions: list[Distribution]
    replies: int
    system_messages: list[tuple[str, int]]


def dataset_statistics(dataset: DatasetVersion) -> DatasetStatistics:
    """Read every record once and sum it up."""
    tokens, turns, replies = [], [], 0
    systems: Counter[str] = Counter()
    rows = dataset.records.values_list("split", "token_count", "message_count", "line")
    for split, token_count, message_count, line in rows.iterator(1000):
        tokens.append(token_count)
        turns.append(message_count)
        messages = json.loads(bytes(line))["messages"]
        if messages[0]["role"] == "system":
            systems[messages[0]["content"].splitlines()[0]] += 1
        if split == Split.TRAIN:
            replies += sum(m["role"] == "assistant" and m.get("weight", 1) for m in messages)
    return DatasetStatistics(
        distributions=[
            _distribution("Tokens", "tokens", tokens),
            _distribution("Messages", "messages", turns),
        ],
        replies=replies,
        system_messages=systems.most_common(5),
    )


def _distribution(name: str, unit: str, values: Sequence[int]) -> Distribution:
    if not values:
        return Distribution(name, unit, 0, 0, 0, [])
    low, high = min(values), max(values)
    width = max(1, -(-(high - low + 1) // BIN_COUNT))
    counts = Counter((value - low) // width for value in values)
    bins = [
        Bin(low + i * width, low + (i + 1) * width - 1, counts[i]) for i in range(max(counts) + 1)
    ]
    return Distribution(name, unit, low, median(values), high, bins)


def sample_records(
    dataset: DatasetVersion, *, seed: int, size: int = SAMPLE_SIZE
) -> list[SampleRecord]:
    """Draw records at random, the same ones for the same seed."""
    keys = list(dataset.records.values_list("pk", flat=True))
    chosen = random.Random(seed).sample(keys, min(size, len(keys)))  # noqa: S311  # no secret
    rows = DatasetRecord.objects.in_bulk(chosen)
    return [
        SampleRecord(
            position=rows[key].position,
            split=rows[key].split,
            dialogue_id=rows[key].dialogue_id,
            token_count=rows[key].token_count,
            messages=json.loads(bytes(rows[key].line))["messages"],
        )
        for key in chosen
    ]
