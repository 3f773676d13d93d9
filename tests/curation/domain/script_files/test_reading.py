from collections.abc import Sequence
from pathlib import Path

import pytest

from curation.domain.script_files import (
    BadFileError,
    ScriptReading,
    normalise_name,
    open_table,
    read_script,
    recognise_columns,
)
from curation.domain.script_files.directions import is_direction
from curation.enums import Severity
from tests.sample_scripts import HEADER, ROWS, csv_bytes


@pytest.fixture
def read(tmp_path: Path):
    def read_rows(
        rows: Sequence[str], *, header: str = HEADER, mapping: dict[str, str] | None = None
    ) -> ScriptReading:
        path = tmp_path / "stored"
        path.write_bytes(csv_bytes(rows, header=header))
        table = open_table(path, "a.csv")
        known = mapping or recognise_columns(table.columns)
        assert known is not None
        return read_script(table, known, title="The Moon")

    return read_rows


def found(reading: ScriptReading) -> list[tuple[int | None, str]]:
    return [(row.row_number, row.code) for row in reading.problems.in_order()]


def test_read_script_reads_the_schema_as_it_is(read) -> None:
    reading = read(ROWS)
    first, second = reading.episodes
    assert (first.season, first.number, first.title, first.missing) == (1, 1, "The Moon", 2)
    assert [line[:6] for line in first.lines] == [
        (0, 2, "pip", False, "Who moved the moon?", 0),
        (1, 3, "vex", False, "You said to put it somewhere safe.", 0),
        (4, 4, "vex", False, '[sighs] It’s in the fridge, "behind" the milk.', 2),
        (5, 5, "marlow", True, "(a long silence)", 0),
    ]
    assert [line.missing_before for line in second.lines] == [0]
    assert reading.speakers == {"pip": "PIP", "vex": "VEX", "marlow": "MARLOW"}
    assert reading.lines_by_speaker == {"pip": 1, "vex": 3, "marlow": 1}
    assert (reading.line_count, reading.missing_count, reading.rows_total) == (5, 2, 5)
    assert found(reading) == []


def test_read_script_sorts_episodes_by_number_and_lines_by_index(read) -> None:
    rows = ["9,2,10,B,PIP,d", "8,2,10,B,PIP,c", "3,2,5,A,PIP,b", "2,2,5,A,PIP,a"]
    reading = read(rows)
    assert [(e.season, e.number) for e in reading.episodes] == [(2, 5), (2, 10)]
    assert [[line.text for line in e.lines] for e in reading.episodes] == [["a", "b"], ["c", "d"]]


def test_read_script_warns_of_repeats_and_keeps_them(read) -> None:
    reading = read(["1,1,1,A,PIP,No.", "2,1,1,A,VEX,No.", "2,1,1,A,PIP,No."])
    assert reading.line_count == 3
    assert found(reading) == [(4, "repeated_index"), (4, "repeated_line")]
    assert not reading.problems.has_errors


@pytest.mark.parametrize(
    ("row", "code", "sentence"),
    [
        ("7,1,1,A,PIP", "ragged_row", "5 cells, the header has 6"),
        ("7,1,1,A,PIP,Well, well", "ragged_row", "7 cells"),
        ("7,1,1,A,PIP,", "missing_line", "line is empty"),
        ("7,one,1,A,PIP,Hello.", "bad_season", "'one' is no number"),
        ("7,1,,A,PIP,Hello.", "bad_episode", "episode is empty"),
        ("7,-1,1,A,PIP,Hello.", "bad_season", "'-1' is no number"),
        ("x,1,1,A,PIP,Hello.", "bad_index", "'x' is no number"),
        ("99999999999,1,1,A,PIP,Hello.", "bad_index", "no number"),
        (f"7,1,1,A,{'P' * 201},Hello.", "long_name", "201 characters"),
        (f"7,1,1,{'A' * 201},PIP,Hello.", "long_title", "201 characters"),
        (f"7,1,1,A,PIP,{'a' * 20_001}", "long_line", "20,001 characters"),
    ],
)
def test_read_script_tells_the_row_of_each_error(read, row: str, code: str, sentence: str) -> None:
    reading = read([ROWS[0], row])
    (problem,) = [p for p in reading.problems.kept if p.severity == Severity.ERROR]
    assert (problem.row_number, problem.code) == (3, code)
    assert sentence in problem.message
    assert reading.line_count == 1 or code == "long_title"


def test_read_script_gives_lines_without_a_speaker_to_unnamed(read) -> None:
    reading = read([ROWS[0], "7,1,1,A,,Hello.", "8,1,1,A, ,Again."])
    assert not reading.problems.has_errors
    assert [p.row_number for p in reading.problems.kept if p.code == "missing_speaker"] == [3, 4]
    assert reading.lines_by_speaker == {"pip": 1, "(unnamed)": 2}


