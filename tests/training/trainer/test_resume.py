"""Interrupted at any step, an adapter ends with the bytes of one that was left alone."""

from pathlib import Path

import pytest

from tests.training.trainer.toy import JOB, make_job, toy_records
from training.trainer import files
from training.trainer.adapter import Reports
from training.trainer.journal import EventLog, Heartbeat, StopRequest

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore::FutureWarning")]
pytest.importorskip("trl")
STEPS_PER_EPOCH, EPOCHS = 3, 3


class StopAfter(StopRequest):
    """Interrupts at the end of a step, as SIGTERM does, but at one that the test chooses."""

    def __init__(self, job_dir: Path, steps: int | None) -> None:
        super().__init__(job_dir)
        self.steps_left = steps

    def check(self) -> None:
        """Only steps count here."""

    def outcome(self) -> files.Outcome | None:
        if self.steps_left is None:
            return None
        self.steps_left -= 1
        return "interrupted" if self.steps_left <= 0 else None


def train(job_dir: Path, *, stop_after: int | None = None) -> files.Result:
    from training.trainer.job import _attempt

    reports = Reports(
        EventLog(job_dir, job=JOB), Heartbeat(job_dir), StopAfter(job_dir, stop_after)
    )
    return _attempt(job_dir, files.read_spec(job_dir), reports)


def new_job(job_dir: Path, base_cache: Path) -> Path:
    records = toy_records(20)
    for index, record in enumerate(records):  # of many lengths, so that the order shows
        record["messages"][-1]["content"] += " Truly." * (index % 7)
    make_job(
        job_dir,
        cache_dir=base_cache,
        train=records,
        n_epochs=EPOCHS,
        batch_size=8,
        learning_rate=0.01,
        early_stopping_patience=0,
    )
    return job_dir


def figures(job_dir: Path) -> list[tuple[object, ...]]:
    names = ("step", "train_loss", "full_valid_loss", "num_tokens", "learning_rate", "epoch")
    events, _ = files.read_events(job_dir)
    return [
        tuple(event.data.get(name) for name in names) for event in events if event.type == "metrics"
    ]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, base_cache: Path) -> Path:
    job_dir = new_job(tmp_path_factory.mktemp("whole"), base_cache)
    result = train(job_dir)
    assert (result.outcome, result.step) == ("finished", STEPS_PER_EPOCH * EPOCHS)
    return job_dir


@pytest.mark.parametrize("stops", [(1,), (2,), (3,), (4, 1), (5, 2)], ids=str)
def test_job_interrupted_in_any_step_ends_with_the_same_bytes(
    tmp_path: Path, base_cache: Path, whole: Path, stops: tuple[int, ...]
) -> None:
    new_job(tmp_path, base_cache)
    for count, stop in enumerate(stops, start=1):
        result = train(tmp_path, stop_after=stop)
        assert (result.outcome, result.step) == ("interrupted", sum(stops[:count]))
    assert train(tmp_path).outcome == "finished"
    assert figures(tmp_path) == figures(whole)
    name = "adapter/adapter_model.safetensors"
    assert (tmp_path / name).read_bytes() == (whole / name).read_bytes()
