"""Parts of a file, as a download that was cut off asks for them (RFC 9110, section 14)."""

import re
from collections.abc import Mapping
from pathlib import Path

_ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class UnsatisfiableRangeError(ValueError):
    """The part asked for lies behind the end of the file."""


def wanted_range(headers: Mapping[str, str], *, size: int, etag: str) -> tuple[int, int] | None:
    """Return the first byte and the number of bytes that a request asks for.

    None stands for the whole file: there is no range, it is not understood, several are asked for,
    or ``If-Range`` names another file. RFC 9110 lets a server answer all of these with the whole.

    Args:
        headers: of the request, by any case of their names.
        size: of the file in bytes.
        etag: the file's, with its quotes.

    Raises:
        UnsatisfiableRangeError: to be answered with 416.
    """
    found = _ONE_RANGE.fullmatch(headers.get("Range", "").replace(" ", ""))
    if found is None or headers.get("If-Range", etag) != etag:
        return None
    first, last = found[1], found[2]
    if not first:
        return _last_bytes(last, size)
    start, end = int(first), min(int(last) if last else size - 1, size - 1)
    if last and int(last) < start:
        return None
    if start >= size:
        raise UnsatisfiableRangeError
    return start, end - start + 1


def _last_bytes(count: str, size: int) -> tuple[int, int] | None:
    if not count:
        return None
    length = min(int(count), size)
    if length == 0:
        raise UnsatisfiableRangeError
    return size - length, length


class FilePart:
    """Some bytes of a file, read in pieces."""

    def __init__(self, path: Path, start: int, length: int) -> None:
        self._handle = path.open("rb")
        self._handle.seek(start)
        self._left = length

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, at most ``size``; none at the end of the part."""
        wanted = self._left if size < 0 else min(size, self._left)
        piece = self._handle.read(wanted)
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        """Let the file go."""
        self._handle.close()
