"""What a dataset version holds, in figures and in samples."""

import json
import random
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from django.db.models import Q

from curation.enums import Split
from curation.models import DatasetVersion

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

    distributions: list[Distribution] = field(default_factory=list)
    replies: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return what a version's row keeps of it."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Read back what :meth:`as_json` gave; an unbuilt version has none."""
        distributions = [
            Distribution(**{**each, "bins": [Bin(**part) for part in each["bins"]]})
            for each in values.get("distributions", [])
        ]
        return cls(distributions, values.get("replies", 0))


def dataset_statistics(dataset: DatasetVersion) -> DatasetStatistics:
    """Return the figures that were summed up when the version was built."""
    return DatasetStatistics.from_json(dataset.statistics)


def sample_records(
    dataset: DatasetVersion, *, seed: int, size: int = SAMPLE_SIZE
) -> list[SampleRecord]:
    """Draw records at random, the same ones for the same seed."""
    total = dataset.train_count + dataset.validation_count
    chosen = random.Random(seed).sample(range(total), min(size, total))  # noqa: S311  # no secret
    wanted = Q(pk__in=[])
    for place in chosen:
        is_train = place < dataset.train_count
        wanted |= Q(
            split=Split.TRAIN if is_train else Split.VALIDATION,
            position=place if is_train else place - dataset.train_count,
        )
    return [
        SampleRecord(
            position=row.position,
            split=row.split,
            dialogue_id=row.dialogue_id,
            token_count=row.token_count,
            messages=json.loads(bytes(row.line))["messages"],
        )
        for row in dataset.records.filter(wanted)
    ]
