"""Jobs that learn from preference pairs: what they are given, what they go on from, refusals."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from curation.domain.review_fixes import fix_and_approve
from curation.enums import DialogueState, Role, Split
from curation.models import DatasetVersion, Project
from rickproject.config import get_config
from tests.factories import (
    MembershipFactory,
    ModelVersionFactory,
    make_approved_dialogues,
    make_dialogue,
    make_member,
    make_scene,
)
from tests.training.domain.test_local_jobs import run_to_end
from tests.training.jobs_world import approve
from training.domain.estimates import estimate_job
from training.domain.job_folders import job_spec, prepare_folder
from training.domain.job_limits import JobError
from training.domain.jobs import retry_job, start_job
from training.domain.order_checks import Order
from training.domain.preferences import check_preferences, count_pairs
from training.domain.submission import _content
from training.domain.submission import job_spec as remote_spec
from training.enums import JobState, ModelKind, Objective
from training.models import FineTuneJob, ModelVersion
from training.providers.capabilities import LOCAL_ROW, NEBIUS_ROW
from training.providers.openai_protocol import _create_arguments
from training.queries.jobs import job_settings, startable_models
from training.serving.registry import read_entry, write_model_entry
from training.trainer.preferences import read_preferences

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def fixed_dialogue(project: Project, number: int) -> None:
    word = hashlib.sha256(str(number).encode()).hexdigest()
    lines = f"PIP: Who is {word}?\nVEX: Nobody, i think {number}."
    scene = make_scene(lines, project=project, episode_number=number)
    dialogue = make_dialogue(scene, state=DialogueState.SUBMITTED)
    reply = dialogue.members.order_by("utterance__position").last()
    assert reply
    fix_and_approve(
        dialogue,
        reviewer=make_member(project, Role.REVIEWER),
        revision=dialogue.revision,
        texts={reply.utterance_id: f"Nobody, I think {number}."},
        dropped=[],
    )


def fixed_dataset(count: int = 14, *, plain: int = 1) -> DatasetVersion:
    """Make an approved version; a reviewer fixed the reply of all but the first ``plain``."""
    project = make_approved_dialogues(plain)
    MembershipFactory(project=project, user=project.created_by, role=Role.MANAGER)
    for number in range(plain + 1, count + 1):
        fixed_dialogue(project, number)
    return approve(project)


def tuned(dataset: DatasetVersion, *, method: str = "lora", **values: Any) -> ModelVersion:
    """Offer an adapter that was trained on a version."""
    job = FineTuneJob.objects.create(
        project=dataset.project,
        dataset=dataset,
        provider="local",
        base_model="script-base",
        hyperparameters={"method": method},
        state=JobState.SUCCEEDED,
        created_by=dataset.created_by,
    )
    wanted = {
        "project": dataset.project,
        "dataset": dataset,
        "job": job,
        "provider": "local",
        "base_model": "script-base",
        "kind": ModelKind.FINE_TUNED,
        "name": f"vex-{job.pk}",
        "served_name": f"vex-{job.pk}",
    } | values
    model = ModelVersionFactory(**wanted)
    adapter = get_config().var_dir / "jobs" / str(job.uuid) / "adapter"
    adapter.mkdir(parents=True)
    write_model_entry(
        get_config().var_dir / "models",
        name=model.served_name,
        base_dir=get_config().var_dir / "bases" / "abc",
        adapter_dir=adapter,
        context_tokens=256,
    )
    return model  # type: ignore[no-any-return]


def order(dataset: DatasetVersion, **more: Any) -> FineTuneJob:
    wanted: dict[str, Any] = {"provider": "openai", "base_model": "gpt-4.1-2025-04-14"} | more
    return start_job(
        dataset.project,
        actor=dataset.created_by,
        dataset=dataset,
        objective=Objective.DPO,
        **wanted,
    )


def asked(dataset: DatasetVersion, **more: Any) -> Order:
    values: dict[str, Any] = {
        "provider": "local",
        "base_model": "script-base",
        "hyperparameters": {},
        "seed": 1,
        "suffix": "",
        "objective": Objective.DPO,
    }
    return Order(dataset=dataset, **values | more)


@pytest.fixture
def openai(monkeypatch: pytest.MonkeyPatch) -> None:
    from pydantic import SecretStr

    monkeypatch.setattr(get_config(), "openai_api_key", SecretStr("sk-test"))


@pytest.mark.usefixtures("openai")
def test_a_remote_job_sends_the_pairs_and_says_dpo() -> None:
    dataset = fixed_dataset()
    job = order(dataset, hyperparameters={"beta": 0.2, "n_epochs": 2})
    content = _content(job, Split.TRAIN)
    assert len(content.splitlines()) == count_pairs(dataset) >= 10
    assert json.loads(content.splitlines()[0])["non_preferred_output"]
    arguments = _create_arguments(remote_spec(job))
    assert arguments["method"] == {
        "type": "dpo",
        "dpo": {"hyperparameters": {"beta": 0.2, "n_epochs": 2}},
    }
    assert ("Learns from", "preference pairs") in job_settings(job)
    assert ("Beta", "0.2") in job_settings(job)
    FineTuneJob.objects.update(state=JobState.FAILED)
    job.refresh_from_db()
    assert retry_job(job, actor=dataset.created_by).objective == Objective.DPO


@pytest.mark.usefixtures("openai")
def test_the_estimate_counts_both_replies_of_each_pair() -> None:
    dataset = fixed_dataset()
    found = estimate_job(
        dataset,
        provider="openai",
        base_model="gpt-4.1-2025-04-14",
        hyperparameters={"n_epochs": 1},
        objective=Objective.DPO,
    )
    plain = estimate_job(
        dataset,
        provider="openai",
        base_model="gpt-4.1-2025-04-14",
        hyperparameters={"n_epochs": 1},
    )
    pairs = count_pairs(dataset)
    assert 1.8 < (found.tokens / pairs) / (plain.tokens / dataset.train_count) < 2.2
    assert found.cost_usd


@pytest.mark.usefixtures("openai")
def test_too_few_pairs_are_refused_with_how_to_get_more() -> None:
    with pytest.raises(JobError, match=r"has [0-4] preference pairs .* at least 10 .* fixes"):
        order(fixed_dataset(20, plain=16))


@pytest.mark.torch
def test_a_local_job_goes_on_from_the_adapter_over_its_very_base() -> None:
    dataset = fixed_dataset()
    model = tuned(dataset)
    assert list(startable_models(dataset.project)) == [model]
    job = order(dataset, provider="local", base_model="script-base", start_model=model)
    spec = job_spec(job)
    assert (spec.objective, spec.beta, spec.base.kind) == ("dpo", 0.1, "pretrained")
    assert spec.base.name_or_path.endswith("bases/abc")
    assert spec.start_adapter is not None
    assert spec.start_adapter.endswith("/adapter")
    assert spec.hyperparameters.learning_rate == 5e-6
    folder = prepare_folder(job)
    assert len(read_preferences(folder / "train.jsonl")) == count_pairs(dataset)
    assert not (folder / "script.jsonl").exists()
    assert ("Goes on from", model.name) in job_settings(job)


def test_a_model_to_go_on_from_must_fit() -> None:
    dataset, other = fixed_dataset(), fixed_dataset()
    model = tuned(dataset)
    check_preferences(LOCAL_ROW, asked(dataset, start_model=model))
    refused = {
        "trained on another dataset version": asked(other, start_model=model),
        "choose that base": asked(dataset, start_model=model, base_model="owner/name"),
        "Only preference pairs go on": asked(dataset, start_model=model, objective=Objective.SFT),
        "not in full": asked(dataset, hyperparameters={"method": "full"}),
        "Only a model of this machine": asked(dataset, start_model=model, provider="openai"),
    }
    for words, wrong in refused.items():
        with pytest.raises(JobError, match=words):
            check_preferences(LOCAL_ROW, wrong)
    with pytest.raises(JobError, match="does not learn from preference pairs"):
        check_preferences(NEBIUS_ROW, asked(dataset))


def test_an_adapter_whose_files_are_gone_is_not_gone_on_with(var_dir: Path) -> None:
    dataset = fixed_dataset()
    model = tuned(dataset)
    (var_dir / "models" / model.served_name / "model.json").unlink()
    with pytest.raises(JobError, match="no adapter on this machine"):
        check_preferences(LOCAL_ROW, asked(dataset, start_model=model))
    assert not startable_models(fixed_dataset().project)
    tuned(fixed_dataset(), method="full")
    assert [each.pk for each in startable_models(dataset.project)] == [model.pk]


@pytest.mark.usefixtures("openai")
def test_beta_belongs_to_preferences() -> None:
    dataset = fixed_dataset()
    with pytest.raises(JobError, match="Beta belongs to learning from preference pairs"):
        start_job(
            dataset.project,
            actor=dataset.created_by,
            dataset=dataset,
            provider="openai",
            base_model="gpt-4.1-2025-04-14",
            hyperparameters={"beta": 0.2},
        )


@pytest.mark.torch
@pytest.mark.django_db(transaction=True)
def test_a_model_goes_on_from_another_by_its_pairs() -> None:
    dataset = fixed_dataset(28)
    wanted: dict[str, Any] = {"actor": dataset.created_by, "dataset": dataset}
    wanted |= {"provider": "local", "base_model": "script-base"}
    settings = {"n_epochs": 1}
    first = run_to_end(start_job(dataset.project, hyperparameters=settings, **wanted))
    tuned_model = ModelVersion.objects.get(job=first, kind=ModelKind.FINE_TUNED)
    pairs = run_to_end(
        start_job(
            dataset.project,
            hyperparameters=settings,
            objective=Objective.DPO,
            start_model=tuned_model,
            **wanted,
        )
    )
    assert (pairs.state, pairs.error_detail) == (JobState.SUCCEEDED, "")
    made = ModelVersion.objects.get(job=pairs, kind=ModelKind.FINE_TUNED)
    models = get_config().var_dir / "models"
    ours, theirs = read_entry(models, made.served_name), read_entry(models, tuned_model.served_name)
    assert ours
    assert theirs
    assert ours.base_dir == theirs.base_dir
    assert ours.adapter_dir != theirs.adapter_dir
    assert dict(ours.sampling) == dict(theirs.sampling)
    assert ModelVersion.objects.filter(kind=ModelKind.BASE).count() == 1
    names = set(pairs.metrics.values_list("name", flat=True))
    assert {"reward_accuracy", "full_valid_reward_margin"} <= names
    assert not pairs.metrics.filter(step=0, name="full_valid_loss").exists()
