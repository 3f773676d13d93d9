"""What a file holds once it is read: episodes, speakers, lines, scenes and findings."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from .mojibake import GarbledCell
from .problems import ProblemLog


class Line(NamedTuple):
    """One row of an episode, in the order of the script.

    ``scene`` is what its cell says; once the reading is finished, only where a scene starts.
    """

    source_index: int | None
    row_number: int
    speaker: str
    is_direction: bool
    text: str
    missing_before: int
    scene: str = ""


@dataclass
class EpisodeRows:
    """One episode as read; ``lines`` are in order once the reading is finished."""

    season: int
    number: int
    title: str
    lines: list[Line] = field(default_factory=list)
    missing: int = 0

    @property
    def scene_starts(self) -> list[tuple[int, str]]:
        """Position and heading of each scene that the source marks."""
        return [(at, line.scene) for at, line in enumerate(self.lines) if line.scene]

    def mark_scenes(self) -> None:
        """Keep each scene's heading at its first row only: where it differs from the row before.

        A heading without a spoken line before the next one is a heading of several rows: the last
        one counts. Nothing starts after the last spoken line.
        """
        lines = self.lines
        starts: list[int] = []
        before = ""
        spoken_since = True
        for at, line in enumerate(lines):
            if line.scene and line.scene != before:
                if not spoken_since:
                    starts.pop()
                starts.append(at)
                spoken_since = False
            before = line.scene
            spoken_since = spoken_since or not line.is_direction
        if not spoken_since:
            starts.pop()
        kept = set(starts)
        self.lines = [
            line if at in kept or not line.scene else line._replace(scene="")
            for at, line in enumerate(lines)
        ]


@dataclass
class ScriptReading:
    """What a file holds.

    ``speakers`` maps a normalised name to the name as first written, ``lines_by_speaker`` to its
    number of rows; rows without a speaker count nowhere. ``garbled`` are the first of the
    ``garbled_total`` cells that look as if they had been read in the wrong encoding once.
    """

    episodes: list[EpisodeRows]
    speakers: dict[str, str]
    lines_by_speaker: Counter[str]
    rows_total: int
    problems: ProblemLog
    garbled_total: int = 0
    garbled: list[GarbledCell] = field(default_factory=list)

    @property
    def line_count(self) -> int:
        """How many utterances will be created."""
        return sum(len(episode.lines) for episode in self.episodes)

    @property
    def missing_count(self) -> int:
        """How many rows the source lacks inside its episodes."""
        return sum(episode.missing for episode in self.episodes)
