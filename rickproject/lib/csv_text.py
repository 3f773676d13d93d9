"""Tables as CSV that a spreadsheet opens without running anything in them."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

ROWS_A_PIECE = 500

#: A spreadsheet takes a cell that begins so for a formula (OWASP, "CSV Injection").
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def safe_cell(value: object) -> object:
    """Return a cell's value; text that a spreadsheet would run gets an apostrophe before it.

    Source: OWASP, "CSV Injection" (docs/sources.md).
    """
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def write_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a table as UTF-8 CSV with a byte order mark, its formulas escaped.

    Args:
        rows: cells in the order of ``header``; None is an empty cell.
    """
    return b"".join(stream_csv(header, rows))


def stream_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """Yield the table of ``write_csv`` in pieces of some hundred rows."""
    yield codecs.BOM_UTF8
    left = chain([header], rows)
    while piece := list(islice(left, ROWS_A_PIECE)):
        text = io.StringIO(newline="")
        csv.writer(text).writerows([safe_cell(value) for value in row] for row in piece)
        yield text.getvalue().encode()
