"""Values of typed formats as the text that a delimited file would hold."""

import json
from typing import Any

from .errors import BadFileError


def as_cell(value: Any, row_number: int) -> str:
    """Return a value as text: nothing and NaN are empty, whole numbers lose their point.

    Raises:
        BadFileError: the text cannot be stored (NUL, half a surrogate pair, no UTF-8).
    """
    if isinstance(value, str | bytes):
        return _storable(_decoded(value, row_number), row_number)
    if value is None:
        return ""
    if isinstance(value, float):
        if value != value:  # noqa: PLR0124  # NaN is what does not equal itself
            return ""
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, list | dict):
        return _storable(json.dumps(value, ensure_ascii=False, default=str), row_number)
    return _storable(str(value), row_number)


def _decoded(value: str | bytes, row_number: int) -> str:
    try:
        return value if isinstance(value, str) else value.decode()
    except UnicodeDecodeError as error:
        msg = "a cell holds bytes that are no UTF-8."
        raise BadFileError("bad_character", msg, row_number=row_number) from error


def _storable(text: str, row_number: int) -> str:
    if "\x00" in text:
        msg = "a cell holds a NUL character, which no text has."
        raise BadFileError("nul_character", msg, row_number=row_number)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            msg = "a cell holds half of a surrogate pair, which is no character."
            raise BadFileError("bad_character", msg, row_number=row_number) from error
    return text
