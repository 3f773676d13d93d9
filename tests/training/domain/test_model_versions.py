"""Names under which bases are served: no two bases share one."""

from pathlib import Path

import pytest
from django.core import mail as outbox
from django.test import Client
from django.utils import timezone

from curation.domain.mails import queue_mails, send_mail, waiting_mails
from curation.domain.notification_words import sentence_of
from curation.domain.notifications import choose_mail
from curation.enums import MailChoice, Role
from curation.models import MailSetting, OutgoingMail, Project
from curation.queries.notifications import count_unread, notifications_open_to
from tests.factories import ProjectFactory, make_member
from tests.training.jobs_world import approved_dataset
from training.domain.model_versions import base_name, register_base, register_local_models
from training.enums import ModelKind
from training.models import FineTuneJob, ModelVersion
from training.serving.registry import read_entry
from training.trainer import files

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def local_job(base_model: str) -> FineTuneJob:
    dataset = approved_dataset()
    return FineTuneJob.objects.create(
        project=dataset.project,
        dataset=dataset,
        created_by=dataset.created_by,
        provider="local",
        base_model=base_model,
        hyperparameters={},
        seed=1,
    )


def offer(job: FineTuneJob, base_dir: str, folder: Path) -> ModelVersion:
    result = files.Result(outcome="finished", base_dir=base_dir, adapter_dir="adapter")
    return register_local_models(job, result, folder)


def test_two_base_folders_of_one_name_are_served_beside_each_other(
    tmp_path: Path, var_dir: Path
) -> None:
    first = local_job("/models/a/tiny")
    second = FineTuneJob.objects.get(pk=first.pk)
    second.pk, second.uuid, second.base_model = None, None, "/models/b/tiny"
    second.uuid = FineTuneJob._meta.get_field("uuid").get_default()
    second.save()
    offer(first, "/models/a/tiny", tmp_path)
    offer(second, "/models/b/tiny", tmp_path)
    bases = ModelVersion.objects.filter(kind=ModelKind.BASE)
    entries = [read_entry(var_dir / "models", base.served_name) for base in bases]
    assert {str(entry.base_dir) for entry in entries if entry} == {
        "/models/a/tiny",
        "/models/b/tiny",
    }


def test_base_names_of_two_projects_never_meet() -> None:
    job = local_job("/models/c")
    other = local_job("/models/b/c")
    for project, slug in ((job.project, "a-b"), (other.project, "a")):
        Project.objects.filter(pk=project.pk).update(slug=slug)
        project.refresh_from_db()
    names = [base_name(item, what="the same") for item in (job, other)]
    assert names[0] != names[1]
    for item, name in zip((job, other), names, strict=True):
        made = register_base(item, name=name, served_name=name, context_tokens=256)
        assert made.project == item.project


def test_base_name_fits_the_table_and_the_folder_whatever_it_is_made_of() -> None:
    job = local_job("/models/" + "x" * 180)
    job.project = ProjectFactory(slug="p" * 60)
    name = base_name(job, what=job.base_model)
    assert len(name) <= ModelVersion._meta.get_field("name").max_length
    job.base_model = job.base_model[:-1] + "y"
    assert base_name(job, what=job.base_model) != name


def test_small_bases_are_served_with_a_sampling_that_suits_them(
    tmp_path: Path, var_dir: Path
) -> None:
    job = local_job("script-base")
    result = files.Result(outcome="finished", base_dir="k", base_key="k", adapter_dir="adapter")
    version = register_local_models(job, result, tmp_path)
    entry = read_entry(var_dir / "models", version.served_name)
    assert entry is not None
    assert entry.sampling["min_p"] > 0
    assert entry.sampling["repetition_penalty"] > 1
    chosen_by_others = offer(local_job("/models/a/tiny"), "/models/a/tiny", tmp_path)
    entry = read_entry(var_dir / "models", chosen_by_others.served_name)
    assert entry is not None
    assert entry.sampling == {}


def test_a_model_of_full_training_is_served_as_it_is(tmp_path: Path, var_dir: Path) -> None:
    result = files.Result(outcome="finished", base_dir="/models/a", model_dir="model")
    made = register_local_models(local_job("/models/a"), result, tmp_path)
    entry = read_entry(var_dir / "models", made.served_name)
    assert entry is not None
    assert (entry.base_dir, entry.adapter_dir) == (tmp_path / "model", None)


def test_testers_are_told_once_in_page_and_digest_when_a_model_is_ready(tmp_path: Path) -> None:
    job = local_job("/models/a")
    tess, ada = make_member(job.project, Role.TESTER), make_member(job.project, Role.ANNOTATOR)
    stranger = make_member(ProjectFactory(), Role.TESTER)
    for _ in range(2):
        made = offer(job, "/models/a", tmp_path)
    assert [count_unread(one) for one in (tess, ada, stranger)] == [1, 0, 0]
    told = notifications_open_to(tess).get()
    assert made.name in sentence_of(told)
    client = Client()
    client.force_login(tess)
    assert made.name in client.get("/notifications/").content.decode()
    choose_mail(tess, choice=MailChoice.DIGEST, hour=8, time_zone="UTC")
    MailSetting.objects.filter(user=tess).update(next_digest_at=timezone.now())
    queue_mails()
    assert send_mail(OutgoingMail.objects.get(pk__in=waiting_mails()))
    assert made.name in outbox.outbox[0].body
    answer = client.get(f"/notifications/{told.pk}/")
    assert answer.headers["Location"] == f"/p/{job.project.slug}/chat/"
    job.project.memberships.filter(user=tess).delete()
    assert client.get(f"/notifications/{told.pk}/").status_code == 404
