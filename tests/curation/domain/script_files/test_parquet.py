import time
from pathlib import Path

import pytest

from curation.domain.script_files import BadFileError, open_table

arrow = pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")
parquet = pytest.importorskip("pyarrow.parquet", reason="Parquet needs pyarrow")


def written(folder: Path, columns: dict[str, object]) -> Path:
    path = folder / "stored"
    parquet.write_table(arrow.table(columns), path)
    return path


def rows(path: Path) -> list[list[str]]:
    return [list(cells) for _, cells in open_table(path, "a.parquet").read_rows()]


def test_open_parquet_reads_types_as_text_and_leaves_lists_out(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        {
            "name": ["VEX", None],
            "tags": [["a", "b"], []],
            "season": [1.0, float("nan")],
            "index": [7, 8],
            "line": [b"It\xe2\x80\x99s", b"here"],
        },
    )
    assert open_table(path, "a.parquet").columns == ("name", "season", "index", "line")
    assert rows(path) == [["VEX", "1", "7", "It’s"], ["", "", "8", "here"]]


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"name": ["V"] * 2_000_001, "line": ["x"] * 2_000_001}, "too_large"),
        ({"name": ["V"] * 20_000}, "huge_cell"),
        ({f"c{at}": ["x"] for at in range(10_000)}, "too_many_columns"),
        ({"line": ["x"]}, "too_few_columns"),
        ({"name": ["V"], "line": ["x\x00"]}, "nul_character"),
        ({"name": ["V"], "line": [b"\xff\xfe"]}, "bad_character"),
    ],
    ids=["rows", "one text said often", "columns", "one column", "nul", "no utf-8"],
)
def test_open_parquet_refuses_bombs_quickly(
    tmp_path: Path, columns: dict[str, object], code: str
) -> None:
    if code == "huge_cell":
        short = arrow.DictionaryArray.from_arrays(
            arrow.array([0] * 20_000, arrow.int32()), arrow.array(["x" * 600_000])
        )
        columns = columns | {"line": short}
    path = written(tmp_path, columns)
    assert path.stat().st_size < 20 * 2**20
    start = time.process_time()
    with pytest.raises(BadFileError) as caught:
        rows(path)
    assert (caught.value.code, time.process_time() - start < 5) == (code, True)
