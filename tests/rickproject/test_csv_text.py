"""CSV for spreadsheets: nothing in it runs."""

import pytest

from rickproject.lib.csv_text import safe_cell, write_csv


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", " =", "\uff1d"])
def test_safe_cell_escapes_what_a_spreadsheet_would_run(start: str) -> None:
    assert safe_cell(f"{start}1+1") == f"'{start}1+1"


def test_write_csv_keeps_numbers_and_quotes_text() -> None:
    written = write_csv(["who", "n"], [('=cmd("x")', -3), ("Ada, Ben", None)])
    assert written.decode("utf-8-sig") == 'who,n\r\n"\'=cmd(""x"")",-3\r\n"Ada, Ben",\r\n'
