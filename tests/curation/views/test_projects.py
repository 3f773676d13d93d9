"""The list of projects, the overview, people: what each person is shown, at a constant price."""

from http import HTTPStatus

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from curation.enums import DialogueState, Role
from curation.models import Dialogue, Membership, Project
from tests.factories import (
    MembershipFactory,
    ProjectFactory,
    UserFactory,
    make_approved_dialogues,
    make_member,
)

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("number", [1, 3])
def test_home_costs_the_same_for_one_project_and_three(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ada = UserFactory()
    for _ in range(number):
        MembershipFactory(project=make_approved_dialogues(1), user=ada, role=Role.REVIEWER)
    client = signed_in(ada)
    client.get("/")
    with django_assert_num_queries(12):
        response = client.get("/")
    assert response.content.count(b"1 of 1 dialogues approved.") == number


def test_home_shows_nobody_elses_projects() -> None:
    ProjectFactory(name="Somebody else's")
    ada = UserFactory()
    MembershipFactory(user=ada, project=ProjectFactory(name="Mine"))
    MembershipFactory(user=ada, project=Project.objects.get(name="Mine"), role=Role.TESTER)
    content = signed_in(ada).get("/").content.decode()
    assert "Somebody else" not in content
    assert content.count('<article class="shelf">') == 1


def test_project_create_makes_its_creator_manager() -> None:
    ada = UserFactory(is_staff=True)
    response = signed_in(ada).post(reverse("project_create"), {"name": "The Night Bus"})
    assert response.headers["Location"] == "/p/the-night-bus/"
    membership = Membership.objects.get()
    assert (membership.user, membership.role, membership.project.name) == (
        ada,
        Role.MANAGER,
        "The Night Bus",
    )


@pytest.mark.parametrize("name", ["", "¿?", "Taken"])
def test_project_create_refuses_a_name_without_an_address(name: str) -> None:
    ProjectFactory(slug="taken")
    ada = UserFactory(is_staff=True)
    response = signed_in(ada).post(reverse("project_create"), {"name": name})
    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert Project.objects.count() == 1


def test_project_create_is_closed_to_annotators() -> None:
    ada = MembershipFactory(role=Role.ANNOTATOR).user
    response = signed_in(ada).post(reverse("project_create"), {"name": "Mine"})
    assert response.status_code == HTTPStatus.FORBIDDEN
    assert Project.objects.count() == 1


def test_overview_tells_each_role_what_waits_for_it() -> None:
    project = make_approved_dialogues(3)
    Dialogue.objects.filter(pk=Dialogue.objects.earliest("pk").pk).update(
        state=DialogueState.SUBMITTED
    )
    sentences = {}
    for role in Role:
        client = signed_in(make_member(project, role))
        steps = client.get(f"/p/{project.slug}/").context["steps"]
        sentences[role] = [step.route for step in steps]
    assert sentences == {
        Role.ANNOTATOR: ["work_next"],
        Role.REVIEWER: ["review", "episodes"],
        Role.MANAGER: ["review", "episodes"],
        Role.TESTER: [],
    }


def test_overview_of_an_empty_project_asks_its_manager_for_a_script() -> None:
    project = ProjectFactory()
    client = signed_in(make_member(project, Role.MANAGER))
    assert [step.action for step in client.get(f"/p/{project.slug}/").context["steps"]] == [
        "Bring in a script"
    ]


def test_members_adds_by_username_and_names_what_is_wrong() -> None:
    project = ProjectFactory()
    client = signed_in(make_member(project, Role.MANAGER))
    UserFactory(username="bo")
    address = f"/p/{project.slug}/members/"
    assert (
        client.post(address, {"username": "bo", "role": "tester"}).status_code == HTTPStatus.FOUND
    )
    again = client.post(address, {"username": "bo", "role": "tester"})
    assert b"bo is tester here already" in again.content
    unknown = client.post(address, {"username": "nobody", "role": "tester"})
    assert b"Nobody here has that username" in unknown.content
    assert unknown.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


def test_member_remove_keeps_the_last_manager_and_says_so() -> None:
    project = ProjectFactory()
    client = signed_in(make_member(project, Role.MANAGER))
    pk = project.memberships.get().pk
    response = client.post(f"/p/{project.slug}/members/{pk}/remove/", follow=True)
    assert b"needs a manager" in response.content
    assert project.memberships.count() == 1
