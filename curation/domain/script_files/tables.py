"""Any file of ours as one table: names of columns, and rows with their numbers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from curation.enums import Severity

from .errors import BadFileError
from .formats import SUBTITLES, FileFormat, recognise_format

MAXIMUM_COLUMNS = 200
Row = tuple[int, Sequence[str]]


class FileNote(NamedTuple):
    """Something to know about the whole file."""

    severity: Severity
    code: str
    message: str


@dataclass(frozen=True)
class SourceTable:
    """A file's rows as text, its header apart.

    ``read_rows`` starts anew at each call; rows of delimited files may have too few or too many
    cells. Row numbers count as a spreadsheet does: the header of a delimited file is row 1, a
    record with line breaks in its cells is one row. In JSON and Parquet the first record is row 1.
    Documents such as screenplays bring their ``mapping`` with them; nobody is asked for it.
    """

    file_format: FileFormat
    encoding: str
    columns: tuple[str, ...]
    read_rows: Callable[[], Iterator[Row]]
    mapping: Mapping[str, str] | None = None
    notes: tuple[FileNote, ...] = ()


def open_table(path: Path, file_name: str) -> SourceTable:
    """Recognise a file and open it as a table.

    Raises:
        BadFileError: it is not what its name says, or has no header, or no rows can be read.
    """
    file_format = recognise_format(path, file_name)
    table = _open(path, file_format)
    if next(table.read_rows(), None) is None:
        msg = "The file has a header but no rows below it."
        raise BadFileError("no_rows", msg)
    return table


def _open(path: Path, file_format: FileFormat) -> SourceTable:
    from .delimited import open_delimited  # noqa: PLC0415  # these modules build on this one
    from .fountain import open_fountain  # noqa: PLC0415
    from .json_records import open_json, open_json_lines  # noqa: PLC0415
    from .parquet import open_parquet  # noqa: PLC0415
    from .plain_text import open_plain_text  # noqa: PLC0415
    from .subtitles import open_subtitles  # noqa: PLC0415
    from .workbooks import open_workbook  # noqa: PLC0415
    from .xml_scripts import open_xml  # noqa: PLC0415

    readers: dict[FileFormat, Callable[[Path], SourceTable]] = {
        FileFormat.JSON: open_json,
        FileFormat.JSONL: open_json_lines,
        FileFormat.PARQUET: open_parquet,
        FileFormat.EXCEL: open_workbook,
        FileFormat.FOUNTAIN: open_fountain,
        FileFormat.FDX: open_xml,
        FileFormat.TEI: open_xml,
        FileFormat.TEXT: open_plain_text,
    }
    if file_format in readers:
        return readers[file_format](path)
    if file_format in SUBTITLES:
        return open_subtitles(path, file_format)
    return open_delimited(path, file_format)


def check_columns(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the columns, a number for each that has none.

    Raises:
        BadFileError: too many, too few, too long, or two of one name.
    """
    if len(names) > MAXIMUM_COLUMNS:
        msg = f"The file has {len(names):,} columns; a script has at most {MAXIMUM_COLUMNS}."
        raise BadFileError("too_many_columns", msg)
    if len(names) < 2:
        msg = "The file has one column only; a script needs who speaks and the line, each in one."
        raise BadFileError("too_few_columns", msg)
    named = tuple(name.strip() or f"column {at}" for at, name in enumerate(names, 1))
    if long := next((name for name in named if len(name) > 200), None):
        msg = f"The first row is no header: it has a cell of {len(long):,} characters."
        raise BadFileError("bad_header", msg)
    if twice := next((name for name in named if named.count(name) > 1), None):
        msg = f"Two columns are called {twice!r}; give each a name of its own."
        raise BadFileError("bad_header", msg)
    return named
