"""The demo script keeps the shape the seed, the tutorial and the first training run count on."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import curation.demo

FOLDER = Path(curation.demo.__file__).parent
SCRIPT = FOLDER / "the_vex_files.csv"
SCENES = FOLDER / "the_vex_files_scenes.json"
COLUMNS = ["index", "season no.", "episode no.", "episode name", "name", "line"]
TARGET = "VEX"


@dataclass(frozen=True)
class Row:
    """One utterance of the demo script, as the file has it."""

    index: int
    season: int
    episode: int
    episode_name: str
    name: str
    line: str

    @property
    def key(self) -> tuple[int, int]:
        return self.season, self.episode


@cache
def script_rows() -> tuple[Row, ...]:
    with SCRIPT.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        assert next(reader) == COLUMNS
        return tuple(
            Row(int(i), int(s), int(e), title, name, line) for i, s, e, title, name, line in reader
        )


@cache
def scenes_by_episode() -> dict[tuple[int, int], list[dict[str, object]]]:
    episodes = json.loads(SCENES.read_text(encoding="utf-8"))["episodes"]
    return {(one["season"], one["episode"]): one["scenes"] for one in episodes}


def rows_by_episode() -> dict[tuple[int, int], list[Row]]:
    found: dict[tuple[int, int], list[Row]] = {}
    for row in script_rows():
        found.setdefault(row.key, []).append(row)
    return found


def test_script_bytes_are_utf8_without_bom_and_without_empty_cells() -> None:
    text = SCRIPT.read_bytes().decode("utf-8")
    assert not text.startswith("\ufeff")
    for row in script_rows():
        assert row.name == row.name.strip() != ""
        assert row.line == row.line.strip() != ""
        assert row.episode_name.strip()


def test_script_index_ascends_across_episodes_with_holes_inside_and_between() -> None:
    steps = [
        (before, after, after.index - before.index) for before, after in pairwise(script_rows())
    ]
    assert all(step > 0 for _, _, step in steps)
    assert any(step > 1 for before, after, step in steps if before.key == after.key)
    assert any(step > 3 for before, after, step in steps if before.key == after.key)
    assert any(step > 1 for before, after, step in steps if before.key != after.key)


def test_script_episodes_are_in_order_and_bear_one_name_each() -> None:
    episodes = rows_by_episode()
    assert list(episodes) == sorted(episodes)
    assert all(len({row.episode_name for row in rows}) == 1 for rows in episodes.values())


def test_script_is_varied_and_clean() -> None:
    lines = [row.line for row in script_rows()]
    counts = Counter(line.casefold() for line in lines)
    assert max(counts.values()) <= 3
    assert len(counts) >= 0.9 * len(lines)
    assert max(map(len, lines)) <= 1500
    assert not [line for line in lines if re.search(r"https?:|www\.|\.com\b", line, re.IGNORECASE)]
    assert not [line for line in lines if "'" in line or '"' in line]  # typographic quotes only


def test_scenes_start_at_rows_of_their_episode_first_at_the_first_row() -> None:
    episodes = rows_by_episode()
    assert list(scenes_by_episode()) == list(episodes)
    for key, scenes in scenes_by_episode().items():
        starts = [scene["index"] for scene in scenes]
        indexes = [row.index for row in episodes[key]]
        assert starts[0] == indexes[0]
        assert starts == sorted(set(starts))  # type: ignore[type-var]
        assert set(starts) <= set(indexes)


def test_scenes_have_a_title_and_a_note_and_a_readable_length() -> None:
    episodes = rows_by_episode()
    for key, scenes in scenes_by_episode().items():
        assert 6 <= len(scenes) <= 13
        starts = [int(str(scene["index"])) for scene in scenes]
        ends = [*starts[1:], episodes[key][-1].index + 1]
        for scene, start, end in zip(scenes, starts, ends, strict=True):
            assert str(scene["title"]).strip()
            assert len(str(scene["note"]).split()) >= 8
            assert 6 <= sum(start <= row.index < end for row in episodes[key]) <= 30


def test_script_is_as_large_as_the_demo_needs() -> None:
    rows = script_rows()
    assert len(rows) >= 850
    assert len(rows_by_episode()) >= 8
    assert len({row.season for row in rows}) >= 2
    many = [name for name, lines in Counter(row.name for row in rows).items() if lines >= 10]
    assert len(many) >= 10


def test_script_target_has_lines_and_turns_that_answer_someone() -> None:
    rows = script_rows()
    assert sum(row.name == TARGET for row in rows) >= 300
    answers = [
        after
        for before, after in pairwise(rows)
        if before.key == after.key and before.name != TARGET and after.name == TARGET
    ]
    assert len(answers) >= 230


def test_script_has_directions_questions_and_long_speeches() -> None:
    lines = [row.line for row in script_rows()]
    assert sum(bool(re.fullmatch(r"\([^)]*\)|\[[^\]]*\]", line)) for line in lines) >= 5
    assert sum(line.endswith("?") for line in lines) >= 100
    assert sum(len(line.split()) <= 2 for line in lines) >= 15
    assert any(100 <= len(line.split()) <= 200 for line in lines)
