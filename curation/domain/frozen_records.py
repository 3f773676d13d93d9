"""The frozen records of a version, read in order and compared with its manifest."""

import hashlib
from collections.abc import Callable, Iterator

from curation.domain.datasets import DatasetError
from curation.enums import Split
from curation.models import DatasetRecord, DatasetVersion
from curation.queries.dataset_facts import file_facts

RECORDS_A_CHUNK = 500


def frozen_lines(
    dataset: DatasetVersion, split: Split, *, progress: Callable[[int], None] = lambda _done: None
) -> Iterator[bytes]:
    """Yield the lines of one split, each a record as JSON with its line break.

    They are read some hundred at a time, so memory does not grow with the version.

    Args:
        progress: is told the number of records read, of both splits; its errors stop the reading.

    Raises:
        DatasetError: after the last line, where the bytes differ from the manifest: whoever writes
            a file of them must not keep it.
    """
    facts = file_facts(dataset)
    already = facts[Split.TRAIN]["records"] if split == Split.VALIDATION else 0
    rows = (
        DatasetRecord.objects.filter(dataset=dataset, split=split)
        .order_by("position")
        .values_list("line", flat=True)
    )
    digest = hashlib.sha256()
    for count, row in enumerate(rows.iterator(RECORDS_A_CHUNK), start=1):
        line = bytes(row)
        digest.update(line)
        yield line
        if count % RECORDS_A_CHUNK == 0:
            progress(already + count)
    if digest.hexdigest() != facts[split]["sha256"]:
        msg = f"The {split.value} records differ from the manifest; the database was changed."
        raise DatasetError(msg)
