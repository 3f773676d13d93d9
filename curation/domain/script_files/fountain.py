"""Fountain screenplays, by screenplay-tools."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .documents import DocumentRow, direction, document_table, folded, read_text, tidy
from .errors import BadFileError
from .formats import FileFormat
from .tables import SourceTable

MAXIMUM_MEGABYTES = 5
LONG_LINE_CHARACTERS = 200
STAND_IN = re.compile("\ue000(\\d+)x")
EMPHASIS = re.compile(r"(?<!\\)(\*{1,3}|_)(?=\S)([^*_\n]+?)(?<=\S)\1")
BRACKETS = "\ue001"  # two opening brackets that the parser is not to see


def open_fountain(path: Path) -> SourceTable:
    """Open a Fountain file; the row number is the line of the file.

    Boneyards and notes are left out, headings start scenes, actions and transitions become stage
    directions, parentheticals stay with their speech.

    Raises:
        BadFileError: too large, a boneyard never closed, or nobody speaks.
    """
    text, encoding = read_text(path, megabytes=MAXIMUM_MEGABYTES)
    lines = _without_notes(_without_comments(text)).splitlines()
    elements, title = _parsed(lines)
    return document_table(FileFormat.FOUNTAIN, encoding, _rows(elements), title=title)


def _without_comments(text: str) -> str:
    """Blank out boneyards; line breaks stay, so that lines keep their numbers."""
    kept, at = [], 0
    while (start := text.find("/*", at)) >= 0:
        end = text.find("*/", start + 2)
        if end < 0:
            line = text.count("\n", 0, start) + 1
            msg = f"The comment that /* opens on line {line:,} is never closed by */."
            raise BadFileError("open_comment", msg)
        kept += [text[at:start], "\n" * text.count("\n", start, end)]
        at = end + 2
    return "".join(kept) + text[at:]


def _without_notes(text: str) -> str:
    """Blank out notes; one that a blank line breaks is no note, and its brackets are text."""
    kept, at, end, blank = [], 0, 0, 0
    while (start := text.find("[[", at)) >= 0:
        if 0 <= end < start + 2:
            end = text.find("]]", start + 2)
        if 0 <= blank < start:
            blank = text.find("\n\n", start)
        if end < 0 or 0 <= blank < end:
            kept += [text[at:start], BRACKETS]
            at = start + 2
        else:
            kept += [text[at:start], "\n" * text.count("\n", start, end)]
            at = end + 2
    return "".join(kept) + text[at:]


def _parsed(lines: list[str]) -> tuple[list[tuple[int, Any]], str]:
    """Return the elements with their lines, and the title.

    Long lines are read as stand-ins: the parser's patterns take the square of a line's length.
    """
    from screenplay_tools.fountain.parser import Parser  # noqa: PLC0415  # rarely needed

    parser = Parser()
    parser.mergeActions = parser.mergeDialogue = False
    elements: list[tuple[int, Any]] = []
    long: list[str] = []
    for number, line in enumerate(lines, 1):
        before = len(parser.script.elements)
        parser.add_line(_stand_in(line, long))
        fresh = parser.script.elements[before:]
        late = len(fresh) - (1 if line.strip() else 0)
        elements += [(number - (at < late), element) for at, element in enumerate(fresh)]
    before = len(parser.script.elements)
    parser.finalize()
    elements += [(len(lines), element) for element in parser.script.elements[before:]]
    title = next((e.text for e in parser.script.titleEntries if e.key.lower() == "title"), "")
    for _, element in elements:
        element.said = STAND_IN.sub(lambda found: long[int(found[1])], element.text)
        element.said = element.said.replace(BRACKETS, "[[")
    return elements, folded(plain(title))[:200]


def _stand_in(line: str, long: list[str]) -> str:
    trimmed = line.strip()
    if len(trimmed) <= LONG_LINE_CHARACTERS:
        return line
    sign = trimmed[0] if trimmed[0] in "!~=#" else ""
    long.append(trimmed.removeprefix(sign))
    return f"{sign}\ue000{len(long) - 1}x"


def plain(text: str) -> str:
    """Return a text without Fountain's signs for bold, italic and underlined."""
    for _ in range(3):
        text, count = EMPHASIS.subn(r"\2", text)
        if not count:
            break
    return text.replace("\\*", "*").replace("\\_", "_")


def _rows(elements: list[tuple[int, Any]]) -> Iterator[DocumentRow]:
    speaker, number, sung = "", 0, 0
    said: list[str] = []

    def speech() -> Iterator[DocumentRow]:
        if speaker and (text := tidy("\n".join(said))):
            yield DocumentRow(number, speaker, text)

    for line, element in elements:
        kind = element.type.value
        goes_on = kind == "ACTION" and line == sung + 1  # the parser ends a speech at a lyric
        sung = line if kind == "LYRIC" or goes_on else 0
        if speaker and (goes_on or kind in {"DIALOGUE", "PARENTHETICAL", "LYRIC"}):
            number = number or line
            text = plain(element.said)
            said.append(f"({text})" if kind == "PARENTHETICAL" else text)
            continue
        yield from speech()
        speaker, number, said = "", 0, []
        if kind == "CHARACTER":
            speaker = folded(plain(element.name))
        elif kind == "HEADING":
            heading = plain(element.said)
            yield direction(line, heading, scene=heading)
        elif kind in {"ACTION", "TRANSITION", "LYRIC"} and (text := tidy(plain(element.said))):
            yield direction(line, text)
    yield from speech()
