from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from rickproject.lib.files import write_whole


def test_write_whole_by_many_threads_at_once_leaves_one_whole_file(tmp_path: Path) -> None:
    start = Barrier(8)

    def write(number: int) -> None:
        start.wait(timeout=20)
        write_whole(tmp_path / "one", [bytes([number]) * 1000] * 50)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    content = (tmp_path / "one").read_bytes()
    assert (len(content), len(set(content))) == (50_000, 1)
    assert list(tmp_path.iterdir()) == [tmp_path / "one"]
