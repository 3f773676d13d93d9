"""An approved dataset to train on, for tests."""

from pathlib import Path

import pytest

from curation.domain.dataset_build import build_dataset
from curation.domain.datasets import request_dataset
from curation.domain.training_records import Recipe
from curation.enums import DatasetState
from curation.models import Character, DatasetVersion, Project
from rickproject.config import get_config
from tests.contract.fault_server import KEY, FaultServer
from tests.factories import make_approved_dialogues
from training.domain.jobs import start_job
from training.models import FineTuneJob


def approve(project: Project) -> DatasetVersion:
    """Build a version of the approved dialogues and approve it, past the second person."""
    dataset = request_dataset(
        project,
        actor=project.created_by,
        target=Character.objects.get(project=project, is_target=True),
        recipe=Recipe(includes_context_note=False),
    )
    build_dataset(dataset)
    DatasetVersion.objects.filter(pk=dataset.pk).update(state=DatasetState.APPROVED)
    dataset.refresh_from_db()
    return dataset


def approved_dataset(count: int = 12) -> DatasetVersion:
    """Make a project with an approved version of ``count`` short dialogues; its creator manages."""
    from curation.enums import Role
    from tests.factories import MembershipFactory

    project = make_approved_dialogues(count)
    MembershipFactory(project=project, user=project.created_by, role=Role.MANAGER)
    return approve(project)


def remote_job(dataset: DatasetVersion | None = None, **values: object) -> FineTuneJob:
    """Start a job at the provider that the settings name."""
    dataset = dataset or approved_dataset()
    wanted = {
        "provider": "openai",
        "base_model": "gpt-4o-mini-2024-07-18",
        "hyperparameters": {"n_epochs": 3},
        "suffix": "vex",
    } | values
    return start_job(dataset.project, actor=dataset.created_by, dataset=dataset, **wanted)  # type: ignore[arg-type]


def use_provider(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Point the operator's settings at a test server."""
    from pydantic import SecretStr

    monkeypatch.setattr(get_config(), "openai_api_key", SecretStr(KEY))
    monkeypatch.setattr(get_config(), "openai_base_url", server.base_url)


def due(job: FineTuneJob) -> FineTuneJob:
    """Let a job's next turn be due now."""
    FineTuneJob.objects.filter(pk=job.pk).update(next_poll_at=None)
    job.refresh_from_db()
    return job


def folder_bytes(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
