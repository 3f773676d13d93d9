"""Stages of models: one live per character, what retiring and deleting mean, who may talk."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from curation.enums import Role
from curation.models import Activity, Project
from rickproject.config import get_config
from tests.factories import (
    CharacterFactory,
    FineTuneJobFactory,
    ModelVersionFactory,
    ProjectFactory,
    make_member,
)
from training.domain.chat import ask, start_conversation
from training.domain.chat_turns import ChatError
from training.domain.job_folders import job_folder
from training.domain.job_limits import JobError
from training.domain.model_stages import (
    ModelStageError,
    delete_weights,
    open_model,
    promote_model,
    restore_model,
    retire_model,
)
from training.enums import JobState, ModelKind, ModelStage
from training.models import FineTuneJob, ModelVersion
from training.queries.conversations import talkable_models
from training.serving.registry import write_model_entry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def project() -> Project:
    return ProjectFactory()


@pytest.fixture
def manager(project: Project) -> User:
    return make_member(project, Role.MANAGER)


def test_promote_model_takes_the_place_of_the_live_one_of_its_character(
    project: Project, manager: User
) -> None:
    vex, pip = (CharacterFactory(project=project) for _ in range(2))
    first, second = (ModelVersionFactory(project=project, character=vex) for _ in range(2))
    other = ModelVersionFactory(project=project, character=pip)
    for model in (first, other, second):
        promote_model(model, actor=manager, reason="It laughs at the right places.")
    stages = dict(ModelVersion.objects.values_list("pk", "stage"))
    assert stages == {first.pk: "candidate", second.pk: "live", other.pk: "live"}
    step = Activity.objects.get(verb="model.promoted", target_id=second.pk)
    assert (step.actor, step.detail["before"]) == (manager, [first.name])
    assert step.detail["reason"] == "It laughs at the right places."


def test_two_live_models_of_one_character_are_refused_by_the_database(project: Project) -> None:
    vex = CharacterFactory(project=project)
    ModelVersionFactory(project=project, character=vex, stage=ModelStage.LIVE)
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelVersionFactory(project=project, character=vex, stage=ModelStage.LIVE)


def test_retired_model_is_talked_to_no_more_and_can_be_brought_back(
    project: Project, manager: User
) -> None:
    model = ModelVersionFactory(project=project)
    talk = start_conversation(project, user=manager, model=model)
    retire_model(model, actor=manager)
    with pytest.raises(ChatError, match="not to be had"):
        ask(talk, text="Are you there?")
    with pytest.raises(ModelStageError, match="retired already"):
        retire_model(model, actor=manager)
    with pytest.raises(ModelStageError, match="retired already"):
        promote_model(model, actor=manager)
    restore_model(model, actor=manager)
    assert ask(talk, text="Are you there?").pk


@pytest.mark.parametrize(
    "change",
    [promote_model, retire_model, restore_model, delete_weights],
)
def test_only_managers_change_a_stage(project: Project, change: Callable[..., Any]) -> None:
    model = ModelVersionFactory(project=project)
    with pytest.raises(JobError, match="ask a manager"):
        change(model, actor=make_member(project, Role.REVIEWER))
    model.refresh_from_db()
    assert model.stage == ModelStage.CANDIDATE


def test_testers_meet_live_models_and_those_open_to_them(project: Project, manager: User) -> None:
    live, open_one, closed = (ModelVersionFactory(project=project) for _ in range(3))
    promote_model(live, actor=manager)
    for model in (live, closed):
        open_model(model, actor=manager, is_open=False)
    tester = make_member(project, Role.TESTER)
    assert list(talkable_models(project, tester)) == [live, open_one]
    assert set(talkable_models(project, manager)) == {live, open_one, closed}
    with pytest.raises(ChatError):
        start_conversation(project, user=tester, model=closed)
    project.memberships.create(user=tester, role=Role.ANNOTATOR)
    assert closed in talkable_models(project, tester)


def test_delete_weights_takes_the_files_and_leaves_what_was_said(
    project: Project, manager: User, django_capture_on_commit_callbacks: Any
) -> None:
    job = FineTuneJobFactory(project=project, provider="local")
    model = ModelVersionFactory(project=project, job=job)
    adapter, kept = (job_folder(job) / name for name in ("adapter", "checkpoints"))
    for folder in (adapter, kept):
        folder.mkdir(parents=True)
        (folder / "file").write_text("weights")
    models_dir = get_config().var_dir / "models"
    served = models_dir / model.served_name
    write_model_entry(
        models_dir, name=model.served_name, base_dir="/base", adapter_dir=adapter, context_tokens=9
    )
    sibling = ModelVersionFactory(project=project, job=job, stage=ModelStage.RETIRED)
    talk = start_conversation(project, user=manager, model=model)
    with pytest.raises(ModelStageError, match="Retire the model first"):
        delete_weights(model, actor=manager)
    assert adapter.exists()
    retire_model(model, actor=manager)
    with django_capture_on_commit_callbacks(execute=True):
        delete_weights(model, actor=manager, reason="Nobody uses it.")
    assert not adapter.exists()
    assert not served.exists()
    assert kept.exists()  # a checkpoint may be another model
    with django_capture_on_commit_callbacks(execute=True):
        delete_weights(sibling, actor=manager)
    assert not kept.exists()
    talk.refresh_from_db()
    assert talk.model == model
    with pytest.raises(ModelStageError, match="weights were deleted"):
        restore_model(model, actor=manager)


def test_delete_weights_leaves_providers_models_and_bases_alone(
    project: Project, manager: User
) -> None:
    job = FineTuneJobFactory(project=project)
    for values in ({"provider": "openai", "job": job}, {"kind": "base"}):
        model = ModelVersionFactory(project=project, stage=ModelStage.RETIRED, **values)
        with pytest.raises(ModelStageError, match="deleted at the provider"):
            delete_weights(model, actor=manager)


def test_delete_weights_waits_for_a_job_that_goes_on_from_the_model(
    project: Project, manager: User
) -> None:
    model = ModelVersionFactory(
        project=project,
        provider="local",
        kind=ModelKind.FINE_TUNED,
        job=FineTuneJobFactory(project=project),
        stage=ModelStage.RETIRED,
    )
    job = FineTuneJobFactory(project=project, start_model=model)
    with pytest.raises(ModelStageError, match=f"Job {job.pk} goes on from this model"):
        delete_weights(model, actor=manager)
    FineTuneJob.objects.filter(pk=job.pk).update(state=JobState.FAILED)
    assert delete_weights(model, actor=manager).weights_deleted_at
