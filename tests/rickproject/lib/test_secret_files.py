import secrets
import stat
from pathlib import Path
from threading import Thread

from rickproject.lib.secret_files import read_or_make, replace_private


def test_read_or_make_gives_every_caller_the_first_ones_text(tmp_path: Path) -> None:
    path, texts = tmp_path / "secrets" / "key", set()
    threads = [
        Thread(target=lambda: texts.add(read_or_make(path, lambda: secrets.token_hex(8))))
        for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts == {path.read_text()}
    assert [entry.name for entry in path.parent.iterdir()] == ["key"]


def test_read_or_make_writes_a_private_file_in_a_private_folder(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "key"
    read_or_make(path, lambda: "secret")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_replace_private_replaces_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "port"
    path.write_text("a long text before")
    replace_private(path, "1")
    assert path.read_text() == "1"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
