import io
import time
import tracemalloc
import zipfile

import pytest
from openpyxl import Workbook

from curation.domain.script_files import BadFileError

from .conftest import Inspect, scenes, shown

HEADER = ["index", "season no.", "episode no.", "episode name", "name", "line", "scene"]


def workbook(*rows: list[object], sheets: int = 1) -> bytes:
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    for number in range(1, sheets):
        book.create_sheet(f"Notes {number}").append(["a"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def packed(parts: dict[str, bytes]) -> bytes:
    """A workbook of ours with some parts replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(["name", "line"], ["VEX", "Hello."]))) as source:
        names = source.namelist()
        kept = {name: source.read(name) for name in names} | parts
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in kept.items():
            target.writestr(name, content)
    return out.getvalue()


def test_excel_of_the_schema_needs_no_question(inspect: Inspect) -> None:
    rows: list[list[object]] = [
        HEADER,
        [0, 1, 1, "The Moon", "PIP", "Who moved\nthe moon?", "Kitchen"],
        [3.0, 1, 1, "The Moon", "VEX", "Not me.", "Roof"],
    ]
    found = inspect("a.xlsx", workbook([], *rows, sheets=3))
    assert shown(found) == [(3, "PIP", "Who moved\nthe moon?"), (4, "VEX", "Not me.")]
    assert scenes(found) == [(0, "Kitchen"), (1, "Roof")]
    assert found.reading is not None
    assert found.reading.episodes[0].missing == 2
    assert "“Sheet” was read; left aside: Notes 1, Notes 2" in str(found.reading.problems.kept)


def test_excel_of_other_columns_is_mapped(inspect: Inspect) -> None:
    found = inspect("a.xlsx", workbook(["Who", "What"], ["VEX", "Hello."], [None, None]))
    assert (found.reading, found.table.columns) == (None, ("Who", "What"))


SHEET = "xl/worksheets/sheet1.xml"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
BOMBS = {
    "a zip bomb": (lambda: {"xl/media/x.bin": bytes(90 * 2**20)}, "unpacks to 90 MB"),
    "many texts": (
        lambda: {"xl/sharedStrings.xml": b"<sst>" + b"<si><t/></si>" * 500_000},
        "more cells or texts",
    ),
    "many cells": (lambda: {SHEET: b"<row>" + b'<c r="A1"/>' * 3_100_000}, "more cells or texts"),
    "laughs": (
        lambda: {"xl/sharedStrings.xml": b'<!DOCTYPE x [<!ENTITY a "b">]><sst>&a;</sst>'},
        "XML entities",
    ),
    "utf-16": (lambda: {"xl/sharedStrings.xml": "<sst/>".encode("utf-16")}, "damaged"),
    "no sheet": (lambda: {SHEET: b"<nothing"}, "damaged"),
    "a far cell": (
        lambda: {
            SHEET: f'<worksheet {MAIN}><sheetData><row r="1048576"><c r="XFD1048576" t="inlineStr">'
            "<is><t>x</t></is></c></row></sheetData></worksheet>".encode()
        },
        "No sheet",
    ),
    "a huge cell": (
        lambda: {
            SHEET: (
                f'<worksheet {MAIN}><sheetData><row r="1"><c t="inlineStr"><is><t>'
                + "x" * 20_000_000
                + "</t></is></c></row></sheetData></worksheet>"
            ).encode()
        },
        "more than 131,072 characters",
    ),
}


@pytest.mark.parametrize(("parts", "sentence"), BOMBS.values(), ids=BOMBS.keys())
def test_hostile_workbooks_are_refused_fast_with_little_memory(
    inspect: Inspect, parts, sentence: str
) -> None:
    content = packed(parts())
    start = time.process_time()
    tracemalloc.start()
    try:
        with pytest.raises(BadFileError) as caught:
            inspect("a.xlsx", content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert any(words in str(caught.value) for words in sentence.split("|"))
    assert (time.process_time() - start < 15, peak < 130 * 2**20) == (True, True)
