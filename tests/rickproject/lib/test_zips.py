import io
import tracemalloc
import zipfile
from pathlib import Path

from rickproject.lib.zips import PIECE_BYTES, zip_pieces


def test_zip_pieces_are_an_archive_that_never_is_in_memory(tmp_path: Path) -> None:
    big = tmp_path / "weights"
    big.write_bytes(b"w" * (12 * PIECE_BYTES))
    tracemalloc.start()
    with (tmp_path / "made.zip").open("wb") as made:
        for piece in zip_pieces([("a/card.md", b"# A"), ("a/weights", big)]):
            made.write(piece)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 6 * PIECE_BYTES
    archive = zipfile.ZipFile(io.BytesIO((tmp_path / "made.zip").read_bytes()))
    assert archive.testzip() is None
    assert archive.namelist() == ["a/card.md", "a/weights"]
    assert archive.getinfo("a/weights").file_size == 12 * PIECE_BYTES
