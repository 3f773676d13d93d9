import pytest

from curation.domain.script_files import ScriptReading, open_table, read_script, recognise_columns
from curation.domain.script_files.mojibake import repaired
from tests.sample_scripts import csv_bytes

GARBLED = "Itâ€™s naÃ¯ve."
PLAIN = "It’s naïve."


def read(tmp_path, *, repairs: bool) -> ScriptReading:
    path = tmp_path / "stored"
    path.write_bytes(csv_bytes([f"1,1,1,A,PÃ©p,{GARBLED}", f"2,1,1,A,VEX,{PLAIN}"]))
    table = open_table(path, "a.csv")
    known = recognise_columns(table.columns)
    assert known is not None
    return read_script(table, known, title="A", repairs_text=repairs)


def test_read_script_shows_mojibake_and_leaves_it(tmp_path) -> None:
    reading = read(tmp_path, repairs=False)
    assert [line.text for line in reading.episodes[0].lines] == [GARBLED, PLAIN]
    assert (reading.garbled_total, reading.garbled) == (
        2,
        [(2, "PÃ©p", "Pép"), (2, GARBLED, PLAIN)],
    )


def test_read_script_repairs_mojibake_when_told_to(tmp_path) -> None:
    reading = read(tmp_path, repairs=True)
    assert [line.text for line in reading.episodes[0].lines] == [PLAIN, PLAIN]
    assert list(reading.speakers.values()) == ["Pép", "VEX"]
    assert reading.garbled_total == 2


@pytest.mark.parametrize(
    "text",
    ["It’s naïve.", "“Größe” – Âme à l’œuvre", "ÂÃ", "…", "100 € ½", "Ångström Ærø", "日本語"],
)
def test_repaired_leaves_sound_text_alone(text: str) -> None:
    assert repaired(text) == text
