"""The real process: killed, interrupted, cancelled, orphaned, started twice."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.training.trainer.toy import JOB, make_job, start_trainer, toy_lines
from training.trainer import checkpoints as saved
from training.trainer import files

pytestmark = [
    pytest.mark.torch,
    pytest.mark.faults,
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
pytest.importorskip("trl")
PATIENCE_SECONDS = 240  # for a busy machine; nothing is asserted about speed


def wait_until(done: Callable[[], object], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not done():
        assert process.poll() is None, (process.stderr or sys.stderr).read()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def finish(process: subprocess.Popen[bytes]) -> int:
    _out, errors = process.communicate(timeout=PATIENCE_SECONDS)
    print(errors.decode())  # noqa: T201  (shown by pytest when the test fails)
    return process.returncode


def steps(job_dir: Path) -> list[int]:
    events, _ = files.read_events(job_dir)
    return [event.data["step"] for event in events if event.id.endswith("-train")]


def figures(job_dir: Path) -> list[tuple[object, ...]]:
    names = ("step", "train_loss", "full_valid_loss", "num_tokens", "learning_rate", "epoch")
    events, _ = files.read_events(job_dir)
    return [
        tuple(event.data.get(name) for name in names) for event in events if event.type == "metrics"
    ]


def test_trainer_killed_and_interrupted_ends_with_the_same_bytes(
    tmp_path: Path, base_cache: Path
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    for job_dir in (whole, broken):
        make_job(job_dir, cache_dir=base_cache, n_epochs=12, early_stopping_patience=0)
    assert finish(start_trainer(whole)) == 0

    process = start_trainer(broken)
    wait_until(lambda: len(saved.whole_checkpoints(broken / files.CHECKPOINTS)) > 1, process)
    process.kill()
    finish(process)
    assert files.read_result(broken) is None
    torn = broken / files.CHECKPOINTS / "checkpoint-999"
    torn.mkdir()
    (torn / saved.STATE).write_text("{")
    killed_at = max(steps(broken))

    process = start_trainer(broken)
    wait_until(lambda: max(steps(broken)) > killed_at, process)
    process.terminate()
    assert finish(process) == files.EXIT_CODES["interrupted"]
    interrupted = files.read_result(broken)
    assert interrupted is not None
    assert (interrupted.outcome, interrupted.adapter_dir) == ("interrupted", None)
    assert not torn.exists()

    assert finish(start_trainer(broken)) == 0
    name = "adapter/adapter_model.safetensors"
    assert (broken / name).read_bytes() == (whole / name).read_bytes()
    assert figures(broken) == figures(whole)
    ids = [event.id for event in files.read_events(broken)[0]]
    assert len(ids) == len(set(ids))
    assert all(JOB.replace("-", "") in name for name in ids)


def test_trainer_cancelled_stops_and_keeps_its_checkpoints(
    tmp_path: Path, base_cache: Path
) -> None:
    make_job(tmp_path, cache_dir=base_cache, n_epochs=100, early_stopping_patience=0)
    process = start_trainer(tmp_path)
    wait_until(lambda: steps(tmp_path), process)
    second = start_trainer(tmp_path)
    assert finish(second) == files.EXIT_LOCKED
    files.request_cancel(tmp_path)
    assert finish(process) == files.EXIT_CODES["cancelled"]
    result = files.read_result(tmp_path)
    assert result is not None
    assert (result.outcome, result.adapter_dir) == ("cancelled", None)
    assert result.step == result.checkpoints[-1].step < result.total_steps
    progress = files.read_progress(tmp_path)
    assert progress is not None
    assert (progress.pid, progress.stage) == (process.pid, "adapter")


def test_trainer_killed_while_building_the_base_goes_on_from_its_last_epoch(
    tmp_path: Path,
) -> None:
    owner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    cache = tmp_path / "bases"
    base = {"kind": "script", "cache_dir": str(cache), "base_epochs": 40, "size": "micro"}
    try:
        make_job(tmp_path / "job", cache_dir=cache, base=base, owner_pid=owner.pid, n_epochs=1)
        process = start_trainer(tmp_path / "job")
        wait_until(lambda: len(files.read_events(tmp_path / "job")[0]) > 3, process)
    finally:
        owner.kill()
        owner.wait()
    assert finish(process) == files.EXIT_CODES["interrupted"]  # its owner was gone
    told = len(files.read_events(tmp_path / "job")[0])
    assert told > 3
    from training.trainer.pretraining import pretrain
    from training.trainer.spec import JobSpec

    spec = JobSpec.parse({"job": JOB, "base": base})
    (state,) = cache.glob(".*.state.pt")
    done: list[int] = []
    resumed = pretrain(
        toy_lines(),
        base=spec.base,
        seed=1,
        state_file=state,
        on_step=lambda _done, _loss: None,
        on_epoch=lambda epoch, _loss: done.append(epoch),
    )
    fresh = pretrain(
        toy_lines(),
        base=spec.base,
        seed=1,
        state_file=tmp_path / "fresh.pt",
        on_step=lambda _done, _loss: None,
        on_epoch=lambda _epoch, _loss: None,
    )
    assert done[0] > 1
    assert resumed.losses == fresh.losses
    pairs = zip(resumed.model.parameters(), fresh.model.parameters(), strict=True)
    assert all(bool((one == other).all()) for one, other in pairs)


def test_trainer_tells_wrong_usage_apart(tmp_path: Path) -> None:
    process = start_trainer(tmp_path / "nowhere")
    assert finish(process) == files.EXIT_USAGE
    assert finish(start_trainer(tmp_path)) == files.EXIT_USAGE
    result = files.read_result(tmp_path)
    assert result is not None
    assert (result.outcome, result.error_code) == ("failed", "bad_spec")


def test_process_start_tells_a_dead_process() -> None:
    from training.trainer.journal import process_start

    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    assert process_start(process.pid) is not None
    assert process_start(os.getpid()) is not None
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process_start(process.pid) is None
