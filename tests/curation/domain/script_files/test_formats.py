import gzip
import importlib.util
import json
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from curation.domain.imports import inspect_file
from curation.domain.script_files import BadFileError, FileFormat, recognise_format
from tests.sample_scripts import HEADER, ROWS, csv_bytes

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(content: bytes) -> Path:
        path = tmp_path / "stored"
        path.write_bytes(content)
        return path

    return write_file


RECORDS = [{"name": "VEX", "line": "Hello."}]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
WIDE = ",".join(f"c{at}" for at in range(10_000)).encode()

BAD_FILES = {
    "empty": ("a.csv", b"", "empty_file", "is empty"),
    "only a mark": ("a.csv", b"\xef\xbb\xbf\r\n", "empty_file", "is empty"),
    "only a header": ("a.csv", csv_bytes([]), "no_rows", "no rows below it"),
    "header of json": ("a.json", b"[]", "no_rows", "no rows"),
    "no ending": ("script", csv_bytes(), "unknown_format", "CSV, TSV, JSON"),
    "damaged excel": ("a.xlsx", b"PK\x03\x04" + bytes(99), "damaged_file", "Save it again"),
    "csv as excel": ("a.xlsx", csv_bytes(), "wrong_type", "no Excel workbook"),
    "locked excel": ("a.xlsx", b"\xd0\xcf\x11\xe0" + bytes(99), "wrong_type", "password"),
    "text as xml": ("a.xml", b"VEX: Hello.", "wrong_type", "does not start like XML"),
    "word": ("a.docx", b"PK\x03\x04" + bytes(99), "unknown_format", "ZIP"),
    "excel as csv": ("a.csv", b"PK\x03\x04" + bytes(99), "wrong_type", "Excel"),
    "picture as csv": ("a.csv", PNG, "wrong_type", "a picture"),
    "gzip as jsonl": ("a.jsonl", gzip.compress(csv_bytes()), "wrong_type", "gzip"),
    "parquet as csv": ("a.csv", b"PAR1xxxxPAR1", "wrong_type", "a Parquet file"),
    "csv as parquet": ("a.parquet", csv_bytes(), "wrong_type", "no Parquet file"),
    "cut parquet": ("a.parquet", b"PAR1" + bytes(500), "wrong_type", "its end is missing"),
    "broken parquet": ("a.parquet", b"PAR1" + bytes(500) + b"PAR1", "damaged_file", "damaged"),
    "csv as json": ("a.json", csv_bytes(), "wrong_type", "does not start like JSON"),
    "json as csv": ("a.csv", json.dumps(RECORDS).encode(), "wrong_type", "looks like JSON"),
    "json lines as json": ("a.json", b'{"a": 1, "b": 2}\n{"a": 1, "b": 2}\n', "bad_json", ".jsonl"),
    "json as json lines": ("a.jsonl", b'[{"a": 1},\n{"a": 2}]', "bad_json", "Row 1: this is no"),
    "tabs as csv": ("a.csv", csv_bytes().replace(b",", b"\t"), "wrong_type", ".tsv"),
    "commas as tsv": ("a.tsv", csv_bytes(), "wrong_type", ".csv"),
    "binary": ("a.csv", bytes(range(1, 9)) * 600, "binary_file", "binary, not text"),
    "nul": ("a.csv", csv_bytes(ROWS[:1]) + b"7,1,1,x,P\x00P,y\n", "nul_character", "line 3"),
    "utf-32": ("a.csv", csv_bytes().decode().encode("utf-32"), "unknown_encoding", "UTF-32"),
    "no encoding": ("a.csv", csv_bytes() + b"1,1,1,x,P,\x81\x8d\n", "unknown_encoding", "nor"),
    "half utf-16": ("a.csv", b"\xff\xfea\x00,\x00b", "unknown_encoding", "breaks off"),
    "10,000 columns": ("a.csv", WIDE + b"\n" + WIDE + b"\n", "too_many_columns", "10,000 columns"),
    "one column": ("a.csv", b"line\nHello.\n", "too_few_columns", "one column only"),
    "two of a name": ("a.csv", b"name,name\na,b\n", "bad_header", "'name'"),
    "1 MB cell": (
        "a.csv",
        csv_bytes([*ROWS[:1], f"7,1,1,x,PIP,{'a' * 2**20}"]),
        "huge_cell",
        "Row 3: a cell has more than 131,072",
    ),
    "open quote": ("a.csv", csv_bytes([*ROWS, '9,1,1,x,PIP,"Never']), "bad_quotes", "Row 7"),
    "text after quote": ("a.csv", csv_bytes(['9,1,1,x,PIP,"a"b']), "bad_quotes", "Row 2"),
    "json of another shape": ("a.json", b'{"a": 1}', "wrong_shape", "no list of objects"),
    "json row of another shape": ("a.jsonl", b'{"a": 1, "b": 2}\n[1]\n', "wrong_shape", "Row 2"),
    "nested json": ("a.json", b"[" * 100_000, "bad_json", "nested too deep"),
    "huge number": ("a.json", b'[{"a": ' + b"9" * 9_000 + b"}]", "bad_json", "thousands of digits"),
    "half surrogate": ("a.json", b'[{"name": "a", "line": "\\ud800"}]', "bad_character", "Row 1"),
    "nul in json": ("a.json", b'[{"name": "a", "line": "\\u0000"}]', "nul_character", "Row 1"),
    "blank rows": ("a.csv", csv_bytes([",,,,,", ",,,,,"]), "no_rows", "blank"),
}
if importlib.util.find_spec("pyarrow") is None:
    del BAD_FILES["broken parquet"]  # nothing looks inside a Parquet file then


