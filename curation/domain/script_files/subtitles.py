"""Subtitles that say who speaks: SRT by pysubs2, WebVTT and SBV by webvtt-py."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from curation.enums import Severity

from .directions import is_direction
from .documents import DocumentRow, direction, document_table, folded, read_text
from .errors import BadFileError
from .formats import FileFormat
from .names import UNNAMED
from .speaker_labels import split_label
from .tables import FileNote, SourceTable

MAXIMUM_MEGABYTES = 5
VOICE = re.compile(r"<v(?:\.[^\s>]{0,200})?[ \t]+([^>\n]{1,200})>")
TAG = re.compile(r"<[^<>]{0,200}>")
STYLE_CODES = re.compile(r"\{\\[^{}\n]{0,200}\}")


class Cue(NamedTuple):
    """One cue; times in milliseconds."""

    number: int
    start: int
    end: int
    text: str


def open_subtitles(path: Path, file_format: FileFormat) -> SourceTable:
    """Open SRT, WebVTT or SBV; the row number is that of the cue.

    Speakers are voices (``<v Vex>``), ``[Vex] …`` and ``Vex: …``; lines that roll on from the cue
    before are left out, sounds in brackets become stage directions.

    Raises:
        BadFileError: damaged, or no cue says who speaks.
    """
    text, encoding = read_text(path, megabytes=MAXIMUM_MEGABYTES)
    text = text.removeprefix("\ufeff")
    cues = list(_srt(text) if file_format is FileFormat.SRT else _vtt(text, file_format))
    rows = list(_rows(cues))
    unnamed = sum(row.speaker == UNNAMED for row in rows)
    if not any(row.speaker not in {"", UNNAMED} for row in rows):
        msg = (
            f"No cue says who speaks ({len(cues):,} were read). Write the name first, as in “VEX: "
            "Hello.” or “<v Vex>Hello.”"
        )
        raise BadFileError("no_speakers", msg)
    notes = []
    if unnamed:
        msg = f"{unnamed:,} lines do not say who speaks; they are given to {UNNAMED}."
        notes.append(FileNote(Severity.WARNING, "missing_speaker", msg))
    return document_table(file_format, encoding, rows, notes=notes)


def _srt(text: str) -> Iterator[Cue]:
    import pysubs2  # noqa: PLC0415  # rarely needed

    try:
        # Tags are kept: a voice may be one of them.
        found = pysubs2.SSAFile.from_string(text, format_="srt", keep_html_tags=True)
    except pysubs2.Pysubs2Error as error:
        raise _damaged("SRT") from error
    for number, event in enumerate(found, 1):
        said = STYLE_CODES.sub("", event.text.replace("\\N", "\n").replace("\\h", " "))
        yield Cue(number, event.start, event.end, said)


def _vtt(text: str, file_format: FileFormat) -> Iterator[Cue]:
    import webvtt  # noqa: PLC0415  # rarely needed
    from webvtt.errors import MalformedCaptionError, MalformedFileError  # noqa: PLC0415

    try:
        found = webvtt.from_buffer(text.splitlines(), format=str(file_format))
    except (MalformedFileError, MalformedCaptionError) as error:
        raise _damaged("WebVTT" if file_format is FileFormat.VTT else "SBV") from error
    for number, cue in enumerate(found.captions, 1):
        start, end = (
            round(seconds * 1000) for seconds in (cue.start_in_seconds, cue.end_in_seconds)
        )
        yield Cue(number, start, end, cue.raw_text)


def _damaged(name: str) -> BadFileError:
    msg = f"This is no {name} file, or it is damaged: no cue can be read. Save it again."
    return BadFileError("damaged_file", msg)


def _rows(cues: Iterable[Cue]) -> Iterator[DocumentRow]:
    before: list[str] = []
    for cue in cues:
        shown = [(voice, line) for voice, line in _spoken(cue.text) if line]
        lines = [line for _, line in shown]
        rolled = _rolled(before, lines)
        before = lines or before
        yield from _speeches(cue.number, shown[rolled:])


def _rolled(before: list[str], lines: list[str]) -> int:
    """Return how many of the first lines stood last in the cue before."""
    most = min(len(before), len(lines))
    return next((n for n in range(most, 0, -1) if before[-n:] == lines[:n]), 0)


def _spoken(text: str) -> Iterator[tuple[str, str]]:
    """Yield a cue's lines without tags, each with its voice."""
    pieces = VOICE.split(text)
    for voice, piece in zip(["", *pieces[1::2]], pieces[::2], strict=True):
        for line in piece.splitlines():
            yield folded(html.unescape(voice)), folded(html.unescape(TAG.sub("", line)))


def _speeches(number: int, lines: Iterable[tuple[str, str]]) -> Iterator[DocumentRow]:
    speaker = ""
    said: list[str] = []
    for voice, line in lines:
        label = split_label(line, square=True) if not voice else (voice, line)
        sound = label is None and is_direction(line)
        if label is None and not sound and said and not line.startswith(("-", "–", "—")):
            said.append(line)
            continue
        if said:
            yield DocumentRow(number, speaker, " ".join(said))
        speaker, said = UNNAMED, []
        if sound:
            yield direction(number, line.strip("[]()*"))
        elif label is not None and label[0] == speaker:
            said = [label[1]]
        else:
            speaker, first = label or (UNNAMED, line)
            said = [first] if first else []
    if said:
        yield DocumentRow(number, speaker, " ".join(said))
