"""Scripts that are documents, not tables: their speeches and directions as rows of one table."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .encodings import detect_encoding
from .errors import BadFileError
from .formats import FileFormat
from .tables import FileNote, Row, SourceTable

MEGABYTE = 1024 * 1024
MAXIMUM_DOCUMENT_MEGABYTES = 10
COLUMNS = ("title", "name", "line", "scene")
MAPPING = {"episode_title": "title", "speaker": "name", "text": "line", "scene": "scene"}
BRACKETS = str.maketrans("[]", "()")
BLANKS = re.compile(r"[^\S\n]+")


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """One speech or direction; ``scene`` is the heading of the scene that starts with it."""

    number: int
    speaker: str
    text: str
    scene: str = ""


def direction(number: int, text: str, *, scene: str = "", speaker: str = "") -> DocumentRow:
    """Return a stage direction as a row: its text in square brackets, as tables write it."""
    return DocumentRow(number, speaker, f"[{folded(text).translate(BRACKETS)}]", scene)


def folded(text: str) -> str:
    """Return a text on one line with single blanks."""
    return " ".join(text.split())


def tidy(text: str) -> str:
    """Return a text whose line breaks stay, with single blanks and no blank line."""
    lines = (BLANKS.sub(" ", line).strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def read_text(path: Path, *, megabytes: int = MAXIMUM_DOCUMENT_MEGABYTES) -> tuple[str, str]:
    """Return a document's text, line ends as ``\\n``, and its encoding.

    Raises:
        BadFileError: too large for a document, or in no encoding of ours.
    """
    demand_size(path, megabytes=megabytes)
    encoding = detect_encoding(path)
    text = path.read_text(encoding=encoding)
    return text.replace("\x0c", "\n"), encoding


def demand_size(path: Path, *, megabytes: int = MAXIMUM_DOCUMENT_MEGABYTES) -> None:
    """Refuse a document that is larger than any real one.

    Raises:
        BadFileError: it is over ``megabytes``.
    """
    if path.stat().st_size > megabytes * MEGABYTE:
        msg = f"A file of this format may have {megabytes} MB. Split it by episodes."
        raise BadFileError("too_large", msg)


def document_table(
    file_format: FileFormat,
    encoding: str,
    rows: Iterable[DocumentRow],
    *,
    title: str = "",
    notes: Sequence[FileNote] = (),
) -> SourceTable:
    """Return a document as a table whose columns are known, so that nobody is asked for them.

    Two scenes of one heading in a row are told apart by a number.

    Raises:
        BadFileError: nobody says anything in it.
    """
    cells: list[Row] = []
    last_scene = ""
    speeches = 0
    for row in rows:
        scene = folded(row.scene)
        if scene and scene == last_scene:
            scene = f"{scene} (2)"
        last_scene = scene or last_scene
        speeches += bool(row.speaker)
        cells.append((row.number, (title, row.speaker, row.text, scene)))
    if not speeches:
        msg = "Nobody says anything in this file: no line with a speaker was found."
        raise BadFileError("no_rows", msg)
    mapping = dict(MAPPING)
    if not title:
        del mapping["episode_title"]

    def read_rows() -> Iterator[Row]:
        return iter(cells)

    return SourceTable(file_format, encoding, COLUMNS, read_rows, mapping, tuple(notes))
