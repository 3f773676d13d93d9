"""Kept queries find what their querysets would, whatever they are asked with."""

import threading
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Count, FilteredRelation, Q
from django.test.utils import CaptureQueriesContext

from curation.enums import Role
from curation.models import Membership, Project
from rickproject.lib.kept_queries import Given, KeptQuery
from tests.factories import ProjectFactory, UserFactory, make_member

pytestmark = pytest.mark.django_db


def memberships() -> KeptQuery[Membership]:
    return KeptQuery(
        lambda: (
            Membership.objects.filter(
                project__slug=Given("slug"), role__in=[Given("role"), Role.MANAGER]
            )
            .select_related("project", "user")
            .order_by("pk")
        )
    )


def test_kept_query_finds_instances_with_what_is_selected_beside_them() -> None:
    project = ProjectFactory()
    ann, ben = make_member(project, Role.ANNOTATOR), make_member(project, Role.MANAGER)
    make_member(project, Role.TESTER)
    make_member(ProjectFactory(), Role.ANNOTATOR)
    kept = memberships()
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            found = kept.rows(slug=project.slug, role=Role.ANNOTATOR)
            assert [one.user for one in found] == [ann, ben]
            assert found[0].project.created_at == project.created_at
        assert len(captured) == 1
    assert kept.rows(slug=project.slug, role=Role.REVIEWER)[0].user == ben
    assert kept.first(slug="no-such-project", role=Role.ANNOTATOR) is None


def test_kept_query_finds_rows_of_values() -> None:
    project = ProjectFactory()
    person = make_member(project, Role.ANNOTATOR)
    held = FilteredRelation("memberships", condition=Q(memberships__role=Given("role")))
    kept: KeptQuery[tuple[Any, ...]] = KeptQuery(
        lambda: (
            Project.objects.annotate(held=held)
            .filter(slug=Given("slug"))
            .values_list("slug", "created_at")
            .annotate(people=Count("held"))
            .order_by()
        )
    )
    expected = (project.slug, project.created_at)
    assert kept.rows(slug=project.slug, role=Role.ANNOTATOR) == [(*expected, 1)]
    assert kept.rows(slug=project.slug, role=Role.TESTER) == [(*expected, 0)]
    assert person.is_active


def test_kept_query_leaves_the_rest_of_an_instance_to_be_read_later() -> None:
    user = UserFactory()
    kept = KeptQuery(lambda: User.objects.filter(pk=Given("pk")).only("username").order_by())
    found = kept.first(pk=user.pk)
    assert found is not None
    assert found.get_deferred_fields() >= {"email", "password"}
    assert (found.username, found.email) == (user.username, user.email)
    found.first_name = "Ann"
    found.save(update_fields=["first_name"])
    user.refresh_from_db()
    assert user.first_name == "Ann"


def test_kept_query_sees_what_has_changed_since() -> None:
    user = UserFactory()
    kept = KeptQuery(lambda: User.objects.filter(username=Given("name"), is_active=True).order_by())
    assert kept.first(name=user.username) == user
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert kept.first(name=user.username) is None


def test_kept_query_takes_hostile_text_as_text() -> None:
    UserFactory()
    kept = KeptQuery(lambda: User.objects.filter(username=Given("name")).order_by())
    assert kept.rows(name="' OR 1=1 --%s") == []


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 10**30, "a\0b"])
def test_kept_query_finds_nothing_for_what_no_row_can_hold(value: int | str) -> None:
    ProjectFactory()
    kept: KeptQuery[Project] = KeptQuery(lambda: Project.objects.filter(pk=Given("value")))
    assert kept.rows(value=value) == []


def test_kept_query_refuses_to_be_asked_without_a_value() -> None:
    kept = KeptQuery(lambda: User.objects.filter(username=Given("name")).order_by())
    with pytest.raises(KeyError):
        kept.rows()


@pytest.mark.django_db(transaction=True)
def test_kept_query_is_answered_on_the_connection_of_each_thread() -> None:
    user = UserFactory()
    kept = KeptQuery(lambda: User.objects.filter(pk=Given("pk")).order_by())
    found: list[User | None] = []

    def ask() -> None:
        try:
            found.append(kept.first(pk=user.pk))
        finally:
            connection.close()

    for _ in range(2):
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join(20)
    assert found == [user, user]
    assert found[0] is not None
    assert found[0].date_joined == user.date_joined
