"""Local jobs with the real training process: prepared, started, killed, resumed, stopped."""

import json
import os
import signal
import socket
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from celery import current_app
from django.db import connection
from django.utils import timezone

from curation.enums import Split
from curation.models import DatasetVersion, Utterance
from tests.factories import make_approved_dialogues, make_scene
from tests.training.jobs_world import approve, approved_dataset, due
from training.domain import local_jobs
from training.domain.job_folders import (
    held_out_utterances,
    job_folder,
    prepare_folder,
    script_lines,
)
from training.domain.job_pauses import pause_job, resume_job
from training.domain.jobs import cancel_job, start_job
from training.domain.model_versions import model_name
from training.domain.repeats import repeat_sentence
from training.enums import FINAL_JOB_STATES, JobState, ModelKind
from training.models import FineTuneJob, ModelVersion
from training.queries.jobs import status_sentence
from training.serving.registry import read_entry
from training.trainer import files

pytestmark = [
    pytest.mark.torch,  # a local job is only taken where it can be trained
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("var_dir"),
]


def local_job(dataset: DatasetVersion, **hyperparameters: object) -> FineTuneJob:
    return start_job(
        dataset.project,
        actor=dataset.created_by,
        dataset=dataset,
        provider="local",
        base_model="script-base",
        hyperparameters={"n_epochs": 3} | hyperparameters,
    )


def turn(job: FineTuneJob) -> FineTuneJob:
    """Run the real task once, as a worker would."""
    due(job)
    current_app.tasks["training.advance_local_job"](job_id=job.pk)
    job.refresh_from_db()
    return job


def run_to_end(job: FineTuneJob, *, seconds: float = 240) -> FineTuneJob:
    deadline = time.monotonic() + seconds
    while turn(job).state not in FINAL_JOB_STATES:
        assert time.monotonic() < deadline, (job.state, job.stage, job.step)
        time.sleep(0.3)
    return job


