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
    """One bar of a histogram: what has a figure from ``low`` to ``high``, both included.

    Attributes:
        held_out: those of ``count`` in the validation split.
    """

    low: int
    high: int
    count: int
    held_out: int = 0

    @property
    def label(self) -> str:
        """The figures it stands for."""
        return str(self.low) if self.low == self.high else f"{self.low}–{self.high}"


@dataclass(frozen=True)
class Spread:
    """How a figure is spread over so many records or replies of one split."""

    count: int
    minimum: int
    median: float
    maximum: int


@dataclass(frozen=True)
class SpeakerRecords:
    """In how many records of each split somebody speaks."""

    name: str
    train: int
    validation: int


@dataclass(frozen=True)
class Distribution:
    """How a figure of the records, or of the replies in them, is spread.

    Attributes:
        of: what has the figure, ``record`` or ``reply``.
        splits: the spread in each split that has any, by its name.
    """

    name: str
    unit: str
    minimum: int
    median: float
    maximum: int
    bins: list[Bin]
    of: str = "record"
    splits: dict[str, Spread] = field(default_factory=dict)

    @property
    def tallest(self) -> int:
        """The number of records in the fullest bin, for scaling bars."""
        return max((part.count for part in self.bins), default=1)

    @property
    def caption(self) -> str:
        """The figure and its spread in words, in each split."""
        spreads = [
            f"{split} {one.minimum} to {one.maximum}, median {one.median:g}"
            for split, one in self.splits.items()
        ] or [f"{self.minimum} to {self.maximum}, median {self.median:g}"]
        return f"{self.name} per {self.of}: {'; '.join(spreads)}."

    @property
    def pairs(self) -> list[tuple[str, int, int]]:
        """Label of each bar, and how many of the training and of the validation split it has."""
        return [(each.label, each.count - each.held_out, each.held_out) for each in self.bins]


@dataclass(frozen=True)
class Overlap:
    """How many texts of the validation split stand word for word in the training split.

    Attributes:
        examples: the longest of them.
    """

    count: int
    repeated: int
    examples: list[str]


@dataclass(frozen=True)
class Leakage:
    """What the validation split shares with the training split.

    Attributes:
        replies, prompts: trained replies, and what others say before them.
        scenes, shared_scenes: with a dialogue in the validation; those of them also in training.
        similar_pairs: pairs of dialogues, nearly the same, that were kept on one side.
    """

    replies: Overlap
    prompts: Overlap
    scenes: int
    shared_scenes: int
    similar_pairs: int

    @property
    def rows(self) -> list[tuple[str, int, int]]:
        """What is shared, of how many of the validation split, for a table."""
        return [
            ("Replies of the character, word for word", self.replies.repeated, self.replies.count),
            ("What others say to it, word for word", self.prompts.repeated, self.prompts.count),
            ("Scenes with dialogues on both sides", self.shared_scenes, self.scenes),
        ]

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Read back what a version's row keeps."""
        overlaps = {name: Overlap(**values[name]) for name in ("replies", "prompts")}
        return cls(**values | overlaps)


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
        distributions: tokens and messages per record, characters per trained reply.
        replies: trained replies of the character in the training split.
        speakers: those who speak in most records first, the rest summed up.
        leakage: what the splits share; None without a validation split.
    """

    distributions: list[Distribution] = field(default_factory=list)
    replies: int = 0
    speakers: list[SpeakerRecords] = field(default_factory=list)
    leakage: Leakage | None = None

    @property
    def speaker_pairs(self) -> list[tuple[str, int, int]]:
        """Each speaker, and the records of the training and of the validation split."""
        return [(each.name, each.train, each.validation) for each in self.speakers]

    def as_json(self) -> dict[str, Any]:
        """Return what a version's row keeps of it."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Read back what :meth:`as_json` gave; an unbuilt version has none."""
        distributions = [
            Distribution(
                **each
                | {
                    "bins": [Bin(**part) for part in each["bins"]],
                    "splits": {name: Spread(**one) for name, one in each.get("splits", {}).items()},
                }
            )
            for each in values.get("distributions", [])
        ]
        speakers = [SpeakerRecords(**each) for each in values.get("speakers", [])]
        leakage = Leakage.from_json(values["leakage"]) if values.get("leakage") else None
        return cls(distributions, values.get("replies", 0), speakers, leakage)


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