def test_read_script_refuses_a_script_in_which_nobody_is_named(read) -> None:
    reading = read(["7,1,1,A,,Hello.", "8,1,1,A,,Again."])
    assert [p.code for p in reading.problems.kept if p.severity == Severity.ERROR] == [
        "no_speakers"
    ]


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("PIP (V.O.)", "PIP"),
        ("PIP [OC]", "PIP"),
        ("PIP (O. S.) (CONT’D)", "PIP"),
        ("PIP (on the phone)", "PIP (on the phone)"),
        ("PIP (into phone)", "PIP"),
        ("PIP (old)", "PIP (old)"),
        ("(V.O.)", "(V.O.)"),
        ("Pip 1", "Pip 1"),
    ],
)
def test_read_script_leaves_out_how_a_speaker_is_heard(read, raw: str, name: str) -> None:
    expected = "PIP" if raw == "PIP (on the phone)" else name
    assert list(read([f"7,1,1,A,{raw},Hello."]).speakers.values()) == [expected]


def test_read_script_takes_pseudo_speakers_for_stage_directions(read) -> None:
    reading = read([ROWS[0], "7,1,1,A,Scene Directions,Pip waves.", "8,1,1,A,#ALL#,No!"])
    assert [(line.speaker, line.is_direction) for line in reading.episodes[0].lines] == [
        ("pip", False),
        ("", True),
        ("#all#", False),
    ]
    assert list(reading.speakers.values()) == ["PIP", "#ALL#"]


def test_read_script_takes_headings_among_the_directions_for_scenes(read) -> None:
    rows = ["1,1,1,A,,[Scene: the kitchen]", "2,1,1,A,PIP,Hi.", "3,1,1,A,,[sighs]"]
    rows += ["4,1,1,A,,[Cut to: later]", "5,1,1,A,,INT. ATTIC", "6,1,1,A,PIP,Oh."]
    rows[4] = "5,1,1,A,,(INT. ATTIC)"
    assert read(rows).episodes[0].scene_starts == [(0, "the kitchen"), (4, "INT. ATTIC")]


def test_read_script_starts_a_scene_where_the_column_changes(read) -> None:
    rows = ["1,1,1,A,PIP,a,Kitchen", "2,1,1,A,VEX,b,Kitchen", "4,1,1,A,PIP,d,Attic"]
    rows += ["3,1,1,A,PIP,c,Attic", "5,1,1,A,PIP,e,", "6,1,1,A,PIP,f,Attic"]
    reading = read(rows, header=f"{HEADER},Scene")
    assert reading.episodes[0].scene_starts == [(0, "Kitchen"), (2, "Attic"), (5, "Attic")]


def test_read_script_counts_all_errors_and_keeps_the_first(read) -> None:
    reading = read(["7,1,1,A,PIP,"] * 500)
    assert reading.problems.totals[Severity.ERROR] == 500
    assert len(reading.problems.kept) == 200


def test_read_script_leaves_out_blank_rows_and_says_so(read) -> None:
    reading = read([ROWS[0], ",,,,,", "", ROWS[1]])
    assert reading.line_count == 2
    assert found(reading) == [(3, "blank_row"), (4, "blank_row")]


def test_read_script_makes_one_episode_where_no_column_tells_them_apart(read) -> None:
    rows = ["VEX,Hello.", "PIP,Goodbye."]
    reading = read(rows, header="who,what", mapping={"speaker": "who", "text": "what"})
    (episode,) = reading.episodes
    assert (episode.season, episode.number, episode.title) == (1, 1, "The Moon")
    assert [line.source_index for line in episode.lines] == [None, None]


def test_read_script_takes_a_stage_direction_without_a_speaker(read) -> None:
    reading = read(["1,1,1,A,,[Thunder.]", "2,1,1,A,PIP,Hello."])
    assert [(line.speaker, line.is_direction) for line in reading.episodes[0].lines] == [
        ("", True),
        ("pip", False),
    ]
    assert reading.lines_by_speaker == {"pip": 1}


def test_read_script_gives_up_on_thousands_of_speakers(read) -> None:
    with pytest.raises(BadFileError, match="column of speakers the right one"):
        read([f"1,1,1,A,{at},x" for at in range(5_001)])


def test_read_script_warns_of_a_second_name_of_an_episode_once(read) -> None:
    reading = read(["1,1,1,A,PIP,a", "2,1,1,B,PIP,b", "3,1,1,B,PIP,c"])
    assert found(reading) == [(3, "two_titles")]
    assert [episode.title for episode in reading.episodes] == ["A"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[Thunder.]", True),
        ("(a long silence)", True),
        ("*sighs*", True),
        ("[Door.] (He leaves.)", True),
        ("[sighs] Hello.", False),
        ("Hello [sighs]", False),
        ("...", False),
        ("[not closed", False),
        ("(" * 50_000, False),
        ("*" * 50_000, False),
    ],
)
def test_is_direction(text: str, expected: bool) -> None:
    assert is_direction(text) is expected


@pytest.mark.parametrize(
    ("name", "key"),
    [("  Rick  Sanchez ", "rick sanchez"), ("\uff36EX", "vex"), ("Straße", "strasse"), (" ", "")],
)
def test_normalise_name(name: str, key: str) -> None:
    assert normalise_name(name) == key
