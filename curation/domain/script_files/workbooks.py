"""Excel workbooks, by openpyxl: the first sheet that holds a table."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from curation.enums import Severity

from .cells import as_cell
from .delimited import MAXIMUM_CELL_CHARACTERS
from .errors import BadFileError
from .formats import FileFormat
from .tables import MAXIMUM_COLUMNS, FileNote, Row, SourceTable, check_columns

MEGABYTE = 1024 * 1024
MAXIMUM_UNPACKED_MEGABYTES = 60
MAXIMUM_PARTS = 2_000
MAXIMUM_ROWS = 200_000
MAXIMUM_BLANK_ROWS = 2_000  # what lies below so many is no part of the table
PIECE_BYTES = 1024 * 1024
UNREADABLE = (
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    AttributeError,
    SyntaxError,  # of the XML
    OSError,
    zipfile.BadZipFile,
    zlib.error,
)
REFUSED_SIGNS = (b"<!DOCTYPE", b"<!ENTITY")
COUNTED_SIGNS = {b"<si>": 400_000, b"<si ": 400_000, b"<c ": 3_000_000, b"<row": 1_100_000}


def open_workbook(path: Path) -> SourceTable:
    """Open an ``.xlsx`` file; row numbers are the sheet's own, formulas count as last computed.

    Raises:
        BadFileError: damaged, protected by a password, too large once unpacked, or no table in it.
    """
    _refuse_bombs(path)
    names = _sheet_names(path)
    for at, name in enumerate(names):
        header_row, header = next(
            ((number, row) for number, row in _rows(path, name) if any(row)), (0, [])
        )
        if sum(map(bool, header)) >= 2 or (at == len(names) - 1 and header_row):
            return _table(path, name, header_row, header, others=[n for n in names if n != name])
    msg = "No sheet of the workbook holds a table with a header."
    raise BadFileError("no_rows", msg)


def _table(
    path: Path, name: str, header_row: int, header: Sequence[str], *, others: list[str]
) -> SourceTable:
    width = max(at for at, cell in enumerate(header, 1) if cell)
    columns = check_columns(header[:width])
    notes = []
    if others:
        msg = f"The sheet “{name}” was read; left aside: {', '.join(others[:8])}."
        notes.append(FileNote(Severity.NOTE, "other_sheets", msg))

    def read_rows() -> Iterator[Row]:
        for number, row in _rows(path, name):
            if number > header_row:
                yield number, _fitted(row, width)

    return SourceTable(FileFormat.EXCEL, "utf-8", columns, read_rows, None, tuple(notes))


def _fitted(row: Sequence[str], width: int) -> Sequence[str]:
    """Return a row as wide as the header; cells beyond it stay, so that they are reported."""
    if len(row) >= width:
        last = max((at for at, cell in enumerate(row, 1) if cell), default=0)
        return row[: max(width, last)]
    return [*row, *[""] * (width - len(row))]


def _rows(path: Path, name: str) -> Iterator[tuple[int, list[str]]]:
    book = _opened(path)
    try:
        sheet = book[name]
        sheet.reset_dimensions()  # a sheet may claim a million columns
        rows = sheet.iter_rows(values_only=True, max_col=MAXIMUM_COLUMNS + 1)
        blank = 0
        for number, values in enumerate(rows, 1):
            blank = 0 if any(value is not None for value in values) else blank + 1
            if blank > MAXIMUM_BLANK_ROWS:
                return
            if number > MAXIMUM_ROWS:
                msg = f"The sheet has more than {MAXIMUM_ROWS:,} rows; save it as CSV."
                raise BadFileError("too_large", msg)
            yield number, [] if blank else [_text(value, number) for value in values]
    except BadFileError:
        raise
    except UNREADABLE as error:
        raise _damaged() from error
    finally:
        book.close()


def _text(value: Any, row_number: int) -> str:
    text = as_cell(value, row_number)
    if len(text) > MAXIMUM_CELL_CHARACTERS:
        msg = f"a cell has more than {MAXIMUM_CELL_CHARACTERS:,} characters."
        raise BadFileError("huge_cell", msg, row_number=row_number)
    return text.replace("_x000D_", "")


def _opened(path: Path) -> Any:
    import openpyxl  # noqa: PLC0415  # only where a file needs it

    try:
        return openpyxl.load_workbook(io.BytesIO(path.read_bytes()), read_only=True, data_only=True)
    except UNREADABLE as error:
        raise _damaged() from error


def _sheet_names(path: Path) -> list[str]:
    book = _opened(path)
    try:
        return [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
    finally:
        book.close()


def _refuse_bombs(path: Path) -> None:
    """Refuse an archive that unpacks to more than a workbook of text does, before reading it.

    An archive cannot give more than it declares: the reader stops there. Texts, cells and rows are
    counted in the packed parts, as each of them becomes an object.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            unpacked = sum(part.file_size for part in parts)
            if len(parts) > MAXIMUM_PARTS or unpacked > MAXIMUM_UNPACKED_MEGABYTES * MEGABYTE:
                msg = (
                    f"The workbook unpacks to {unpacked // MEGABYTE:,} MB in {len(parts):,} parts; "
                    f"the limit is {MAXIMUM_UNPACKED_MEGABYTES} MB. Save the sheet as CSV."
                )
                raise BadFileError("too_large", msg)
            if "[Content_Types].xml" not in archive.namelist():
                raise _damaged()
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    _refuse_part(archive, part)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError) as error:
        raise _damaged() from error


def _refuse_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    counts = dict.fromkeys(COUNTED_SIGNS, 0)
    with archive.open(part) as handle:
        while piece := handle.read(PIECE_BYTES):
            if b"\x00" in piece:  # UTF-16 would hide what is looked for
                raise _damaged()
            if any(sign in piece for sign in REFUSED_SIGNS):
                msg = "The workbook defines XML entities, which no spreadsheet program writes."
                raise BadFileError("xml_entities", msg)
            for sign, most in COUNTED_SIGNS.items():
                counts[sign] += piece.count(sign)
                if counts[sign] > most:
                    msg = "The workbook holds more cells or texts than a script has. Save as CSV."
                    raise BadFileError("too_large", msg)


def _damaged() -> BadFileError:
    msg = "The Excel workbook is damaged or protected by a password. Save it again, or as CSV."
    return BadFileError("damaged_file", msg)
