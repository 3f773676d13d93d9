"""The figures of a dataset version, summed up once while its records are at hand."""

from collections import Counter
from collections.abc import Sequence
from statistics import median

from curation.domain.record_checks import CheckedRecord
from curation.enums import Split
from curation.queries.dataset_statistics import Bin, DatasetStatistics, Distribution

BIN_COUNT = 10


def summarise_records(records: Sequence[CheckedRecord]) -> DatasetStatistics:
    """Sum up tokens and messages per record, and count the replies that are trained on."""
    replies = sum(
        message["role"] == "assistant" and message.get("weight", 1) != 0
        for record in records
        if record.split == Split.TRAIN
        for message in record.messages
    )
    return DatasetStatistics(
        distributions=[
            _distribution("Tokens", "tokens", [record.token_count for record in records]),
            _distribution("Messages", "messages", [len(record.messages) for record in records]),
        ],
        replies=replies,
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
