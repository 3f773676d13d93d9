import fcntl
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.training.trainer.toy import ROOT, make_job
from training.trainer import files
from training.trainer.errors import JobLockedError, TrainerError
from training.trainer.journal import EventLog


def test_read_events_leaves_a_line_that_is_still_being_written(tmp_path: Path) -> None:
    log = EventLog(tmp_path, job="a-b")
    log.message("one", "First.")
    events, offset = files.read_events(tmp_path)
    assert [(event.id, event.message) for event in events] == [("ftevent-ab-one", "First.")]
    with (tmp_path / files.EVENTS).open("a") as file:
        file.write('{"id":"half')
    assert files.read_events(tmp_path, offset=offset) == ([], offset)


def test_read_events_of_a_job_that_has_not_begun(tmp_path: Path) -> None:
    assert files.read_events(tmp_path) == ([], 0)
    assert files.read_progress(tmp_path) is None
    assert files.read_result(tmp_path) is None


def test_event_log_cuts_a_half_line_and_repeats_no_id_when_resumed(tmp_path: Path) -> None:
    EventLog(tmp_path, job="a").metrics("step-1", "Step 1", step=1)
    with (tmp_path / files.EVENTS).open("a") as file:
        file.write('{"id":"half')
    log = EventLog(tmp_path, job="a")
    log.metrics("step-1", "Step 1", step=1)
    log.metrics("step-2", "Step 2", step=2)
    events, _ = files.read_events(tmp_path)
    assert [event.id for event in events] == ["ftevent-a-step-1", "ftevent-a-step-2"]


def test_result_survives_being_written_and_read(tmp_path: Path) -> None:
    row = files.CheckpointInfo(
        path="checkpoints/checkpoint-4",
        step=4,
        train_loss=1.0,
        train_mean_token_accuracy=0.5,
        valid_loss=2.0,
        valid_mean_token_accuracy=0.4,
    )
    result = files.Result(outcome="finished", checkpoints=[row], adapter_dir="adapter")
    files.write_result(tmp_path, result)
    assert files.read_result(tmp_path) == result
    assert [path.name for path in tmp_path.iterdir()] == [files.RESULT]


def test_read_spec_tells_a_broken_file_in_words(tmp_path: Path) -> None:
    (tmp_path / files.SPEC).write_text("{")
    with pytest.raises(TrainerError, match=r"spec\.json is missing or broken"):
        files.read_spec(tmp_path)


def test_write_spec_gives_back_what_was_written(tmp_path: Path) -> None:
    spec = make_job(tmp_path / "job", cache_dir=tmp_path)
    assert files.read_spec(tmp_path / "job") == spec


def test_locked_refuses_a_second_holder(tmp_path: Path) -> None:
    with files.locked(tmp_path / files.LOCK):
        assert files.is_running(tmp_path)
        with pytest.raises(JobLockedError), files.locked(tmp_path / files.LOCK):
            pass
    assert not files.is_running(tmp_path)


def test_is_running_can_be_asked_by_two_at_once(tmp_path: Path) -> None:
    with files._flocked(tmp_path / files.LOCK, fcntl.LOCK_SH):  # somebody else is asking
        assert not files.is_running(tmp_path)


def test_locked_waits_for_those_who_only_ask(tmp_path: Path) -> None:
    path = tmp_path / files.LOCK

    def take() -> bool:
        with files.locked(path, patience_seconds=30):
            return files.is_running(tmp_path)

    with ThreadPoolExecutor(1) as pool:
        with files._flocked(path, fcntl.LOCK_SH):  # somebody is asking
            taken = pool.submit(take)
            time.sleep(0.1)
            assert not taken.done()
        assert taken.result()


def test_files_needs_neither_torch_nor_django() -> None:
    code = (
        "import sys, json; import training.trainer.files, training.trainer.records;"
        "import training.trainer.windows, training.trainer.checkpoints;"
        "print(json.dumps([name for name in ('torch', 'django', 'transformers')"
        " if name in sys.modules]))"
    )
    output = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert json.loads(output.stdout) == []