@pytest.mark.parametrize(
    ("file_name", "content", "code", "sentence"), BAD_FILES.values(), ids=BAD_FILES.keys()
)
def test_inspect_file_refuses_a_bad_file_in_a_sentence(
    write: Write, file_name: str, content: bytes, code: str, sentence: str
) -> None:
    path = write(content)
    start = time.perf_counter()
    with pytest.raises(BadFileError) as caught:
        inspect_file(path, file_name, title="x", mapping=None)
    assert (caught.value.code, time.perf_counter() - start < 2) == (code, True)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("name", ["10,000 columns", "1 MB cell", "nested json", "open quote"])
def test_inspect_file_needs_little_memory_to_refuse(write: Write, name: str) -> None:
    file_name, content, _, _ = BAD_FILES[name]
    path = write(content)
    tracemalloc.start()
    try:
        with pytest.raises(BadFileError):
            inspect_file(path, file_name, title="x", mapping=None)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 30 * 2**20


@pytest.mark.parametrize(
    ("file_name", "content", "file_format"),
    [
        ("Script.CSV", csv_bytes(), FileFormat.CSV),
        ("a.csv", csv_bytes().replace(b",", b";"), FileFormat.CSV),
        ("a.tsv", b"name\tline\nVEX\tHello.\n", FileFormat.TSV),
        ("a.json", json.dumps(RECORDS).encode(), FileFormat.JSON),
        ("a.ndjson", b'{"name": "VEX", "line": "Hello."}\n', FileFormat.JSONL),
    ],
)
def test_recognise_format_goes_by_name_and_content(
    write: Write, file_name: str, content: bytes, file_format: FileFormat
) -> None:
    assert recognise_format(write(content), file_name) is file_format


def test_inspect_file_reads_a_file_of_old_line_ends(write: Write) -> None:
    path = write(csv_bytes().replace(b"\n", b"\r"))
    found = inspect_file(path, "a.csv", title="x")
    assert found.reading is not None
    assert found.reading.line_count == len(ROWS)


def test_inspect_file_tells_of_a_lone_carriage_return_in_a_row(write: Write) -> None:
    path = write(csv_bytes(["0,1,1,The Moon,PIP,Who moved\rthe moon?"]))
    found = inspect_file(path, "a.csv", title="x")
    assert found.reading is not None
    assert [(row.row_number, row.code) for row in found.reading.problems.kept] == [
        (3, "ragged_row")
    ]


def test_header_and_rows_are_what_the_tests_think() -> None:
    assert HEADER.count(",") == ROWS[1].count(",") == 5
