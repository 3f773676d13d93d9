"""A ZIP archive as it is written: in pieces, with no more in memory than one of them."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

PIECE_BYTES = 1 << 20


class _Outlet(io.RawIOBase):
    """Holds what the archive has written since it was last emptied; it cannot be wound back."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: object) -> int:
        held = bytes(piece)  # type: ignore[call-overload]  # the archive writes bytes only
        self._held.append(held)
        return len(held)

    def empty(self) -> bytes:
        held, self._held = b"".join(self._held), []
        return held


def zip_pieces(members: Iterable[tuple[str, Path | bytes]]) -> Iterator[bytes]:
    """Yield an archive of files and of texts, not compressed: weights hardly get smaller.

    Args:
        members: names in the archive, each with a file or with its bytes.
    """
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as archive:
        for name, source in members:
            if isinstance(source, bytes):
                archive.writestr(name, source)
                yield outlet.empty()
                continue
            with source.open("rb") as file, archive.open(name, "w", force_zip64=True) as target:
                while piece := file.read(PIECE_BYTES):
                    target.write(piece)
                    yield outlet.empty()
    yield outlet.empty()
