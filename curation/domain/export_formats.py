"""The formats of an export: frozen lines of OpenAI chat JSONL in, the bytes of files out.

Every function reads its records once, in order, and keeps some hundred of them in memory.
"""

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

from curation.domain.datasets import DatasetError
from curation.enums import Split
from curation.models import DatasetVersion
from rickproject.lib.csv_text import stream_csv
from rickproject.lib.jsonl import encode_line

RECORDS_A_PIECE = 500
SHAREGPT_NAMES = {"system": "system", "user": "human", "assistant": "gpt"}
CSV_HEADER = ("split", "record", "message", "role", "trained", "text")


def sharegpt_lines(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield each record as ShareGPT has it: ``conversations`` of ``from`` and ``value``.

    A reply that is not trained keeps its ``weight`` of 0; who knows no weights trains on it, too.
    """
    for line in lines:
        turns = [
            {"from": SHAREGPT_NAMES[message["role"]], "value": message["content"]}
            | ({"weight": message["weight"]} if "weight" in message else {})
            for message in json.loads(line)["messages"]
        ]
        yield encode_line({"conversations": turns})


def csv_pieces(splits: Mapping[Split, Iterable[bytes]]) -> Iterator[bytes]:
    """Yield one table of all splits with a row for each message, counted from 1.

    Text that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    return stream_csv(CSV_HEADER, chain.from_iterable(map(_csv_rows, splits, splits.values())))


def _csv_rows(split: Split, lines: Iterable[bytes]) -> Iterator[tuple[object, ...]]:
    for record, line in enumerate(lines, start=1):
        for position, message in enumerate(json.loads(line)["messages"], start=1):
            role = message["role"]
            trained = "yes" if role == "assistant" and message.get("weight", 1) else "no"
            yield split.value, record, position, role, trained, message["content"]


def parquet_pieces(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the bytes of a Parquet file with one column, ``messages``, and a row a record.

    Raises:
        DatasetError: pyarrow is missing (the training step brings it).
    """
    try:
        import pyarrow as pa  # noqa: PLC0415  # 171 MB, loaded where a file needs it only
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError as error:
        msg = "Parquet files need pyarrow, which is not installed here: take ShareGPT or CSV."
        raise DatasetError(msg) from error
    message = pa.struct([("role", pa.string()), ("content", pa.string()), ("weight", pa.int8())])
    schema = pa.schema([("messages", pa.list_(message))])
    sink, left = _Sink(), iter(lines)
    with parquet.ParquetWriter(sink, schema) as writer:
        while records := [json.loads(line) for line in islice(left, RECORDS_A_PIECE)]:
            writer.write_table(pa.Table.from_pylist(records, schema=schema))
            yield sink.take()
    yield sink.take()


class _Sink(io.RawIOBase):
    """A file that is written and handed on piece by piece."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        self._position += len(piece)
        return len(piece)

    def take(self) -> bytes:
        """Return what was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def dataset_card(dataset: DatasetVersion) -> str:
    """Return the README.md by which ``datasets.load_dataset`` finds the splits of a folder."""
    counts = {Split.TRAIN: dataset.train_count, Split.VALIDATION: dataset.validation_count}
    title = f"{dataset.target_character.name}, dataset {dataset.number} of {dataset.project.name}"
    recipe = json.dumps(dataset.recipe, ensure_ascii=False, indent=2)
    files = "".join(
        f"  - split: {split.value}\n    path: {split.value}.parquet\n"
        for split, count in counts.items()
        if count
    )
    return f"""---
pretty_name: {json.dumps(title)}
task_categories:
- text-generation
configs:
- config_name: default
  data_files:
{files}---

# {title}

Dialogues of a script that end on a line of {dataset.target_character.name}, each approved by a
person, the whole version by a second one.

| Split | Records | Tokens ({dataset.tokenizer}) |
|---|---|---|
| train | {dataset.train_count} | {dataset.train_token_count} |
| validation | {dataset.validation_count} | {dataset.validation_token_count} |

Each row holds `messages`, a list of `role`, `content` and `weight`. A `weight` of 0 marks a reply
that is read but not trained on; it is empty for every other message.

The split was made by {dataset.get_split_by_display()} with the seed {dataset.seed}.
`manifest.json` lists the dialogues; its SHA-256 is `{dataset.sha256}`.

The recipe:

```json
{recipe}
```

No licence is granted by this file: the text belongs to whoever holds the rights to the script.
"""
