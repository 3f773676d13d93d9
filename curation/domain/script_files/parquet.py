"""Parquet, where pyarrow is installed (the training step brings it)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .cells import as_cell
from .errors import BadFileError
from .formats import FileFormat
from .tables import Row, SourceTable, check_columns

BATCH_ROWS = 10_000
MAXIMUM_UNPACKED_BYTES = 1024 * 1024 * 1024


def open_parquet(path: Path) -> SourceTable:
    """Open a Parquet file; its first record is row 1.

    Raises:
        BadFileError: pyarrow is missing, the file is damaged, or too large once unpacked.
    """
    try:
        import pyarrow as arrow  # noqa: PLC0415  # 171 MB, loaded where a file needs it only
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError as error:
        msg = "Parquet files need pyarrow, which is not installed here: save the file as CSV."
        raise BadFileError("no_pyarrow", msg) from error
    try:
        metadata = parquet.read_metadata(path)
        names = list(metadata.schema.to_arrow_schema().names)
    except (arrow.ArrowException, OSError) as error:
        raise _damaged() from error
    unpacked = sum(
        metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups)
    )
    if unpacked > MAXIMUM_UNPACKED_BYTES:
        msg = f"The file unpacks to {unpacked // 2**20:,} MB; the limit is 1,024 MB."
        raise BadFileError("too_large", msg)

    def read_rows() -> Iterator[Row]:
        try:
            yield from _rows(parquet.ParquetFile(path))
        except (arrow.ArrowException, OSError) as error:
            raise _damaged() from error

    return SourceTable(FileFormat.PARQUET, "utf-8", check_columns(names), read_rows)


def _rows(file: Any) -> Iterator[Row]:
    number = 0
    for batch in file.iter_batches(batch_size=BATCH_ROWS):
        columns = [column.to_pylist() for column in batch.columns]
        for values in zip(*columns, strict=True):
            number += 1
            yield number, [as_cell(value, number) for value in values]


def _damaged() -> BadFileError:
    return BadFileError("damaged_file", "The Parquet file is damaged and cannot be read.")
