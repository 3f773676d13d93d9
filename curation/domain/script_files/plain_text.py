"""Plain text with ``NAME: line``."""

import re
from collections.abc import Iterator
from pathlib import Path

from .directions import is_direction, scene_heading
from .documents import DocumentRow, direction, document_table, folded, read_text
from .errors import BadFileError
from .formats import FileFormat
from .speaker_labels import split_label
from .tables import SourceTable

LEAST_LABELLED = 0.5
DIVISION = re.compile(
    r"(?:#{1,6}\s|={2,}\s?|(?:act|scene|akt|szene|episode)\s+\w{1,12}\b)", re.IGNORECASE
)
HEADING_CHARACTERS = 120


def open_plain_text(path: Path) -> SourceTable:
    """Open a text with ``NAME: line``; the row number is the line of the file.

    A line without a name goes on with the speech above it, unless a blank line stands between;
    then it is a stage direction. ``INT. …``, ``Scene 2``, ``Act 1`` and ``# …`` start scenes.

    Raises:
        BadFileError: fewer than half of its paragraphs name a speaker.
    """
    text, encoding = read_text(path)
    rows = list(_rows(text))
    named = sum(bool(row.speaker) for row in rows)
    if named < LEAST_LABELLED * len(rows):
        msg = (
            f"Only {named:,} of {len(rows):,} paragraphs start with a name and a colon, as in "
            "“VEX: Hello.” If this is a screenplay, name the file .fountain."
        )
        raise BadFileError("no_speakers", msg)
    return document_table(FileFormat.TEXT, encoding, rows)


def _rows(text: str) -> Iterator[DocumentRow]:
    speaker, number = "", 0
    said: list[str] = []

    def speech() -> Iterator[DocumentRow]:
        if speaker and any(said):
            yield DocumentRow(number, speaker, "\n".join(filter(None, said)))

    for at, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        heading = _heading(line)
        label = None if heading else split_label(line)
        if label is None and speaker and line and not heading and not is_direction(line):
            said.append(line)
            continue
        yield from speech()
        speaker, number, said = "", at, []
        if label is not None:
            speaker, first = label
            said = [first]
        elif heading:
            yield direction(at, line.strip("#= "), scene=heading)
        elif line:
            yield direction(at, line[1:-1] if is_direction(line) else line)
    yield from speech()


def _heading(line: str) -> str:
    if len(line) <= HEADING_CHARACTERS and DIVISION.match(line):
        return folded(line.strip("#= "))
    return scene_heading(line)
