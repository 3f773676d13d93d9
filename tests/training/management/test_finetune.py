"""The command, with the real trainer and with a server of the protocol."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from curation.enums import Role
from tests.contract.fault_server import FaultServer, refusal
from tests.factories import make_member
from tests.training.jobs_world import approved_dataset, use_provider
from training.models import FineTuneJob, ModelVersion
from training.serving.registry import list_entries

pytestmark = pytest.mark.django_db


def finetune(*arguments: object) -> tuple[dict[str, Any], int]:
    output = io.StringIO()
    try:
        call_command("finetune", *map(str, arguments), "--json", stdout=output)
    except SystemExit as end:
        return json.loads(output.getvalue()), int(str(end.code))
    return json.loads(output.getvalue()), 0


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.management.commands.finetune.PAUSE_SECONDS", 0.05)


def test_finetune_waits_for_the_provider(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_provider(server, monkeypatch)
    monkeypatch.setattr("training.domain.job_sync.FIRST_WAIT_SECONDS", 0.01)
    answer, code = finetune(
        *("--dataset", approved_dataset().pk, "--provider", "openai"),
        *("--base", "gpt-4o-mini-2024-07-18", "--epochs", 3, "--suffix", "vex", "--wait"),
    )
    assert (code, answer["state"], answer["trained_tokens"]) == (0, "succeeded", 4321)
    assert answer["model"]


def test_finetune_without_waiting_only_starts(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_provider(server, monkeypatch)
    dataset = approved_dataset()
    arguments = ("--dataset", dataset.pk, "--provider", "openai", "--base", "m", "--key", "once")
    first, code = finetune(*arguments)
    assert (code, first["state"], server.received) == (0, "queued", [])
    assert finetune(*arguments)[0]["id"] == first["id"]


def test_finetune_ends_with_three_when_the_job_failed(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_provider(server, monkeypatch)
    server.fail("create_job", refusal(400, "bad_model", "No such model."))
    dataset = approved_dataset()
    arguments = ("--dataset", dataset.pk, "--provider", "openai", "--base", "m", "--wait")
    answer, code = finetune(*arguments)
    assert (code, answer["error"]["code"]) == (3, "bad_model")


def test_finetune_refuses_an_annotator() -> None:
    dataset = approved_dataset()
    person = make_member(dataset.project, Role.ANNOTATOR)
    with pytest.raises(CommandError, match="needs the role manager"):
        call_command("finetune", "--dataset", str(dataset.pk), "--as", person.username)


@pytest.mark.torch
@pytest.mark.django_db(transaction=True)
def test_finetune_trains_the_script_base_from_beginning_to_end(var_dir: Path) -> None:
    dataset = approved_dataset(16)
    answer, code = finetune(
        "--dataset", dataset.pk, "--base", "script-base", "--epochs", 2, "--wait"
    )
    assert (code, answer["state"]) == (0, "succeeded"), answer
    job = FineTuneJob.objects.get(pk=answer["id"])
    assert job.trained_tokens
    assert job.metrics.filter(name="train_loss").exists()
    judged = job.metrics.filter(name="full_valid_loss").order_by("step")
    assert list(judged.values_list("step", flat=True)) == [0, 2, 4]  # 0: the base alone
    assert job.checkpoints.filter(is_best=True).count() == 1
    names = {entry.name for entry in list_entries(var_dir / "models")}
    versions = ModelVersion.objects.filter(project=job.project)
    served = set(versions.values_list("served_name", flat=True))
    assert names == served
    assert len(names) == 2
    assert (var_dir / "tokenizers" / job.project.slug / "tokenizer.json").exists()
