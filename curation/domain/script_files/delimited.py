"""CSV and TSV, by the standard library: a row is a record, however many lines it spans."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from .encodings import detect_encoding
from .errors import BadFileError
from .formats import HEAD_BYTES, FileFormat
from .tables import Row, SourceTable, check_columns

MAXIMUM_CELL_CHARACTERS = 131_072
SEPARATORS = {FileFormat.CSV: (",", ";"), FileFormat.TSV: ("\t",)}
OTHER_SEPARATOR = {FileFormat.CSV: ("\t", ".tsv"), FileFormat.TSV: (",", ".csv")}


def open_delimited(path: Path, file_format: FileFormat) -> SourceTable:
    """Open a CSV or TSV file; commas or semicolons separate a CSV file's cells.

    Raises:
        BadFileError: no header, or the other separator, or an unreadable encoding.
    """
    encoding = detect_encoding(path)
    separator = _separator(path, encoding, file_format)

    def records() -> Iterator[Row]:
        return _records(path, encoding, separator)

    header_row, header = next((row for row in records() if any(row[1])), (0, []))
    columns = check_columns(header)

    def read_rows() -> Iterator[Row]:
        return (row for row in records() if row[0] > header_row)

    return SourceTable(file_format, encoding, columns, read_rows)


def _records(path: Path, encoding: str, separator: str) -> Iterator[Row]:
    csv.field_size_limit(MAXIMUM_CELL_CHARACTERS)
    number = 0
    try:
        with path.open(encoding=encoding, newline="") as handle:
            for number, cells in enumerate(  # the error tells how far it came
                csv.reader(handle, delimiter=separator, strict=True), 1
            ):
                yield number, cells
    except csv.Error as error:
        raise _told(error, number + 1) from error


def _told(error: csv.Error, row_number: int) -> BadFileError:
    text = str(error)
    if "field limit" in text:
        msg = (
            f"a cell has more than {MAXIMUM_CELL_CHARACTERS:,} characters. Is a quotation mark "
            "opened and never closed?"
        )
        return BadFileError("huge_cell", msg, row_number=row_number)
    if "unexpected end" in text:
        msg = "a quotation mark is opened here and never closed."
    elif "expected after" in text:
        msg = "there is text after a closing quotation mark; inside a cell write it twice."
    else:
        msg = f"the row cannot be read ({text})."
    return BadFileError("bad_quotes", msg, row_number=row_number)


def _separator(path: Path, encoding: str, file_format: FileFormat) -> str:
    """Return the separator that gives the header most cells."""
    with path.open(encoding=encoding, newline="") as handle:
        head = handle.read(HEAD_BYTES).lstrip("\r\n")
    widths = {sign: _width(head, sign) for sign in (",", ";", "\t")}
    own = SEPARATORS[file_format]
    best = max(own, key=lambda sign: widths[sign])
    other, ending = OTHER_SEPARATOR[file_format]
    if widths[best] < 2 <= widths[other]:
        msg = f"The columns are not separated as in a {file_format} file. Name it {ending}."
        raise BadFileError("wrong_type", msg)
    return best


def _width(head: str, separator: str) -> int:
    try:
        first = next(csv.reader(io.StringIO(head, newline=""), delimiter=separator), [])
    except csv.Error:
        return 0
    return len(first)
