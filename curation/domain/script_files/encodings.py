"""Which encoding a text file is in: byte order mark, then strict UTF-8, then Windows-1252."""

import codecs
import string
from pathlib import Path

from .errors import BadFileError

PIECE_BYTES = 1024 * 1024
UTF_32_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
FALLBACK = "cp1252"
ASCII = bytes(range(128))
ASCII_LETTERS = string.ascii_letters.encode()


def detect_encoding(path: Path) -> str:
    """Return the codec that reads the whole file without an error.

    Returns:
        ``utf-8``, ``utf-8-sig`` (with a byte order mark), ``utf-16`` or ``cp1252``.

    Raises:
        BadFileError: it holds NUL characters, or no encoding of ours reads it.
    """
    with path.open("rb") as handle:
        head = handle.read(4)
    if head in UTF_32_MARKS:
        raise BadFileError("unknown_encoding", "The file is UTF-32. Save it as UTF-8.")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        marked = "utf-16"
    elif head.startswith(codecs.BOM_UTF8):
        marked = "utf-8-sig"
    else:
        _refuse_nul(path)
        return "utf-8" if _reads(path, "utf-8") is None else _fallback(path)
    if marked == "utf-8-sig":
        _refuse_nul(path)
    if (fault := _reads(path, marked)) is not None:
        msg = f"The file's mark says {marked.upper()[:6]}, but it breaks off or is damaged: {fault}"
        raise BadFileError("unknown_encoding", f"{msg}. Save it as UTF-8 again.")
    return marked


def _fallback(path: Path) -> str:
    if (fault := _reads(path, FALLBACK)) is not None:
        msg = f"The file is neither UTF-8 nor Windows-1252 ({fault}). Save it as UTF-8."
        raise BadFileError("unknown_encoding", msg)
    if _is_foreign(path):
        msg = (
            "The file is not UTF-8, and as Windows-1252 most of its letters would be accents: it "
            "is in another encoding (Chinese, Cyrillic, Greek …). Save it as UTF-8."
        )
        raise BadFileError("unknown_encoding", msg)
    return FALLBACK


def _is_foreign(path: Path) -> bool:
    """Tell whether more letters lie outside ASCII than inside: no language of Windows-1252 has."""
    plain = strange = 0
    with path.open("rb") as handle:
        while piece := handle.read(PIECE_BYTES):
            strange += len(piece.translate(None, ASCII))
            plain += len(piece) - len(piece.translate(None, ASCII_LETTERS))
    return strange > plain


def _reads(path: Path, encoding: str) -> str | None:
    """Return what is wrong when the file is read in an encoding, else None."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as handle:
            while piece := handle.read(PIECE_BYTES):
                decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeError as error:
        return getattr(error, "reason", str(error))
    return None


def _refuse_nul(path: Path) -> None:
    lines = 1
    with path.open("rb") as handle:
        while piece := handle.read(PIECE_BYTES):
            if (at := piece.find(b"\x00")) >= 0:
                lines += piece.count(b"\n", 0, at)
                msg = (
                    f"There is a NUL character on line {lines:,} of the file: it is binary, or "
                    "damaged. Save it as UTF-8 text."
                )
                raise BadFileError("nul_character", msg)
            lines += piece.count(b"\n")
