"""Reading a small file of ours from bytes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from curation.domain.imports import FileInspection, inspect_file

Inspect = Callable[..., FileInspection]


@pytest.fixture
def inspect(tmp_path: Path) -> Inspect:
    """Return a function that inspects bytes under a file name."""

    def inspect_bytes(file_name: str, content: str | bytes) -> FileInspection:
        path = tmp_path / "stored"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return inspect_file(path, file_name, title="A title")

    return inspect_bytes


def shown(found: FileInspection) -> list[tuple[int, str, str]]:
    """Row number, speaker as written and text of every line, in order."""
    reading = found.reading
    assert reading is not None
    return [
        (line.row_number, reading.speakers.get(line.speaker, ""), line.text)
        for episode in reading.episodes
        for line in episode.lines
    ]


def scenes(found: FileInspection) -> list[tuple[int, str]]:
    """Where the source's scenes start, by position in the only episode."""
    assert found.reading is not None
    (episode,) = found.reading.episodes
    return episode.scene_starts
