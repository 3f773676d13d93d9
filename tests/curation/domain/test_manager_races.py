"""Managers at once: a double click makes one export, and two cannot remove each other."""

from threading import Barrier

import pytest
from django.db import connection

from curation.domain.dataset_build import build_dataset
from curation.domain.datasets import request_dataset
from curation.domain.exports import request_export
from curation.domain.members import remove_member
from curation.domain.training_records import Recipe
from curation.enums import DatasetState, Role
from curation.models import Character, DatasetVersion, Export, Membership
from tests.curation.domain.test_dialogue_races import at_once
from tests.factories import MembershipFactory, ProjectFactory, make_approved_dialogues

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _needs_a_database_that_threads_can_share() -> None:
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("an SQLite database in memory has no lock that waits")


def test_eight_clicks_on_export_make_one() -> None:
    project = make_approved_dialogues(12)
    target = Character.objects.get(project=project, is_target=True)
    made = request_dataset(project, actor=project.created_by, target=target, recipe=Recipe())
    build_dataset(made)
    DatasetVersion.objects.update(state=DatasetState.APPROVED)

    def click(_number: int) -> str:
        dataset = DatasetVersion.objects.get(pk=made.pk)
        export = request_export(dataset, actor=project.created_by, in_background=False)
        return str(export.pk)

    assert at_once(click, people=8) == {str(Export.objects.get().pk): 8}


@pytest.mark.parametrize("managers", [2, 5])
def test_managers_who_remove_one_another_leave_one(managers: int) -> None:
    project = ProjectFactory()
    rows = [MembershipFactory(project=project, role=Role.MANAGER) for _ in range(managers)]

    def remove(number: int) -> str:
        other = Membership.objects.select_related("project", "user").get(
            pk=rows[(number + 1) % managers].pk
        )
        remove_member(other, actor=rows[number].user)
        return "removed"

    assert at_once(remove, people=managers) == {"removed": managers - 1, "member": 1}
    assert Membership.objects.filter(project=project).count() == 1


def test_two_managers_who_remove_the_same_one_are_told() -> None:
    project = ProjectFactory()
    first, second, gone = (MembershipFactory(project=project, role=Role.MANAGER) for _ in range(3))

    def remove(number: int) -> str:
        other = Membership.objects.select_related("project", "user").get(pk=gone.pk)
        at_once_again.wait(timeout=30)
        remove_member(other, actor=(first, second)[number].user)
        return "removed"

    at_once_again = Barrier(2)
    assert at_once(remove, people=2) == {"removed": 1, "member": 1}
