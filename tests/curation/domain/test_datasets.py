import pytest
from django.contrib.auth.models import Permission, User

from curation.domain.dataset_build import build_dataset
from curation.domain.datasets import (
    DatasetError,
    approve_dataset,
    request_dataset,
    return_dataset,
)
from curation.domain.training_records import Recipe
from curation.enums import DatasetState
from curation.models import Activity, Character, DatasetVersion, Project
from tests.factories import UserFactory, make_approved_dialogues

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_approved_dialogues(12)


@pytest.fixture
def admin() -> User:
    user = UserFactory(is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="decide_dataset"))
    return user


def target_of(project: Project) -> Character:
    return Character.objects.get(project=project, is_target=True)


def built(project: Project) -> DatasetVersion:
    dataset = request_dataset(
        project, actor=project.created_by, target=target_of(project), recipe=Recipe()
    )
    build_dataset(dataset)
    dataset.refresh_from_db()
    return dataset


def test_request_dataset_numbers_versions_from_one(project: Project) -> None:
    assert [built(project).number, built(project).number] == [1, 2]


def test_request_dataset_gives_the_first_answer_again_for_the_same_key(project: Project) -> None:
    first, second = (
        request_dataset(
            project,
            actor=project.created_by,
            target=target_of(project),
            recipe=Recipe(),
            client_key="k",
        )
        for _ in range(2)
    )
    assert first == second


def test_request_dataset_refuses_a_share_over_a_half(project: Project) -> None:
    with pytest.raises(DatasetError, match="between 0 and 50"):
        request_dataset(
            project,
            actor=project.created_by,
            target=target_of(project),
            recipe=Recipe(),
            validation_share=0.6,
        )


def test_request_dataset_refuses_when_nothing_is_approved(project: Project) -> None:
    project.dialogues.update(state="draft")
    with pytest.raises(DatasetError, match="approve some in Review"):
        built(project)


def test_approve_dataset_by_a_second_person_is_recorded(project: Project, admin: User) -> None:
    dataset = approve_dataset(built(project), approver=admin)
    assert dataset.state == DatasetState.APPROVED
    assert dataset.decided_by == admin
    assert Activity.objects.filter(verb="dataset.approved", actor=admin).count() == 1


def test_approve_dataset_refuses_its_builder(project: Project, admin: User) -> None:
    DatasetVersion.objects.filter(pk=built(project).pk).update(created_by=admin)
    with pytest.raises(DatasetError, match="of their own"):
        approve_dataset(DatasetVersion.objects.get(), approver=admin)


def test_approve_dataset_refuses_staff_without_the_permission(project: Project) -> None:
    with pytest.raises(DatasetError, match="for admins"):
        approve_dataset(built(project), approver=UserFactory(is_staff=True))


def test_approve_dataset_refuses_a_second_decision(project: Project, admin: User) -> None:
    dataset = approve_dataset(built(project), approver=admin)
    with pytest.raises(DatasetError, match="not waiting"):
        return_dataset(dataset, approver=admin, reason="Too late")


def test_approve_dataset_refuses_a_version_with_errors(admin: User) -> None:
    dataset = built(make_approved_dialogues(3))
    with pytest.raises(DatasetError, match="errors"):
        approve_dataset(dataset, approver=admin)


def test_return_dataset_wants_a_reason(project: Project, admin: User) -> None:
    with pytest.raises(DatasetError, match="Say why"):
        return_dataset(built(project), approver=admin, reason="  ")
