"""Every real script is read, or refused with a sentence; what plays say is what they said."""

from collections import Counter
from pathlib import Path

import pytest

from curation.domain.imports import FileInspection, inspect_file
from curation.domain.script_files import BadFileError
from tests.scripts_data import Play, folder, german, shakespeare

pytestmark = pytest.mark.data

REFUSED = {
    "wildwinter_Formatted.fountain": "Nobody says anything",
    "wildwinter_Sections.fountain": "Nobody says anything",
    "wildwinter_Tags.fountain": "Nobody says anything",  # tags make its cues no cues
    "wildwinter_TitlePage.fountain": "Nobody says anything",
    "cdown_gb2312.srt": "another encoding",
}
WITH_SPEAKERS = {"elephants_dream_excerpt.vtt"}


def read(path: Path) -> FileInspection:
    found = inspect_file(path, path.name, title="A script")
    assert found.reading is not None
    assert not found.reading.problems.has_errors
    return found


@pytest.mark.parametrize("name", ["fdx", "fountain", "gerdracor", "shakespeare", "subtitles"])
def test_every_real_script_is_read_or_refused_with_a_sentence(name: str) -> None:
    files = [path for path in sorted(folder(name).iterdir()) if path.suffix not in {".md", ""}]
    assert files
    for path in files:
        expected = REFUSED.get(path.name)
        if name == "subtitles" and path.name not in WITH_SPEAKERS:
            expected = expected or "No cue says who speaks"
        if expected:
            with pytest.raises(BadFileError, match=expected):
                read(path)
        else:
            assert read(path).reading.line_count > 0, path.name  # type: ignore[union-attr]


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def said(found: FileInspection) -> tuple[str, int]:
    """Letters of all speech in order, and the number of scenes."""
    assert found.reading is not None
    (episode,) = found.reading.episodes
    spoken = "".join(letters(line.text) for line in episode.lines if not line.is_direction)
    return spoken, len(episode.scene_starts)


def expected(play: Play) -> tuple[str, int]:
    scenes = len({row.scene for row in play.rows})
    return "".join(letters(row.line) for row in play.rows), scenes


def test_shakespeare_says_what_an_independent_reading_hears() -> None:
    for play in shakespeare():
        found = read(folder("shakespeare") / f"{play.name}.xml")
        assert said(found) == expected(play), play.name
        assert found.reading is not None
        heard = Counter(row.speaker for row in play.rows)
        speeches = {found.reading.speakers[k]: n for k, n in found.reading.lines_by_speaker.items()}
        assert sum(speeches.values()) == sum(heard.values()), play.name


def test_german_plays_say_what_an_independent_reading_hears() -> None:
    for play in german():
        found = said(read(folder("gerdracor") / f"{play.name}.xml"))
        assert len(found[0]) == pytest.approx(len(expected(play)[0]), rel=0.005), play.name
        assert found[1] == pytest.approx(expected(play)[1], abs=3), play.name
