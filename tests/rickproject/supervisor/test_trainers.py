import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rickproject.supervisor.trainers import end_trainers, living_trainers
from tests.faults.platform import wait_for

SAVES = (
    "import signal, sys, time, pathlib; "
    "signal.signal(signal.SIGTERM, lambda *_: (pathlib.Path(sys.argv[2]).touch(), sys.exit(0))); "
    "pathlib.Path(sys.argv[3]).touch(); time.sleep(60)"
)
STUBBORN = (
    "import signal, sys, time, pathlib; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "pathlib.Path(sys.argv[3]).touch(); time.sleep(60)"
)


@pytest.fixture
def job(tmp_path: Path) -> Iterator[object]:
    started: list[subprocess.Popen[bytes]] = []

    def start(code: str, *, name: str = "training.trainer") -> Path:
        folder = tmp_path / f"job-{len(started)}"
        folder.mkdir()
        files = [name, str(folder / "saved"), str(folder / "up")]
        started.append(subprocess.Popen([sys.executable, "-c", code, *files]))
        wait_for("the process", (folder / "up").exists, seconds=10)
        progress = json.dumps({"pid": started[-1].pid, "stage": "adapter"})
        (folder / "progress.json").write_text(progress)
        return folder

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_end_trainers_lets_a_trainer_save(job: object, tmp_path: Path) -> None:
    folder = job(SAVES)  # type: ignore[operator]
    assert end_trainers(tmp_path, wait_seconds=10) == 1
    assert (folder / "saved").exists()


def test_end_trainers_kills_one_that_does_not_listen(job: object, tmp_path: Path) -> None:
    job(STUBBORN)  # type: ignore[operator]
    assert end_trainers(tmp_path, wait_seconds=0.3) == 1
    wait_for("its end", lambda: living_trainers(tmp_path) == [], seconds=5)


def test_living_trainers_leaves_strangers_with_the_same_number_alone(
    job: object, tmp_path: Path
) -> None:
    job(SAVES, name="something.else")  # type: ignore[operator]
    assert living_trainers(tmp_path) == []


def test_living_trainers_copes_with_files_that_say_nothing(tmp_path: Path) -> None:
    for number, text in enumerate(("", "{", "[]", '{"pid": 0}', '{"pid": "1"}', "99999999")):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "progress.json").write_text(text)
        (folder / "lock").write_text(text)
    assert living_trainers(tmp_path) == []
    assert living_trainers(tmp_path / "nowhere") == []
    assert os.getpid() > 1
