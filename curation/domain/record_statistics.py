"""The figures of a dataset version, summed up once while its records are at hand."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from statistics import median

from curation.domain.leakage import find_leakage
from curation.domain.record_checks import CheckedRecord
from curation.enums import Split
from curation.queries.dataset_statistics import (
    Bin,
    DatasetStatistics,
    Distribution,
    SpeakerRecords,
    Spread,
)

BIN_COUNT = 10
MOST_SPEAKERS = 12
Figure = tuple[Split, int]


def summarise_records(
    records: Sequence[CheckedRecord], *, similar_pairs: int = 0
) -> DatasetStatistics:
    """Sum up tokens, messages, replies and speakers of a version, in each split.

    Args:
        similar_pairs: pairs of dialogues that are nearly the same and were kept together.
    """
    replies = list(_trained_replies(records))
    return DatasetStatistics(
        distributions=[
            _distribution("Tokens", "tokens", [(r.split, r.token_count) for r in records]),
            _distribution("Messages", "messages", [(r.split, len(r.messages)) for r in records]),
            _distribution("Characters", "characters", replies, of="reply"),
        ],
        replies=sum(split == Split.TRAIN for split, _ in replies),
        speakers=_speakers(records),
        leakage=find_leakage(records, similar_pairs=similar_pairs),
    )


def _trained_replies(records: Iterable[CheckedRecord]) -> Iterator[Figure]:
    """Yield the split and the length in characters of each reply that is learnt."""
    for record in records:
        for message in record.messages:
            if message["role"] == "assistant" and message.get("weight", 1) != 0:
                yield record.split, len(message["content"])


def _distribution(
    name: str, unit: str, figures: Sequence[Figure], *, of: str = "record"
) -> Distribution:
    values = [value for _, value in figures]
    if not values:
        return Distribution(name, unit, 0, 0, 0, [], of)
    low, high = min(values), max(values)
    width = max(1, -(-(high - low + 1) // BIN_COUNT))
    counts = Counter((value - low) // width for value in values)
    held_out = Counter((value - low) // width for split, value in figures if split != Split.TRAIN)
    bins = [
        Bin(low + i * width, low + (i + 1) * width - 1, counts[i], held_out[i])
        for i in range(max(counts) + 1)
    ]
    return Distribution(name, unit, low, median(values), high, bins, of, _spreads(figures))


def _spreads(figures: Sequence[Figure]) -> dict[str, Spread]:
    found = {}
    for split in Split:
        values = [value for where, value in figures if where == split]
        if values:
            found[split.value] = Spread(len(values), min(values), median(values), max(values))
    return found


def _speakers(records: Sequence[CheckedRecord]) -> list[SpeakerRecords]:
    counts = {
        split: Counter(name for r in records if r.split == split for name in r.speakers)
        for split in Split
    }
    everybody = counts[Split.TRAIN] + counts[Split.VALIDATION]
    ordered = sorted(everybody, key=lambda name: (-everybody[name], name))
    rows = [
        SpeakerRecords(name or "unnamed", counts[Split.TRAIN][name], counts[Split.VALIDATION][name])
        for name in (ordered[:MOST_SPEAKERS] if len(ordered) > MOST_SPEAKERS + 1 else ordered)
    ]
    if rest := ordered[len(rows) :]:
        sums = [sum(counts[split][name] for name in rest) for split in Split]
        rows.append(SpeakerRecords(f"{len(rest)} others, added up", *sums))
    return rows
