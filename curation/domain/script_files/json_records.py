"""JSON and JSON lines: one object a row."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .cells import as_cell
from .encodings import detect_encoding
from .errors import BadFileError
from .formats import FileFormat
from .tables import MAXIMUM_COLUMNS, Row, SourceTable, check_columns

Record = Mapping[str, Any]


def open_json(path: Path) -> SourceTable:
    """Open a JSON file: a list of objects, or one object that holds such a list.

    Raises:
        BadFileError: it is no JSON, or of another shape.
    """
    encoding = detect_encoding(path)
    with path.open(encoding=encoding) as handle:
        value = _parsed(handle.read(), whole=True)
    if isinstance(value, dict):
        lists = [item for item in value.values() if isinstance(item, list)]
        value = lists[0] if len(lists) == 1 else value
    if not isinstance(value, list):
        msg = "The JSON is no list of objects, one a row, nor an object that holds one such list."
        raise BadFileError("wrong_shape", msg)
    return _table(FileFormat.JSON, encoding, list(enumerate(value, 1)))


def open_json_lines(path: Path) -> SourceTable:
    """Open a file of JSON lines; the row number is the number of the line.

    Raises:
        BadFileError: a line is no JSON object.
    """
    encoding = detect_encoding(path)
    with path.open(encoding=encoding) as handle:
        numbered = [
            (number, _parsed(line, row_number=number))
            for number, line in enumerate(handle, 1)
            if line.strip()
        ]
    return _table(FileFormat.JSONL, encoding, numbered)


def _parsed(text: str, *, row_number: int | None = None, whole: bool = False) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f" (line {error.lineno:,}, column {error.colno:,})" if whole else ""
        hint = ""
        if whole and error.msg == "Extra data":
            hint = " If there is one object on each line, name the file .jsonl."
        msg = f"this is no JSON: {error.msg}{where}.{hint}"
    except (RecursionError, ValueError):
        msg = "the JSON is nested too deep, or holds a number of thousands of digits."
    message = msg if row_number else msg[0].upper() + msg[1:]
    raise BadFileError("bad_json", message, row_number=row_number)


def _table(
    file_format: FileFormat, encoding: str, numbered: Sequence[tuple[int, Any]]
) -> SourceTable:
    if not numbered:
        raise BadFileError("no_rows", "The file holds no rows.")
    names: dict[str, None] = {}
    for number, record in numbered:
        if not isinstance(record, dict):
            msg = "this is no JSON object with a name for each value."
            raise BadFileError("wrong_shape", msg, row_number=number)
        names.update(dict.fromkeys(record))
        if len(names) > MAXIMUM_COLUMNS:
            break
    keys = list(names)
    columns = check_columns([as_cell(key, number) for number, key in enumerate(keys, 1)])

    def read_rows() -> Iterator[Row]:
        for number, record in numbered:
            yield number, [as_cell(record.get(key), number) for key in keys]

    return SourceTable(file_format, encoding, columns, read_rows)