def kill_trainer(job: FineTuneJob) -> None:
    progress = files.read_progress(job_folder(job))
    assert progress
    os.kill(progress.pid, signal.SIGKILL)
    local_jobs._children.pop(str(job.uuid)).wait()  # as if another worker looks next
    deadline = time.monotonic() + 10
    while files.is_running(job_folder(job)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_script_lines_hold_nothing_of_the_validation_split() -> None:
    dataset = approved_dataset(16)
    held_out = held_out_utterances(dataset)
    assert len(held_out) == 2 * dataset.validation_count > 0
    lines = list(script_lines(dataset))
    hidden = set(Utterance.objects.filter(pk__in=held_out).values_list("text", flat=True))
    assert hidden.isdisjoint(line["text"] for line in lines)
    assert len(lines) + len(held_out) == Utterance.objects.count()


def test_script_lines_are_cut_where_lines_are_missing_and_scenes_begin() -> None:
    project = make_approved_dialogues(12)
    scene = make_scene(
        "PIP: One.\nVEX: Two.\nPIP: Three.\nVEX: Four.", project=project, episode_number=99
    )
    dataset = approve(project)
    rows = Utterance.objects.filter(episode=scene.segmentation.episode)
    Utterance.objects.filter(pk=rows[1].pk).update(character=None)
    segments = [line["segment"] for line in script_lines(dataset)][-3:]
    assert segments[0] + 1 == segments[1] == segments[2]


def test_prepare_folder_writes_the_frozen_bytes() -> None:
    dataset = approved_dataset(16)
    folder = prepare_folder(local_job(dataset))
    lines = dataset.records.filter(split=Split.TRAIN).order_by("position")
    expected = b"".join(bytes(line) for line in lines.values_list("line", flat=True))
    assert (folder / "train.jsonl").read_bytes() == expected
    spec = json.loads((folder / "spec.json").read_text())
    assert spec["base"]["system_template"] == "You are {character}."
    assert spec["base"]["played_by_adapter"] == dataset.target_character.name
    assert spec["hyperparameters"]["n_epochs"] == 3


def test_job_fails_in_words_when_the_database_was_changed() -> None:
    dataset = approved_dataset(16)
    record = dataset.records.filter(split=Split.TRAIN).first()
    assert record
    type(record).objects.filter(pk=record.pk).update(line=b"{}\n")
    job = turn(local_job(dataset))
    assert job.state == JobState.FAILED
    assert "differ from the manifest" in job.error_detail


def test_job_fails_in_words_when_the_trainer_refuses() -> None:
    dataset = approved_dataset(10)  # too few lines for a model of their own
    job = run_to_end(local_job(dataset), seconds=60)
    assert (job.state, job.error_code) == (JobState.FAILED, "script_too_short")
    assert "needs at least" in job.error_detail


def test_job_fails_when_the_trainer_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    job = local_job(approved_dataset(16))
    monkeypatch.setattr("training.providers.registry.TRAINER_PACKAGES", ("no_such_package",))
    assert (turn(job).state, job.error_code) == (JobState.FAILED, "trainer_missing")


def test_job_is_left_alone_while_another_machine_has_it() -> None:
    job = local_job(approved_dataset(16))
    later = timezone.now() + timedelta(seconds=60)
    FineTuneJob.objects.filter(pk=job.pk).update(lease_owner="elsewhere", lease_until=later)
    assert turn(job).state == JobState.QUEUED
    assert not job_folder(job).exists()


def test_job_waits_while_another_training_has_the_machine() -> None:
    dataset = approved_dataset(16)
    first, second = local_job(dataset), local_job(dataset)
    host = socket.gethostname()[:60]
    FineTuneJob.objects.filter(pk=first.pk).update(state=JobState.RUNNING, lease_owner=host)
    assert turn(second).state == JobState.QUEUED
    assert status_sentence(second) == "Waiting: another training runs on this machine."
    assert not job_folder(second).exists()


def test_job_waits_when_another_takes_the_machine_while_it_looks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("training.providers.registry.TRAINER_PACKAGES", ("json",))
    dataset = approved_dataset(16)
    first, second = local_job(dataset), local_job(dataset)
    held, asked = threading.Event(), threading.Event()

    def take_first() -> None:
        with files.locked(local_jobs._machine_lock()):
            held.set()
            asked.wait(10)  # until the second has looked and found the machine free
            host = socket.gethostname()[:60]
            FineTuneJob.objects.filter(pk=first.pk).update(state=JobState.RUNNING, lease_owner=host)
        connection.close()

    other = threading.Thread(target=take_first)
    other.start()
    assert held.wait(10)
    threading.Timer(0.3, asked.set).start()
    assert turn(second).state == JobState.QUEUED
    other.join()
    assert status_sentence(second) == "Waiting: another training runs on this machine."
    assert not local_jobs._children


def test_job_gives_up_when_its_process_dies_again_and_again() -> None:
    job = local_job(approved_dataset(16))
    FineTuneJob.objects.filter(pk=job.pk).update(
        state=JobState.RUNNING, started_at=timezone.now(), attempts=3
    )
    assert (turn(job).state, job.error_code) == (JobState.FAILED, "trainer_killed")


def test_cancel_of_a_job_that_waits_starts_nothing() -> None:
    dataset = approved_dataset(16)
    job = cancel_job(local_job(dataset), actor=dataset.created_by)
    assert turn(job).state == JobState.CANCELLED
    assert not job_folder(job).exists()


def test_a_running_job_rests_goes_on_and_is_ended() -> None:
    dataset = approved_dataset(24)
    job = local_job(dataset, n_epochs=60, early_stopping_patience=0)
    while not job.stage or job.stage == "starting":
        turn(job)
        time.sleep(0.2)
    pause_job(job, actor=dataset.created_by)
    deadline = time.monotonic() + 60
    while turn(job).state != JobState.PAUSED:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert not files.is_running(job_folder(job))
    assert turn(job).state == JobState.PAUSED
    other = local_job(dataset)
    FineTuneJob.objects.filter(pk=other.pk).update(
        state=JobState.RUNNING, lease_owner=socket.gethostname()[:60]
    )
    resume_job(job, actor=dataset.created_by)
    assert turn(job).state == JobState.QUEUED  # the machine is another's now
    FineTuneJob.objects.filter(pk=other.pk).update(state=JobState.CANCELLED)
    assert turn(job).state == JobState.RUNNING
    assert job.attempts == 0
    cancel_job(job, actor=dataset.created_by)
    assert run_to_end(job, seconds=60).state == JobState.CANCELLED
    assert not files.is_running(job_folder(job))
    assert not ModelVersion.objects.exists()


@pytest.mark.faults
def test_job_whose_process_is_killed_goes_on_and_ends_the_same(var_dir: Path) -> None:
    dataset = approved_dataset(24)
    calm = run_to_end(local_job(dataset, early_stopping_patience=0))
    killed = local_job(dataset, early_stopping_patience=0)
    while not list((job_folder(killed) / files.CHECKPOINTS).glob("checkpoint-*")):
        assert turn(killed).state not in FINAL_JOB_STATES
        time.sleep(0.1)
    kill_trainer(killed)
    run_to_end(killed)
    assert (killed.state, killed.attempts) == (JobState.SUCCEEDED, 1)
    assert killed.events.filter(event_id="rickproject-killed-1").count() == 1
    names = ("train_loss", "full_valid_loss")

    def figures(job: FineTuneJob) -> list[tuple[int, str, float]]:
        return list(job.metrics.filter(name__in=names).values_list("step", "name", "value"))

    assert figures(killed) == figures(calm)
    assert "so the figures are to be the same" in repeat_sentence(calm)
    assert (killed.best_step, killed.trained_tokens) == (calm.best_step, calm.trained_tokens)
    versions = ModelVersion.objects.filter(kind=ModelKind.FINE_TUNED)
    assert versions.count() == 2
    assert ModelVersion.objects.filter(kind=ModelKind.BASE).count() == 1
    for version in versions:
        entry = read_entry(var_dir / "models", version.served_name)
        assert entry is not None
        assert entry.adapter_dir is not None
        assert (entry.adapter_dir / "adapter_model.safetensors").exists()


def test_job_fails_in_words_when_its_model_cannot_be_offered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dataset = approved_dataset()
    type(dataset.target_character).objects.update(name="V" * 200)
    job = local_job(DatasetVersion.objects.get(pk=dataset.pk))
    folder = prepare_folder(job)
    FineTuneJob.objects.update(state=JobState.RUNNING, started_at=timezone.now())
    result = files.Result(outcome="finished", base_key="abcdef", base_dir="b", adapter_dir="a")
    files.write_result(folder, result)

    def full(*_args: object, **_values: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("training.domain.model_versions.write_model_entry", full)
    assert turn(job).state == JobState.FAILED
    assert "No space left on device" in job.error_detail
    assert len(model_name(job)) < ModelVersion._meta.get_field("name").max_length
