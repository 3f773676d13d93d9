"""What a version's manifest says of its files."""

import json
from typing import NotRequired, TypedDict, cast

from curation.enums import Split
from curation.models import DatasetVersion


class FileFacts(TypedDict):
    """What the manifest says of one split's file; its size in bytes."""

    records: int
    tokens: int
    bytes: NotRequired[int]
    sha256: str


def file_facts(dataset: DatasetVersion) -> dict[Split, FileFacts]:
    """Return the facts of each split's file.

    Only these are read: behind them the manifest lists every dialogue, megabytes of a large
    version. Within a text quotes are escaped, so the first ``"files":`` is the name.
    """
    start = dataset.manifest.index('"files":') + len('"files":')
    facts, _ = json.JSONDecoder().raw_decode(dataset.manifest, start)
    return {Split(name): cast("FileFacts", values) for name, values in facts.items()}
