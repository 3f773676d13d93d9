"""Which format a file is: its name and its first bytes have to agree."""

from enum import StrEnum
from pathlib import Path

from .errors import BadFileError

HEAD_BYTES = 64 * 1024
CONTROL_SHARE = 0.01


class FileFormat(StrEnum):
    """Formats that are read."""

    CSV = "csv"
    TSV = "tsv"
    JSON = "json"
    JSONL = "jsonl"
    PARQUET = "parquet"
    EXCEL = "xlsx"
    FOUNTAIN = "fountain"
    FDX = "fdx"
    TEI = "tei"
    SML = "sml"
    SRT = "srt"
    VTT = "vtt"
    SBV = "sbv"
    TEXT = "txt"


EXTENSIONS = {
    ".csv": FileFormat.CSV,
    ".tsv": FileFormat.TSV,
    ".tab": FileFormat.TSV,
    ".json": FileFormat.JSON,
    ".jsonl": FileFormat.JSONL,
    ".ndjson": FileFormat.JSONL,
    ".parquet": FileFormat.PARQUET,
    ".xlsx": FileFormat.EXCEL,
    ".fountain": FileFormat.FOUNTAIN,
    ".spmd": FileFormat.FOUNTAIN,
    ".fdx": FileFormat.FDX,
    ".xml": FileFormat.TEI,
    ".tei": FileFormat.TEI,
    ".srt": FileFormat.SRT,
    ".vtt": FileFormat.VTT,
    ".sbv": FileFormat.SBV,
    ".txt": FileFormat.TEXT,
}
READ_FORMATS = (
    "CSV, TSV, JSON, JSONL, Parquet, Excel, Fountain, Final Draft, TEI, SRT, WebVTT or plain text"
)
SUBTITLES = frozenset({FileFormat.SRT, FileFormat.VTT, FileFormat.SBV})
XML_FORMATS = frozenset({FileFormat.FDX, FileFormat.TEI, FileFormat.SML})
TABLE_FORMATS = frozenset(
    {
        FileFormat.CSV,
        FileFormat.TSV,
        FileFormat.JSON,
        FileFormat.JSONL,
        FileFormat.PARQUET,
        FileFormat.EXCEL,
    }
)
ZIP_MAGIC = b"PK\x03\x04"
PARQUET_MAGIC = b"PAR1"
FOREIGN_MAGIC = (
    (PARQUET_MAGIC, "a Parquet file"),
    (ZIP_MAGIC, "a ZIP archive or an Excel workbook"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"{\\rtf", "a rich text document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x7fELF", "a program"),
)
BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
CONTROLS = bytes(set(range(32)) - {9, 10, 11, 12, 13, 26})


def recognise_format(path: Path, file_name: str) -> FileFormat:
    """Return the format of a file by its name, once its first bytes agree with it.

    Args:
        path: where the bytes lie, under a name of ours.
        file_name: as the person named it; only its ending is used.

    Raises:
        BadFileError: empty, of an unknown format, or not what its name says.
    """
    head = _head(path)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x0b\x0c"):
        raise BadFileError("empty_file", "The file is empty.")
    ending = Path(file_name).suffix.lower()
    claimed = EXTENSIONS.get(ending)
    found = next((name for magic, name in FOREIGN_MAGIC if head.startswith(magic)), None)
    if claimed is None:
        what = f" (this is {found})" if found else ""
        msg = f"Files ending in {ending or 'nothing'} are not read{what}: save it as one of "
        raise BadFileError("unknown_format", f"{msg}{READ_FORMATS}.")
    if claimed is FileFormat.PARQUET:
        _demand_parquet(path, head)
    elif claimed is FileFormat.EXCEL:
        _demand_workbook(head)
    elif found:
        msg = f"The file is named {ending} but it is {found}. Save it as {READ_FORMATS}."
        raise BadFileError("wrong_type", msg)
    else:
        _demand_text(head, ending)
        _demand_xml(head, claimed, ending)
        _demand_json_or_not(head, claimed, ending)
    return claimed


def _head(path: Path) -> bytes:
    with path.open("rb") as handle:
        return handle.read(HEAD_BYTES)


def _demand_parquet(path: Path, head: bytes) -> None:
    with path.open("rb") as handle:
        handle.seek(-min(4, path.stat().st_size), 2)
        tail = handle.read(4)
    if not head.startswith(PARQUET_MAGIC) or tail != PARQUET_MAGIC:
        msg = "The file is named .parquet but it is no Parquet file, or its end is missing."
        raise BadFileError("wrong_type", msg)


def _demand_workbook(head: bytes) -> None:
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        msg = "The workbook is protected by a password, or of Excel before 2007. Save it as .xlsx."
        raise BadFileError("wrong_type", msg)
    if not head.startswith(ZIP_MAGIC):
        msg = "The file is named .xlsx but it is no Excel workbook."
        raise BadFileError("wrong_type", msg)


def _demand_xml(head: bytes, claimed: FileFormat, ending: str) -> None:
    plain = head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if claimed in XML_FORMATS and not plain.startswith(b"<"):
        msg = f"The file is named {ending} but it does not start like XML (<)."
        raise BadFileError("wrong_type", msg)


def _demand_text(head: bytes, ending: str) -> None:
    if head.startswith(BYTE_ORDER_MARKS[1:]):
        return
    controls = len(head) - len(head.translate(None, CONTROLS))
    if controls > CONTROL_SHARE * len(head):
        msg = f"The file is named {ending} but it is binary, not text. Save it as {READ_FORMATS}."
        raise BadFileError("binary_file", msg)


def _demand_json_or_not(head: bytes, claimed: FileFormat, ending: str) -> None:
    """Tell JSON and tables apart by the first sign; UTF-16's second bytes are left out."""
    plain = head.removeprefix(BYTE_ORDER_MARKS[0]).removeprefix(b"\xff\xfe")
    signs = plain.removeprefix(b"\xfe\xff").replace(b"\x00", b"").split()
    start = b"".join(signs[:3])[:3]
    is_json = start[:1] in {b"{", b"["}
    if claimed in {FileFormat.JSON, FileFormat.JSONL} and not is_json:
        msg = f"The file is named {ending} but it does not start like JSON ({{ or [)."
        raise BadFileError("wrong_type", msg)
    if claimed in {FileFormat.CSV, FileFormat.TSV} and start[:2] in {b'{"', b"[{", b"{}", b"[]"}:
        msg = f"The file is named {ending} but it looks like JSON. Name it .json or .jsonl."
        raise BadFileError("wrong_type", msg)
