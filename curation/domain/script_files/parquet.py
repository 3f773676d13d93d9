"""Parquet, where pyarrow is installed (the training step brings it)."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .cells import as_cell
from .delimited import MAXIMUM_CELL_CHARACTERS
from .errors import BadFileError
from .formats import FileFormat
from .tables import MAXIMUM_COLUMNS, Row, SourceTable, check_columns

BATCH_ROWS = 200
MAXIMUM_ROWS = 2_000_000
MAXIMUM_UNPACKED_MEGABYTES = 200
MAXIMUM_CELL_BYTES = 4 * MAXIMUM_CELL_CHARACTERS
MEGABYTE = 1024 * 1024


def open_parquet(path: Path) -> SourceTable:
    """Open a Parquet file; its first record is row 1, columns of lists and structures are left out.

    A small file may hold a text once and say it a million times: texts are read as a dictionary
    and measured before they are copied into rows.

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
        _refuse_bombs(metadata)
        fields = list(metadata.schema.to_arrow_schema())
    except (arrow.ArrowException, OSError) as error:
        raise _damaged() from error
    flat = [field for field in fields if not arrow.types.is_nested(field.type)]
    names = [field.name for field in flat]
    texts = [
        field.name
        for field in flat
        if arrow.types.is_string(field.type) or arrow.types.is_binary(field.type)
    ]
    columns = check_columns(names)

    def read_rows() -> Iterator[Row]:
        try:
            with parquet.ParquetFile(path, read_dictionary=texts) as file:
                yield from _rows(file, names)
        except (arrow.ArrowException, OSError) as error:
            raise _damaged() from error

    return SourceTable(FileFormat.PARQUET, "utf-8", columns, read_rows)


def _refuse_bombs(metadata: Any) -> None:
    if metadata.num_columns > MAXIMUM_COLUMNS:
        msg = f"The file has {metadata.num_columns:,} columns; a script has at most "
        raise BadFileError("too_many_columns", f"{msg}{MAXIMUM_COLUMNS}.")
    if metadata.num_rows > MAXIMUM_ROWS:
        msg = f"The file has {metadata.num_rows:,} rows; the limit is {MAXIMUM_ROWS:,}."
        raise BadFileError("too_large", msg)
    unpacked = sum(
        metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups)
    )
    if unpacked > MAXIMUM_UNPACKED_MEGABYTES * MEGABYTE:
        msg = (
            f"The file unpacks to {unpacked // MEGABYTE:,} MB; the limit is "
            f"{MAXIMUM_UNPACKED_MEGABYTES} MB."
        )
        raise BadFileError("too_large", msg)


def _rows(file: Any, names: Sequence[str]) -> Iterator[Row]:
    number = 0
    for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=names):
        for column in batch.columns:
            _refuse_huge_cells(column, number + 1)
        columns = [batch.column(name).to_pylist() for name in names]
        for values in zip(*columns, strict=True):
            number += 1
            yield number, [as_cell(value, number) for value in values]


def _refuse_huge_cells(column: Any, row_number: int) -> None:
    values = getattr(column, "dictionary", column)
    if values.nbytes <= MAXIMUM_CELL_BYTES:
        return
    from pyarrow import compute  # noqa: PLC0415

    try:
        longest = compute.max(compute.binary_length(values)).as_py() or 0
    except NotImplementedError:  # numbers
        return
    if longest > MAXIMUM_CELL_BYTES:
        msg = f"a cell here or below has more than {MAXIMUM_CELL_CHARACTERS:,} characters."
        raise BadFileError("huge_cell", msg, row_number=row_number)


def _damaged() -> BadFileError:
    return BadFileError("damaged_file", "The Parquet file is damaged and cannot be read.")
