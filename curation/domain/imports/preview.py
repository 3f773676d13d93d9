"""What the dry run shows, cut short so that it fits a page."""

from itertools import islice
from typing import Any

from curation.domain.script_files import ScriptReading, SourceTable, guess_mapping

SAMPLE_ROWS = 8
SHOWN_EPISODES = 200
SHOWN_CHARACTERS = 100
SHOWN_LINES = 12
CELL_CHARACTERS = 160


def cut(text: str) -> str:
    """Return a text short enough for a table, with an ellipsis where it was cut."""
    return text if len(text) <= CELL_CHARACTERS else text[: CELL_CHARACTERS - 1] + "…"


def columns_preview(table: SourceTable) -> dict[str, Any]:
    """Return the columns, what they most likely hold, and the first rows."""
    sample = [
        {"row_number": number, "cells": [cut(cell) for cell in cells[: len(table.columns)]]}
        for number, cells in islice(table.read_rows(), SAMPLE_ROWS)
    ]
    return {
        "is_table": table.mapping is None,
        "columns": list(table.columns),
        "guess": guess_mapping(table.columns),
        "sample": sample,
    }


def reading_preview(reading: ScriptReading) -> dict[str, Any]:
    """Return episodes, characters, first lines and the numbers of findings."""
    episodes = [
        {
            "code": f"S{episode.season}E{episode.number}",
            "title": episode.title,
            "lines": len(episode.lines),
            "missing": episode.missing,
            "scenes": len(episode.scene_starts),
        }
        for episode in reading.episodes[:SHOWN_EPISODES]
    ]
    characters = [
        {"name": reading.speakers[key], "lines": count}
        for key, count in reading.lines_by_speaker.most_common(SHOWN_CHARACTERS)
    ]
    first = reading.episodes[0].lines[:SHOWN_LINES] if reading.episodes else []
    lines = [
        {
            "row_number": line.row_number,
            "speaker": reading.speakers.get(line.speaker, ""),
            "direction": line.is_direction,
            "missing_before": line.missing_before,
            "scene": line.scene,
            "text": cut(line.text),
        }
        for line in first
    ]
    garbled = [
        {"row_number": cell.row_number, "before": cell.before, "after": cell.after}
        for cell in reading.garbled
    ]
    totals = {severity.value: count for severity, count in reading.problems.totals.items()}
    return {
        "episodes": episodes,
        "characters": characters,
        "lines": lines,
        "totals": totals,
        "garbled": garbled,
        "garbled_total": reading.garbled_total,
    }
