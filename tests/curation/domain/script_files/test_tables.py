import csv
import io
import json
import random
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from curation.domain.script_files import BadFileError, open_table
from tests.sample_scripts import HEADER, ROWS, csv_bytes

Write = Callable[..., Path]
WINDOWS = csv_bytes(["0,1,1,The Moon,PIP,It’s – “safe”…"]).decode().encode("cp1252")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(content: bytes) -> Path:
        path = tmp_path / "stored"
        path.write_bytes(content)
        return path

    return write_file


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (csv_bytes(), "utf-8"),
        (b"\xef\xbb\xbf" + csv_bytes().replace(b"\n", b"\r\n"), "utf-8-sig"),
        (csv_bytes().decode().encode("utf-16"), "utf-16"),
        (WINDOWS, "cp1252"),
    ],
)
def test_open_table_finds_the_encoding(write: Write, content: bytes, encoding: str) -> None:
    table = open_table(write(content), "a.csv")
    assert table.encoding == encoding
    assert table.columns == tuple(HEADER.split(","))
    assert "’" in "".join(cells[5] for _, cells in table.read_rows())


def test_open_table_keeps_windows_quotes_as_written(write: Write) -> None:
    rows = list(open_table(write(WINDOWS), "a.csv").read_rows())
    assert rows[0][1][5] == "It’s – “safe”…"


@pytest.mark.parametrize("seed", range(20))
def test_row_numbers_are_those_of_a_spreadsheet_whatever_the_cells_hold(
    write: Write, seed: int
) -> None:
    chance = random.Random(seed)
    signs = ['"', ",", "\n", "\r\n", "\r", "a", " ", "’", ";", "\t", ""]
    rows = [
        ["".join(chance.choices(signs, k=chance.randrange(9))) for _ in range(3)] for _ in range(50)
    ]
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator=chance.choice(["\n", "\r\n"]), quoting=csv.QUOTE_ALL)
    table.writerows([["name", "line", "more"], *rows])
    read = open_table(write(text.getvalue().encode()), "a.csv").read_rows()
    assert list(read) == list(enumerate(rows, 2))


def test_open_table_counts_blank_lines_above_the_header(write: Write) -> None:
    table = open_table(write(b"\n\nname,line\n\nVEX,Hello.\n"), "a.csv")
    assert table.columns == ("name", "line")
    assert [number for number, cells in table.read_rows() if cells] == [5]


def test_open_table_reads_the_same_from_every_format(write: Write) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="Parquet needs pyarrow")
    import pyarrow

    names = ["index", "name", "line"]
    values = [["0", "VEX", "It’s here."], ["4", "PIP", ""], ["5", "VEX", "two\nlines"]]
    text = io.StringIO(newline="")
    csv.writer(text).writerows([names, *values])
    records = [
        {"index": int(index), "name": name, "line": line or None} for index, name, line in values
    ]
    files = {
        "a.csv": text.getvalue().encode(),
        "a.tsv": "\n".join(
            "\t".join(cell.replace("\n", " ") for cell in row) for row in [names, *values]
        ).encode(),
        "a.json": json.dumps({"meta": 1, "rows": records}).encode(),
        "a.jsonl": "\n".join(json.dumps(record) for record in records).encode(),
    }
    sink = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(records), sink)
    files["a.parquet"] = sink.getvalue()
    for file_name, content in files.items():
        table = open_table(write(content), file_name)
        cells = [[cell.replace("\n", " ") for cell in row] for _, row in table.read_rows()]
        assert table.columns == tuple(names), file_name
        assert cells == [[cell.replace("\n", " ") for cell in row] for row in values], file_name


def test_open_table_says_what_to_do_without_pyarrow(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(BadFileError, match="need pyarrow, which is not installed here: save") as e:
        open_table(write(b"PAR1" + bytes(20) + b"PAR1"), "a.parquet")
    assert e.value.code == "no_pyarrow"


def test_open_table_reads_rows_anew_each_time(write: Write) -> None:
    table = open_table(write(csv_bytes()), "a.csv")
    assert list(table.read_rows()) == list(table.read_rows())
    assert len(list(table.read_rows())) == len(ROWS)
