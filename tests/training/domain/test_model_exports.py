"""Local models as folders that may leave the house."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.core.management import CommandError, call_command
from django.http import StreamingHttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from curation.enums import Role
from tests.factories import make_member
from tests.training.domain.test_model_versions import local_job
from training.domain.job_limits import JobError
from training.domain.model_exports import model_members, write_model_folder
from training.domain.model_versions import register_local_models
from training.enums import JobState
from training.models import FineTuneJob, MetricPoint, ModelVersion
from training.trainer import files

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


async def whole(answer: StreamingHttpResponse) -> bytes:
    return b"".join([piece async for piece in answer.streaming_content])


@pytest.fixture
def version(tmp_path: Path, var_dir: Path) -> ModelVersion:
    """A model of the small base, with what a checkpoint has besides weights."""
    base, job_dir = var_dir / "bases" / "key", tmp_path / "job"
    for folder, names in (
        (base, ("model.safetensors", "config.json", "tokenizer.json", "base.json")),
        (job_dir / "adapter", ("adapter_model.safetensors", "optimizer.pt", "README.md")),
    ):
        folder.mkdir(parents=True)
        for name in names:
            (folder / name).write_text("{}")
    (job_dir / "adapter" / "adapter_config.json").write_text(
        json.dumps({"base_model_name_or_path": str(base), "r": 4})
    )
    job = local_job("script-base")
    FineTuneJob.objects.filter(pk=job.pk).update(
        state=JobState.SUCCEEDED, best_step=4, step=6, finished_at=timezone.now()
    )
    job.refresh_from_db()
    for step, value in ((0, 5.0), (4, 4.0), (6, 4.5)):
        MetricPoint.objects.create(job=job, step=step, name="full_valid_loss", value=value)
    result = files.Result(outcome="finished", base_dir="key", base_key="key", adapter_dir="adapter")
    return register_local_models(job, result, job_dir)


def test_archive_has_weights_and_a_card_and_nothing_that_runs(version: ModelVersion) -> None:
    members = dict(model_members(version))
    name = version.name
    assert set(members) == {
        f"{name}/adapter/README.md",
        f"{name}/adapter/adapter_config.json",
        f"{name}/adapter/adapter_model.safetensors",
        f"{name}/base/config.json",
        f"{name}/base/model.safetensors",
        f"{name}/base/tokenizer.json",
    }
    card = members[f"{name}/adapter/README.md"]
    assert isinstance(card, bytes)
    text = card.decode()
    assert version.job is not None
    assert f"`{version.job.dataset.sha256}`" in text
    assert "| loss, nats per token | 5.000 | 4.000 |" in text
    assert "base_model: script-base" in text
    assert "library_name: peft" in text


def test_folder_is_written_once_without_a_path_of_this_computer(
    version: ModelVersion, tmp_path: Path
) -> None:
    folder = write_model_folder(version, tmp_path / "out", merged=False)
    config = json.loads((folder / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "script-base"
    assert not any(str(tmp_path) in path.read_text() for path in folder.iterdir())
    with pytest.raises(JobError, match="already"):
        write_model_folder(version, tmp_path / "out", merged=False)
    with pytest.raises(CommandError, match="already"):
        call_command("export_model", version.name, "--out", str(folder))
    ModelVersion.objects.filter(pk=version.pk).update(provider="openai")
    version.refresh_from_db()
    with pytest.raises(JobError, match="on this machine"):
        model_members(version)


def test_manager_downloads_the_model_from_the_page_of_its_job(version: ModelVersion) -> None:
    job = version.job
    assert job is not None
    address = reverse("job_download", args=[job.project.slug, job.pk])
    client = Client()
    client.force_login(make_member(job.project, Role.MANAGER))
    assert address in client.get(reverse("job", args=[job.project.slug, job.pk])).text
    answer = client.get(address)
    assert answer["Content-Type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(async_to_sync(whole)(answer)))
    assert archive.testzip() is None
    assert len(archive.namelist()) == 6
    client.force_login(make_member(job.project, Role.REVIEWER))
    assert client.get(address).status_code == 403
