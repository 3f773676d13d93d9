import re

import pytest
from django.test import Client
from django.urls import reverse

from curation.enums import Role
from curation.models import Activity, Project
from tests.factories import ProjectFactory, make_member
from training.domain.api_keys import hash_key
from training.models import ApiKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return ProjectFactory()  # type: ignore[return-value]


def client_of(project: Project, *roles: Role) -> Client:
    client = Client()
    client.force_login(make_member(project, *roles))
    return client


def order(project: Project, **more: object) -> dict[str, object]:
    return {"name": "notebook", "projects": [project.pk], "may_chat": "on", "days": "90"} | more


def test_a_key_is_shown_once_and_kept_as_a_hash(project: Project) -> None:
    client = client_of(project, Role.TESTER)
    page = client.post(reverse("api_keys"), order(project)).content.decode()
    found = re.search(r'<code class="secret">(rick-[\w-]{43})</code>', page)
    assert found
    key = ApiKey.objects.get()
    assert key.key_sha256 == hash_key(found[1])
    assert found[1].startswith(key.prefix)
    assert list(key.projects.all()) == [project]
    again = client.get(reverse("api_keys")).content.decode()
    assert found[1] not in again
    assert key.prefix in again
    assert found[1] not in str(Activity.objects.values_list("detail", "target_label"))


@pytest.mark.parametrize(
    ("role", "more", "words"),
    [
        (Role.TESTER, {"may_train": "on"}, "Files and training are for managers"),
        (Role.MANAGER, {"may_chat": ""}, "at least one thing"),
        (Role.MANAGER, {"may_train_uploads": "on"}, "must be allowed to train"),
        (Role.MANAGER, {"projects": []}, "This field is required"),
    ],
)
def test_a_key_that_could_do_nothing_or_too_much_is_refused(
    project: Project, role: Role, more: dict[str, object], words: str
) -> None:
    response = client_of(project, role).post(reverse("api_keys"), order(project, **more))
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not ApiKey.objects.exists()


def test_a_key_opens_no_project_of_others(project: Project) -> None:
    response = client_of(project, Role.MANAGER).post(
        reverse("api_keys"),
        order(ProjectFactory()),  # type: ignore[arg-type]
    )
    assert response.status_code == 422
    assert not ApiKey.objects.exists()


def test_a_key_is_taken_back_by_its_owner_only(project: Project) -> None:
    owner, other = client_of(project, Role.TESTER), client_of(project, Role.MANAGER)
    owner.post(reverse("api_keys"), order(project))
    key = ApiKey.objects.get()
    address = reverse("api_key_revoke", args=[key.pk])
    assert other.post(address).status_code == 404
    assert owner.post(address).status_code == 302
    assert owner.post(address).status_code == 302
    key.refresh_from_db()
    assert key.revoked_at is not None
    assert Activity.objects.filter(verb="api_key.revoked").count() == 1
