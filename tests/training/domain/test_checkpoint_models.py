"""Checkpoints as models: of this machine, of a provider, and those that cannot be."""

import json
from dataclasses import asdict

import pytest
from django.contrib.auth.models import User

from curation.enums import Role
from rickproject.config import get_config
from tests.factories import FineTuneJobFactory, make_member
from training.domain.checkpoint_models import offer_checkpoint
from training.domain.job_folders import job_folder
from training.domain.job_limits import JobError
from training.enums import JobState, ModelStage
from training.models import FineTuneJob
from training.serving.registry import read_entry
from training.trainer import files

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def over(provider: str, remote_id: str) -> tuple[FineTuneJob, User]:
    job = FineTuneJobFactory(provider=provider, state=JobState.SUCCEEDED)
    job.checkpoints.create(step=7, remote_id=remote_id, train_loss=2.0, validation_loss=2.5)
    return job, make_member(job.project, Role.MANAGER)


def keep_files(job: FineTuneJob) -> None:
    kept = job_folder(job) / "checkpoints" / "checkpoint-7"
    kept.mkdir(parents=True)
    names = ("adapter_model.safetensors", "adapter_config.json", "optimizer.pt", "scheduler.pt")
    for name in (*names, "rng_state.pth"):
        (kept / name).write_text("{}")
    (kept / "trainer_state.json").write_text(json.dumps({"global_step": 7}))
    result = files.Result(outcome="finished", base_dir="/bases/one", context_tokens=512)
    (job_folder(job) / files.RESULT).write_text(json.dumps(asdict(result)))


def test_offer_checkpoint_serves_a_local_one_over_its_base() -> None:
    job, manager = over("local", "checkpoints/checkpoint-7")
    keep_files(job)
    made = offer_checkpoint(job, 7, actor=manager)
    assert (made.job, made.stage, made.context_tokens) == (job, ModelStage.CANDIDATE, 512)
    entry = read_entry(get_config().var_dir / "models", made.served_name)
    assert entry
    assert entry.adapter_dir == (job_folder(job) / "checkpoints" / "checkpoint-7").resolve()
    assert str(entry.base_dir) == "/bases/one"
    assert offer_checkpoint(job, 7, actor=manager) == made


def test_offer_checkpoint_takes_a_providers_own_model() -> None:
    job, manager = over("openai", "ft:gpt:step-7")
    assert offer_checkpoint(job, 7, actor=manager).served_name == "ft:gpt:step-7"


def test_offer_checkpoint_says_why_it_cannot() -> None:
    job, manager = over("openai", "ftckpt_1")
    with pytest.raises(JobError, match="no model that can be asked"):
        offer_checkpoint(job, 7, actor=manager)
    with pytest.raises(JobError, match="kept no checkpoint of step 9"):
        offer_checkpoint(job, 9, actor=manager)
    gone, its_manager = over("local", "checkpoints/checkpoint-7")
    with pytest.raises(JobError, match="files of step 7 are gone"):
        offer_checkpoint(gone, 7, actor=its_manager)
    with pytest.raises(JobError, match="ask a manager"):
        offer_checkpoint(job, 7, actor=make_member(job.project, Role.ANNOTATOR))
    FineTuneJob.objects.filter(pk=job.pk).update(state=JobState.RUNNING)
    job.refresh_from_db()
    with pytest.raises(JobError, match="not over yet"):
        offer_checkpoint(job, 7, actor=manager)
